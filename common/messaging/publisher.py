"""Publishes replies, events and dead letters, on a connection of its own.

A reply is sent once: its client sends the request again if none arrives. What others rely on (events, dead
letters) is sent until the broker has confirmed it, over as many connections as that takes. The exception are
events that the broker refuses again and again, because an integrator's queue is full and rejects them: a
worker drops them, or one such queue would stop the whole hospital. Every other queue has them, and the
journal keeps them for whoever missed them; ticks, which are due again soon, are dropped at the first refusal.
Dead letters exist nowhere else: they are never dropped, and wait apart, so that nothing else waits for them.
"""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from itertools import count, takewhile
from typing import Any, NamedTuple

import pika
import structlog
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.frame import Method
from pika.spec import Basic

from common.domain.event_names import EventName
from common.messages.events import Event
from common.messages.message import EncodedReply, Reply
from common.messaging.broker_connection import BrokerConnection, Message
from common.messaging.delivery import Delivery
from common.messaging.link import Backoff, Link, Parameters
from common.messaging.outgoing import COPY, SetAside, event_message, reply_message, set_aside_message
from common.messaging.reply_nodes import ReplyNodes
from common.messaging.topology import EVENTS_EXCHANGE

REFUSALS_MAX = 8
"""How often an event is refused before it is dropped: for about 20 s, which a restarting node may need."""

REFUSING_SECONDS = 60
"""For so long after an event was dropped, others are dropped at their first refusal: nothing waits for a
queue that stays full."""

IN_FLIGHT_MAX = 4096
"""Unconfirmed messages at which nothing more should be handled: the broker does not keep up."""

UNSENT_BYTES_MAX = 4 * 1024 * 1024
"""Bytes that the socket has not taken at which nothing more should be handled: the broker reads no more."""

_UNSENT_SECONDS = 0.05
"""How often it is checked whether the socket has taken them."""

_NOT_FOUND = 404

_ADVICE = "empty the full queue, then send again what it missed: antrean-admin republish --since"
_ADVICE_ASIDE = {
    "full": "make room: antrean-admin dead-letters list, then retry or drop; they are kept until then",
    "missing": "declare it: antrean-admin broker declare; they are kept until then",
}

_log = structlog.get_logger()


@dataclass(slots=True)
class _Group:
    """Messages whose confirmation is reported together."""

    unconfirmed: int
    on_confirmed: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Aside:
    """What goes with a delivery that is set aside: see `Publisher.set_aside`."""

    copy: int
    queue: str
    on_refused: Callable[[], None]
    insists: bool
    is_void: Callable[[], bool]


@dataclass(slots=True)
class _Outgoing:
    message: Message
    group: _Group
    event: Event | None = None
    aside: _Aside | None = None
    refusals: int = 0

    @property
    def is_void(self) -> bool:
        return self.aside is not None and self.aside.is_void()


class _Channels(NamedTuple):
    """An open connection and its channels: one without confirms for replies, one for all else."""

    connection: BrokerConnection
    replies: Channel
    others: Channel


