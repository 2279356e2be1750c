"""Consumes one queue, and acknowledges its deliveries on request."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pika.adapters.select_connection import IOLoop
from pika.channel import Channel

from common.messaging.acknowledgements import Acknowledgement, AckWindow
from common.messaging.broker_connection import BrokerConnection
from common.messaging.delivery import Delivery
from common.messaging.link import Link, Parameters
from common.messaging.reply_address import reply_node
from common.messaging.turns import Turns, sender_of

_FULL = 0.75
"""The part of the prefetch, unacknowledged, from which the window is full: more waits in the queue."""

_SHARE_MIN = 8
_SENDERS_FULL = 64
"""A sender has more than its share of a full window where so many of its like would not fit into it. A client
that waits for each reply has one delivery there."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Deliveries of one channel. Once it is gone they are delivered again, and this batch is void."""

    consumer: "Consumer"
    deliveries: Sequence[Delivery]
    epoch: int

    @property
    def is_void(self) -> bool:
        """Whether its channel is gone, so that its deliveries are delivered again."""
        return self.consumer.epoch != self.epoch

    def of(self, *deliveries: Delivery) -> "Batch":
        """A batch of some of its deliveries."""
        return replace(self, deliveries=deliveries)


class Consumer:
    """Buffers what arrives, at most `prefetch` deliveries, until it is taken in batches, in turns by sender.

    `on_arrival` is called when there is something to take; `knows` tells whether a reply address can be used,
    and so who sent a request. After a lost connection the buffer is empty and
    everything unacknowledged is delivered again.
    """

    def __init__(
        self,
        loop: IOLoop,
        parameters: Parameters,
        connect: type[BrokerConnection],
        queue: str,
        prefetch: int,
        on_arrival: Callable[[], None],
        on_closed: Callable[[], None],
        knows: Callable[[str | None], bool] = lambda reply_to: reply_node(reply_to) is not None,
    ) -> None:
        self.queue = queue
        self._prefetch = prefetch
        self._on_arrival = on_arrival
        self._link = Link(loop, parameters, connect, self._set_up, self._lost, on_closed)
        self._connection: BrokerConnection | None = None
        self._channel: Channel | None = None
        self._sender_of = lambda delivery: sender_of(delivery, knows)
        self._buffer = Turns(self._sender_of)
        self._arrived_upto = 0
        self._was_full = False
        self._window = AckWindow()
        self.epoch = 0
        self._consumer_tag = ""
        self._unsettled = 0
        self.open, self.close = self._link.open, self._link.close

    @property
    def is_up(self) -> bool:
        """Whether the queue is there and consumed."""
        return self._link.is_up

    @property
    def links_lost(self) -> int:
        """How often the connection was lost, or could not be opened."""
        return self._link.losses

    @property
    def oldest_waiting(self) -> datetime | None:
        """When the oldest request that waits to be taken was sent; None where none says."""
        return self._buffer.oldest_sent_at

    @property
    def unsettled(self) -> int:
        """Deliveries that were taken or wait to be taken, and are neither acknowledged nor on hold."""
        return self._unsettled - self._window.on_hold

    @property
    def waiting(self) -> int:
        """Deliveries that wait to be taken."""
        return len(self._buffer)

    @property
    def in_hand(self) -> int:
        """Deliveries that were taken, and are neither acknowledged nor on hold."""
        return self.unsettled - len(self._buffer)

    def take(self, batch_size: int) -> Batch | None:
        """The deliveries whose turn it is, at most `batch_size`; None where none wait."""
        return Batch(self, self._buffer.take(batch_size), self.epoch) if self._buffer else None

    def take_surplus(self) -> Batch | None:
        """What single senders have here beyond their share, where the window was full since this was asked
        last; None where there is nothing."""
        if not self._was_full:
            return None
        self._was_full = False
        surplus = self._buffer.take_surplus(max(self._prefetch // _SENDERS_FULL, _SHARE_MIN))
        return Batch(self, surplus, self.epoch) if surplus else None

    @property
    def waiting_of_others(self) -> int:
        """Deliveries that wait to be taken, of senders that had no surplus when it was last taken."""
        return self._buffer.of_others

    def put_back(self, batch: Batch) -> None:
        """The batch could not be done now: it is the next to be taken."""
        if not batch.is_void:
            self._buffer.put_back(batch.deliveries)

    def settle(self, batch: Batch) -> None:
        """Acknowledges the deliveries, as soon as all before them can be that are not on hold."""
        if not batch.is_void:
            self._unsettled -= len(batch.deliveries)
            self._acknowledge(self._window.settle(delivery.tag for delivery in batch.deliveries))

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is in hand, and the socket has taken every acknowledgement. Should the next
        delivery end this process, nothing that was done before is delivered again."""
        unsent_bytes = 0 if self._connection is None else self._connection.unsent_bytes
        return not self.in_hand and not unsent_bytes

    def hold(self, batch: Batch) -> None:
        """The deliveries stay unacknowledged for a while; acknowledgements of others do not wait for them."""
        if not batch.is_void:
            self._acknowledge(self._window.hold(delivery.tag for delivery in batch.deliveries))

    def resume(self, batch: Batch) -> None:
        """The deliveries are not on hold any more: they will be settled soon."""
        if not batch.is_void:
            self._window.resume(delivery.tag for delivery in batch.deliveries)

    def _acknowledge(self, acknowledgements: Iterable[Acknowledgement]) -> None:
        for tag, multiple in acknowledgements:
            if self._channel is not None and self._channel.is_open:
                self._channel.basic_ack(tag, multiple)

    def cancel(self) -> None:
        """Stops consuming: no more deliveries arrive."""
        if self._link.is_up and self._connection is not None and self._channel is not None:
            self._connection.cancel(self._channel, self._consumer_tag)

    def _set_up(self, connection: BrokerConnection, channel: Channel) -> None:
        self._connection, self._channel = connection, channel
        channel.basic_qos(prefetch_count=self._prefetch)
        # Passive: a missing queue is said at once, and a worker may not declare.
        channel.queue_declare(
            self.queue, passive=True, callback=lambda _ok: self._consume(connection, channel)
        )

    def _consume(self, connection: BrokerConnection, channel: Channel) -> None:
        epoch = self.epoch

        def arrived(deliveries: Sequence[Delivery]) -> None:
            if epoch == self.epoch:  # else this channel is being closed
                self._buffer.add(deliveries)
                self._unsettled += len(deliveries)
                self._arrived_upto += len(deliveries)
                unacknowledged = self._window.unacknowledged(self._arrived_upto)
                self._was_full = self._was_full or unacknowledged >= self._prefetch * _FULL
                self._on_arrival()

        self._consumer_tag = connection.consume(
            channel, self.queue, arrived, on_ok=lambda _ok: self._link.up()
        )

    def _lost(self) -> None:
        self.epoch += 1
        self._connection = self._channel = None
        self._buffer = Turns(self._sender_of)
        self._window = AckWindow()
        self._unsettled = self._arrived_upto = 0
        self._was_full = False
