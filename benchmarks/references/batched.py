"""A worker in batches and nothing beside: no journal, no events, no confirms, no second attempt at anything.

What has arrived is handled at once, replies leave in one write, and one acknowledgement covers all. One loop
carries two connections, for deliveries and for replies.
"""

import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pika
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.frame import Body, Header, Method
from pika.spec import Basic

from antrean_client.byte_stream import Stream
from antrean_client.connection import connection_parameters

Request = tuple[pika.BasicProperties, bytes]
"""Properties and body."""

BATCH_SIZE_MAX = 128
_PREFETCH = 4 * BATCH_SIZE_MAX
_CHANNEL = 1
_HEARTBEAT_SECONDS = 60


class BatchedWorker:
    """Consumes `queue`; `handle` makes of a batch of requests the bodies of their replies, all of type
    `reply_type`."""

    def __init__(
        self, amqp_url: str, queue: str, reply_type: str, handle: Callable[[Sequence[Request]], list[bytes]]
    ) -> None:
        self._amqp_url = amqp_url
        self._queue = queue
        self._reply_type = reply_type
        self._handle = handle
        self._loop = IOLoop()
        self._arrived: list[Request] = []
        self._last_tag = 0
        self._work_scheduled = False
        self._replies = Stream(self._loop)
        self._publishing = self._connect(self._replies, lambda _channel: None)
        self._consuming = self._connect(Stream(self._loop), self._consume)

    def run(self) -> None:
        """Works until SIGTERM."""
        signal.signal(signal.SIGTERM, lambda *_: self._loop.add_callback_threadsafe(self._loop.stop))
        self._loop.start()

    def _connect(self, stream: Stream, on_channel: Callable[[Channel], object]) -> pika.SelectConnection:
        parameters = connection_parameters(self._amqp_url, "antrean benchmark", _HEARTBEAT_SECONDS)
        return pika.SelectConnection(
            parameters,
            on_open_callback=lambda connection: _open_channel(connection, on_channel),
            on_open_error_callback=_give_up,
            on_close_callback=_give_up,
            custom_ioloop=stream,
        )

    def _consume(self, channel: Channel) -> None:
        self._channel = channel
        channel.basic_qos(prefetch_count=_PREFETCH)
        channel.basic_consume(self._queue, self._deliver)

    def _deliver(
        self, _channel: Channel, method: Basic.Deliver, properties: pika.BasicProperties, body: bytes
    ) -> None:
        self._arrived.append((properties, body))
        self._last_tag = method.delivery_tag
        if not self._work_scheduled:
            self._work_scheduled = True
            self._loop.call_later(0, self._work)  # after all that has arrived with it

    def _work(self) -> None:
        self._work_scheduled = False
        batch, self._arrived = self._arrived[:BATCH_SIZE_MAX], self._arrived[BATCH_SIZE_MAX:]
        bodies = self._handle(batch)
        replies = [self._reply(properties, body) for (properties, _), body in zip(batch, bodies, strict=True)]
        if self._replies.transport is not None:
            self._replies.transport.write(b"".join(replies))
        self._channel.basic_ack(self._last_tag - len(self._arrived), multiple=True)
        if self._arrived:
            self._work_scheduled = True
            self._loop.call_later(0, self._work)

    def _reply(self, request: pika.BasicProperties, body: bytes) -> bytes:
        publish = Basic.Publish(exchange="", routing_key=request.reply_to or "")
        properties = pika.BasicProperties(
            content_type="application/json", type=self._reply_type, correlation_id=request.correlation_id
        )
        header = Header(_CHANNEL, len(body), properties)
        return Method(_CHANNEL, publish).marshal() + header.marshal() + Body(_CHANNEL, body).marshal()


def _open_channel(connection: Any, on_channel: Callable[[Channel], object]) -> None:
    connection.channel(on_open_callback=on_channel)


def _give_up(_connection: object, reason: BaseException | str) -> None:
    sys.exit(f"The broker is gone: {reason}.")
