"""The fast path and the public way do the same, from the same bytes of a broker that the test plays."""

import fcntl
import socket
import sys
import termios
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pika
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pika.adapters.select_connection import IOLoop
from pika.adapters.utils.nbio_interface import AbstractStreamTransport
from pika.channel import Channel
from pika.exceptions import ShortStringTooLong, StreamLostError
from pika.frame import Body, Frame, Header, Heartbeat, Method
from pika.spec import Basic, Queue
from pika.spec import Channel as ChannelMethods
from pika.spec import Confirm as ConfirmMethods
from pika.spec import Connection as ConnectionMethods

from common.messaging.broker_connection import BriefProperties, BrokerConnection, Message
from common.messaging.delivery import SUSPECT_REDELIVERIES
from common.messaging.fast_pika import FastConnection

FRAME_BYTES_MAX = 4096
CHANNEL = 1
STEPS_MAX = 1000
CONSUMER_TAG = "ctag1.0123456789abcdef0123456789abcdef"
"""In frames that the tests make; a connection's own tag is of this length."""

WAYS = [FastConnection, BrokerConnection]

_SERVER = {"capabilities": {"publisher_confirms": True, "basic.nack": True}}


class Peer:
    """A connection and its channel, and the test in the broker's place; what the client is told is noted."""

    def __init__(self, way: type[BrokerConnection]) -> None:
        self.told: list[object] = []
        self.gone: list[BaseException | str] = []
        self.tag = ""
        self._loop = IOLoop()
        self._loop.activate_poller()
        self._server = socket.create_server(("127.0.0.1", 0))
        host, port = self._server.getsockname()
        parameters = pika.ConnectionParameters(host, port, heartbeat=0)
        channels: list[Channel] = []

        def opened(connection: Any) -> None:
            connection.channel(on_open_callback=channels.append)

        self.connection = way(self._loop, parameters, opened, self.gone.append)
        self._socket = self._accepted()
        self.send(Method(0, ConnectionMethods.Start(0, 9, _SERVER, "PLAIN", "en_US")))
        self.send(Method(0, ConnectionMethods.Tune(1, FRAME_BYTES_MAX, 0)))
        self.send(Method(0, ConnectionMethods.OpenOk()))
        self.send(Method(CHANNEL, ChannelMethods.OpenOk()))
        (self.channel,) = channels
        self.written()

    def _accepted(self) -> socket.socket:
        self._server.setblocking(False)
        for _ in range(STEPS_MAX):
            self.step()
            try:
                accepted, _address = self._server.accept()
            except BlockingIOError:
                continue
            accepted.setblocking(False)
            self.until(lambda: self.connection.stream.transport is not None)
            return accepted
        raise AssertionError("it does not connect")

    def step(self) -> None:
        """Lets the client do what can be done now."""
        self._loop.call_later(0.001, lambda: None)
        self._loop.poll()
        self._loop.process_timeouts()

    def until(self, done: Callable[[], object]) -> None:
        """Lets the client work until this is so."""
        for _ in range(STEPS_MAX):
            if done():
                return
            self.step()
        raise AssertionError("it does not come to pass")

    def close(self) -> None:
        """Ends it."""
        self._socket.close()
        self._server.close()
        self.until(lambda: self.connection.is_closed)
        self._loop.deactivate_poller()
        self._loop.close()

    def send(self, *frames: Frame) -> None:
        """The broker sends these."""
        self.send_bytes([marshalled(frames)])

    def send_bytes(self, chunks: Iterable[bytes]) -> None:
        """The broker sends this, and it arrives so."""
        for chunk in chunks:
            self._socket.send(chunk.replace(CONSUMER_TAG.encode(), self.tag.encode() or b"?"))
            self.until(lambda: not self._under_way())
            self.step()

    def _under_way(self) -> int:
        """Bytes that were sent and have not arrived."""
        return int.from_bytes(fcntl.ioctl(self._socket, termios.TIOCOUTQ, bytes(4)), sys.byteorder)

    def written(self) -> bytes:
        """What the client has sent since this was asked before."""
        received = self._received()
        while self.connection.unsent_bytes:
            self.step()
            received += self._received()
        return received.replace(self.tag.encode(), CONSUMER_TAG.encode()) if self.tag else received

    def _received(self) -> bytes:
        received = b""
        while True:
            try:
                part = self._socket.recv(1 << 20)
            except BlockingIOError:
                return received
            received += part
            if not part:
                return received

    def consume(self) -> None:
        """Takes deliveries."""
        self.tag = self.connection.consume(self.channel, "queue", self.told.extend, lambda _ok: None)
        assert len(self.tag) == len(CONSUMER_TAG)
        self.send(Method(CHANNEL, Basic.ConsumeOk(self.tag)))

    def with_confirms(self) -> None:
        """Notes confirmations and refusals."""
        self.channel.confirm_delivery(
            lambda frame: self.told.append((type(frame.method), vars(frame.method))), lambda _ok: None
        )
        self.send(Method(CHANNEL, ConfirmMethods.SelectOk()))


