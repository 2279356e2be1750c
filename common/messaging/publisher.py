"""Publishes replies, events and dead letters, on a connection of its own.

A reply is sent once: its client asks again if it does not come. What others rely on (events, dead letters)
is sent until the broker has confirmed it, over as many connections as that takes. The exception are events
that the broker refuses again and again, because some integrator's queue is full and says so: a worker lets
them go, or one such queue would bring the whole hospital to a stand. Every other queue has them, and the
journal keeps them for whoever missed them. Dead letters are nowhere else: they are never let go.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from typing import NamedTuple

import pika
import structlog
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.spec import Basic

from common.events import CONTENT_TYPE, Event, EventName
from common.messages import EncodedReply, Reply, encode_reply
from common.messaging.delivery import CAME_THROUGH, Delivery
from common.messaging.frames import Message, OpenProperties, encode_properties
from common.messaging.link import Backoff, Link
from common.messaging.quick_connection import Confirm, QuickConnection
from common.messaging.reply_address import is_reply_address
from common.messaging.topology import EVENTS_EXCHANGE

REFUSALS_MAX = 8
"""How often an event is refused before it is let go: for about 20 s, which a restarting node may need."""

REFUSING_SECONDS = 60
"""For so long after an event was let go others are let go at their first refusal: nothing waits for a queue
that stays full."""

IN_FLIGHT_MAX = 4096
"""Unconfirmed messages at which nothing more should be handled: the broker does not keep up."""

UNSENT_BYTES_MAX = 4 * 1024 * 1024
"""Bytes that the line has not taken at which nothing more should be handled: the broker reads no more."""

_UNSENT_SECONDS = 0.05
"""How often it is looked whether the line has taken them."""

_PERSISTENT = 2

_ADVICE = "empty the full queue, then send again what it missed: antrean-admin republish --since"

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SetAside:
    """A delivery that goes to another queue, as it came: with a `reason`, to be looked at by people."""

    delivery: Delivery
    queue: str
    reason: str = ""


@dataclass(slots=True)
class _Group:
    """Messages whose confirmation is reported together."""

    unconfirmed: int
    on_confirmed: Callable[[], None]


@dataclass(slots=True)
class _Outgoing:
    message: Message
    group: _Group
    event: Event | None = None
    refusals: int = 0


class _Line(NamedTuple):
    """An open connection and its channels: one without confirms for replies, one for all else."""

    connection: QuickConnection
    replies: Channel
    others: Channel


class Publisher:
    """Publishes with confirms; usable while `is_up`, and keeps what is unconfirmed when it is not.

    `on_up` is called when something can be published (again): the link is up, or no longer congested.
    What is kept is bounded by who publishes: a worker by its prefetch, and by handling nothing while
    `is_congested`. With `lets_go`, events that are refused again and again count as confirmed.
    """

    def __init__(
        self,
        loop: IOLoop,
        parameters: pika.connection.Parameters,
        on_up: Callable[[], None],
        on_closed: Callable[[], None],
        *,
        lets_go: bool = False,
    ) -> None:
        self._loop = loop
        self._on_up = on_up
        self._lets_go = lets_go
        self._link = Link(loop, parameters, self._set_up, self._lost, on_closed)
        self._line: _Line | None = None
        self._last_tag = 0
        self._unconfirmed: dict[int, _Outgoing] = {}
        self._backlog: list[_Outgoing] = []
        self._refused_backoff = Backoff()
        self._retry_scheduled = False
        self._let_go_at = float("-inf")
        self.open, self.close = self._link.open, self._link.close

    @property
    def is_up(self) -> bool:
        """Whether something published now leaves at once."""
        return self._link.is_up

    @property
    def is_congested(self) -> bool:
        """Whether the broker has not yet taken so much, replies included, that nothing should be added."""
        unsent_bytes = 0 if self._line is None else self._line.connection.unsent_bytes
        return len(self._unconfirmed) > IN_FLIGHT_MAX or unsent_bytes > UNSENT_BYTES_MAX

    @property
    def pending(self) -> int:
        """Messages that the broker has not confirmed yet; replies do not count."""
        return len(self._unconfirmed) + len(self._backlog)

    def publish(
        self,
        events: Iterable[Event],
        set_aside: Iterable[SetAside],
        on_confirmed: Callable[[], None],
        replies: Iterable[tuple[Delivery, Reply | EncodedReply]] = (),
    ) -> None:
        """Publishes all; `on_confirmed` is called when the broker has all events and all that is set aside,
        at once if there is none of it.

        Replies are sent only where their `reply_to` can be used and the link is up. They have a channel of
        their own, without confirms: the broker hands them on while it stores the events. One of them may make
        it close the connection; what it has not confirmed then is sent again.
        """
        group = _Group(0, on_confirmed)
        outgoing = [_Outgoing(_event_message(event), group, event) for event in events]
        outgoing += [_Outgoing(_set_aside_message(each), group) for each in set_aside]
        group.unconfirmed = len(outgoing)
        self._send(outgoing, replies)
        if not outgoing:
            on_confirmed()

    def _send(
        self, outgoing: list[_Outgoing], replies: Iterable[tuple[Delivery, Reply | EncodedReply]] = ()
    ) -> None:
        if self._line is None or not self.is_up:
            self._backlog += outgoing
            return
        answers = [_reply_message(*each) for each in replies if is_reply_address(each[0].reply_to)]
        # Noted first: a write that finds the connection gone may say so at once.
        self._unconfirmed.update(enumerate(outgoing, self._last_tag + 1))
        self._last_tag += len(outgoing)
        line = self._line
        line.connection.publish([(line.replies, answers), (line.others, [each.message for each in outgoing])])
        if line.connection.unsent_bytes > UNSENT_BYTES_MAX:
            self._loop.call_later(_UNSENT_SECONDS, self._look_at_line)

    def _look_at_line(self) -> None:
        # pika tells nobody when the line has taken what was written.
        if not self.is_congested:
            self._on_up()
        elif self._line is not None:
            self._loop.call_later(_UNSENT_SECONDS, self._look_at_line)

    def _set_up(self, connection: QuickConnection, channel: Channel) -> None:
        self._link.open_channel(
            connection, lambda replies: self._open_line(_Line(connection, replies, channel))
        )

    def _open_line(self, line: _Line) -> None:
        self._line, self._last_tag = line, 0
        # Passive: a missing exchange is said at once, not at the first event.
        line.others.exchange_declare(
            EVENTS_EXCHANGE,
            passive=True,
            callback=lambda _ok: line.connection.confirm_delivery(
                line.others, self._confirmed, lambda _ok: self._ready()
            ),
        )

    def _ready(self) -> None:
        self._link.up()
        self._send_backlog()
        self._on_up()

    def _confirmed(self, frame: Confirm) -> None:
        confirm = frame.method
        upto = confirm.delivery_tag
        was_congested = self.is_congested
        # The dictionary is in the order of the tags.
        tags = list(takewhile(lambda tag: tag <= upto, self._unconfirmed)) if confirm.multiple else [upto]
        messages = [self._unconfirmed.pop(tag) for tag in tags if tag in self._unconfirmed]
        if isinstance(confirm, Basic.Ack):
            for message in messages:
                self._settled(message.group)
            if not self.pending:
                self._refused_backoff.reset()
        else:
            for message in messages:
                self._refused(message)
        if was_congested and not self.is_congested:
            self._on_up()

    def _refused(self, message: _Outgoing) -> None:
        message.refusals += 1
        if message.event is None or not self._is_let_go(message):
            self._backlog.append(message)
            self._retry_later()
            return
        if message.event.name is not EventName.CLINIC_TICK:  # a tick is due again anyhow
            _log.warning("event refused by a full queue", event_id=message.event.id, advice=_ADVICE)
        self._let_go_at = time.monotonic()
        self._settled(message.group)

    def _is_let_go(self, message: _Outgoing) -> bool:
        refusing = time.monotonic() - self._let_go_at < REFUSING_SECONDS
        return self._lets_go and (refusing or message.refusals >= REFUSALS_MAX)

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
        self._send(backlog)

    def _settled(self, group: _Group) -> None:
        group.unconfirmed -= 1
        if group.unconfirmed == 0:
            group.on_confirmed()

    def _lost(self) -> None:
        self._line, self._last_tag = None, 0
        self._backlog = [*self._unconfirmed.values(), *self._backlog]
        self._unconfirmed = {}


@cache
def _event_properties(name: EventName) -> OpenProperties:
    properties = pika.BasicProperties(content_type=CONTENT_TYPE, type=name, delivery_mode=_PERSISTENT)
    return OpenProperties("message_id", properties)


@cache
def _reply_properties(name: str) -> OpenProperties:
    return OpenProperties("correlation_id", pika.BasicProperties(content_type="application/json", type=name))


def _event_message(event: Event) -> Message:
    properties = _event_properties(event.name).filled(event.id)
    return Message(EVENTS_EXCHANGE, event.routing_key, properties, event.body)


def _reply_message(delivery: Delivery, reply: Reply | EncodedReply) -> Message:
    # Never `mandatory`: the broker returns such a reply although its client has got it.
    properties = _reply_properties(reply.name).filled(delivery.correlation_id)
    return Message("", delivery.reply_to or "", properties, encode_reply(reply))


def _set_aside_message(set_aside: SetAside) -> Message:
    delivery = set_aside.delivery
    properties = pika.BasicProperties(
        content_type=delivery.content_type,
        type=delivery.name,
        message_id=delivery.message_id,
        correlation_id=delivery.correlation_id,
        reply_to=delivery.reply_to,
        # How old a registration is decides what becomes of it when it is tried again.
        timestamp=None if delivery.sent_at is None else int(delivery.sent_at.timestamp()),
        delivery_mode=_PERSISTENT,
        headers={CAME_THROUGH: delivery.exchange}
        | ({"x-antrean-reason": set_aside.reason} if set_aside.reason else {}),
    )
    return Message("", set_aside.queue, encode_properties(properties), delivery.body)
