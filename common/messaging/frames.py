"""Messages as they leave over the wire: what pika would write, for a fraction of the work.

Method, header and body of a message are one piece here. A property set is encoded once, with a gap for the
one property that differs from message to message.

Source: https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, sections 2.3 and 4.2
"""

from functools import lru_cache
from struct import Struct
from typing import Literal, NamedTuple

from pika import BasicProperties
from pika.exceptions import ShortStringTooLong
from pika.spec import FRAME_BODY, FRAME_END, FRAME_HEADER, FRAME_METHOD, Basic

_FRAME = Struct(">BHI")  # type, channel, bytes of the payload; then come the payload and the end
_HEADER = Struct(">BBHIHHQ")  # a frame's end; a frame's start; class, nothing, bytes of the body
_HEADER_BYTES = 12  # of the payload that is not the property set
_BODY = Struct(">BBHI")  # a frame's end; a frame's start
_END = bytes([FRAME_END])
_FRAMING_BYTES = _FRAME.size + len(_END)

_PUBLISH = Struct(">IH").pack(Basic.Publish.INDEX, 0)  # and a field that is not used any more
_SHORT_STRING_BYTES_MAX = 255
_NAMES_KNOWN_MAX = 4096  # a client keeps its address for as long as its connection lasts
_LENGTHS = [bytes([length]) for length in range(_SHORT_STRING_BYTES_MAX + 1)]
_GAP = "\N{REPLACEMENT CHARACTER}" * 80  # too long and too odd to be anything else


class Message(NamedTuple):
    """What is published; `properties` are encoded. What is `mandatory` and reaches no queue is returned."""

    exchange: str
    routing_key: str
    properties: bytes
    body: bytes
    mandatory: bool = False


class OpenProperties:
    """A property set in which one property, `name`, is filled in for each message."""

    def __init__(self, name: Literal["correlation_id", "message_id"], properties: BasicProperties) -> None:
        self._without = encode_properties(properties)
        setattr(properties, name, _GAP)
        self._before, self._after = encode_properties(properties).split(_short_string(_GAP))

    def filled(self, value: str | None) -> bytes:
        """The encoded set; raises ShortStringTooLong where the value takes more than 255 bytes."""
        if value is None:
            return self._without
        return self._before + _short_string(value) + self._after


def encode_properties(properties: BasicProperties) -> bytes:
    """The properties as they stand in a content header."""
    return b"".join(properties.encode())


def publish_frames(channel_number: int, frame_bytes_max: int, message: Message) -> bytes:
    """The frames of one Basic.Publish; no frame is longer than `frame_bytes_max`.

    Raises ShortStringTooLong where the name of the exchange or the routing key takes more than 255 bytes.
    """
    exchange, routing_key, properties, body, mandatory = message
    method, body_bytes = _publish_method(exchange, routing_key, mandatory), len(body)
    pieces = [
        _FRAME.pack(FRAME_METHOD, channel_number, len(method)),
        method,
        _HEADER.pack(
            FRAME_END,
            FRAME_HEADER,
            channel_number,
            _HEADER_BYTES + len(properties),
            BasicProperties.INDEX,
            0,
            body_bytes,
        ),
        properties,
    ]
    fragment_bytes_max = frame_bytes_max - _FRAMING_BYTES
    for at in range(0, body_bytes, fragment_bytes_max):
        fragment = body[at : at + fragment_bytes_max]
        pieces += (_BODY.pack(FRAME_END, FRAME_BODY, channel_number, len(fragment)), fragment)
    pieces.append(_END)
    return b"".join(pieces)


@lru_cache(_NAMES_KNOWN_MAX)
def _publish_method(exchange: str, routing_key: str, mandatory: bool) -> bytes:
    return _PUBLISH + _short_string(exchange) + _short_string(routing_key) + bytes([mandatory])


def _short_string(text: str) -> bytes:
    encoded = text.encode()
    if len(encoded) > _SHORT_STRING_BYTES_MAX:
        raise ShortStringTooLong(encoded)
    return _LENGTHS[len(encoded)] + encoded
