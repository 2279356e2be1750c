"""A client that knows nothing of ours but docs/protocol.md, and that can die at any point.

`Dialogue` is AMQP 0-9-1 as far as requests need it, without input and output: bytes in, bytes out. So one
process can hold hundreds of them (the crowd), and a connection can be aborted between any two bytes. Of
pika only the encoding of frames is used, not its connections, which are what the product is made of.
`Line` is a dialogue over a socket, for one thread.
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

from common.messaging.topology import PATIENT_EXCHANGE
from tests.chaos.history import Asked

HEARTBEAT_SECONDS = 60

_REPLY_TO = "amq.rabbitmq.reply-to"
_CHANNEL = 1
_READ_BYTES = 65536
_SEND_SECONDS_MAX = 5.0
_ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST, and what was not sent yet is lost


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The broker has settled a publish; `taken` is False where it was refused or could not be routed."""

    correlation_id: str
    taken: bool


@dataclass(frozen=True, slots=True)
class Replied:
    """A reply has come."""

    correlation_id: str
    name: str
    body: dict[str, Any]


News = Confirmed | Replied


@dataclass(frozen=True)
class Address:
    """Where a broker listens, and who speaks to it."""

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


class Dialogue:
    """One connection with one channel, in confirm mode and with a consumer of replies.

    Whoever carries the bytes sends what `outgoing` returns, and hands what arrives to `received`.
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
        self._news: list[News] = []

    def outgoing(self) -> bytes:
        """What is to be sent now."""
        taken, self._out = bytes(self._out), bytearray()
        return taken

    def publish(self, exchange: str, routing_key: str, properties: pika.BasicProperties, body: bytes) -> None:
        """Puts a message among what is to be sent; its confirm will be told by its correlation id."""
        assert self.is_ready
        self._tag += 1
        self._unsettled[self._tag] = properties.correlation_id
        self._method(spec.Basic.Publish(exchange=exchange, routing_key=routing_key, mandatory=True))
        self._out += frame.Header(_CHANNEL, len(body), properties).marshal()
        if body:
            self._out += frame.Body(_CHANNEL, body).marshal()

    def beat(self) -> None:
        """Tells the broker that this client lives."""
        self._out += frame.Heartbeat().marshal()

    def say_goodbye(self) -> None:
        """Closes the connection politely."""
        self._method(spec.Connection.Close(200, "goodbye", 0, 0), channel=0)

    def received(self, arrived: bytes) -> list[News]:
        """Takes what has arrived; returns what it tells."""
        self._in += arrived
        while True:
            consumed, each = frame.decode_frame(self._in)
            if each is None:
                break
            self._in = self._in[consumed:]
            self._frame(each)
        news, self._news = self._news, []
        return news

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
            self.has_ended = True  # the broker speaks another protocol, or does not let us in at all

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
            self._news.append(Confirmed(message, taken))

    def _complete(self) -> None:
        """A message whose last byte has come is news."""
        if self._arriving is None or len(self._body) < self._body_size:
            return
        (method, properties), self._arriving = self._arriving, None
        correlation_id = properties.correlation_id or ""
        if isinstance(method, spec.Basic.Return):
            self._unroutable.add(correlation_id)
        else:
            self._news.append(Replied(correlation_id, properties.type or "", json.loads(self._body)))

    def _method(self, method: Any, channel: int = _CHANNEL) -> None:
        self._out += frame.Method(channel, method).marshal()


def request_message(asked: Asked, correlation_id: str) -> tuple[pika.BasicProperties, bytes]:
    """A request as the protocol wants it on the wire."""
    properties = pika.BasicProperties(
        type=asked.name,
        message_id=asked.request_id,
        correlation_id=correlation_id,
        reply_to=_REPLY_TO,
        content_type="application/json",
        timestamp=int(asked.sent_at.timestamp()),
        delivery_mode=pika.DeliveryMode.Persistent.value,
    )
    return properties, json.dumps(asked.body).encode()


class Line:
    """A dialogue over a socket. Every method raises OSError where the connection is lost, or takes longer
    than it may; then the line is of no more use."""

    def __init__(self, amqp_url: str, name: str, seconds_max: float) -> None:
        until = time.monotonic() + seconds_max
        address = Address.of(amqp_url)
        self._dialogue = Dialogue(address, name)
        self._socket = socket.create_connection((address.host, address.port), seconds_max)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while not self._dialogue.is_ready:
                self.news(until)
                if time.monotonic() >= until:
                    raise TimeoutError("The broker does not greet in time.")
        except OSError:
            self.abort()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def publish(self, exchange: str, routing_key: str, properties: pika.BasicProperties, body: bytes) -> None:
        """Sends a message; does not wait for its confirm."""
        self._dialogue.publish(exchange, routing_key, properties, body)
        self._send()

    def send(self, asked: Asked, correlation_id: str) -> None:
        """Sends a patient's request; does not wait for its confirm."""
        self.publish(PATIENT_EXCHANGE, asked.name, *request_message(asked, correlation_id))

    def news(self, until: float) -> list[News]:
        """What the next bytes tell; nothing, where none have come `until` this moment of time.monotonic()."""
        self._send()
        self._socket.settimeout(max(until - time.monotonic(), 0.001))
        try:
            arrived = self._socket.recv(_READ_BYTES)
        except TimeoutError:
            return []
        news = self._dialogue.received(arrived)
        if not arrived or (self._dialogue.has_ended and not news):
            raise ConnectionError("The broker has ended the connection.")
        return news

    def abort(self) -> None:
        """Dies: the connection is reset, and no goodbye said."""
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        self._socket.close()

    def close(self) -> None:
        """Says goodbye, if it still can, and closes."""
        with suppress(OSError):
            self._dialogue.say_goodbye()
            self._send()
        self._socket.close()

    def _send(self) -> None:
        if outgoing := self._dialogue.outgoing():
            self._socket.settimeout(_SEND_SECONDS_MAX)
            self._socket.sendall(outgoing)
