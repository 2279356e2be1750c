"""A request that is cut off on its way does nothing: what came of it may say something else."""

import socket
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from tests.deployment import HOSPITAL, Deployment, Patient
from tests.processes import SECONDS_MAX
from tests.web.desks import call_by_hand
from tests.web.visiting import Visits, entries
from tests.web.web_process import WebProcess, await_ready, start_web


@pytest.fixture(scope="module")
def process(hospital: Deployment) -> Iterator[WebProcess]:
    """One for all tests."""
    call_by_hand(hospital)
    process = start_web(hospital, "web")
    await_ready(process)
    yield process
    assert process.program.stop() == 0


def send_in_part(process: WebProcess, head: str, body: bytes, left: int, *, chunked: bool) -> None:
    """Sends a form but for its last `left` bytes, and hangs up."""
    sent = body[:-left]
    if chunked:
        head += "Transfer-Encoding: chunked\r\n"
        sent = f"{len(sent):x}\r\n".encode() + sent + b"\r\n"
    else:
        head += f"Content-Length: {len(body)}\r\n"
    with socket.create_connection(("127.0.0.1", process.port), SECONDS_MAX) as connection:
        connection.sendall(head.encode() + b"\r\n" + sent)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("left", [1, 3, len("-07-19")])
def test_a_form_that_is_cut_off_takes_no_number(
    process: WebProcess, visits: Visits, left: int, chunked: bool
) -> None:
    clinic = f"C{10 + left + chunked:02d}"
    patient, visitor = Patient(), visits.at(f"/hospitals/{HOSPITAL}/{clinic}")
    given = {**visitor.hidden(), **entries(patient, date_of_birth="1953-07-19")}
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.client.cookies.items())
    head = (
        f"POST /hospitals/{HOSPITAL}/{clinic}/taken HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
    )
    send_in_part(process, head, urlencode(given).encode(), left, chunked=chunked)

    visitor.send(**entries(patient))
    assert visitor.page.status_code == 200, visitor.text
    assert f"{clinic}-001" in visitor.text


def test_a_cancellation_that_is_cut_off_gives_nothing_up(process: WebProcess, visits: Visits) -> None:
    visitor = visits.registered("C20")
    head = (
        f"POST /api/v1/tickets/{visitor.code}/cancel HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Content-Type: application/json\r\nIdempotency-Key: 0b54e0de-5b1c-4a30-8e6a-6b6c5f6f2a11\r\n"
    )
    send_in_part(process, head, b"{}", 2, chunked=False)
    visitor.go(f"/t/{visitor.code}")
    assert "C20-001" in visitor.text
    assert "cancelled" not in visitor.text
