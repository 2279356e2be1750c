"""The publisher and its link, without a broker: what pika's callbacks do to them."""

from collections.abc import Callable
from datetime import date
from typing import Any, cast

import pika
import pytest
from pika.frame import Method
from pika.spec import Basic

from common.events import Event, Tick, encode_tick
from common.messaging.publisher import Publisher
from tests.builders import in_bandung


class Loop:
    """Timers that fire when the test says so."""

    def __init__(self) -> None:
        self.timers: list[Callable[[], None]] = []

    def call_later(self, _seconds: float, callback: Callable[[], None]) -> None:
        """As pika's loop."""
        self.timers.append(callback)

    def fire(self) -> None:
        """Lets pass all waits that have begun."""
        timers, self.timers = self.timers, []
        for callback in timers:
            callback()


class Connection:
    """A connection and its one channel: everything succeeds, when the test says so."""

    is_open, is_closed = True, False

    def __init__(self, _parameters: object, **callbacks: Any) -> None:
        self.opened, self.gone = callbacks["on_open_callback"], callbacks["on_close_callback"]
        self.published: list[str] = []
        self.confirm: Callable[[Method[Any]], None] = lambda _frame: None
        self.set_up: Callable[[], None] = lambda: None

    def channel(self, on_open_callback: Callable[[Any], None]) -> None:
        """Opens at once."""
        on_open_callback(self)

    def add_on_close_callback(self, _callback: object) -> None:
        """The channel stays open."""

    def add_on_cancel_callback(self, _callback: object) -> None:
        """Nothing is cancelled."""

    def exchange_declare(self, _exchange: str, *, passive: bool, callback: Callable[[Any], None]) -> None:
        """Is answered at once."""
        assert passive
        callback(None)

    def confirm_delivery(self, confirm: Callable[[Method[Any]], None], done: Callable[[Any], None]) -> None:
        """Is answered by `set_up`."""
        self.confirm, self.set_up = confirm, lambda: done(None)

    def basic_publish(self, _exchange: str, key: str, *_more: object) -> None:
        """Remembers what was published."""
        self.published.append(key)

    def close(self) -> None:
        """Begins to close."""


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """Every connection that was opened."""
    found: list[Connection] = []

    def connect(*arguments: Any, **callbacks: Any) -> Connection:
        callbacks.pop("custom_ioloop")
        found.append(Connection(*arguments, **callbacks))
        return found[-1]

    monkeypatch.setattr(pika, "SelectConnection", connect)
    return found


def opened(loop: Loop, connections: list[Connection], closed: list[None]) -> tuple[Publisher, Connection]:
    """A publisher whose channel is being set up."""
    publisher = Publisher(
        cast("Any", loop), pika.ConnectionParameters(), lambda: None, lambda: closed.append(None)
    )
    publisher.open()
    connections[-1].opened(connections[-1])
    return publisher, connections[-1]


def ticks(count: int) -> list[Event]:
    """Events."""
    moment = in_bandung("09:00")
    return [encode_tick(Tick(str(n), "RSHS", "GIG", date(2026, 11, 23)), moment) for n in range(count)]


def test_what_is_refused_is_sent_again_once_for_all(connections: list[Connection]) -> None:
    """Each refusal with a wait of its own would send everything again each time."""
    loop, confirmed = Loop(), list[None]()
    publisher, connection = opened(loop, connections, [])
    connection.set_up()
    publisher.publish(ticks(100), [], lambda: confirmed.append(None))
    for _ in range(3):
        sent = len(connection.published)
        for tag in range(sent - 99, sent + 1):
            connection.confirm(Method(1, Basic.Nack(tag)))
        assert len(loop.timers) == 1
        loop.fire()
        assert len(connection.published) == sent + 100
    assert not confirmed

    connection.confirm(Method(1, Basic.Ack(400, multiple=True)))

    assert len(confirmed) == 1
    assert publisher.pending == 0


def test_closed_while_it_is_set_up_it_stays_closed(connections: list[Connection]) -> None:
    loop, closed = Loop(), list[None]()
    publisher, connection = opened(loop, connections, closed)

    publisher.close()
    connection.set_up()
    assert not publisher.is_up
    connection.gone(connection, "closed")

    assert len(closed) == 1
    assert not loop.timers, "no new connection is waited for"