class Publisher:
    """Publishes with confirms; usable while `is_up`, and keeps what is unconfirmed when it is not.

    `on_up` is called when something can be published (again): the link is up, or no longer congested.
    What is kept is bounded by who publishes: a worker by its prefetch, and by handling nothing while
    `is_congested`. With `drops_refused`, events that are refused again and again count as confirmed. Where
    `needs_queue` is missing, the log says so. `nodes` are the broker's other nodes (see `ReplyNodes`); None
    where no replies are published.
    """

    def __init__(
        self,
        loop: IOLoop,
        parameters: Parameters,
        connect: type[BrokerConnection],
        on_up: Callable[[], None],
        on_closed: Callable[[], None],
        *,
        drops_refused: bool = False,
        needs_queue: str | None = None,
        nodes: Collection[str] | None = (),
    ) -> None:
        self._loop = loop
        self._replies = nodes is not None
        self.reply_nodes = ReplyNodes(loop, nodes or ())
        self._on_up = on_up
        self._drops_refused = drops_refused
        self._needs_queue = needs_queue
        self._link = Link(loop, parameters, connect, self._set_up, self._lost, on_closed)
        self._channels: _Channels | None = None
        self._last_tag = 0
        self._unconfirmed: dict[int, _Outgoing] = {}
        self._backlog: list[_Outgoing] = []
        self._refused_backoff = Backoff()
        self._retry_scheduled = False
        self._copies = count(1)
        self._returned: set[int] = set()
        self._kept: list[_Outgoing] = []
        self._kept_backoff = Backoff()
        self._kept_scheduled = False
        self._dropped_at = float("-inf")
        self.events_dropped = 0
        """Events that a full queue refused so often that they were dropped, without ticks."""
        self.open, self.close = self._link.open, self._link.close

    @property
    def is_up(self) -> bool:
        """Whether something published now leaves at once."""
        return self._link.is_up

    @property
    def links_lost(self) -> int:
        """How often the connection was lost, or could not be opened."""
        return self._link.losses

    @property
    def kept(self) -> int:
        """What was set aside, and is kept here until the queue for it takes it."""
        return len(self._kept)

    @property
    def is_congested(self) -> bool:
        """Whether the broker has not yet taken so much, replies included, that nothing should be added."""
        unsent_bytes = 0 if self._channels is None else self._channels.connection.unsent_bytes
        return len(self._unconfirmed) > IN_FLIGHT_MAX or unsent_bytes > UNSENT_BYTES_MAX

    @property
    def pending(self) -> int:
        """Messages that the broker has not answered yet, without replies and what it keeps refusing."""
        return len(self._unconfirmed) + len(self._backlog)

    def publish(
        self,
        events: Iterable[Event],
        on_confirmed: Callable[[], None],
        replies: Iterable[tuple[Delivery, Reply | EncodedReply]] = (),
    ) -> None:
        """Publishes all; `on_confirmed` is called when the broker has all events, at once if there are none.

        Replies are sent only where their `reply_to` can be used and the link is up. They have a channel of
        their own, without confirms: the broker hands them on while it stores the events. One of them may make
        it close the connection; what it has not confirmed then is sent again.
        """
        group = _Group(0, on_confirmed)
        messages = [(event_message(event), event) for event in events]
        outgoing = [_Outgoing(message, group, event) for message, event in messages if message is not None]
        group.unconfirmed = len(outgoing)
        self._send(outgoing, replies)
        if not outgoing:
            on_confirmed()

    def set_aside(
        self,
        what: SetAside,
        on_confirmed: Callable[[], None],
        on_refused: Callable[[], None],
        *,
        insists: bool,
        is_void: Callable[[], bool],
    ) -> None:
        """Publishes a delivery to another queue; `on_confirmed` is called when the broker has it there.

        `on_refused` is called where that queue is full or missing, at the first time. One that `insists` is
        then kept, and sent until it is taken; another is forgotten. So is one whose delivery `is_void`
        meanwhile: it comes again.
        """
        copy = next(self._copies)
        aside = _Aside(copy, what.queue, on_refused, insists, is_void)
        self._send([_Outgoing(set_aside_message(what, copy), _Group(1, on_confirmed), aside=aside)])

    def _send(
        self, outgoing: list[_Outgoing], replies: Iterable[tuple[Delivery, Reply | EncodedReply]] = ()
    ) -> None:
        if self._channels is None or not self.is_up:
            self._backlog += outgoing
            return
        answers = [reply_message(*each) for each in replies if self.reply_nodes.accepts(each[0].reply_to)]
        # Noted first: a write that finds the connection gone may say so at once.
        self._unconfirmed.update(enumerate(outgoing, self._last_tag + 1))
        self._last_tag += len(outgoing)
        connection, replying, publishing = self._channels
        connection.publish([(replying, answers), (publishing, [each.message for each in outgoing])])
        if connection.unsent_bytes > UNSENT_BYTES_MAX:
            self._loop.call_later(_UNSENT_SECONDS, self._check_congestion)

    def _check_congestion(self) -> None:
        # pika does not tell when the socket has taken what was written.
        if not self.is_congested:
            self._on_up()
        elif self._channels is not None:
            self._loop.call_later(_UNSENT_SECONDS, self._check_congestion)

    def _set_up(self, connection: BrokerConnection, channel: Channel) -> None:
        self._link.open_channel(
            connection, lambda replies: self._set_up_channels(_Channels(connection, replies, channel))
        )

    def _set_up_channels(self, channels: _Channels) -> None:
        self._channels, self._last_tag = channels, 0
        channels.others.add_on_return_callback(self._came_back)
        if self._needs_queue is not None:
            self._look_for(channels.connection, self._needs_queue)
        if self._replies:
            self.reply_nodes.learn(channels.connection, lambda: self._set_up_confirms(channels))
        else:
            self._set_up_confirms(channels)

    def _set_up_confirms(self, channels: _Channels) -> None:
        if self._channels is not channels or not channels.others.is_open:
            return  # the connection was lost meanwhile
        # Passive: a missing exchange is said at once, not at the first event.
        channels.others.exchange_declare(
            EVENTS_EXCHANGE,
            passive=True,
            callback=lambda _ok: channels.others.confirm_delivery(self._confirmed, lambda _ok: self._ready()),
        )

    def _look_for(self, connection: BrokerConnection, queue: str) -> None:
        # On a channel of its own, which the broker closes where the queue is missing.
        def opened(channel: Channel) -> None:
            channel.add_on_close_callback(closed)
            channel.queue_declare(queue, passive=True, callback=lambda _ok: channel.close())

        def closed(_channel: Channel, error: Exception) -> None:
            if getattr(error, "reply_code", None) == _NOT_FOUND:
                _log.error("queue missing", queue=queue, advice=_ADVICE_ASIDE["missing"])

        connection.channel(on_open_callback=opened)

    def _ready(self) -> None:
        self._link.up()
        self._send_backlog()
        self._on_up()

    def _confirmed(self, frame: Method[Basic.Ack | Basic.Nack]) -> None:
        confirm = frame.method
        upto = confirm.delivery_tag
        was_congested = self.is_congested
        # The dictionary is in the order of the tags.
        tags = list(takewhile(lambda tag: tag <= upto, self._unconfirmed)) if confirm.multiple else [upto]
        messages = [self._unconfirmed.pop(tag) for tag in tags if tag in self._unconfirmed]
        for message in messages:
            # What is returned is confirmed, too, after that.
            if message.aside is not None and message.aside.copy in self._returned:
                self._returned.remove(message.aside.copy)
                self._aside_refused(message, message.aside, "missing")
            elif isinstance(confirm, Basic.Ack):
                self._taken(message)
            elif message.aside is not None:
                self._aside_refused(message, message.aside, "full")
            else:
                self._refused(message)
        if isinstance(confirm, Basic.Ack) and not self.pending:
            self._refused_backoff.reset()
        if was_congested and not self.is_congested:
            self._on_up()

    def _refused(self, message: _Outgoing) -> None:
        message.refusals += 1
        assert message.event is not None
        if self._drops_refused and message.event.name is EventName.CLINIC_TICK:
            self._settled(message.group)  # it is due again soon, and the next ones must not wait for it
        elif self._is_dropped(message):
            _log.warning("event refused by a full queue", event_id=message.event.id, advice=_ADVICE)
            self._dropped_at = time.monotonic()
            self.events_dropped += 1
            self._settled(message.group)
        else:
            self._backlog.append(message)
            self._retry_later()

    def _is_dropped(self, message: _Outgoing) -> bool:
        refusing = time.monotonic() - self._dropped_at < REFUSING_SECONDS
        return self._drops_refused and (refusing or message.refusals >= REFUSALS_MAX)

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
        self._send([message for message in backlog if not message.is_void])

    # --- what is set aside --------------------------------------------------------------------------------

    def _came_back(
        self, _channel: Channel, _method: Any, properties: pika.BasicProperties, _body: bytes
    ) -> None:
        copy = (properties.headers or {}).get(COPY)
        if isinstance(copy, int):
            self._returned.add(copy)

    def _aside_refused(self, message: _Outgoing, aside: _Aside, reason: str) -> None:
        message.refusals += 1
        if message.refusals == 1:
            aside.on_refused()
        if not aside.insists:
            return
        if not self._kept:
            advice = _ADVICE_ASIDE[reason]
            _log.error("dead letters refused", queue=aside.queue, reason=reason, advice=advice)
        self._kept.append(message)
        self._retry_kept_later()

    def _retry_kept_later(self) -> None:
        if not self._kept_scheduled:
            self._kept_scheduled = True
            self._loop.call_later(self._kept_backoff.next_seconds(), self._retry_kept)

    def _retry_kept(self) -> None:
        """One of them tries whether there is room for all."""
        self._kept_scheduled = False
        self._kept = [message for message in self._kept if not message.is_void]
        if self._kept:
            self._send([self._kept.pop(0)])

    def _taken(self, message: _Outgoing) -> None:
        if message.aside is not None and message.aside.insists:
            self._kept_backoff.reset()
            kept, self._kept = self._kept, []
            self._send([each for each in kept if not each.is_void])
        self._settled(message.group)

    def _settled(self, group: _Group) -> None:
        group.unconfirmed -= 1
        if group.unconfirmed == 0:
            group.on_confirmed()

    def _lost(self) -> None:
        self._channels, self._last_tag = None, 0
        self._backlog = [*self._unconfirmed.values(), *self._backlog]
        self._unconfirmed = {}
        self._returned = set()
