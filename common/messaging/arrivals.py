"""Deliveries, read from the wire as many at a time as have arrived.

What pika takes apart into frames, a method and a property set, each an object, is one step here. A message
that is not like most (with headers, or a body in several frames) is pika's to read.

Source: https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, sections 2.3 and 4.2
"""

from functools import cache, lru_cache
from struct import Struct
from typing import Any

import pika
from pika.spec import FRAME_BODY, FRAME_END, FRAME_HEADER, FRAME_METHOD, Basic

from common.messaging.delivery import CAME_THROUGH, SUSPECT_REDELIVERIES, Delivery, moment_of

_DELIVERY_COUNT = "x-delivery-count"

_FRAME = Struct(">BHI")  # type, channel, bytes of the payload; then come the payload and the end
_FRAMING_BYTES = _FRAME.size + 1
_METHOD = Struct(">I")
_TAG = Struct(">Q")
_HEADER_FRAME = Struct(">BHIHHQH")  # ... class, nothing, bytes of the body, the flags of the properties
_NO_CONSUMER_TAG = b"\0"
_ROUTES_KNOWN_MAX = 1024

# The properties in their order on the wire, each with where `_read_properties` puts it, and its bytes where
# it is no short string. Other flags, such as that of headers, are pika's to read.
_CONTENT_TYPE, _CORRELATION_ID, _REPLY_TO, _MESSAGE_ID, _TIMESTAMP, _TYPE, _NOWHERE = range(7)
_PROPERTIES = (
    (pika.BasicProperties.FLAG_CONTENT_TYPE, _CONTENT_TYPE, 0),
    (pika.BasicProperties.FLAG_CONTENT_ENCODING, _NOWHERE, 0),
    (pika.BasicProperties.FLAG_DELIVERY_MODE, _NOWHERE, 1),
    (pika.BasicProperties.FLAG_PRIORITY, _NOWHERE, 1),
    (pika.BasicProperties.FLAG_CORRELATION_ID, _CORRELATION_ID, 0),
    (pika.BasicProperties.FLAG_REPLY_TO, _REPLY_TO, 0),
    (pika.BasicProperties.FLAG_EXPIRATION, _NOWHERE, 0),
    (pika.BasicProperties.FLAG_MESSAGE_ID, _MESSAGE_ID, 0),
    (pika.BasicProperties.FLAG_TIMESTAMP, _TIMESTAMP, 8),
    (pika.BasicProperties.FLAG_TYPE, _TYPE, 0),
    (pika.BasicProperties.FLAG_USER_ID, _NOWHERE, 0),
    (pika.BasicProperties.FLAG_APP_ID, _NOWHERE, 0),
    (pika.BasicProperties.FLAG_CLUSTER_ID, _NOWHERE, 0),
)


def delivery_of(method: Basic.Deliver, properties: pika.BasicProperties, body: bytes) -> Delivery:
    """A delivery that pika has read."""
    headers = properties.headers
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
        # What comes through no exchange was set aside by a worker, who alone may send it so.
        exchange=method.exchange or _text((headers or {}).get(CAME_THROUGH)) or "",
    )


class DeliveryReader:
    """Reads what arrives over a channel for its one consumer."""

    def __init__(self, channel_number: int, consumer_tag: str) -> None:
        self._channel_number = channel_number
        self._frame_begins = _FRAME.pack(FRAME_METHOD, channel_number, 0)[: -_METHOD.size]
        tag = consumer_tag.encode()
        self._method_begins = _METHOD.pack(Basic.Deliver.INDEX) + bytes([len(tag)]) + tag
        self._tag_at = _FRAME.size + len(self._method_begins)

    def read(self, received: bytes) -> tuple[int, list[Delivery]] | None:
        """How many bytes the deliveries take with which `received` begins, and these: 0 and none where more
        of the first is to come. None where `received` begins with what is pika's to read."""
        found: list[Delivery] = []
        at, available, channel = 0, len(received), self._channel_number
        while received.startswith(self._method_begins, at + _FRAME.size):
            header_at = at + _FRAMING_BYTES + _FRAME.unpack_from(received, at)[2]
            if available < header_at + _HEADER_FRAME.size:
                return at, found
            header = _HEADER_FRAME.unpack_from(received, header_at)
            kind, header_channel, size, _, _, body_bytes, flags = header
            body_at = header_at + _FRAMING_BYTES + size
            end = body_at + _FRAMING_BYTES + body_bytes
            if kind != FRAME_HEADER or header_channel != channel or not body_bytes:
                break
            if available < end:
                return at, found
            if _FRAME.unpack_from(received, body_at) != (FRAME_BODY, channel, body_bytes):
                break
            if not received[header_at - 1] == received[body_at - 1] == received[end - 1] == FRAME_END:
                break
            if not received.startswith(self._frame_begins, at):
                break
            properties = _read_properties(received, header_at + _HEADER_FRAME.size, body_at - 1, flags)
            if properties is None:
                break
            content_type, correlation_id, reply_to, message_id, sent_at, name, _ = properties
            tag_at = at + self._tag_at
            (tag,) = _TAG.unpack_from(received, tag_at)
            found.append(
                Delivery(
                    tag,
                    received[body_at + _FRAME.size : end - 1],
                    name,
                    content_type,
                    message_id,
                    correlation_id,
                    reply_to,
                    sent_at,
                    0,  # the broker counts in a header
                    _exchange(received[tag_at + _TAG.size : header_at - 1]),
                )
            )
            at = end
        return (at, found) if found else None


@lru_cache(_ROUTES_KNOWN_MAX)
def _exchange(after_tag: bytes) -> str:
    """The exchange in what many messages share: all that follows the tag."""
    deliver = Basic.Deliver()
    deliver.decode(_NO_CONSUMER_TAG + bytes(_TAG.size) + after_tag)
    exchange: str = deliver.exchange
    return exchange


@cache
def _fields(flags: int) -> tuple[tuple[int, int], ...] | None:
    """Where each of these properties goes, and its bytes; None where one is not among `_PROPERTIES`."""
    fields = [(place, size) for flag, place, size in _PROPERTIES if flags & flag]
    return tuple(fields) if len(fields) == flags.bit_count() else None


def _read_properties(received: bytes, at: int, end: int, flags: int) -> list[Any] | None:
    """A property set that takes the bytes up to `end`; None where it is pika's to read."""
    fields = _fields(flags)
    if fields is None:
        return None
    values: list[Any] = [None] * (_NOWHERE + 1)
    try:
        for place, size in fields:
            if size:
                values[place] = received[at : at + size]
                at += size
            else:
                begins = at + 1
                at = begins + received[at]
                values[place] = received[begins:at].decode()
    except (IndexError, UnicodeDecodeError):
        return None
    if at != end:
        return None
    if values[_TIMESTAMP] is not None:
        values[_TIMESTAMP] = moment_of(*_TAG.unpack(values[_TIMESTAMP]))
    return values


def _text(value: Any) -> str | None:
    # pika hands on as bytes what is not UTF-8; such a property is as good as none.
    return value if isinstance(value, str) else None


def _redeliveries(headers: dict[str, Any] | None) -> int:
    if headers == {}:
        return SUSPECT_REDELIVERIES  # headers that pika cannot read: nobody knows
    count = (headers or {}).get(_DELIVERY_COUNT)
    return count if isinstance(count, int) else 0
