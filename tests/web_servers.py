"""Servers that stand where antrean-web should, and a client that asks them."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from antrean_client.errors import MessagingError
from antrean_client.requests import Answer
from antrean_client.web_client import WebClient
from tests.raw_receiver import Answer as RawAnswer
from tests.raw_receiver import RawReceiver, raw_receiver, says

HOSPITAL = {
    "code": "RSHS",
    "name": "RSUP Dr. Hasan Sadikin",
    "city": "Bandung",
    "time_zone": "Asia/Jakarta",
    "open_clinics": 10,
}
HOSPITALS = {"hospitals": [HOSPITAL], "more": False}
TICKET = {
    "ticket_code": "7K3F-9QXM-2T5R",
    "number": 17,
    "display_number": "GIG-017",
    "hospital": "RSHS",
    "clinic": "GIG",
    "service_date": "2026-11-23",
    "status": "waiting",
    "lane": "regular",
    "people_ahead": 4,
    "now_serving": None,
    "estimated_wait_seconds": None,
    "estimated_call_at": None,
    "earliest_call_at": None,
    "latest_call_at": None,
    "day_may_end_first": None,
    "registered_at": "2026-11-23T09:15:00+07:00",
    "called_at": None,
    "transferred_to": None,
}
REGISTER = {
    "hospital": "RSHS",
    "clinic": "GIG",
    "medical_record_number": "1",
    "name": "Siti",
    "date_of_birth": "1990-01-31",
}
HTML = "<html><body>Selamat datang di RS kami, Siti</body></html>"


def problem_of(code: str, **members: Any) -> dict[str, Any]:
    return {"type": "about:blank", "title": "A", "detail": "Do it.", "code": code, "errors": [], **members}


def _written(body: Any) -> bytes:
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def answer(code: int, body: Any, *headers: str, kind: str = "application/json") -> RawAnswer:
    written_body = body if isinstance(body, bytes) else _written(body)
    lines = [f"HTTP/1.1 {code} So", f"Content-Type: {kind}", f"Content-Length: {len(written_body)}", *headers]
    return says("\r\n".join([*lines, "", ""]).encode() + written_body)


def refusal(code: int, body: Any, *headers: str) -> RawAnswer:
    return answer(code, body, *headers, kind="application/problem+json")


def hangs_up(connection: socket.socket) -> None:
    """Closes the connection without an answer."""
    connection.shutdown(socket.SHUT_RDWR)


def stays_silent(_connection: socket.socket) -> None:
    """Lets whoever asks wait."""


def in_turn(*answers: RawAnswer) -> RawAnswer:
    """One of them for each request, and the last one again and again."""
    left = list(answers)

    def each(connection: socket.socket) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(connection)

    return each


@contextmanager
def asking(given: RawAnswer) -> Iterator[tuple[RawReceiver, WebClient]]:
    with raw_receiver(given) as server, WebClient(f"http://127.0.0.1:{server.port}/") as client:
        yield server, client


def ask(client: WebClient, seconds: float = 20) -> Answer:
    return client.call("list_hospitals", {}, timeout_seconds=seconds)


def failed(given: RawAnswer, seconds: float = 20, *, name: str = "list_hospitals") -> MessagingError:
    body = {"list_hospitals": {}, "register": REGISTER}[name]
    with asking(given) as (_, client), pytest.raises(MessagingError) as raised:
        client.call(name, body, timeout_seconds=seconds)
    assert "Siti" not in str(raised.value), "nothing of what came is shown"
    return raised.value
