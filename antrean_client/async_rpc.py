"""Requests with a reply, many at once over one connection, for programs that run an asyncio loop.

A web process is one client of the broker, however many people it serves.
"""

import asyncio
import json
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pika

from antrean_client.async_connection import Outcome, RequestChannel, first_of, open_connection, replies
from antrean_client.connection import Address, address_now
from antrean_client.errors import BrokerUnavailable, MessagingError, NoReply, RequestNotTaken, SettingsError
from antrean_client.requests import Answer, Clock, MachineClock, encoded, too_large
from antrean_client.rpc import (
    RESEND_SECONDS,
    no_queue,
    no_reply,
    properties_of,
    queue_full,
    waits_while_full,
)
from antrean_client.tracing import RequestSpan, requesting

_RECONNECT_SECONDS_MIN: Final = 0.2
_RECONNECT_SECONDS_MAX: Final = 15.0


@dataclass(eq=False, slots=True)
class _Request:
    """A request that waits for its reply, and what is known of it."""

    properties: pika.BasicProperties
    body: bytes
    reply: asyncio.Future[tuple[str, bytes]]
    was_sent: bool = False
    """At an earlier attempt; it may have been taken."""
    is_unsure: bool = False
    """At this attempt it was sent, and the broker has not said what became of it."""
    is_full: bool = False
    """The queue has refused it."""


