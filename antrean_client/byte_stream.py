"""The bytes of one connection, on their way between the socket and pika.

pika lets whoever opens a connection bring the I/O services that it runs on (`custom_ioloop`). These are
pika's own, with three additions:

- Whoever sets `intake` takes frames before pika does.
- They tell how many bytes the socket has not taken yet, of which pika says nothing.
- They make every message readable, whatever its headers hold. pika decodes headers before anybody asks for
  them, and drops the connection where it cannot: for a timestamp in the year 40000, or tables nested a
  thousand deep. The message would come again, to the next worker, and would take its neighbours along each
  time. A table that pika cannot decode arrives here as an empty one: no decision depends on what a client
  wrote into its headers.

All of it has a public name in pika, but pika says of `nbio_interface` that it may change: the versions of
pika are bounded in pyproject.toml.

Source: https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf, sections 2.3 and 4.2
"""

from collections.abc import Callable
from socket import socket
from ssl import SSLContext
from struct import Struct
from typing import Any, Protocol

import pika
from pika.adapters.select_connection import IOLoop
from pika.adapters.utils.nbio_interface import (
    AbstractIOReference,
    AbstractStreamProtocol,
    AbstractStreamTransport,
)
from pika.adapters.utils.selector_ioloop_adapter import SelectorIOServicesAdapter
from pika.frame import decode_frame
from pika.spec import FRAME_HEADER

FRAME = Struct(">BHI")
"""How a frame begins: its type, its channel, the bytes of its payload; then come the payload and its end."""

FRAMING_BYTES = FRAME.size + 1

_HEADER = Struct(">HHQH")  # class, nothing, bytes of the body, the flags of the properties; then come these
_SIZE = Struct(">I")
_EMPTY_TABLE = _SIZE.pack(0)
_PROTOCOL_HEADER = b"AMQP"  # what a broker of another version answers, instead of frames
_PROTOCOL_HEADER_BYTES = 8

Linked = Callable[[Any], None]


class Intake(Protocol):
    """Takes frames before pika does."""

    def take(self, received: bytes, at: int) -> int | None:
        """How many of the bytes from `at` on it has taken: 0 where it waits for more of them, None where the
        next frame is pika's."""
        ...


class Stream(SelectorIOServicesAdapter):
    """The I/O services of one connection, on `loop`."""

    intake: Intake | None = None
    transport: AbstractStreamTransport | None = None

    def __init__(
        self,
        loop: IOLoop,
        transport_for: Callable[[AbstractStreamTransport], AbstractStreamTransport] = lambda given: given,
    ) -> None:
        """`transport_for` makes of pika's transport the one that pika writes to."""
        super().__init__(loop)
        self.transport_for = transport_for

    @property
    def unsent_bytes(self) -> int:
        """What was written, and the socket has not taken yet."""
        return 0 if self.transport is None else self.transport.get_write_buffer_size()

    def create_streaming_connection(
        self,
        protocol_factory: Callable[[], AbstractStreamProtocol],
        sock: socket,
        on_done: Linked,
        ssl_context: SSLContext | None = None,
        server_hostname: str | None = None,
    ) -> AbstractIOReference:
        """As pika's; what arrives passes through here on its way to pika's protocol."""

        def done(result: BaseException | tuple[AbstractStreamTransport, "_Received"]) -> None:
            if isinstance(result, BaseException):
                on_done(result)
            else:
                transport, received = result
                on_done((transport, received.protocol))

        return super().create_streaming_connection(
            lambda: _Received(self, protocol_factory()), sock, done, ssl_context, server_hostname
        )


class _Received(AbstractStreamProtocol):
    """Hands on what has arrived, frame by frame: to the stream's intake, or to pika's `protocol`."""

    def __init__(self, stream: Stream, protocol: AbstractStreamProtocol) -> None:
        self._stream = stream
        self.protocol = protocol
        self._received = b""

    def connection_made(self, transport: AbstractStreamTransport) -> None:
        self._stream.transport = self._stream.transport_for(transport)
        self.protocol.connection_made(self._stream.transport)

    def connection_lost(self, error: BaseException | None) -> None:
        self._stream.transport = None
        self.protocol.connection_lost(error)

    def eof_received(self) -> bool | None:
        return self.protocol.eof_received()

    def data_received(self, data: bytes) -> None:
        received = self._received + data
        at = 0
        while at < len(received):
            intake = self._stream.intake
            taken = None if intake is None else intake.take(received, at)
            if taken is None:
                taken = self._hand_on(received, at)
            if not taken:
                break
            at += taken
        self._received = received[at:]

    def _hand_on(self, received: bytes, at: int) -> int:
        """Gives pika the next frame, if all of it is there; how many bytes it takes."""
        if received.startswith(_PROTOCOL_HEADER, at):
            size = _PROTOCOL_HEADER_BYTES
        elif len(received) < at + FRAME.size:
            return 0
        else:
            size = FRAMING_BYTES + FRAME.unpack_from(received, at)[2]
        if len(received) < at + size:
            return 0
        self.protocol.data_received(_readable(received[at : at + size]))
        return size


def _readable(frame: bytes) -> bytes:
    """The frame; if it begins a message whose headers pika cannot decode, with none instead."""
    kind, channel, payload_bytes = FRAME.unpack_from(frame)
    if kind != FRAME_HEADER or payload_bytes < _HEADER.size:
        return frame
    flags = _HEADER.unpack_from(frame, FRAME.size)[3]
    if not flags & pika.BasicProperties.FLAG_HEADERS:
        return frame
    try:
        decode_frame(frame)
    except Exception:  # noqa: BLE001 - OverflowError, OSError, RecursionError, struct.error ...
        at = FRAME.size + _HEADER.size
        for flag in (pika.BasicProperties.FLAG_CONTENT_TYPE, pika.BasicProperties.FLAG_CONTENT_ENCODING):
            if flags & flag:  # a text with its length before it
                at += 1 + frame[at]
        (table_bytes,) = _SIZE.unpack_from(frame, at)
        after = frame[at + _SIZE.size + table_bytes :]
        begins = FRAME.pack(kind, channel, payload_bytes - table_bytes)
        return begins + frame[FRAME.size : at] + _EMPTY_TABLE + after
    return frame
