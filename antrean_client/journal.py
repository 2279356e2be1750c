"""Reads the stream of events over AMQP, from any place, for one caller who can wait.

Source: https://www.rabbitmq.com/docs/streams#consuming
"""

import time
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple

import pika
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.exceptions import ChannelClosedByBroker
from pika.spec import Basic

from antrean_client.connection import connection_parameters, not_connected, refused, where_of
from antrean_client.errors import BrokerUnavailable, Refusal
from antrean_client.position import Start
from antrean_client.protocol import JOURNAL_QUEUE

_PREFETCH: Final = 4_000
_BATCH_MAX: Final = 1_000
_HEARTBEAT_SECONDS: Final = 30
_CONNECT_SECONDS_MAX: Final = 15.0
_CLOSE_SECONDS_MAX: Final = 2.0
_CHUNK_SECONDS: Final = 0.2
"""Within this time a chunk has arrived as a whole; what comes later is of later ones."""
_ACCESS_REFUSED: Final = 403
_NOT_FOUND: Final = 404


class Message(NamedTuple):
    """A message of the stream: `offset` is its place, `routing_key` such as `RSHS.GIG.ticket.called`."""

    offset: int
    routing_key: str
    body: bytes


class JournalReader:
    """Connects when it is made, and reads from `start` on. Not for use by several threads.

    Its connection is lost where the caller lets more than a minute pass between two calls; then it raises
    BrokerUnavailable, and another reader is made.
    """

    def __init__(self, amqp_url: str, start: Start, name: str = "antrean-client") -> None:
        """Blocks for at most about 15 s. Raises BrokerUnavailable where the broker cannot be reached,
        BrokerRefused where it refuses, and SettingsError where the address cannot be used."""
        self._where = where_of(amqp_url)
        self._loop = IOLoop()
        self._loop.activate_poller()
        self._failure: BrokerUnavailable | None = None
        self._arrived: list[Message] = []
        self._taken_tag = self._last_tag = 0
        parameters = connection_parameters(amqp_url, name, _HEARTBEAT_SECONDS)
        self._connection = pika.SelectConnection(
            parameters,
            on_open_error_callback=lambda _, error: self._fail(not_connected(error, parameters)),
            on_close_callback=lambda *_: self._fail(self._lost()),
            custom_ioloop=self._loop,
        )
        try:
            self._until(lambda: self._connection.is_open)
            self.end = self._measured()
            """The offset behind the last message that the stream held then."""
            self.start = self._within(start)
            """Where it really begins: an offset, or as it was given."""
            self._channel = self._open_channel(_PREFETCH)
            self._consume(self._channel, self.start, self._take)
        except BaseException:
            self.close()
            raise

    def read(self, seconds: float) -> list[Message]:
        """What has arrived, at most 1,000 messages; waits for at most so many seconds for the first one.

        Those that the call before has returned are acknowledged. Raises BrokerUnavailable where the
        connection is lost.
        """
        if self._taken_tag:
            self._channel.basic_ack(self._taken_tag, multiple=True)
            self._taken_tag = 0
        until = time.monotonic() + seconds
        while not self._arrived and self._failure is None and (left := until - time.monotonic()) > 0:
            self._run(left)
        if not self._arrived:
            self._run(0)  # also where nobody waits, heartbeats have to be answered
            if self._failure is not None and not self._arrived:
                raise self._failure
        taken, self._arrived = self._arrived[:_BATCH_MAX], self._arrived[_BATCH_MAX:]
        self._taken_tag = self._last_tag - len(self._arrived) if taken else 0
        return taken

    def measure(self) -> int:
        """Where the stream ends now, as in `end`; raises BrokerUnavailable."""
        self.end = self._measured()
        return self.end

    def close(self) -> None:
        """Ends the connection; never raises."""
        if self._connection.is_open:
            self._connection.close()
        until = time.monotonic() + _CLOSE_SECONDS_MAX
        while self._connection.is_closing and (left := until - time.monotonic()) > 0:
            self._run(left)
        self._loop.close()

    def _within(self, start: Start) -> Start:
        """Where to read on: an offset for `next`, so that nothing is passed over later; the beginning where
        the offset is of another, longer stream, which this one has replaced."""
        if start == "next":
            return self.end
        if isinstance(start, int) and start > self.end:
            return "first"
        return start

    def _measured(self) -> int:
        """Reads the last chunk of the stream: the broker's own count of messages is seconds late."""
        counts, offsets = list[int](), list[int]()
        channel = self._open_channel(_PREFETCH)
        channel.queue_declare(
            JOURNAL_QUEUE, passive=True, callback=lambda frame: counts.append(frame.method.message_count)
        )
        self._until(lambda: bool(counts))
        self._consume(channel, "last", lambda message, _: offsets.append(message.offset))
        if counts[0]:
            self._until(lambda: bool(offsets))
        self._wait(_CHUNK_SECONDS)
        channel.close()
        return offsets[-1] + 1 if offsets else 0

    def _open_channel(self, prefetch: int) -> Channel:
        opened: list[Channel] = []
        channel = self._connection.channel(on_open_callback=opened.append)
        channel.add_on_close_callback(lambda _, error: self._channel_closed(error))
        self._until(lambda: bool(opened))
        limited: list[Any] = []
        channel.basic_qos(prefetch_count=prefetch, callback=limited.append)
        self._until(lambda: bool(limited))
        return channel

    def _consume(
        self, channel: Channel, start: Start | Literal["last"], take: Callable[[Message, int], None]
    ) -> None:
        def arrived(_: Channel, method: Basic.Deliver, properties: pika.BasicProperties, body: bytes) -> None:
            offset = int((properties.headers or {})["x-stream-offset"])
            take(Message(offset, method.routing_key, body), method.delivery_tag)

        consuming: list[Any] = []
        channel.add_on_cancel_callback(lambda _: self._fail(self._lost()))
        channel.basic_consume(
            JOURNAL_QUEUE, arrived, arguments={"x-stream-offset": start}, callback=consuming.append
        )
        self._until(lambda: bool(consuming))

    def _take(self, message: Message, tag: int) -> None:
        self._arrived.append(message)
        self._last_tag = tag

    def _until(self, condition: Callable[[], bool]) -> None:
        until = time.monotonic() + _CONNECT_SECONDS_MAX
        while not condition():
            if self._failure is not None:
                raise self._failure
            if (left := until - time.monotonic()) <= 0:
                raise self._lost()
            self._run(left)

    def _wait(self, seconds: float) -> None:
        """Lets this time pass; raises BrokerUnavailable where the connection is lost meanwhile."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._run(left)
            if self._failure is not None:
                raise self._failure

    def _run(self, seconds: float) -> None:
        """One round of input and output, which waits for at most so long."""
        timer = self._loop.call_later(max(seconds, 0), lambda: None)
        self._loop.poll()
        self._loop.process_timeouts()
        self._loop.remove_timeout(timer)

    def _channel_closed(self, error: BaseException) -> None:
        if not isinstance(error, ChannelClosedByBroker):
            return
        refusals = {_ACCESS_REFUSED: Refusal.READING, _NOT_FOUND: Refusal.NOT_SET_UP}
        refusal = refusals.get(error.reply_code)
        self._fail(self._lost() if refusal is None else refused(refusal, self._where))

    def _fail(self, failure: BrokerUnavailable) -> None:
        self._failure = self._failure or failure

    def _lost(self) -> BrokerUnavailable:
        return BrokerUnavailable(f"The connection to RabbitMQ at {self._where} was lost; try again.")
