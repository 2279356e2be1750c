"""The fast path through pika: deliveries read from bytes, and a batch's frames written in one piece.

Each part is here because it earns at least 15 %: of a worker's processor time for a look-up, as measured with
pika 1.4.4, for which the tests pass (docs/performance.md, "What the fast path earns").

| part | instead of | earns |
| --- | --- | --- |
| all deliveries that have arrived are read at once | an object for each frame and property set | 25 % |
| the frames of a batch are written in one piece | three objects and three writes for a message | 48 % |

| name of pika's that its documentation does not promise | used for |
| --- | --- |
| `AbstractStreamTransport` and its methods | `_JoinedWrites`, which stands before pika's transport |
| `Connection.bytes_received`, `.frames_received` | heartbeats: what is read here counts as received |

No name is private by its underscore. Where one is missing, or `ANTREAN_FAST_PATH` is `off`, workers use
`BrokerConnection`, which does the same by pika's public ways; tests/workers/test_conformance.py runs the
same cases through both. A message that is not like most (with headers, or a body in several frames) is read
by pika on both.

Source: https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, sections 2.3 and 4.2
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from struct import Struct
from typing import Any

import pika
import structlog
from pika.adapters.utils.nbio_interface import AbstractStreamProtocol, AbstractStreamTransport
from pika.channel import Channel
from pika.exceptions import ShortStringTooLong
from pika.frame import Method
from pika.spec import FRAME_BODY, FRAME_END, FRAME_HEADER, FRAME_METHOD, Basic

from antrean_client.byte_stream import FRAME, FRAMING_BYTES
from common.messaging.broker_connection import BriefProperties, BrokerConnection, Deliver, Message
from common.messaging.delivery import Delivery, moment_of

_METHOD = Struct(">I")
_TAG = Struct(">Q")
_HEADER_FRAME = Struct(">BHIHHQH")  # ... class, nothing, bytes of the body, the flags of the properties
_NO_CONSUMER_TAG = b"\0"
_ROUTES_KNOWN_MAX = 1024

# The properties in their order in a frame, each with where `_read_properties` puts it, and its bytes where it
# is no short string. Other flags, such as that of headers, are pika's to read.
_CONTENT_TYPE, _CORRELATION_ID, _REPLY_TO, _MESSAGE_ID, _TIMESTAMP, _TYPE, _USER_ID, _NOWHERE = range(8)
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
    (pika.BasicProperties.FLAG_USER_ID, _USER_ID, 0),
    (pika.BasicProperties.FLAG_APP_ID, _NOWHERE, 0),
    (pika.BasicProperties.FLAG_CLUSTER_ID, _NOWHERE, 0),
)


_NAMES = (
    (AbstractStreamTransport, "abort"),
    (AbstractStreamTransport, "get_protocol"),
    (AbstractStreamTransport, "get_write_buffer_size"),
    (AbstractStreamTransport, "write"),
)

_FRAMES_OF_A_DELIVERY = 3

_PUBLISH = Struct(">IH").pack(Basic.Publish.INDEX, 0)  # and a field that is not used any more
_HEADER_BEGIN = Struct(
    ">BBHIHHQH"
)  # a frame's end; a frame's start; class, nothing, bytes of the body, flags
_HEADER_BYTES = 14  # of the payload that is not the property set
_BODY_BEGIN = Struct(">BBHI")  # a frame's end; a frame's start
_END = bytes([FRAME_END])
_SHORT_STRING_BYTES_MAX = 255
_LENGTHS = [bytes([length]) for length in range(_SHORT_STRING_BYTES_MAX + 1)]
_NAMES_KNOWN_MAX = 4096  # a client keeps its address for as long as its connection lasts

_log = structlog.get_logger()


def connection_class(*, fast_path: bool) -> type[BrokerConnection]:
    """What a worker connects with. Where pika has not what the fast path needs, the log says so."""
    missing = [f"{owner.__name__}.{name}" for owner, name in _NAMES if not hasattr(owner, name)]
    if fast_path and missing:
        _log.warning("no fast path", missing=missing, advice="the public way is used; use pika 1.4")
    return FastConnection if fast_path and not missing else BrokerConnection


class FastConnection(BrokerConnection):
    """Does what `BrokerConnection` does, at less cost."""

    _writes: "_JoinedWrites | None" = None

    def publish(self, batches: Iterable[tuple[Channel, Iterable[Message]]]) -> None:
        """Publishes all, in their order and in one write, each batch over its channel, which is open."""
        if self._writes is None:
            super().publish(batches)
            return
        brief_bytes_max = self.params.frame_max - FRAMING_BYTES
        with self._writes.joined():
            for channel, messages in batches:
                for message in messages:
                    properties = message.properties
                    if isinstance(properties, BriefProperties) and len(message.body) <= brief_bytes_max:
                        frames = publish_frames(channel.channel_number, message, properties)
                        self._writes.write(frames)
                        self.bytes_sent += len(frames)
                    else:
                        super().publish([(channel, [message])])

    def consume(
        self, channel: Channel, queue: str, deliver: Deliver, on_ok: Callable[[Method[Any]], None]
    ) -> str:
        """As that of `BrokerConnection`."""
        tag = super().consume(channel, queue, deliver, on_ok)
        self.stream.intake = _Intake(self, DeliveryReader(channel.channel_number, tag), deliver)
        return tag

    def cancel(self, channel: Channel, consumer_tag: str) -> None:
        """As that of `BrokerConnection`."""
        self.stream.intake = None
        super().cancel(channel, consumer_tag)

    def transport_for(self, transport: AbstractStreamTransport) -> AbstractStreamTransport:
        """What this connection writes to."""
        self._writes = _JoinedWrites(transport)
        return self._writes


class _JoinedWrites(AbstractStreamTransport):
    """Hands on to `transport` what is written within `joined` as one piece."""

    def __init__(self, transport: AbstractStreamTransport) -> None:
        self._transport = transport
        self._pieces: list[bytes] | None = None

    @contextmanager
    def joined(self) -> Iterator[None]:
        """What is written in the block leaves at its end, or not at all where it raises."""
        pieces = self._pieces = []
        try:
            yield
        finally:
            self._pieces = None
        if pieces:
            self._transport.write(b"".join(pieces))

    def write(self, data: bytes) -> None:
        if self._pieces is None:
            self._transport.write(data)
        else:
            self._pieces.append(data)

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def get_protocol(self) -> AbstractStreamProtocol:
        return self._transport.get_protocol()

    def abort(self) -> None:
        self._transport.abort()


def publish_frames(channel_number: int, message: Message, properties: BriefProperties) -> bytes:
    """The frames by which a message is published, as pika would write them; its body fits into one.

    Raises ShortStringTooLong where a name takes more than 255 bytes.
    """
    exchange, routing_key, _, body, mandatory = message
    content_type, name, message_id, correlation_id, delivery_mode = properties
    method = _publish_method(exchange, routing_key, mandatory)
    flags, before = _properties_begin(
        content_type, delivery_mode, message_id is not None, correlation_id is not None
    )
    encoded = b"".join(
        (
            before,
            b"" if correlation_id is None else _short_string(correlation_id),
            b"" if message_id is None else _short_string(message_id),
            _name(name),
        )
    )
    pieces = [
        FRAME.pack(FRAME_METHOD, channel_number, len(method)),
        method,
        _HEADER_BEGIN.pack(
            FRAME_END,
            FRAME_HEADER,
            channel_number,
            _HEADER_BYTES + len(encoded),
            pika.BasicProperties.INDEX,
            0,
            len(body),
            flags,
        ),
        encoded,
    ]
    if body:
        pieces += (_BODY_BEGIN.pack(FRAME_END, FRAME_BODY, channel_number, len(body)), body)
    pieces.append(_END)
    return b"".join(pieces)


@lru_cache(_NAMES_KNOWN_MAX)
def _publish_method(exchange: str, routing_key: str, mandatory: bool) -> bytes:
    return _PUBLISH + _short_string(exchange) + _short_string(routing_key) + bytes([mandatory])


@cache
def _properties_begin(
    content_type: str, delivery_mode: int | None, has_message_id: bool, has_correlation_id: bool
) -> tuple[int, bytes]:
    """The flags of a property set, and what comes before its correlation id."""
    names = pika.BasicProperties
    flags = names.FLAG_CONTENT_TYPE | names.FLAG_TYPE
    flags |= names.FLAG_MESSAGE_ID * has_message_id | names.FLAG_CORRELATION_ID * has_correlation_id
    before = _short_string(content_type)
    if delivery_mode is not None:
        flags |= names.FLAG_DELIVERY_MODE
        before += bytes([delivery_mode])
    return flags, before


def _short_string(text: str) -> bytes:
    encoded = text.encode()
    if len(encoded) > _SHORT_STRING_BYTES_MAX:
        raise ShortStringTooLong(encoded)
    return _LENGTHS[len(encoded)] + encoded


_name = cache(_short_string)
"""Of the types of messages, which are few."""


class _Intake:
    """Takes the deliveries of a connection's consumer before pika reads them."""

    def __init__(self, connection: FastConnection, reader: "DeliveryReader", deliver: Deliver) -> None:
        self._connection = connection
        self._reader = reader
        self._deliver = deliver

    def take(self, received: bytes, at: int) -> int | None:
        """As `byte_stream.Intake` has it."""
        read = self._reader.read(received, at)
        if read is None:
            return None
        taken, deliveries = read
        if deliveries:
            self._connection.bytes_received += taken
            self._connection.frames_received += _FRAMES_OF_A_DELIVERY * len(deliveries)
            self._deliver(deliveries)
        return taken


