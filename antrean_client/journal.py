"""Reads the stream of events over AMQP, from any place, for one caller who can wait.

| name of pika's that its documentation does not promise | used for |
| --- | --- |
| `Connection.bytes_received`, `.frames_received` | heartbeats: what the fast path reads counts as received |

Source: https://www.rabbitmq.com/docs/streams#consuming
"""

import time
from collections.abc import Callable
from typing import Any, Final, Literal

import pika
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.exceptions import ChannelClosedByBroker
from pika.spec import Basic

from antrean_client.byte_stream import Stream
from antrean_client.connection import connection_parameters, not_connected, refused, where_of
from antrean_client.errors import BrokerUnavailable, Refusal
from antrean_client.journal_deliveries import DeliveryReader, Message
from antrean_client.position import Start
from antrean_client.protocol import JOURNAL_QUEUE

_PREFETCH: Final = 2_000
_BATCH_MAX: Final = 500
_HEARTBEAT_SECONDS: Final = 30
_CONNECT_SECONDS_MAX: Final = 15.0
_CLOSE_SECONDS_MAX: Final = 2.0
_CHUNK_SECONDS: Final = 0.2
"""A chunk of which nothing came for so long has arrived as a whole."""
_CHUNK_PARTS_MAX: Final = 5
"""So often it is waited for: chunks of what is published meanwhile follow."""
_FRAMES_OF_A_DELIVERY: Final = 3
_ACCESS_REFUSED: Final = 403
_NOT_FOUND: Final = 404


class _Intake:
    """Takes the messages of the stream before pika reads them."""

    def __init__(
        self,
        connection: pika.SelectConnection,
        reader: DeliveryReader,
        take: Callable[[list[Message], int], None],
    ) -> None:
        self._connection, self._reader, self._take = connection, reader, take

    def take(self, received: bytes, at: int) -> int | None:
        """As `byte_stream.Intake` has it."""
        read = self._reader.read(received, at)
        if read is None:
            return None
        if read.messages:
            self._connection.bytes_received += read.size
            self._connection.frames_received += _FRAMES_OF_A_DELIVERY * len(read.messages)
            self._take(read.messages, read.last_tag)
        return read.size


class JournalReader:
    """Connects when it is made, and reads from `start` on. Not for use by several threads.

    Its connection is lost where the caller lets more than a minute pass between two calls; then it raises
    BrokerUnavailable, and another reader is made.
    """

    def __init__(
        self, amqp_url: str, start: Start, name: str = "antrean-client", *, fast_path: bool = True
    ) -> None:
        """With `fast_path`, messages are read before pika does (`journal_deliveries`), but for few.

        Blocks for at most about 15 s. Raises BrokerUnavailable where the broker cannot be reached,
        BrokerRefused where it refuses, and SettingsError where the address cannot be used.
        """
        self._where = where_of(amqp_url)
        self._loop = IOLoop()
        self._loop.activate_poller()
        stream = Stream(self._loop) if fast_path else None
        self._failure: BrokerUnavailable | None = None
        self._arrived: list[Message] = []
        self._taken_tag = self._last_tag = 0
        parameters = connection_parameters(amqp_url, name, _HEARTBEAT_SECONDS)
        self._connection = pika.SelectConnection(
            parameters,
            on_open_error_callback=lambda _, error: self._fail(not_connected(error, parameters)),
            on_close_callback=lambda *_: self._fail(self._lost()),
            custom_ioloop=stream or self._loop,
        )
        try:
            self._until(lambda: self._connection.is_open)
            self.last = self._measured()
            """The last message that the stream held then; None where it was empty."""
            self.start = self._within(start)
            """Where it really begins: an offset, or as it was given."""
            self._channel = self._open_channel(_PREFETCH)
            consumer = self._consume(
                self._channel, self.start, lambda message, tag: self._take([message], tag)
            )
            if stream is not None:
                reader = DeliveryReader(self._channel.channel_number, consumer)
                stream.intake = _Intake(self._connection, reader, self._take)
        except BaseException:
            self.close()
            raise

    def read(self, seconds: float) -> list[Message]:
        """What has arrived, at most 500 messages; waits for at most so many seconds for the first one.

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

    @property
    def end(self) -> int:
        """The offset behind the last message that the stream held when it was measured."""
        return 0 if self.last is None else self.last.offset + 1

    def wait(self, seconds: float) -> None:
        """Lets this time pass, and takes nothing; raises BrokerUnavailable where the connection is lost."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._run(left)
            if self._failure is not None:
                raise self._failure

    def measure(self) -> int:
        """Where the stream ends now, as in `end`; raises BrokerUnavailable."""
        self.last = self._measured()
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

    def _measured(self) -> Message | None:
        """Reads the last chunk of the stream: the broker's own count of messages is seconds late."""
        counts, found = list[int](), list[Message]()
        channel = self._open_channel(_PREFETCH)
        channel.queue_declare(
            JOURNAL_QUEUE, passive=True, callback=lambda frame: counts.append(frame.method.message_count)
        )
        self._until(lambda: bool(counts))
        self._consume(channel, "last", lambda message, _: found.append(message))
        if counts[0]:
            self._until(lambda: bool(found))
        for _ in range(_CHUNK_PARTS_MAX):
            known = len(found)
            self.wait(_CHUNK_SECONDS)
            if len(found) == known:
                break
        channel.close()
        return found[-1] if found else None

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
    ) -> str:
        """The tag of a consumer whose messages `take` is given, each with its tag."""

        def arrived(_: Channel, method: Basic.Deliver, properties: pika.BasicProperties, body: bytes) -> None:
            offset = int((properties.headers or {})["x-stream-offset"])
            take(Message(offset, method.routing_key, body), method.delivery_tag)

        consuming: list[Any] = []
        channel.add_on_cancel_callback(lambda _: self._fail(self._lost()))
        consumer = channel.basic_consume(
            JOURNAL_QUEUE, arrived, arguments={"x-stream-offset": start}, callback=consuming.append
        )
        self._until(lambda: bool(consuming))
        return consumer

    def _take(self, messages: list[Message], last_tag: int) -> None:
        self._arrived += messages
        self._last_tag = last_tag

    def _until(self, condition: Callable[[], bool]) -> None:
        until = time.monotonic() + _CONNECT_SECONDS_MAX
        while not condition():
            if self._failure is not None:
                raise self._failure
            if (left := until - time.monotonic()) <= 0:
                raise self._lost()
            self._run(left)

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
