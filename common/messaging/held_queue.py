"""Messages of a queue that a process holds without acknowledging them, for as long as it sees to what they
say: if it dies, the broker hands them to another. Within an asyncio loop.

The broker closes the channel of a consumer that has held a message for 30 minutes (`consumer_timeout`), so
that each has to be replaced by a copy of it before."""

import asyncio
import random
import uuid
from collections.abc import Callable
from typing import Final

import pika
from pika.channel import Channel
from pika.spec import Basic

from antrean_client.async_connection import Outcome, RequestChannel, first_of, open_connection
from antrean_client.connection import Address, address_now
from antrean_client.errors import AntreanError, BrokerUnavailable, RequestNotTaken, SettingsError
from antrean_client.rpc import no_queue, queue_full

_PERSISTENT: Final = 2
_PUT_SECONDS_MAX: Final = 5.0
_RECONNECT_SECONDS_MIN: Final = 0.2
_RECONNECT_SECONDS_MAX: Final = 15.0


class Held:
    """A message that this process holds, until it is settled or its channel closes."""

    def __init__(self, channel: Channel, tag: int, body: bytes) -> None:
        self.body = body
        self._channel, self._tag, self._is_settled = channel, tag, False

    @property
    def is_ours(self) -> bool:
        """Whether nobody else can be given it now."""
        return self._channel.is_open and not self._is_settled

    def settle(self) -> None:
        """Nobody needs it any more."""
        if self.is_ours:
            self._is_settled = True
            self._channel.basic_ack(self._tag)


class HeldQueue:
    """Consumes `queue`, and puts messages into it through `exchange`, with the routing key `name`.

    `on_message` is given each message, `held_max` of which are held at once; `on_lost` is told why all that
    were held are given back."""

    def __init__(
        self,
        amqp_url: Address,
        *,
        exchange: str,
        queue: str,
        name: str,
        held_max: int,
        client_name: str,
        on_message: Callable[[Held], None],
        on_lost: Callable[[AntreanError], None],
    ) -> None:
        self._amqp_url, self._exchange, self._queue, self._name = amqp_url, exchange, queue, name
        self._held_max, self._client_name = held_max, client_name
        self._on_message, self._on_lost = on_message, on_lost
        self._channel: RequestChannel | None = None

    @property
    def is_connected(self) -> bool:
        """Whether messages would come now."""
        return self._channel is not None and not self._channel.closed.done()

    async def run(self) -> None:
        """Connects, and connects again whenever the connection is lost, until it is cancelled."""
        pause = _RECONNECT_SECONDS_MIN
        while True:
            try:
                async with open_connection(address_now(self._amqp_url), self._client_name) as connection:
                    self._channel = await connection.open_channel(self._consume)
                    pause = _RECONNECT_SECONDS_MIN
                    await first_of(self._channel.closed)
                    error: AntreanError = self._channel.refusal or BrokerUnavailable(
                        "The connection to RabbitMQ was lost."
                    )
            except (BrokerUnavailable, SettingsError) as refused:
                error = refused
            self._on_lost(error)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - keeps no secret
            pause = min(2 * pause, _RECONNECT_SECONDS_MAX)

    async def put(self, body: bytes, seconds: float) -> None:
        """Puts a message into the queue, which is worth something for so long; it is there once this returns.

        Raises BrokerUnavailable where the broker is not connected, and RequestNotTaken where it does not take
        it."""
        channel = self._channel
        if channel is None or channel.closed.done():
            raise BrokerUnavailable("The connection to RabbitMQ is closed.")
        properties = pika.BasicProperties(
            type=self._name,
            correlation_id=str(uuid.uuid4()),
            delivery_mode=_PERSISTENT,
            expiration=str(max(int(seconds * 1000), 1)),
        )
        try:
            async with asyncio.timeout(_PUT_SECONDS_MAX):
                await channel.writable()
                outcome = await channel.publish(self._exchange, properties, body)
        except TimeoutError as error:
            raise RequestNotTaken("The broker has not taken the message in time.") from error
        match outcome:
            case Outcome.TAKEN:
                return
            case Outcome.FULL:
                raise queue_full()
            case Outcome.NO_QUEUE:
                raise no_queue()
        raise channel.refusal or BrokerUnavailable("The connection to RabbitMQ was lost.")

    async def replace(self, held: Held, seconds: float) -> None:
        """Puts a message with the body of one that is held in its place; raises as `put`, and then it is held
        on. Killed in between, both are there."""
        await self.put(held.body, seconds)
        held.settle()

    def _consume(self, channel: Channel) -> None:
        channel.basic_qos(prefetch_count=self._held_max)
        channel.basic_consume(self._queue, self._delivered)

    def _delivered(
        self, channel: Channel, method: Basic.Deliver, _: pika.BasicProperties, body: bytes
    ) -> None:
        self._on_message(Held(channel, method.delivery_tag, body))
