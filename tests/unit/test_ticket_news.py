"""What a program does that waits for news of a ticket, whatever the server answers."""

import time

import pytest

from antrean_client import ticket_news
from antrean_client.ticket_news import TicketNews
from antrean_client.web_devices import DeviceNames
from tests.processes import eventually
from tests.raw_receiver import Answer, raw_receiver, says, status
from tests.web_servers import hangs_up

CODE = "7K3F-9QXM-2T5R"
_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
_SOON, _LONG = 0.01, 3_600.0


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticket_news, "_PACE_SECONDS", 0.0)


def stream(*events: str) -> Answer:
    """A stream with these events, which goes on; what an event says is left out."""
    written = "".join(f"event: {each}\ndata: {{}}\n\n" for each in events)
    return says(f"{_HEAD}\r\nretry: 2000\n\n{written}".encode())


def news_of(port: int) -> TicketNews:
    return TicketNews(f"http://127.0.0.1:{port}/", DeviceNames())


@pytest.mark.parametrize("event", ["ticket", "not_found", "stale", "fresh"])
def test_it_returns_at_once_when_there_is_news(event: str) -> None:
    with raw_receiver(stream("ping", event)) as server:
        news = news_of(server.port)
        news.wait(CODE, _LONG)
        news.close()
    [request] = server.requests
    assert request.startswith(f"GET /api/v1/tickets/{CODE}/events HTTP/1.1".encode())


def test_it_waits_in_one_stream_for_each_ticket() -> None:
    with raw_receiver(stream("ticket", "ping", "ticket")) as server:
        news = news_of(server.port)
        for _ in range(2):
            news.wait(CODE, _LONG)
        assert len(server.requests) == 1
        news.wait("0000-0000-0000", _LONG)
        assert len(server.requests) == 2
        news.close()


@pytest.mark.parametrize(
    "answer",
    [
        *(status(code) for code in (302, 404, 429, 500, 503)),
        says(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nHi"),
    ],
)
def test_a_server_that_refuses_is_asked_no_more_for_now(answer: Answer) -> None:
    with raw_receiver(answer) as server:
        news = news_of(server.port)
        began = time.monotonic()
        for _ in range(3):
            news.wait(CODE, _SOON)
        assert len(server.requests) == 1
        assert time.monotonic() - began >= 3 * _SOON, "between two look-ups it waits"
        news.close()


@pytest.mark.parametrize(
    "answer", [hangs_up, says(b"nonsense\r\n\r\n"), says(f"{_HEAD}Content-Length: 0\r\n\r\n".encode())]
)
def test_a_stream_that_is_lost_is_opened_again(answer: Answer) -> None:
    with raw_receiver(answer) as server:
        news = news_of(server.port)
        for _ in range(2):
            news.wait(CODE, _SOON)
        eventually(lambda: len(server.requests) == 2, "it has asked twice")
        news.close()


def test_nobody_there_is_no_error() -> None:
    with raw_receiver(hangs_up) as server:
        news = news_of(server.port)
    news.wait(CODE, _SOON)
