"""Messages as they go over the wire: what pika would write and read, for a fraction of the work.

Method, header and body of a message are one piece here. A property set that is written is encoded once, with
a gap for the one property that differs from message to message; what is read is decoded by pika.

Source: https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, sections 2.3 and 4.2
"""

from functools import lru_cache
from struct import Struct
from typing import Literal, NamedTuple

from pika import BasicProperties
from pika.exceptions import ShortStringTooLong
from pika.frame import Frame, Header, Method
from pika.spec import FRAME_BODY, FRAME_END, FRAME_HEADER, FRAME_METHOD, Basic

_FRAME = Struct(">BHI")  # type, channel, bytes of the payload; then come the payload and the end
_HEADER = Struct(">HHQ")  # class, nothing, bytes of the body; then come the properties
_END = bytes([FRAME_END])
_FRAMING_BYTES = _FRAME.size + len(_END)

_PUBLISH = Struct(">IH").pack(Basic.Publish.INDEX, 0)  # and a field that is not used any more
_NEITHER_MANDATORY_NOR_IMMEDIATE = b"\0"
_SHORT_STRING_BYTES_MAX = 255
_LENGTHS = [bytes([length]) for length in range(_SHORT_STRING_BYTES_MAX + 1)]
_GAP = "\N{REPLACEMENT CHARACTER}" * 80  # too long and too odd to be anything else

_DELIVER_FRAME = Struct(">BHIIB")  # a frame's start, the method, bytes of the consumer tag
_CONSUMER_TAG_AT = 11
_TAG = Struct(">Q")
_HEADER_FRAME = Struct(">BHIHHQ")
_NAMES_KNOWN_MAX = 1024


class Message(NamedTuple):
    """What is published; `properties` are encoded."""

    exchange: str
    routing_key: str
    properties: bytes
    body: bytes


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
    """The frames of one Basic.Publish, not mandatory; no frame is longer than `frame_bytes_max`.

    Raises ShortStringTooLong where the name of the exchange or the routing key takes more than 255 bytes.
    """
    exchange, routing_key, properties, body = message
    names = _short_string(exchange) + _short_string(routing_key)
    method = _PUBLISH + names + _NEITHER_MANDATORY_NOR_IMMEDIATE
    pieces = [
        _FRAME.pack(FRAME_METHOD, channel_number, len(method)),
        method,
        _END,
        _FRAME.pack(FRAME_HEADER, channel_number, _HEADER.size + len(properties)),
        _HEADER.pack(BasicProperties.INDEX, 0, len(body)),
        properties,
        _END,
    ]
    fragment_bytes_max = frame_bytes_max - _FRAMING_BYTES
    for start in range(0, len(body), fragment_bytes_max):
        fragment = body[start : start + fragment_bytes_max]
        pieces += (_FRAME.pack(FRAME_BODY, channel_number, len(fragment)), fragment, _END)
    return b"".join(pieces)


class MessageFrame(Frame):
    """The frames of a message that arrived, as if they were one."""

    def __init__(self, deliver: Method[Basic.Deliver], header: Header, body: bytes) -> None:
        super().__init__(FRAME_METHOD, deliver.channel_number)
        self.deliver = deliver
        self.header = header
        self.body = body


def read_message(received: bytes) -> tuple[int, MessageFrame | None] | None:
    """How many bytes the message takes with which `received` begins, and the message; (0, None) where more of
    it is to come. None where `received` begins otherwise, or the body is not in one frame: such frames are
    pika's to read.
    """
    if len(received) < _DELIVER_FRAME.size:
        return None
    kind, channel, size, method, consumer_tag_bytes = _DELIVER_FRAME.unpack_from(received)
    if kind != FRAME_METHOD or method != Basic.Deliver.INDEX:
        return None
    header_at = _FRAMING_BYTES + size
    if len(received) < header_at + _HEADER_FRAME.size:
        return 0, None
    kind, header_channel, size, _, _, body_bytes = _HEADER_FRAME.unpack_from(received, header_at)
    if kind != FRAME_HEADER or header_channel != channel or not body_bytes:
        return None
    body_at = header_at + _FRAMING_BYTES + size
    end = body_at + _FRAMING_BYTES + body_bytes
    if len(received) < end:
        return 0, None
    if _FRAME.unpack_from(received, body_at) != (FRAME_BODY, channel, body_bytes):
        return None
    if not received[header_at - 1] == received[body_at - 1] == received[end - 1] == FRAME_END:
        return None
    tag_at = _CONSUMER_TAG_AT + 1 + consumer_tag_bytes
    (tag,) = _TAG.unpack_from(received, tag_at)
    deliver = _deliver(received[_CONSUMER_TAG_AT:tag_at], tag, received[tag_at + _TAG.size : header_at - 1])
    properties = BasicProperties().decode(received[header_at + _FRAME.size + _HEADER.size : body_at - 1])
    header = Header(channel, body_bytes, properties)
    return end, MessageFrame(Method(channel, deliver), header, received[body_at + _FRAME.size : end - 1])


def _deliver(before_tag: bytes, tag: int, after_tag: bytes) -> Basic.Deliver:
    known = _names(before_tag, after_tag)
    return Basic.Deliver(known.consumer_tag, tag, known.redelivered, known.exchange, known.routing_key)


@lru_cache(_NAMES_KNOWN_MAX)
def _names(before_tag: bytes, after_tag: bytes) -> Basic.Deliver:
    """What many messages share: all but the tag."""
    deliver = Basic.Deliver()
    deliver.decode(before_tag + bytes(_TAG.size) + after_tag)
    return deliver


def _short_string(text: str) -> bytes:
    encoded = text.encode()
    if len(encoded) > _SHORT_STRING_BYTES_MAX:
        raise ShortStringTooLong(encoded)
    return _LENGTHS[len(encoded)] + encoded