class DeliveryReader:
    """Reads what arrives over a channel for its one consumer."""

    def __init__(self, channel_number: int, consumer_tag: str) -> None:
        self._channel_number = channel_number
        self._frame_begins = FRAME.pack(FRAME_METHOD, channel_number, 0)[: -_METHOD.size]
        tag = consumer_tag.encode()
        self._method_begins = _METHOD.pack(Basic.Deliver.INDEX) + bytes([len(tag)]) + tag
        self._tag_at = FRAME.size + len(self._method_begins)

    def read(self, received: bytes, begins: int = 0) -> tuple[int, list[Delivery]] | None:
        """How many bytes the deliveries take that begin there in `received`, and these: 0 and none where more
        of the first is to come. None where something begins there that is pika's to read."""
        found: list[Delivery] = []
        at, available, channel = begins, len(received), self._channel_number
        while received.startswith(self._method_begins, at + FRAME.size):
            header_at = at + FRAMING_BYTES + FRAME.unpack_from(received, at)[2]
            if available < header_at + _HEADER_FRAME.size:
                return at - begins, found
            header = _HEADER_FRAME.unpack_from(received, header_at)
            kind, header_channel, size, _, _, body_bytes, flags = header
            body_at = header_at + FRAMING_BYTES + size
            end = body_at + FRAMING_BYTES + body_bytes
            if kind != FRAME_HEADER or header_channel != channel or not body_bytes:
                break
            if available < end:
                return at - begins, found
            if FRAME.unpack_from(received, body_at) != (FRAME_BODY, channel, body_bytes):
                break
            if not received[header_at - 1] == received[body_at - 1] == received[end - 1] == FRAME_END:
                break
            if not received.startswith(self._frame_begins, at):
                break
            properties = _read_properties(received, header_at + _HEADER_FRAME.size, body_at - 1, flags)
            if properties is None:
                break
            content_type, correlation_id, reply_to, message_id, sent_at, name, user_id, _ = properties
            tag_at = at + self._tag_at
            exchange = _exchange(received[tag_at + _TAG.size : header_at - 1])
            (tag,) = _TAG.unpack_from(received, tag_at)
            found.append(
                Delivery(
                    tag,
                    received[body_at + FRAME.size : end - 1],
                    name,
                    content_type,
                    message_id,
                    correlation_id,
                    reply_to,
                    sent_at,
                    0,  # the broker counts in a header
                    exchange,
                    user_id if exchange else None,  # who sent what was set aside, a header says
                )
            )
            at = end
        return (at - begins, found) if found else None


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