class AsyncRpcClient:
    """Sends requests to `exchange`, and waits for their replies; for the tasks of one loop.

    `amqp_url` may be called at each connecting, so that a password that has changed is used. With `user_id`
    each request names the user who is logged in, for whom the broker vouches. No more than `in_flight_max`
    requests wait at once. `on_lost` is told why a connection was lost, or could not be had.
    """

    def __init__(
        self,
        amqp_url: Address,
        exchange: str,
        *,
        user_id: bool,
        in_flight_max: int,
        name: str = "antrean",
        clock: Clock | None = None,
        on_lost: Callable[[BrokerUnavailable | SettingsError], None] = lambda _: None,
    ) -> None:
        self._amqp_url = amqp_url
        self._exchange = exchange
        self._names_user = user_id
        self._in_flight_max = in_flight_max
        self._name = name
        self._clock = clock or MachineClock()
        self._on_lost = on_lost
        self._requests: dict[str, _Request] = {}
        self._suspects: set[_Request] = set()
        self._one_at_a_time = asyncio.Lock()
        self._channel: RequestChannel | None = None
        self._failure: BrokerUnavailable | SettingsError | None = None
        self._changed = asyncio.Event()
        self._connecting: asyncio.Task[None] | None = None

    @property
    def is_connected(self) -> bool:
        """Whether a request would be sent at once."""
        return self._channel is not None and not self._channel.closed.done()

    @property
    def in_flight(self) -> int:
        """How many requests wait for their replies."""
        return len(self._requests)

    def start(self) -> None:
        """Begins to connect, and connects again whenever the connection is lost, until `close`."""
        self._connecting = asyncio.get_running_loop().create_task(self._keep_connected())
        self._connecting.add_done_callback(lambda _: self._tell())

    async def close(self) -> None:
        """Ends the connection; requests that wait for a reply end without one. Never raises."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait({self._connecting})

    async def ask(
        self, name: str, body: dict[str, Any], *, timeout_seconds: float, request_id: str | None = None
    ) -> dict[str, Any]:
        """The body of the answer; raises ProblemReply where the request was refused, and as `call` does."""
        answer = await self.call(name, body, timeout_seconds=timeout_seconds, request_id=request_id)
        return answer.body_for(body)

    async def call(
        self,
        name: str,
        body: dict[str, Any],
        *,
        timeout_seconds: float,
        request_id: str | None = None,
        made_at: datetime | None = None,
    ) -> Answer:
        """The answer to the request `name`; `request_id` is a UUID, a new one by default, and `made_at` when
        the request was first made, where that was not now.

        Waits for at most `timeout_seconds`, during which the request is sent again with the same id and
        timestamp where no answer comes, the connection is lost, or the queue for it is full. Raises
        RequestNotTaken at once where `in_flight_max` requests wait, and BrokerUnavailable at once where the
        request was not sent and the last attempt to connect has failed; else the errors of `RpcClient.call`.
        A request that was not sent because of the broker's resource alarm raises RequestNotTaken.
        """
        request_id = request_id or str(uuid.uuid4())
        with requesting(self._exchange, name) as span:
            properties = properties_of(name, request_id, made_at or self._clock.now(), None, span.headers)
            answer = await self._call(properties, body, timeout_seconds, span)
            span.answered(answer.name, answer.problem_code)
        return answer

    async def _call(
        self,
        properties: pika.BasicProperties,
        body: dict[str, Any],
        timeout_seconds: float,
        span: RequestSpan,
    ) -> Answer:
        request_id: str = properties.message_id
        sendable = encoded(body)
        if sendable is None:
            return too_large(request_id)
        if len(self._requests) >= self._in_flight_max:
            raise RequestNotTaken("Too many requests wait for an answer; try again in a minute.")
        started = time.monotonic()
        request = _Request(properties, sendable, asyncio.get_running_loop().create_future())
        self._requests[properties.correlation_id] = request
        try:
            async with asyncio.timeout(timeout_seconds):
                reply_name, reply_body = await self._answered(request, span)
        except TimeoutError as error:
            raise self._unanswered(request, timeout_seconds) from error
        finally:
            del self._requests[properties.correlation_id]
            self._suspects.discard(request)
        return Answer(reply_name, json.loads(reply_body), request_id, time.monotonic() - started)

    async def _answered(self, request: _Request, span: RequestSpan) -> tuple[str, bytes]:
        """The reply, before which the request is sent as often as needed."""
        waits = waits_while_full()
        while True:
            if self._suspects:
                async with self._one_at_a_time:
                    channel = await self._publish(request, span)
            else:
                channel = await self._publish(request, span)
            seconds = next(waits) if request.is_full else RESEND_SECONDS
            # A reply goes to the channel that the request came from, and is lost with it.
            await first_of(request.reply, channel.closed, seconds=seconds)
            if request.reply.done():
                return request.reply.result()

    async def _publish(self, request: _Request, span: RequestSpan) -> RequestChannel:
        """Publishes the request once, over the channel that is returned; raises a MessagingError where the
        broker refuses it for good."""
        channel = await self._usable_channel(request)
        await channel.writable()
        request.properties.user_id = channel.user if self._names_user else None
        was_unsure, request.is_unsure = request.is_unsure, True
        with span.sending():
            publishing = channel.publish(self._exchange, request.properties, request.body)
            await first_of(publishing, request.reply)
            if not publishing.done():
                return channel  # it is answered already
            outcome = publishing.result()
            if (error := _refusal(outcome, channel)) is not None:
                error.sent_before = request.was_sent
                raise error
        if outcome in (Outcome.FULL, Outcome.UNSENT):
            request.is_unsure = was_unsure
        # Where it was sent before, the queue has become full since, and may still hold it.
        request.is_full = outcome is Outcome.FULL
        request.was_sent |= outcome in (Outcome.TAKEN, Outcome.LOST)
        if outcome is Outcome.SUSPECT:
            self._suspects.add(request)
        else:
            self._suspects.discard(request)
        return channel

    async def _usable_channel(self, request: _Request) -> RequestChannel:
        while (channel := self._channel) is None or channel.closed.done():
            may_be_taken = request.was_sent or request.is_unsure
            if self._connecting is None or self._connecting.done():
                sentence = "The connection to RabbitMQ is closed."
                raise NoReply(sentence) if may_be_taken else BrokerUnavailable(sentence)
            if self._failure is not None and not may_be_taken:
                raise self._failure.with_traceback(None)  # one error, raised to many
            await self._changed.wait()
        return channel

    def _unanswered(self, request: _Request, timeout_seconds: float) -> MessagingError:
        """What is known of a request whose time is over."""
        if request.was_sent or request.is_unsure:
            return no_reply(timeout_seconds)
        if request.is_full:
            return queue_full()
        if self.is_connected:
            return RequestNotTaken("The broker is short of memory or disk, and takes no requests.")
        return BrokerUnavailable("RabbitMQ could not be reached in time.")

    def _replied(self, correlation_id: str, name: str, body: bytes) -> None:
        request = self._requests.get(correlation_id)
        if request is not None and not request.reply.done():
            request.reply.set_result((name, body))

    async def _keep_connected(self) -> None:
        pause = _RECONNECT_SECONDS_MIN
        while True:
            try:
                async with open_connection(address_now(self._amqp_url), self._name) as connection:
                    while connection.is_open:
                        self._channel = await connection.open_channel(replies(self._replied))
                        self._failure, pause = None, _RECONNECT_SECONDS_MIN
                        self._tell()
                        await first_of(self._channel.closed)  # which `close` must not cancel
                self._on_lost(BrokerUnavailable("The connection to RabbitMQ was lost."))
            except (BrokerUnavailable, SettingsError) as error:
                self._failure = error
                self._tell()
                self._on_lost(error)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - keeps no secret
            pause = min(2 * pause, _RECONNECT_SECONDS_MAX)

    def _tell(self) -> None:
        """Wakes who waits for a connection."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def _refusal(outcome: Outcome, channel: RequestChannel) -> MessagingError | None:
    """The error that a request of this outcome ends with, if it ends with any."""
    if outcome is Outcome.NO_QUEUE:
        return no_queue()
    return channel.refusal if outcome is Outcome.REFUSED else None
