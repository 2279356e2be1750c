"""Reads what arrives of the stream from bytes, all that has arrived at once.

pika makes an object of each frame, of each property set and of each table of headers, and looks callbacks up
for each. What is not like a message of the stream is left to pika, which reads the stream as well.

Source: https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, sections 2.3 and 4.2
"""

from functools import lru_cache
from struct import Struct
from typing import Final, NamedTuple

import pika
from pika.spec import FRAME_BODY, FRAME_END, FRAME_HEADER, FRAME_METHOD, Basic

from antrean_client.byte_stream import FRAME, FRAMING_BYTES

_METHOD = Struct(">I")
_TAG = Struct(">Q")
_HEADER_FRAME = Struct(">BHIHHQH")  # ... class, nothing, bytes of the body, the flags of the properties
_OFFSET = Struct(">q")
_OFFSET_HEADER: Final = b"\0\0\0\x19\x0fx-stream-offsetl"
"""How the headers begin where the offset is the only one: their bytes, its name, its type."""

_FLAGS_BEFORE = (pika.BasicProperties.FLAG_CONTENT_TYPE, pika.BasicProperties.FLAG_CONTENT_ENCODING)
_ROUTES_KNOWN_MAX = 4096


class Message(NamedTuple):
    """A message of the stream: `offset` is its place, `routing_key` such as `RSHS.GIG.ticket.called`."""

    offset: int
    routing_key: str
    body: bytes


class Read(NamedTuple):
    """How many bytes `messages` took, and the delivery tag of the last one."""

    size: int
    messages: list[Message]
    last_tag: int


class DeliveryReader:
    """Reads what arrives over a channel for its one consumer."""

    def __init__(self, channel_number: int, consumer_tag: str) -> None:
        self._channel_number = channel_number
        self._frame_begins = FRAME.pack(FRAME_METHOD, channel_number, 0)[: -_METHOD.size]
        tag = consumer_tag.encode()
        self._method_begins = _METHOD.pack(Basic.Deliver.INDEX) + bytes([len(tag)]) + tag
        self._tag_at = FRAME.size + len(self._method_begins)

    def read(self, received: bytes, at: int = 0) -> Read | None:
        """The deliveries that begin there in `received`: none where more of the first is to come. None where
        something begins there that is pika's to read."""
        begins, available, channel = at, len(received), self._channel_number
        found: list[Message] = []
        tag_at, is_whole = 0, True
        while received.startswith(self._method_begins, at + FRAME.size):
            header_at = at + FRAMING_BYTES + FRAME.unpack_from(received, at)[2]
            if available < header_at + _HEADER_FRAME.size:
                is_whole = False
                break
            header = _HEADER_FRAME.unpack_from(received, header_at)
            kind, header_channel, size, _, _, body_bytes, flags = header
            body_at = header_at + FRAMING_BYTES + size
            end = body_at + FRAMING_BYTES + body_bytes
            if kind != FRAME_HEADER or header_channel != channel or not body_bytes:
                break
            if available < end:
                is_whole = False
                break
            if FRAME.unpack_from(received, body_at) != (FRAME_BODY, channel, body_bytes):
                break
            if not received[header_at - 1] == received[body_at - 1] == received[end - 1] == FRAME_END:
                break
            if not received.startswith(self._frame_begins, at):
                break
            offset_at = _offset_at(received, header_at + _HEADER_FRAME.size, flags)
            if offset_at is None or offset_at + _OFFSET.size >= body_at:
                break
            tag_at = at + self._tag_at
            found.append(
                Message(
                    _OFFSET.unpack_from(received, offset_at)[0],
                    _routing_key(received[tag_at + _TAG.size : header_at - 1]),
                    received[body_at + FRAME.size : end - 1],
                )
            )
            at = end
        if not found:
            return None if is_whole else Read(0, [], 0)
        return Read(at - begins, found, _TAG.unpack_from(received, tag_at)[0])


def _offset_at(received: bytes, at: int, flags: int) -> int | None:
    """Where the offset is in the property set that begins at `at`; None where that is pika's to read."""
    for flag in _FLAGS_BEFORE:
        if flags & flag:  # a text with its length before it; nothing is behind the last byte of a frame
            at += 1 + received[min(at, len(received) - 1)]
    if flags & pika.BasicProperties.FLAG_HEADERS and received.startswith(_OFFSET_HEADER, at):
        return at + len(_OFFSET_HEADER)
    return None


@lru_cache(_ROUTES_KNOWN_MAX)
def _routing_key(after_tag: bytes) -> str:
    """The routing key in what many messages share: all that follows the tag."""
    deliver = Basic.Deliver()
    deliver.decode(b"\0" + bytes(_TAG.size) + after_tag)
    routing_key: str = deliver.routing_key
    return routing_key
