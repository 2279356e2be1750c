"""What attackers send with: nothing of the product, as they need not be polite."""

import json
import select
import socket
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any, NamedTuple

import pika
from pika import frame, spec

from antrean_client.byte_stream import FRAMING_BYTES
from common.messages.limits import SHORT_FRAME_BYTES_MAX
from common.messaging.topology import PATIENT_EXCHANGE
from tests.chaos.client import Replied, SocketConnection
from tests.workers.bad_messages import RawHeaders

REPLY_TO = "amq.rabbitmq.reply-to"
_CONNECT_SECONDS_MAX = 10.0
_REPLIES_SECONDS_MAX = 20.0
_ID = b"00000000-0000-4000-8000-000000000000"
_POURED_AT_ONCE = 64
_READ_BYTES = 1 << 20


class Reply(NamedTuple):
    """A reply's name and body."""

    name: str
    body: dict[str, Any]

    @property
    def code(self) -> str:
        """The problem's code; else the reply's name."""
        return str(self.body["code"]) if self.name == "problem" else self.name


Ask = tuple[str, Mapping[str, Any]]
"""A request's name and body."""


class Asking(SocketConnection):
    """Somebody who sends many requests at once and reads the replies."""

    def __init__(self, url: str, exchange: str = PATIENT_EXCHANGE) -> None:
        super().__init__(url, "asking", _CONNECT_SECONDS_MAX, exchange)

    def ask(self, name: str, body: Mapping[str, Any], request_id: str = "") -> Reply:
        """The reply to one request; raises TimeoutError where none comes."""
        reply = self.ask_all([(name, body)], [request_id or str(uuid.uuid4())])[0]
        if reply is None:
            raise TimeoutError(f"no reply to {name}")
        return reply

    def ask_all(self, requests: Iterable[Ask], ids: Iterable[str] = ()) -> list[Reply | None]:
        """The replies to requests that are sent one right after the other; None for each that is missing."""
        given = iter(ids)
        sent: list[str] = []
        for name, body in requests:
            request_id = next(given, "") or str(uuid.uuid4())
            sent.append(str(uuid.uuid4()))
            properties = pika.BasicProperties(
                type=name,
                message_id=request_id,
                correlation_id=sent[-1],
                reply_to=REPLY_TO,
                delivery_mode=2,
                user_id=self.user,
            )
            self.publish(self.exchange, name, properties, json.dumps(body).encode())
        replies: dict[str, Reply] = {}
        until = time.monotonic() + _REPLIES_SECONDS_MAX
        while len(replies) < len(sent) and time.monotonic() < until:
            for incoming in self.receive(until):
                if isinstance(incoming, Replied) and incoming.correlation_id in sent:
                    replies[incoming.correlation_id] = Reply(incoming.name, incoming.body)
        return [replies.get(each) for each in sent]


def codes(replies: Iterable[Reply | None]) -> list[str]:
    """What each reply is, in one word."""
    return ["no reply" if each is None else each.code for each in replies]


class Message(NamedTuple):
    """A message that is poured: each copy gets a `message_id` of its own, where it has one."""

    exchange: str
    routing_key: str
    properties: pika.BasicProperties
    body: bytes

    def copies(self) -> Callable[[], bytes]:
        """Makes one more copy, as it goes over the line."""
        publish = spec.Basic.Publish(exchange=self.exchange, routing_key=self.routing_key)
        line = frame.Method(1, publish).marshal()
        line += frame.Header(1, len(self.body), self.properties).marshal()
        for at in range(0, len(self.body), _FRAME_BODY_BYTES):
            line += frame.Body(1, self.body[at : at + _FRAME_BODY_BYTES]).marshal()
        before, _, after = line.partition(_ID)
        if not after:
            return lambda: line
        prefix = str(uuid.uuid4())[:24].encode()
        numbers = count()
        return lambda: b"%b%b%012x%b" % (before, prefix, next(numbers), after)


_FRAME_BODY_BYTES = SHORT_FRAME_BYTES_MAX - FRAMING_BYTES


def request(
    name: str,
    body: Mapping[str, Any] | bytes,
    exchange: str = PATIENT_EXCHANGE,
    *,
    table: bytes | None = None,
    **properties: Any,
) -> Message:
    """A request to be poured; `properties` override those that a correct client sets, and `table` is that of
    its headers, in bytes."""
    given: dict[str, Any] = {
        "type": name,
        "message_id": _ID.decode(),
        "correlation_id": "poured",
        "reply_to": REPLY_TO,
        "delivery_mode": 2,
    }
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given |= properties
    return Message(
        exchange, name, pika.BasicProperties(**given) if table is None else RawHeaders(table, **given), raw
    )


class Pouring(SocketConnection):
    """Somebody who publishes as fast as the broker takes it, or at a rate."""

    def __init__(self, url: str) -> None:
        super().__init__(url, "pouring", _CONNECT_SECONDS_MAX)
        self.sent = 0

    def read_little(self, buffer_bytes: int) -> None:
        """Lets the line hold only so much of what is not read."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)

    def pour(
        self,
        *messages: Message,
        until: float,
        per_second: float | None = None,
        reads: bool = True,
        messages_max: int | None = None,
    ) -> None:
        """Publishes copies of these messages in turn until a moment of time.monotonic().

        Whoever does not read leaves what the broker sends on the line. Raises OSError where the broker ends
        the connection.
        """
        makers = [message.copies() for message in messages]
        began, sent_before = time.monotonic(), self.sent
        waiting = b""
        self._socket.setblocking(False)
        while (now := time.monotonic()) < until:
            due = _POURED_AT_ONCE
            if per_second is not None:
                due = min(due, int((now - began) * per_second) - (self.sent - sent_before))
            if messages_max is not None:
                due = min(due, messages_max - (self.sent - sent_before))
                if due <= 0 and not waiting:
                    return
            if not waiting and due > 0:
                waiting = b"".join(makers[(self.sent + n) % len(makers)]() for n in range(due))
                self.sent += due
            waiting = waiting[self._exchange(waiting, reads, 0.01 if not waiting else until - now) :]

    def _exchange(self, waiting: bytes, reads: bool, seconds_max: float) -> int:
        """Waits until the line takes or brings something; returns how many bytes it took."""
        reading = [self._socket] if reads else []
        writing = [self._socket] if waiting else []
        readable, writable, _ = select.select(reading, writing, [], max(seconds_max, 0.0))
        if readable and not self._socket.recv(_READ_BYTES):
            raise ConnectionError("The broker has ended the connection.")
        return self._socket.send(waiting) if writable else 0


def own_address(url: str) -> str:
    """The direct reply-to address of a channel of one's own, as the broker fills it into what it returns."""
    returned: list[str] = []
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    channel.add_on_return_callback(lambda _channel, _method, found, _body: returned.append(found.reply_to))
    channel.basic_consume(REPLY_TO, lambda *_: None, auto_ack=True)
    properties = pika.BasicProperties(reply_to=REPLY_TO)
    channel.basic_publish(PATIENT_EXCHANGE, "nowhere", b"", properties, mandatory=True)
    while not returned:
        connection.process_data_events(_CONNECT_SECONDS_MAX)
    connection.close()
    return returned[0]


def address_at(node: str, process_number: int = 0) -> str:
    """A well-formed direct reply-to address of a process of this number, at a node of this name."""
    name = f"reply@{node}".encode()
    process = b"\x83Xv" + len(name).to_bytes(2, "big") + name + process_number.to_bytes(4, "big") + bytes(8)
    return f"{REPLY_TO}.{b64encode(process).decode()}.{b64encode(bytes(range(16))).decode()}"
