"""Takes deliveries from one queue and acknowledges them when told."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pika
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.spec import Basic

from common.messaging.acknowledgements import AckWindow
from common.messaging.delivery import CAME_THROUGH, SUSPECT_REDELIVERIES, Delivery, moment_of
from common.messaging.link import Link
from common.messaging.quick_connection import QuickConnection

_DELIVERY_COUNT = "x-delivery-count"


@dataclass(frozen=True, eq=False)
class Batch:
    """Deliveries of one channel; once that channel is gone they will come again, and this batch is void."""

    consumer: "Consumer"
    deliveries: Sequence[Delivery]
    epoch: int


class Consumer:
    """Buffers what arrives, at most `prefetch` deliveries, until it is taken in batches.

    `on_arrival` is called when there is something to take. After a lost connection the buffer is empty and
    everything unacknowledged is delivered again.
    """

    def __init__(
        self,
        loop: IOLoop,
        parameters: pika.connection.Parameters,
        queue: str,
        prefetch: int,
        on_arrival: Callable[[], None],
        on_closed: Callable[[], None],
    ) -> None:
        self.queue = queue
        self._prefetch = prefetch
        self._on_arrival = on_arrival
        self._link = Link(loop, parameters, self._set_up, self._lost, on_closed)
        self._channel: Channel | None = None
        self._buffer: deque[Delivery] = deque()
        self._window = AckWindow()
        self._epoch = 0
        self._consumer_tag = ""
        self._unsettled = 0
        self.open, self.close = self._link.open, self._link.close

    @property
    def is_up(self) -> bool:
        """Whether the queue is there and consumed."""
        return self._link.is_up

    @property
    def unsettled(self) -> int:
        """Deliveries that were taken or wait to be taken, and are not acknowledged."""
        return self._unsettled

    @property
    def waiting(self) -> int:
        """Deliveries that wait to be taken."""
        return len(self._buffer)

    @property
    def in_hand(self) -> int:
        """Deliveries that were taken, and are not acknowledged."""
        return self._unsettled - len(self._buffer)

    def take(self, batch_size: int) -> Batch:
        """The deliveries that have waited longest, at most `batch_size`."""
        count = min(batch_size, len(self._buffer))
        return Batch(self, [self._buffer.popleft() for _ in range(count)], self._epoch)

    def put_back(self, batch: Batch) -> None:
        """The batch could not be done now: it is the next to be taken."""
        if batch.epoch == self._epoch:
            self._buffer.extendleft(reversed(batch.deliveries))

    def settle(self, batch: Batch) -> None:
        """Acknowledges the deliveries, as soon as all before them can be."""
        if batch.epoch != self._epoch or self._channel is None:
            return
        self._unsettled -= len(batch.deliveries)
        upto = self._window.settle(delivery.tag for delivery in batch.deliveries)
        if upto is not None and self._channel.is_open:
            self._channel.basic_ack(upto, multiple=True)

    def cancel(self) -> None:
        """Lets no more deliveries arrive."""
        if self._link.is_up and self._channel is not None:
            self._channel.basic_cancel(self._consumer_tag)

    def _set_up(self, _connection: QuickConnection, channel: Channel) -> None:
        self._channel = channel
        channel.basic_qos(prefetch_count=self._prefetch)
        # Passive: a missing queue is said at once, and a worker may not declare.
        channel.queue_declare(self.queue, passive=True, callback=lambda _ok: self._consume(channel))

    def _consume(self, channel: Channel) -> None:
        self._consumer_tag = channel.basic_consume(
            self.queue, self._arrived, callback=lambda _ok: self._link.up()
        )

    def _arrived(
        self, _channel: Channel, method: Basic.Deliver, properties: pika.BasicProperties, body: bytes
    ) -> None:
        self._buffer.append(
            Delivery(
                tag=method.delivery_tag,
                body=body,
                name=_text(properties.type),
                content_type=_text(properties.content_type),
                message_id=_text(properties.message_id),
                correlation_id=_text(properties.correlation_id),
                reply_to=_text(properties.reply_to),
                sent_at=moment_of(properties.timestamp),
                # Only with a redelivery is the count the broker's; before, a client may have made it up.
                redeliveries=_redeliveries(properties.headers) if method.redelivered else 0,
                # What comes through no exchange was set aside by a worker, who alone may send it so.
                exchange=method.exchange or _text((properties.headers or {}).get(CAME_THROUGH)) or "",
            )
        )
        self._unsettled += 1
        self._on_arrival()

    def _lost(self) -> None:
        self._epoch += 1
        self._channel = None
        self._buffer.clear()
        self._window = AckWindow()
        self._unsettled = 0


def _text(value: Any) -> str | None:
    # pika hands on as bytes what is not UTF-8; such a property is as good as none.
    return value if isinstance(value, str) else None


def _redeliveries(headers: dict[str, Any] | None) -> int:
    if headers == {}:
        return SUSPECT_REDELIVERIES  # headers that pika cannot read: nobody knows
    count = (headers or {}).get(_DELIVERY_COUNT)
    return count if isinstance(count, int) else 0
