"""What pika would be to a publisher, and what one publishes."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, ClassVar, cast

import pika
from pika.frame import Method
from pika.spec import Basic

from common.domain.event_names import EventName
from common.messages.events import Event, Tick, encode_tick
from common.messaging.broker_connection import BriefProperties, Message
from common.messaging.publisher import Publisher
from tests.builders import in_bandung

OWN_ADDRESS = "amq.rabbitmq.reply-to.g1h2AA9yZXBseUAxMDg1MDQ1NjQAAAKxAAAAAGsEUJA=.hFeo1dgqIbfVfzqKJ4+X7A=="
"""A reply address of the node that all connections lead to, as RabbitMQ 3.10 gave it to a client."""


class Loop:
    """Timers that fire when the test says so."""

    def __init__(self) -> None:
        self.timers: list[Callable[[], None]] = []

    def call_later(self, _seconds: float, callback: Callable[[], None]) -> Callable[[], None]:
        """As pika's loop."""
        self.timers.append(callback)
        return callback

    def remove_timeout(self, timer: Callable[[], None]) -> None:
        """As pika's loop."""
        self.timers.remove(timer)

    def fire(self) -> None:
        """Lets pass all waits that have begun."""
        timers, self.timers = self.timers, []
        for callback in timers:
            callback()


class Channel:
    """A channel: everything succeeds."""

    is_open = True

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self.returned: Callable[..., None] = lambda *_: None

    def add_on_return_callback(self, callback: Callable[..., None]) -> None:
        """Is told of what `Connection.come_back` returns."""
        self.returned = callback

    def basic_consume(self, _queue: str, _on_message: object, *, auto_ack: bool, **told: Any) -> None:
        """Succeeds at once."""
        assert auto_ack
        told["callback"](None)

    def basic_publish(
        self, _exchange: str, _key: str, body: bytes, properties: pika.BasicProperties, *, mandatory: bool
    ) -> None:
        """Reaches no queue: the message is returned, its reply address filled in."""
        assert mandatory
        assert properties.reply_to == "amq.rabbitmq.reply-to"
        self.returned(self, None, pika.BasicProperties(reply_to=OWN_ADDRESS), body)

    def close(self) -> None:
        """It is not used any more."""

    def add_on_close_callback(self, _callback: object) -> None:
        """It stays open."""

    def add_on_cancel_callback(self, _callback: object) -> None:
        """Nothing is cancelled."""

    def confirm_delivery(self, confirm: Callable[[Method[Any]], None], done: Callable[[Any], None]) -> None:
        """Is answered by `Connection.set_up`."""
        self._connection.with_confirms = self
        self._connection.confirm, self._connection.set_up = confirm, lambda: done(None)

    def exchange_declare(self, _exchange: str, *, passive: bool, callback: Callable[[Any], None]) -> None:
        """Is answered at once."""
        assert passive
        callback(None)


class Connection:
    """A connection: everything succeeds, when the test says so."""

    is_open, is_closed = True, False
    server_properties: ClassVar = {"platform": "Erlang/OTP 25.2.3"}

    def __init__(
        self,
        _loop: object,
        _parameters: object,
        on_open: Callable[[Any], None],
        on_gone: Callable[[BaseException | str], None],
    ) -> None:
        self.opened, self.gone = on_open, on_gone
        self.messages: list[Message] = []
        self.replies: list[Message] = []
        self.unsent_bytes = 0
        self.with_confirms: Channel | None = None
        self.confirm: Callable[[Method[Any]], None] = lambda _frame: None
        self.set_up: Callable[[], None] = lambda: None

    def channel(self, on_open_callback: Callable[[Any], None]) -> None:
        """Opens at once."""
        on_open_callback(Channel(self))

    def publish(self, batches: Sequence[tuple[object, Sequence[Message]]]) -> None:
        """Remembers what was published: with confirms, or without."""
        for channel, messages in batches:
            (self.messages if channel is self.with_confirms else self.replies).extend(messages)

    @property
    def published(self) -> list[str]:
        """The routing keys of all that was published with confirms."""
        return [message.routing_key for message in self.messages]

    def come_back(self, message: Message) -> None:
        """No queue takes a message: the broker returns it, and confirms it after that."""
        assert self.with_confirms is not None
        self.with_confirms.returned(None, None, full(message.properties), message.body)

    def close(self) -> None:
        """Begins to close."""


def opened(
    loop: Loop, connections: list[Connection], closed: list[None], **options: Any
) -> tuple[Publisher, Connection]:
    """A publisher whose channel is being set up."""
    parameters = pika.ConnectionParameters()
    options = {"on_up": lambda: None} | options

    def connect(*arguments: Any) -> Connection:
        connections.append(Connection(*arguments))
        return connections[-1]

    publisher = Publisher(
        cast("Any", loop),
        lambda: parameters,
        cast("Any", connect),
        on_closed=lambda: closed.append(None),
        **options,
    )
    publisher.open()
    connections[-1].opened(connections[-1])
    return publisher, connections[-1]


def full(properties: BriefProperties | pika.BasicProperties) -> pika.BasicProperties:
    """The properties, as pika has them."""
    return properties.for_pika() if isinstance(properties, BriefProperties) else properties


def ticks(count: int) -> list[Event]:
    """Events."""
    moment = in_bandung("09:00")
    return [encode_tick(Tick(str(n), "RSHS", "GIG", date(2026, 11, 23)), moment) for n in range(count)]


def called(count: int) -> list[Event]:
    """Events that tell of a change."""
    return [tick._replace(name=EventName.TICKET_CALLED) for tick in ticks(count)]


def refuse(connection: Connection, count: int) -> None:
    """The broker refuses the last so many messages."""
    sent = len(connection.published)
    for tag in range(sent - count + 1, sent + 1):
        connection.confirm(Method(1, Basic.Nack(tag)))
