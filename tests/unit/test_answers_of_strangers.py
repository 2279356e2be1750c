"""What operators' commands read over HTTP: whoever answers leads them nowhere else, and holds nobody up."""

import socket
import time
from contextlib import suppress

import pytest

from admin_cli.broker.management_api import ManagementApi
from admin_cli.broker.traffic import MetricsAddress
from admin_cli.top import worker_pages
from admin_cli.top.worker_pages import read_pages
from common.errors import BrokerUnavailable
from common.metrics.page import WorkerPage
from tests.processes import eventually
from tests.raw_receiver import raw_receiver, says, status

PAGE = b"antrean_ready 1\n"


def answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def page_at(port: int) -> WorkerPage | None:
    """What the worker on this machine shows at the port."""
    [(page, _)] = read_pages([MetricsAddress(socket.gethostname(), "10.0.0.7", "127.0.0.1", port)]).values()
    return page


def test_a_page_is_read() -> None:
    with raw_receiver(says(answer(PAGE))) as worker:
        assert page_at(worker.port) == WorkerPage(ready=1.0)


def test_a_redirect_leads_to_no_other_page() -> None:
    with raw_receiver(says(answer(PAGE))) as elsewhere:
        where = f"Location: http://127.0.0.1:{elsewhere.port}/metrics"
        for code in (301, 302, 303, 307, 308):
            with raw_receiver(status(code, where)) as worker:
                assert page_at(worker.port) is None
        assert not elsewhere.connections


@pytest.mark.parametrize("body", [b"antrean_ready NaN\n", b"antrean_ready +Inf\n", b"\xff", b"{", b""])
def test_a_page_that_is_none(body: bytes) -> None:
    with raw_receiver(says(answer(body))) as worker:
        assert page_at(worker.port) is None


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_page_that_comes_byte_by_byte_is_not_waited_for(
    begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pages, "PAGE_SECONDS_MAX", 0.5)
    ended = []

    def slowly(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.sendall(begun)
            while True:
                connection.sendall(b"x")
                time.sleep(0.1)
        ended.append(True)

    with raw_receiver(slowly) as worker:
        assert page_at(worker.port) is None
        eventually(lambda: bool(ended), "the reader is gone")


def test_the_password_of_the_management_api_is_not_taken_elsewhere() -> None:
    with raw_receiver(says(answer(b"{}"))) as elsewhere:
        where = f"Location: http://127.0.0.1:{elsewhere.port}/"
        for code in (301, 302, 303, 307, 308):
            with raw_receiver(status(code, where)) as api:
                asked = ManagementApi(f"http://deploy:secret@127.0.0.1:{api.port}/")
                with pytest.raises(BrokerUnavailable, match="ANTREAN_MANAGEMENT_URL"):
                    asked.user_tags()
        assert not elsewhere.connections
