"""The metrics of workers, from the pages that they serve: how long work takes, and whether they are ready."""

import socket
import urllib.request
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from ipaddress import ip_address
from typing import Final

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


def read_pages(addresses: Iterable[MetricsAddress]) -> dict[MetricsAddress, WorkerPage | None]:
    """The pages at these addresses, read at once; None for one that cannot be read now. Blocks for at most
    a few seconds, however many there are that do not answer."""
    wanted = list(dict.fromkeys(addresses))
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as readers:
        return dict(zip(wanted, readers.map(_read, wanted), strict=True))


def _read(metrics: MetricsAddress) -> WorkerPage | None:
    host = reachable(metrics)
    if host is None or not 0 < metrics.port < 2**16:
        return None
    where = f"[{host}]" if ":" in host else host
    # No proxy stands between an operator and a worker.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{where}:{metrics.port}/metrics", timeout=PAGE_SECONDS_MAX) as answer:
            return page_in(answer.read(_PAGE_BYTES_MAX).decode())
    except (OSError, HTTPException, ValueError):
        return None
