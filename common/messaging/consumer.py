"""Takes deliveries from one queue and acknowledges them when told."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pika
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel

from common.messaging.acknowledgements import AckWindow
from common.messaging.delivery import Delivery
from common.messaging.link import Link
from common.messaging.quick_connection import QuickConnection


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
        self._connection: QuickConnection | None = None
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
        if self._link.is_up and self._connection is not None and self._channel is not None:
            self._connection.cancel(self._channel, self._consumer_tag)

    def _set_up(self, connection: QuickConnection, channel: Channel) -> None:
        self._connection, self._channel = connection, channel
        channel.basic_qos(prefetch_count=self._prefetch)
        # Passive: a missing queue is said at once, and a worker may not declare.
        channel.queue_declare(
            self.queue, passive=True, callback=lambda _ok: self._consume(connection, channel)
        )

    def _consume(self, connection: QuickConnection, channel: Channel) -> None:
        epoch = self._epoch

        def arrived(deliveries: Sequence[Delivery]) -> None:
            if epoch == self._epoch:  # else this channel is being closed
                self._buffer += deliveries
                self._unsettled += len(deliveries)
                self._on_arrival()

        self._consumer_tag = connection.consume(
            channel, self.queue, arrived, on_ok=lambda _ok: self._link.up()
        )

    def _lost(self) -> None:
        self._epoch += 1
        self._connection = self._channel = None
        self._buffer.clear()
        self._window = AckWindow()
        self._unsettled = 0
