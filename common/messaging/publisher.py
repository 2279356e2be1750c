"""Publishes replies, events and dead letters, on a connection of its own.

A reply is sent once: its client asks again if it does not come. What others rely on (events, dead letters)
is sent until the broker has confirmed it, over as many connections as that takes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import takewhile

import pika
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.frame import Method
from pika.spec import Basic

from common.events import CONTENT_TYPE, Event
from common.messages import Reply, encode_reply
from common.messaging.delivery import Delivery
from common.messaging.link import Backoff, Link
from common.messaging.reply_address import is_reply_address
from common.messaging.topology import DEAD_QUEUE, EVENTS_EXCHANGE

_PERSISTENT = 2


@dataclass(slots=True)
class _Group:
    """Messages whose confirmation is reported together."""

    unconfirmed: int
    on_confirmed: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Outgoing:
    exchange: str
    routing_key: str
    properties: pika.BasicProperties
    body: bytes
    group: _Group


class Publisher:
    """Publishes with confirms; usable while `is_up`, and keeps what is unconfirmed when it is not."""

    def __init__(
        self,
        loop: IOLoop,
        parameters: pika.connection.Parameters,
        on_up: Callable[[], None],
        on_closed: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._on_up = on_up
        self._link = Link(loop, parameters, self._set_up, self._lost, on_closed)
        self._channel: Channel | None = None
        self._last_tag = 0
        self._unconfirmed: dict[int, _Outgoing] = {}
        self._backlog: list[_Outgoing] = []
        self._refused_backoff = Backoff()
        self._retry_scheduled = False
        self.open, self.close = self._link.open, self._link.close

    @property
    def is_up(self) -> bool:
        """Whether something published now leaves at once."""
        return self._link.is_up

    @property
    def pending(self) -> int:
        """Messages that the broker has not confirmed yet."""
        return len(self._unconfirmed) + len(self._backlog)

    def reply(self, delivery: Delivery, reply: Reply) -> None:
        """Answers a delivery, if its `reply_to` can be used and the link is up."""
        if self._channel is None or not self.is_up or not is_reply_address(delivery.reply_to):
            return
        properties = pika.BasicProperties(
            content_type="application/json", type=reply.name, correlation_id=delivery.correlation_id
        )
        # Never `mandatory`: the broker returns such a reply although its client has got it.
        self._publish(self._channel, "", delivery.reply_to or "", properties, encode_reply(reply))

    def publish(
        self,
        events: Iterable[Event],
        dead_letters: Iterable[tuple[Delivery, str]],
        on_confirmed: Callable[[], None],
    ) -> None:
        """Publishes all; `on_confirmed` is called when the broker has them all, at once if there are none."""
        group = _Group(0, on_confirmed)
        outgoing = [_event_message(event, group) for event in events]
        outgoing += [_dead_letter_message(delivery, reason, group) for delivery, reason in dead_letters]
        group.unconfirmed = len(outgoing)
        if not outgoing:
            on_confirmed()
        for message in outgoing:
            self._send(message)

    def _send(self, message: _Outgoing) -> None:
        if self._channel is None or not self.is_up:
            self._backlog.append(message)
            return
        self._publish(self._channel, message.exchange, message.routing_key, message.properties, message.body)
        self._unconfirmed[self._last_tag] = message

    def _publish(
        self, channel: Channel, exchange: str, key: str, properties: pika.BasicProperties, body: bytes
    ) -> None:
        channel.basic_publish(exchange, key, body, properties)
        self._last_tag += 1

    def _set_up(self, channel: Channel) -> None:
        self._channel = channel
        self._last_tag = 0
        # Passive: a missing exchange is said at once, not at the first event.
        channel.exchange_declare(
            EVENTS_EXCHANGE,
            passive=True,
            callback=lambda _ok: channel.confirm_delivery(self._confirmed, lambda _ok: self._ready()),
        )

    def _ready(self) -> None:
        self._link.up()
        self._send_backlog()
        self._on_up()

    def _confirmed(self, frame: Method[Basic.Ack | Basic.Nack]) -> None:
        confirm = frame.method
        upto = confirm.delivery_tag
        # The dictionary is in the order of the tags.
        tags = list(takewhile(lambda tag: tag <= upto, self._unconfirmed)) if confirm.multiple else [upto]
        messages = [self._unconfirmed.pop(tag) for tag in tags if tag in self._unconfirmed]
        if isinstance(confirm, Basic.Ack):
            for message in messages:
                self._settled(message.group)
            if not self.pending:
                self._refused_backoff.reset()
        elif messages:
            self._backlog += messages
            self._retry_later()

    def _retry_later(self) -> None:
        # One retry for all that is refused: a queue that is full stays so for a while, and those that are
        # not take every message each time.
        if not self._retry_scheduled:
            self._retry_scheduled = True
            self._loop.call_later(self._refused_backoff.next_seconds(), self._retry)

    def _retry(self) -> None:
        self._retry_scheduled = False
        self._send_backlog()

    def _send_backlog(self) -> None:
        backlog, self._backlog = self._backlog, []
        for message in backlog:
            self._send(message)

    def _settled(self, group: _Group) -> None:
        group.unconfirmed -= 1
        if group.unconfirmed == 0:
            group.on_confirmed()

    def _lost(self) -> None:
        self._channel = None
        self._backlog = [*self._unconfirmed.values(), *self._backlog]
        self._unconfirmed = {}


def _event_message(event: Event, group: _Group) -> _Outgoing:
    properties = pika.BasicProperties(
        content_type=CONTENT_TYPE, type=event.name, message_id=event.id, delivery_mode=_PERSISTENT
    )
    return _Outgoing(EVENTS_EXCHANGE, event.routing_key, properties, event.body, group)


def _dead_letter_message(delivery: Delivery, reason: str, group: _Group) -> _Outgoing:
    properties = pika.BasicProperties(
        content_type=delivery.content_type,
        type=delivery.name,
        message_id=delivery.message_id,
        delivery_mode=_PERSISTENT,
        headers={"x-antrean-reason": reason},
    )
    return _Outgoing("", DEAD_QUEUE, properties, delivery.body, group)
