"""The metrics of workers, from the pages that they serve: how long work takes, and whether they are ready."""

import socket
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from threading import Timer
from typing import Final, NamedTuple

from admin_cli.broker.traffic import MetricsAddress
from common.metrics.page import WorkerPage, page_in

PAGE_SECONDS_MAX: Final = 2.0
_PAGE_BYTES_MAX: Final = 1024 * 1024
_AT_ONCE: Final = 8


def reachable(metrics: MetricsAddress) -> str | None:
    """The host at which a worker's page can be read from here; None where it listens on its own machine only.

    Only the machine itself, and what the broker saw the worker come from, are ever asked: a worker's word
    leads nowhere else.
    """
    try:
        is_its_own = ip_address(metrics.address).is_loopback
    except ValueError:
        is_its_own = metrics.address == "localhost"
    if not is_its_own:
        return metrics.peer_host
    return "127.0.0.1" if metrics.host == socket.gethostname() else None


class Answer(NamedTuple):
    """A worker's page, None where it cannot be read now; `is_silent` where the worker's machine takes the
    connection, and the worker says nothing in time."""

    page: WorkerPage | None = None
    is_silent: bool = False


def read_pages(addresses: Iterable[MetricsAddress]) -> dict[MetricsAddress, Answer]:
    """The answers at these addresses, read at once. Blocks for at most a few seconds, however many there are
    that do not answer."""
    wanted = list(dict.fromkeys(addresses))
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as readers:
        return dict(zip(wanted, readers.map(_read, wanted), strict=True))


def _read(metrics: MetricsAddress) -> Answer:
    host = reachable(metrics)
    if host is None or not 0 < metrics.port < 2**16:
        return Answer()
    connected_at: float | None = None
    try:
        # Neither a proxy nor a redirect is followed.
        with closing(HTTPConnection(host, metrics.port, timeout=PAGE_SECONDS_MAX)) as connection:
            connection.connect()
            connected_at = time.monotonic()
            with _ended_in_time(connection.sock):
                connection.request("GET", "/metrics")
                answer = connection.getresponse()
                text = answer.read(_PAGE_BYTES_MAX).decode()
        return Answer(page_in(text) if answer.status == HTTPStatus.OK else None)
    except ValueError:
        return Answer()
    except (OSError, HTTPException):
        waited = 0.0 if connected_at is None else time.monotonic() - connected_at
        return Answer(is_silent=waited >= PAGE_SECONDS_MAX)


@contextmanager
def _ended_in_time(connected: socket.socket) -> Iterator[None]:
    """Ends a connection whose answer takes too long: its own time limit begins again with every byte."""

    def end() -> None:
        with suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)

    timer = Timer(PAGE_SECONDS_MAX, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
