"""A worker's connection to the broker: deliveries in, messages out, by pika's public ways.

`fast_pika` has a faster one, which does the same.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import pika
from pika.adapters.select_connection import IOLoop
from pika.adapters.utils.nbio_interface import AbstractStreamTransport
from pika.channel import Channel
from pika.frame import Method
from pika.spec import Basic

from antrean_client.byte_stream import Stream
from antrean_client.tracing import context_in
from common.messaging.delivery import CAME_THROUGH, SENT_BY, SUSPECT_REDELIVERIES, Delivery, moment_of

_DELIVERY_COUNT = "x-delivery-count"

Deliver = Callable[[Sequence[Delivery]], None]
"""Is given deliveries that arrived together."""


class BriefProperties(NamedTuple):
    """The properties of replies and events, which are most of what is published."""

    content_type: str
    type: str
    message_id: str | None = None
    correlation_id: str | None = None
    delivery_mode: int | None = None

    def for_pika(self) -> pika.BasicProperties:
        """The same, as pika takes them."""
        return pika.BasicProperties(**self._asdict())


class Message(NamedTuple):
    """What is published. What is `mandatory` and reaches no queue is returned."""

    exchange: str
    routing_key: str
    properties: BriefProperties | pika.BasicProperties
    body: bytes
    mandatory: bool = False


class BrokerConnection(pika.SelectConnection):
    """A connection for few channels, of which one may have one consumer."""

    def __init__(
        self,
        loop: IOLoop,
        parameters: pika.connection.Parameters,
        on_open: Callable[[Any], None],
        on_gone: Callable[[BaseException | str], None],
    ) -> None:
        """Begins to connect; `on_gone` is told why the connection could not be opened, or was lost."""
        self.stream = Stream(loop, self.transport_for)
        super().__init__(
            parameters,
            on_open_callback=on_open,
            on_open_error_callback=lambda _connection, error: on_gone(error),
            on_close_callback=lambda _connection, error: on_gone(error),
            custom_ioloop=self.stream,
        )

    def transport_for(self, transport: AbstractStreamTransport) -> AbstractStreamTransport:
        """What this connection writes to."""
        return transport

    @property
    def unsent_bytes(self) -> int:
        """What was published, and the socket has not taken yet."""
        return self.stream.unsent_bytes

    def publish(self, batches: Iterable[tuple[Channel, Iterable[Message]]]) -> None:
        """Publishes all, in their order, each batch over its channel, which is open."""
        for channel, messages in batches:
            for exchange, routing_key, properties, body, mandatory in messages:
                full = properties.for_pika() if isinstance(properties, BriefProperties) else properties
                channel.basic_publish(exchange, routing_key, body, full, mandatory)

    def consume(
        self, channel: Channel, queue: str, deliver: Deliver, on_ok: Callable[[Method[Any]], None]
    ) -> str:
        """As the channel's own `basic_consume`, for one consumer. Returns the consumer's tag."""
        return channel.basic_consume(
            queue,
            lambda _channel, method, properties, body: deliver([delivery_of(method, properties, body)]),
            callback=on_ok,
        )

    def cancel(self, channel: Channel, consumer_tag: str) -> None:
        """As the channel's own `basic_cancel`: what arrives from now on goes back."""
        channel.basic_cancel(consumer_tag)


def delivery_of(method: Basic.Deliver, properties: pika.BasicProperties, body: bytes) -> Delivery:
    """A delivery that pika has read."""
    headers = properties.headers
    came_through, user_id = method.exchange, _text(properties.user_id)
    if not came_through:
        # It was set aside by a worker, who alone may send it so.
        came_through = _text((headers or {}).get(CAME_THROUGH)) or ""
        user_id = _text((headers or {}).get(SENT_BY))
    return Delivery(
        tag=method.delivery_tag,
        body=body,
        name=_text(properties.type),
        content_type=_text(properties.content_type),
        message_id=_text(properties.message_id),
        correlation_id=_text(properties.correlation_id),
        reply_to=_text(properties.reply_to),
        sent_at=moment_of(properties.timestamp),
        # Only with a redelivery is the count the broker's; before, a client may have made it up.
        redeliveries=_redeliveries(headers) if method.redelivered else 0,
        exchange=came_through,
        user_id=user_id,
        context=context_in(headers),
    )


def _text(value: Any) -> str | None:
    # pika hands on as bytes what is not UTF-8; such a property is as good as none.
    return value if isinstance(value, str) else None


def _redeliveries(headers: dict[str, Any] | None) -> int:
    if headers == {}:
        return SUSPECT_REDELIVERIES  # headers that pika cannot decode: the count is unknown
    count = (headers or {}).get(_DELIVERY_COUNT)
    return count if isinstance(count, int) else 0