@contextmanager
def both() -> Iterator[tuple[Peer, Peer]]:
    """The fast path, and the public way."""
    with closing(Peer(FastConnection)) as fast, closing(Peer(BrokerConnection)) as public:
        yield fast, public


@pytest.fixture(params=WAYS)
def peer(request: pytest.FixtureRequest) -> Iterator[Peer]:
    """Each way in turn."""
    with closing(Peer(request.param)) as peer:
        yield peer


def marshalled(frames: Iterable[Frame]) -> bytes:
    """As they are sent."""
    return b"".join(frame.marshal() for frame in frames)


def delivery(tag: int, body: bytes, properties: pika.BasicProperties | None = None) -> list[Frame]:
    """A message as the broker sends it."""
    size = FRAME_BYTES_MAX - 8
    bodies = [Body(CHANNEL, body[at : at + size]) for at in range(0, len(body), size)]
    deliver = Basic.Deliver(CONSUMER_TAG, tag, tag % 2 == 0, "antrean.patient", "register")
    return [Method(CHANNEL, deliver), Header(CHANNEL, len(body), properties or _PROPERTIES), *bodies]


_PROPERTIES = pika.BasicProperties(type="register", message_id="1", headers={"x-delivery-count": 2})

_WITHOUT_HEADERS = pika.BasicProperties(type="register", message_id="1", correlation_id="2", timestamp=3)

arrivals = st.lists(
    st.sampled_from(
        [
            delivery(1, b"{}"),
            delivery(6, b"{}", _WITHOUT_HEADERS),
            delivery(8, b"{}", _WITHOUT_HEADERS),
            delivery(2, b""),
            delivery(3, b"x" * FRAME_BYTES_MAX),
            delivery(4, b"\xce" * 30, pika.BasicProperties()),
            [Heartbeat()],
            [Method(CHANNEL, Basic.Ack(1))],
            [Method(CHANNEL, Basic.Ack(7, multiple=True))],
            [Method(CHANNEL, Basic.Nack(2))],
            [Method(CHANNEL, Queue.DeclareOk("queue", 1, 1))],
        ]
    ),
    max_size=8,
)


def cut(whole: bytes, places: Sequence[int]) -> list[bytes]:
    """The pieces between these places, none of which cuts a consumer's tag."""
    tag = CONSUMER_TAG.encode()
    edges = {0, len(whole), *(place % (len(whole) + 1) for place in places)}
    edges = {edge for edge in edges if tag not in whole[max(edge - len(tag), 0) : edge + len(tag)]}
    return [whole[start:end] for start, end in pairwise(sorted(edges | {0, len(whole)}))]


@settings(deadline=None, max_examples=50)
@given(arrivals, st.lists(st.integers(0, 20_000), max_size=12))
def test_what_arrives_is_told_alike(frames: list[list[Frame]], places: list[int]) -> None:
    """Whatever it is, and into however many pieces it falls on its way."""
    chunks = cut(b"".join(marshalled(each) for each in frames), places)
    with both() as (fast, public):
        for peer in (fast, public):
            peer.with_confirms()
            peer.consume()
            peer.send_bytes(chunks)

        assert fast.told == public.told
        assert fast.written() == public.written()
        for name in ("bytes_received", "frames_received", "bytes_sent"):  # heartbeats are judged by the first
            assert getattr(fast.connection, name) == getattr(public.connection, name)


def test_what_arrives_together_is_told_at_once() -> None:
    with closing(Peer(FastConnection)) as fast:
        told: list[int] = []
        fast.tag = fast.connection.consume(
            fast.channel, "queue", lambda deliveries: told.append(len(deliveries)), lambda _ok: None
        )
        three = b"".join(marshalled(delivery(tag, b"{}", _WITHOUT_HEADERS)) for tag in (1, 2, 3))
        fast.send_bytes([three[:-1]])
        fast.send_bytes([three[-1:]])
        assert told == [2, 1]


