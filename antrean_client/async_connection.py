"""A connection to the broker within an asyncio loop, and the channel that publishes requests over it.

pika's callbacks end here: what waits for one awaits a future.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import Any, Final

import pika
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.channel import Channel
from pika.exceptions import AMQPError, ChannelClosedByBroker
from pika.frame import Method
from pika.spec import Basic

from antrean_client.connection import connection_parameters, not_connected, user_of, where
from antrean_client.errors import BrokerRefused, BrokerUnavailable
from antrean_client.rpc import REPLY_TO, refused_by

_HEARTBEAT_SECONDS: Final = 5
"""pika notices a broker that is frozen, or a dead line, after at most twice (heartbeat + 5 s)."""

_CLOSE_SECONDS_MAX: Final = 2.0

OnReply = Callable[[str, str, bytes], None]
"""Is given the correlation id, the name and the body of a reply."""

Consume = Callable[[Channel], None]
"""Begins to consume, over a channel that has just been opened."""


class Outcome(Enum):
    """What the broker has made of one publish."""

    TAKEN = auto()
    FULL = auto()
    """The queue has refused it."""
    NO_QUEUE = auto()
    """Nothing is bound for it; it was returned."""
    REFUSED = auto()
    """The broker has closed the channel because of it: `RequestChannel.refusal` says why."""
    SUSPECT = auto()
    """The broker has closed the channel because of it, or of another one that was published meanwhile."""
    LOST = auto()
    """The connection was lost, and nothing is known of it."""
    UNSENT = auto()
    """The channel was closing already."""


def replies(on_reply: OnReply) -> Consume:
    """Consumes the replies to what is published over the channel."""

    def replied(_: Channel, _method: Basic.Deliver, properties: pika.BasicProperties, body: bytes) -> None:
        on_reply(properties.correlation_id or "", properties.type or "", body)

    def consume(channel: Channel) -> None:
        channel.basic_consume(REPLY_TO, replied, auto_ack=True)

    return consume


async def first_of(*futures: asyncio.Future[Any], seconds: float | None = None) -> None:
    """Returns as soon as one of them is done, or so much time has passed."""
    await asyncio.wait(futures, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


class RequestChannel:
    """Publishes over one channel, which consumes, too: the replies, or a queue."""

    def __init__(self, at: str, user: str | None, writable: asyncio.Event, consume: Consume) -> None:
        loop = asyncio.get_running_loop()
        self.user = user
        """Who is logged in; None where the certificate says so."""
        self.refusal: BrokerRefused | None = None
        self.closed: asyncio.Future[None] = loop.create_future()
        self._at, self._writable, self._consume = at, writable, consume
        self._unsettled: dict[int, tuple[str, asyncio.Future[Outcome]]] = {}
        self._returned: set[str] = set()
        self._last_tag = 0
        self._channel: Channel | None = None

    async def open(self, connection: AsyncioConnection) -> None:
        """Opens the channel and begins to consume; raises BrokerUnavailable where that fails."""
        opened, ready = self.closed.get_loop().create_future(), self.closed.get_loop().create_future()
        try:
            channel = connection.channel(on_open_callback=opened.set_result)
            channel.add_on_close_callback(self._closed)
            await self._unless_closed(opened)
            # The consumer must be there before anything is published with this reply-to.
            self._consume(channel)
            channel.add_on_cancel_callback(lambda _: channel.close())
            channel.add_on_return_callback(self._was_returned)
            channel.confirm_delivery(self._confirmed, ready.set_result)
            await self._unless_closed(ready)
        except AMQPError as error:
            raise BrokerUnavailable("The connection to RabbitMQ was lost at once; try again.") from error
        self._channel = channel

    async def writable(self) -> None:
        """Returns as soon as the broker takes messages, which it does not under a resource alarm."""
        await self._writable.wait()

    def publish(
        self, exchange: str, properties: pika.BasicProperties, body: bytes
    ) -> asyncio.Future[Outcome]:
        """Publishes a message, with its type as routing key; what comes of it."""
        outcome: asyncio.Future[Outcome] = self.closed.get_loop().create_future()
        if self._channel is None or not self._channel.is_open:
            outcome.set_result(Outcome.UNSENT)
            return outcome
        self._last_tag += 1
        self._unsettled[self._last_tag] = properties.correlation_id, outcome
        self._channel.basic_publish(exchange, properties.type, body, properties, mandatory=True)
        return outcome

    async def _unless_closed(self, step: asyncio.Future[Any]) -> None:
        await first_of(step, self.closed)
        if self.closed.done():
            raise BrokerUnavailable("The connection to RabbitMQ was lost at once; try again.")

    def _was_returned(
        self, _: Channel, _method: Basic.Return, properties: pika.BasicProperties, _body: bytes
    ) -> None:
        self._returned.add(properties.correlation_id or "")  # its confirmation follows

    def _confirmed(self, frame: Method[Any]) -> None:
        tag, confirm = frame.method.delivery_tag, frame.method
        tags = [each for each in self._unsettled if each <= tag] if confirm.multiple else [tag]
        for each in tags:
            correlation_id, outcome = self._unsettled.pop(each)
            if correlation_id in self._returned:
                self._returned.discard(correlation_id)
                _settle(outcome, Outcome.NO_QUEUE)
            else:
                _settle(outcome, Outcome.FULL if isinstance(confirm, Basic.Nack) else Outcome.TAKEN)

    def _closed(self, _: Channel, error: BaseException) -> None:
        became = Outcome.LOST
        if isinstance(error, ChannelClosedByBroker):
            self.refusal = refused_by(error, self._at)
            became = Outcome.REFUSED if len(self._unsettled) == 1 else Outcome.SUSPECT
        for _id, outcome in self._unsettled.values():
            _settle(outcome, became)
        self._unsettled.clear()
        self.closed.set_result(None)


def _settle(outcome: asyncio.Future[Outcome], became: Outcome) -> None:
    """Tells who waits, unless they have given up, which cancels the future."""
    if not outcome.done():
        outcome.set_result(became)


class RequestConnection:
    """One connection, which is open until it is lost."""

    def __init__(self, parameters: pika.URLParameters, user: str | None) -> None:
        """Begins to connect."""
        loop = asyncio.get_running_loop()
        self._at, self._user = where(parameters), user
        self._writable = asyncio.Event()
        self._writable.set()
        self._opened: asyncio.Future[BaseException | None] = loop.create_future()
        self._gone: asyncio.Future[None] = loop.create_future()
        self._connection = AsyncioConnection(
            parameters,
            on_open_callback=lambda _: self._opened.set_result(None),
            on_open_error_callback=self._not_opened,
            on_close_callback=lambda *_: self._end(),
        )
        self._connection.add_on_connection_blocked_callback(lambda *_: self._writable.clear())
        self._connection.add_on_connection_unblocked_callback(lambda *_: self._writable.set())

    @property
    def is_open(self) -> bool:
        """Whether it has not been lost."""
        return not self._gone.done()

    async def opened(self) -> BaseException | None:
        """Why it could not be opened; None once it is open."""
        return await asyncio.shield(self._opened)

    async def open_channel(self, consume: Consume) -> RequestChannel:
        """A new channel; raises BrokerUnavailable where the connection is lost."""
        channel = RequestChannel(self._at, self._user, self._writable, consume)
        await channel.open(self._connection)
        return channel

    async def close(self) -> None:
        """Says goodbye to the broker, as far as it answers within 2 s; never raises."""
        if not (self._connection.is_closing or self._connection.is_closed):
            self._connection.close()
        await asyncio.wait({self._gone}, timeout=_CLOSE_SECONDS_MAX)

    def _not_opened(self, _: pika.connection.Connection, error: BaseException) -> None:
        self._opened.set_result(error)
        self._end()

    def _end(self) -> None:
        self._writable.set()  # who waits for it finds the channel closed
        self._gone.set_result(None)


@asynccontextmanager
async def open_connection(amqp_url: str, name: str) -> AsyncIterator[RequestConnection]:
    """A connection for as long as the block runs; `name` is what operators see in the broker's list.

    Raises BrokerUnavailable where the broker cannot be reached, BrokerRefused where it refuses, and
    SettingsError where the address cannot be used.
    """
    parameters = connection_parameters(amqp_url, name, _HEARTBEAT_SECONDS)
    connection = RequestConnection(parameters, user_of(amqp_url))
    try:
        error = await connection.opened()
        if isinstance(error, AMQPError | AMQPConnectorException | OSError):
            raise not_connected(error, parameters) from error
        if error is not None:
            raise error
        yield connection
    finally:
        await connection.close()
