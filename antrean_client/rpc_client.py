"""Requests with a reply, over RabbitMQ's direct reply-to: what a command line needs of the broker.

Source: https://www.rabbitmq.com/docs/direct-reply-to
"""

import json
import time
import uuid
from contextlib import suppress
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError, ChannelClosedByBroker, NackError, UnroutableError
from pika.spec import Basic

from antrean_client.connection import Address, address_now, blocking_connection, user_of, where_of
from antrean_client.errors import BrokerUnavailable, MessagingError
from antrean_client.protocol import PATIENT_EXCHANGE
from antrean_client.requests import Answer, Clock, MachineClock, RequestClient, encoded, too_large
from antrean_client.rpc import (
    REPLY_TO,
    RESEND_SECONDS,
    no_queue,
    no_reply,
    properties_of,
    queue_full,
    refused_by,
    waits_while_full,
)
from antrean_client.tracing import RequestSpan, requesting

_RECONNECT_SECONDS = 0.2


class RpcClient(RequestClient):
    """Asks over the broker. But through the patients' exchange, each request names the user of `amqp_url`,
    for whom the broker vouches. An address that may change is asked for at each connecting."""

    def __init__(self, amqp_url: Address, exchange: str, clock: Clock | None = None) -> None:
        self._amqp_url = amqp_url
        self._exchange = exchange
        self._clock = clock or MachineClock()
        self._channel: BlockingChannel | None = None
        self._answers: dict[str, tuple[str, bytes]] = {}

    def close(self) -> None:
        """Closes the connection, if there is one; never raises."""
        channel, self._channel = self._channel, None
        if channel is not None and channel.connection.is_open:
            with suppress(AMQPError, OSError):  # it is lost already then
                channel.connection.close()

    def call(
        self, name: str, body: dict[str, Any], *, timeout_seconds: float, request_id: str | None = None
    ) -> Answer:
        """The answer to the request `name`; `request_id` is a UUID, a new one by default.

        Blocks for at most about `timeout_seconds`, during which the request is sent again with the same id
        and timestamp where no answer comes, or the queue for it is full. (Where the broker or the line
        freezes just while it is being published, only missing heartbeats tell pika: that takes up to two
        thirds of that time and ten seconds more.) A broker under a resource alarm takes nothing and does not
        say so: no answer either. Raises BrokerUnavailable where the broker cannot be reached and the request
        was never sent, BrokerRefused or NoQueue where it refused this user or the request (after an earlier
        attempt that may have been taken, with `sent_before`), RequestNotTaken where the queue for it was full
        all the time, and NoReply where the request was sent and nothing is known of it.
        """
        request_id = request_id or str(uuid.uuid4())
        with requesting(self._exchange, name) as span:
            answer = self._call(name, body, timeout_seconds, request_id, span)
            span.answered(answer.name, answer.problem_code)
        return answer

    def _call(
        self, name: str, body: dict[str, Any], timeout_seconds: float, request_id: str, span: RequestSpan
    ) -> Answer:
        message = encoded(body)
        if message is None:  # the broker would close the channel of a much larger one
            return too_large(request_id)
        user_id = None if self._exchange == PATIENT_EXCHANGE else user_of(address_now(self._amqp_url))
        properties = properties_of(name, request_id, self._clock.now(), user_id, span.headers)
        started = time.monotonic()
        until = started + timeout_seconds
        sent = False
        full: NackError | None = None
        waits = waits_while_full()
        while (remaining := until - time.monotonic()) > 0:
            try:
                channel = self._open_channel(remaining)
            except BrokerUnavailable:
                if not sent:
                    raise
                time.sleep(min(remaining, _RECONNECT_SECONDS))
                continue
            try:
                try:
                    with span.sending():
                        self._publish(channel, properties, message)
                except MessagingError as error:
                    error.sent_before = sent
                    raise
                except NackError as error:
                    # Where it was sent before, the queue has become full since, and may still hold it.
                    full = None if sent else error
                else:
                    sent, full = True, None
                wait_seconds = RESEND_SECONDS if full is None else next(waits)
                self._wait(channel, properties.correlation_id, min(until, time.monotonic() + wait_seconds))
            except (AMQPError, OSError):
                sent = True
                self.close()
                time.sleep(min(remaining, _RECONNECT_SECONDS))
            answer = self._answers.pop(properties.correlation_id, None)
            if answer is not None:
                reply_name, reply_body = answer
                return Answer(reply_name, json.loads(reply_body), request_id, time.monotonic() - started)
        if full is not None:
            raise queue_full() from full
        # A broker that is frozen would not answer a goodbye either: the connection is left to itself.
        self._channel = None
        raise no_reply(timeout_seconds)

    def _publish(self, channel: BlockingChannel, properties: pika.BasicProperties, body: bytes) -> None:
        try:
            channel.basic_publish(self._exchange, properties.type, body, properties, mandatory=True)
        except UnroutableError as error:
            raise no_queue() from error
        except ChannelClosedByBroker as error:
            raise refused_by(error, where_of(address_now(self._amqp_url))) from error

    def _wait(self, channel: BlockingChannel, correlation_id: str, until: float) -> None:
        while correlation_id not in self._answers and (left := until - time.monotonic()) > 0:
            channel.connection.process_data_events(left)

    def _open_channel(self, timeout_seconds: float) -> BlockingChannel:
        if self._channel is None or not self._channel.is_open:
            self.close()
            connection = blocking_connection(address_now(self._amqp_url), "antrean", timeout_seconds)
            try:
                channel = connection.channel()
                # The consumer must be there before anything is published with this reply-to.
                channel.basic_consume(REPLY_TO, self._answered, auto_ack=True)
                channel.confirm_delivery()
            except (AMQPError, OSError) as error:
                raise BrokerUnavailable("The connection to RabbitMQ was lost at once; try again.") from error
            self._channel = channel
        return self._channel

    def _answered(
        self, _channel: BlockingChannel, _method: Basic.Deliver, properties: pika.BasicProperties, body: bytes
    ) -> None:
        self._answers = {properties.correlation_id or "": (properties.type or "", body)}
