"""A client that follows docs/protocol.md only, and that can die at any point.

`AmqpConnection` is the part of AMQP 0-9-1 that requests need, without input and output: bytes in, bytes out.
So one process can hold hundreds of connections (the crowd), and can abort one between any two bytes. Of pika
it uses only the encoding of frames: pika's connections are what the product is made of, and stay out.
`SocketConnection` is an `AmqpConnection` over a blocking socket, for one thread.
"""

import json
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import pika
from pika import frame, spec

from common.messaging.topology import DESK_EXCHANGE, PATIENT_EXCHANGE
from tests.chaos.history import Request

HEARTBEAT_SECONDS = 60

_REPLY_TO = "amq.rabbitmq.reply-to"
_CHANNEL = 1
_READ_BYTES = 65536
_SEND_SECONDS_MAX = 5.0
_ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST, and unsent data is lost


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The broker has settled a publish; `taken` is False if it was refused or could not be routed."""

    correlation_id: str
    taken: bool


@dataclass(frozen=True, slots=True)
class Replied:
    """A reply has arrived."""

    correlation_id: str
    name: str
    body: dict[str, Any]


Incoming = Confirmed | Replied


@dataclass(frozen=True)
class Address:
    """Host and port of a broker, and the user who connects."""

    host: str
    port: int
    user: str
    password: str

    @classmethod
    def of(cls, amqp_url: str) -> Self:
        """Read from `amqp://user:password@host:port/`."""
        parts = urlsplit(amqp_url)
        assert parts.hostname is not None
        return cls(
            parts.hostname, parts.port or 5672, unquote(parts.username or ""), unquote(parts.password or "")
        )


class AmqpConnection:
    """One connection with one channel, in confirm mode and with a consumer of replies.

    The caller carries the bytes: it sends what `outgoing` returns, and passes what arrives to `feed`.
    """

    def __init__(self, address: Address, name: str) -> None:
        self.is_ready = False
        self.has_ended = False
        self._address = address
        self._name = name
        self._out = bytearray(frame.ProtocolHeader().marshal())
        self._in = b""
        self._tag = 0
        self._unsettled: dict[int, str] = {}
        self._unroutable: set[str] = set()
        self._arriving: tuple[spec.Basic.Deliver | spec.Basic.Return, spec.BasicProperties] | None = None
        self._body = b""
        self._body_size = 0
        self._incoming: list[Incoming] = []

    def outgoing(self) -> bytes:
        """Returns the bytes to send, and forgets them."""
        taken, self._out = bytes(self._out), bytearray()
        return taken

    def publish(self, exchange: str, routing_key: str, properties: pika.BasicProperties, body: bytes) -> None:
        """Queues a message for sending. Its confirm comes as a `Confirmed` with its correlation id."""
        assert self.is_ready
        self._tag += 1
        self._unsettled[self._tag] = properties.correlation_id
        self._method(spec.Basic.Publish(exchange=exchange, routing_key=routing_key, mandatory=True))
        self._out += frame.Header(_CHANNEL, len(body), properties).marshal()
        if body:
            self._out += frame.Body(_CHANNEL, body).marshal()

    def heartbeat(self) -> None:
        """Queues a heartbeat frame."""
        self._out += frame.Heartbeat().marshal()

    def close(self) -> None:
        """Queues `connection.close`."""
        self._method(spec.Connection.Close(200, "goodbye", 0, 0), channel=0)

    def feed(self, arrived: bytes) -> list[Incoming]:
        """Decodes received bytes; returns the confirms and replies in them."""
        self._in += arrived
        while True:
            consumed, each = frame.decode_frame(self._in)
            if each is None:
                break
            self._in = self._in[consumed:]
            self._frame(each)
        incoming, self._incoming = self._incoming, []
        return incoming

    def _frame(self, each: Any) -> None:
        if isinstance(each, frame.Method):
            self._answer(each.method)
        elif isinstance(each, frame.Header) and self._arriving is not None:
            self._arriving = (self._arriving[0], each.properties)
            self._body, self._body_size = b"", each.body_size
            self._complete()
        elif isinstance(each, frame.Body):
            self._body += each.fragment
            self._complete()
        elif isinstance(each, frame.ProtocolHeader):
            self.has_ended = True  # the broker speaks another protocol, or refuses the client

    def _answer(self, method: Any) -> None:
        if isinstance(method, spec.Connection.Start):
            self._method(self._start_ok(), channel=0)
        elif isinstance(method, spec.Connection.Tune):
            tuned = spec.Connection.TuneOk(method.channel_max, method.frame_max, HEARTBEAT_SECONDS)
            self._method(tuned, channel=0)
            self._method(spec.Connection.Open(virtual_host="/"), channel=0)
        elif isinstance(method, spec.Connection.OpenOk):
            self._method(spec.Channel.Open())
        elif isinstance(method, spec.Channel.OpenOk):
            self._method(spec.Confirm.Select())
            self._method(spec.Basic.Consume(queue=_REPLY_TO, no_ack=True))
        elif isinstance(method, spec.Basic.ConsumeOk):
            self.is_ready = True
        elif isinstance(method, spec.Basic.Deliver | spec.Basic.Return):
            self._arriving = (method, pika.BasicProperties())
        elif isinstance(method, spec.Basic.Ack | spec.Basic.Nack):
            self._settle(method)
        elif isinstance(method, spec.Connection.Close | spec.Connection.CloseOk | spec.Channel.Close):
            self.has_ended = True

    def _start_ok(self) -> spec.Connection.StartOk:
        return spec.Connection.StartOk(
            client_properties={
                "connection_name": self._name,
                "capabilities": {"publisher_confirms": True, "basic.nack": True, "connection.blocked": True},
            },
            mechanism="PLAIN",
            response=f"\0{self._address.user}\0{self._address.password}",
            locale="en_US",
        )

    def _settle(self, method: spec.Basic.Ack | spec.Basic.Nack) -> None:
        last = method.delivery_tag
        settled = [tag for tag in self._unsettled if tag <= last] if method.multiple else [last]
        for tag in settled:
            message = self._unsettled.pop(tag)
            taken = isinstance(method, spec.Basic.Ack) and message not in self._unroutable
            self._incoming.append(Confirmed(message, taken))

    def _complete(self) -> None:
        """Reports the message whose last byte has arrived."""
        if self._arriving is None or len(self._body) < self._body_size:
            return
        (method, properties), self._arriving = self._arriving, None
        correlation_id = properties.correlation_id or ""
        if isinstance(method, spec.Basic.Return):
            self._unroutable.add(correlation_id)
        else:
            self._incoming.append(Replied(correlation_id, properties.type or "", json.loads(self._body)))

    def _method(self, method: Any, channel: int = _CHANNEL) -> None:
        self._out += frame.Method(channel, method).marshal()


def request_message(
    request: Request, correlation_id: str, user: str | None = None
) -> tuple[pika.BasicProperties, bytes]:
    """The properties and body of a request, as docs/protocol.md describes them; `user` asks at a desk."""
    properties = pika.BasicProperties(
        type=request.name,
        message_id=request.request_id,
        correlation_id=correlation_id,
        reply_to=_REPLY_TO,
        content_type="application/json",
        timestamp=int(request.sent_at.timestamp()),
        delivery_mode=pika.DeliveryMode.Persistent.value,
        user_id=user,
    )
    return properties, json.dumps(request.body).encode()


class SocketConnection:
    """An `AmqpConnection` over a socket; requests go to `exchange`, those of desks in the name of `user`.

    Every method raises OSError if the connection is lost or a time limit is exceeded; the object cannot be
    used after that.
    """

    def __init__(
        self, amqp_url: str, name: str, seconds_max: float, exchange: str = PATIENT_EXCHANGE
    ) -> None:
        until = time.monotonic() + seconds_max
        address = Address.of(amqp_url)
        self.exchange = exchange
        self.user = address.user if exchange == DESK_EXCHANGE else None
        self._amqp = AmqpConnection(address, name)
        self._socket = socket.create_connection((address.host, address.port), seconds_max)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while not self._amqp.is_ready:
                self.receive(until)
                if time.monotonic() >= until:
                    raise TimeoutError("The broker did not open the connection in time.")
        except OSError:
            self.abort()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def publish(self, exchange: str, routing_key: str, properties: pika.BasicProperties, body: bytes) -> None:
        """Sends a message; does not wait for its confirm."""
        self._amqp.publish(exchange, routing_key, properties, body)
        self._send()

    def send(self, request: Request, correlation_id: str) -> None:
        """Sends a request; does not wait for its confirm."""
        self.publish(self.exchange, request.name, *request_message(request, correlation_id, self.user))

    def receive(self, until: float) -> list[Incoming]:
        """The confirms and replies in the next bytes; none if no bytes arrive before `until`, a moment of
        time.monotonic()."""
        self._send()
        self._socket.settimeout(max(until - time.monotonic(), 0.001))
        try:
            arrived = self._socket.recv(_READ_BYTES)
        except TimeoutError:
            return []
        incoming = self._amqp.feed(arrived)
        if not arrived or (self._amqp.has_ended and not incoming):
            raise ConnectionError("The broker has ended the connection.")
        return incoming

    def abort(self) -> None:
        """Resets the connection, without `connection.close`."""
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        self._socket.close()

    def close(self) -> None:
        """Sends `connection.close` if it can, and closes the socket."""
        with suppress(OSError):
            self._amqp.close()
            self._send()
        self._socket.close()

    def _send(self) -> None:
        if outgoing := self._amqp.outgoing():
            self._socket.settimeout(_SEND_SECONDS_MAX)
            self._socket.sendall(outgoing)