def test_what_arrives_after_the_consumer_was_cancelled_goes_back(peer: Peer) -> None:
    peer.consume()
    peer.connection.cancel(peer.channel, peer.tag)
    peer.written()
    peer.send(*delivery(1, b"{}", _WITHOUT_HEADERS))
    assert not peer.told
    assert peer.written() == Method(CHANNEL, Basic.Reject(1)).marshal()


def test_headers_that_pika_cannot_decode_arrive_as_none(peer: Peer) -> None:
    """How often the message was given out before is then unknown."""
    headers = {"when": datetime(2026, 11, 23, tzinfo=UTC)}
    properties = pika.BasicProperties("application/json", "utf-8", headers, message_id="1", type="register")
    readable = marshalled([*delivery(2, b"{}", properties), *delivery(4, b"{}")])
    moment = int(headers["when"].timestamp()).to_bytes(8, "big")
    assert readable.count(moment) == 1
    peer.consume()
    peer.send_bytes([readable.replace(moment, b"\x7f" * 8)])

    unreadable, readable_too = peer.told
    assert unreadable == readable_too._replace(  # type: ignore[attr-defined]
        tag=2, content_type="application/json", redeliveries=SUSPECT_REDELIVERIES
    )


def messages() -> list[Message]:
    """Of every kind that is published."""
    brief = BriefProperties("application/json", "ticket", correlation_id="as they called it")
    event = BriefProperties("application/cloudevents+json", "ticket.called", message_id="1", delivery_mode=2)
    bodies = [b"{}", b"", b"x" * (FRAME_BYTES_MAX - 8), b"x" * (FRAME_BYTES_MAX - 7), b"x" * 20_000]
    every = [(properties, body) for properties in (brief, event, _PROPERTIES) for body in bodies]
    return [Message("exchange", "key", properties, body, mandatory=True) for properties, body in every]


def test_a_batch_is_sent_alike() -> None:
    sent = messages()
    with both() as (fast, public):
        for peer in (fast, public):
            peer.connection.publish([(peer.channel, sent[:4]), (peer.channel, sent[4:])])
        assert fast.written() == public.written()
        assert fast.connection.bytes_sent == public.connection.bytes_sent


class Counted(FastConnection):
    """Counts its writes."""

    writes = 0

    def transport_for(self, transport: AbstractStreamTransport) -> AbstractStreamTransport:
        """Beneath which writes are counted."""
        write = transport.write

        def counted(data: bytes) -> None:
            self.writes += 1
            write(data)

        transport.write = counted  # type: ignore[method-assign]
        return super().transport_for(transport)


def test_a_batch_is_one_write() -> None:
    with closing(Peer(Counted)) as fast:
        connection = fast.connection
        assert isinstance(connection, Counted)
        before = connection.writes
        connection.publish([(fast.channel, messages()), (fast.channel, messages())])
        connection.publish([(fast.channel, [])])
        assert connection.writes == before + 1, "and none of nothing"

        too_long = Message("", "x" * 256, BriefProperties("application/json", "ticket"), b"{}")
        with pytest.raises(ShortStringTooLong):
            connection.publish([(fast.channel, [*messages(), too_long])])
        assert connection.writes == before + 1, "all of it, or none"


def test_what_the_socket_does_not_take_is_told(peer: Peer) -> None:
    peer.connection.publish([(peer.channel, [Message("", "key", _PROPERTIES, b"x" * 20_000_000)])])
    for _ in range(10):
        peer.step()
    assert peer.connection.unsent_bytes > 1_000_000
    assert len(peer.written()) > 20_000_000
    assert not peer.connection.unsent_bytes


def test_a_frame_without_its_end_ends_the_connection(peer: Peer) -> None:
    peer.consume()
    peer.send_bytes([marshalled(delivery(1, b"{}", _WITHOUT_HEADERS))[:-1] + b"\0"])
    peer.until(lambda: peer.gone)
    assert not peer.told
    assert isinstance(peer.gone[0], StreamLostError)


def test_what_a_broker_of_another_version_answers_is_left_to_pika(peer: Peer) -> None:
    peer.consume()
    peer.send_bytes([b"AMQP\x00\x01\x00\x00" + marshalled(delivery(1, b"{}"))])
    assert len(peer.told) == 1
