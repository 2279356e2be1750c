"""The quick connection and pika's own, without a broker: from the same bytes, both do the same."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import pika
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.exceptions import InvalidFrameError
from pika.frame import Body, Frame, Header, Heartbeat, Method
from pika.spec import Basic, Queue
from pika.spec import Channel as ChannelMethods
from pika.spec import Confirm as ConfirmMethods
from pika.spec import Connection as ConnectionMethods

from common.messaging.arrivals import delivery_of
from common.messaging.frames import Message, encode_properties
from common.messaging.quick_connection import Confirm, QuickConnection

FRAME_BYTES_MAX = 4096
CHANNEL = 1
CONSUMER_TAG = "consumer"


_SERVER = {"capabilities": {"publisher_confirms": True, "basic.nack": True}}


@pytest.fixture(autouse=True)
def _one_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    """pika makes consumer tags up."""
    monkeypatch.setattr(Channel, "_generate_consumer_tag", lambda _channel: CONSUMER_TAG)


class Line:
    """The near end of a line to nowhere."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def write(self, data: bytes) -> None:
        """As pika's transport."""
        self.sent.append(data)

    def _on_socket_writable(self) -> None:
        """All is sent."""


class Peer:
    """A connection and its channel, and the test in the broker's place; what the client is told is noted."""

    def __init__(self, kind: type[pika.SelectConnection], loop: IOLoop) -> None:
        self.line = Line()
        self.told: list[object] = []
        channels: list[Channel] = []

        def opened(connection: Any) -> None:
            connection.channel(on_open_callback=channels.append)

        connection: Any = kind(
            pika.ConnectionParameters(heartbeat=0),
            on_open_callback=opened,
            custom_ioloop=loop,
            internal_connection_workflow=False,
        )
        self.connection = connection
        connection._proto_connection_made(self.line)
        self.send(Method(0, ConnectionMethods.Start(0, 9, _SERVER, "PLAIN", "en_US")))
        self.send(Method(0, ConnectionMethods.Tune(1, FRAME_BYTES_MAX, 0)))
        self.send(Method(0, ConnectionMethods.OpenOk()))
        self.send(Method(CHANNEL, ChannelMethods.OpenOk()))
        (self.channel,) = channels

    def send(self, *frames: Frame) -> None:
        """The broker sends these."""
        self.send_bytes(frame.marshal() for frame in frames)

    def send_bytes(self, chunks: Iterable[bytes]) -> None:
        """The broker sends this, and it arrives so."""
        for chunk in chunks:
            self.connection._proto_data_received(chunk)

    def consume(self) -> None:
        """Takes deliveries."""
        if isinstance(self.connection, QuickConnection):
            tag = self.connection.consume(self.channel, "queue", self.told.extend, lambda _ok: None)
        else:
            tag = self.channel.basic_consume("queue", self.delivered)
        assert tag == CONSUMER_TAG
        self.send(Method(CHANNEL, Basic.ConsumeOk(tag)))

    def cancel(self) -> None:
        """Takes no more."""
        if isinstance(self.connection, QuickConnection):
            self.connection.cancel(self.channel, CONSUMER_TAG)
        else:
            self.channel.basic_cancel(CONSUMER_TAG)

    def delivered(
        self, _channel: Channel, method: Basic.Deliver, properties: pika.BasicProperties, body: bytes
    ) -> None:
        """Notes a delivery."""
        self.told.append(delivery_of(method, properties, body))

    def confirmed(self, frame: Confirm) -> None:
        """Notes a confirmation or a refusal."""
        self.told.append((type(frame.method), vars(frame.method)))


@pytest.fixture(scope="module")
def loop() -> Iterator[IOLoop]:
    """Never runs."""
    loop = IOLoop()
    yield loop
    loop.close()


def pair(loop: IOLoop) -> tuple[Peer, Peer]:
    """Ours and pika's."""
    return Peer(QuickConnection, loop), Peer(pika.SelectConnection, loop)


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
            [*delivery(5, b"{}")[:1], Heartbeat(), *delivery(5, b"{}")[1:]],
        ]
    ),
    max_size=8,
)


def cut(whole: bytes, places: Sequence[int]) -> list[bytes]:
    """The pieces between these places."""
    edges = sorted({0, len(whole), *(place % (len(whole) + 1) for place in places)})
    return [whole[start:end] for start, end in pairwise(edges)]


@given(arrivals, st.lists(st.integers(0, 20_000), max_size=20))
def test_what_arrives_is_told_as_by_pika(loop: IOLoop, frames: list[list[Frame]], places: list[int]) -> None:
    """Whatever it is, and into however many pieces it falls on its way."""
    chunks = cut(b"".join(frame.marshal() for each in frames for frame in each), places)
    quick, plain = pair(loop)
    quick.connection.confirm_delivery(quick.channel, quick.confirmed, quick.told.append)
    plain.channel.confirm_delivery(plain.confirmed, plain.told.append)
    for peer in (quick, plain):
        peer.send(Method(CHANNEL, ConfirmMethods.SelectOk()))
        assert peer.told.pop()
        peer.consume()
        peer.send_bytes(chunks)

    assert quick.told == plain.told
    assert quick.line.sent == plain.line.sent
    counters = ("bytes_received", "frames_received", "bytes_sent")
    for name in counters:  # heartbeats are judged by the first
        assert getattr(quick.connection, name) == getattr(plain.connection, name)


def test_what_arrives_together_is_told_at_once(loop: IOLoop) -> None:
    quick = Peer(QuickConnection, loop)
    told: list[int] = []
    quick.connection.consume(
        quick.channel, "queue", lambda deliveries: told.append(len(deliveries)), lambda _ok: None
    )
    three = b"".join(frame.marshal() for tag in (1, 2, 3) for frame in delivery(tag, b"{}", _WITHOUT_HEADERS))
    quick.send_bytes([three[:-1]])
    quick.send_bytes([three[-1:]])
    assert told == [2, 1]


def test_what_arrives_after_the_consumer_was_cancelled_goes_back(loop: IOLoop) -> None:
    quick, plain = pair(loop)
    for peer in (quick, plain):
        peer.consume()
        peer.cancel()
        peer.send(*delivery(1, b"{}"))
        assert not peer.told
        assert peer.line.sent[-1] == Method(CHANNEL, Basic.Reject(1)).marshal()
    assert quick.line.sent == plain.line.sent


def test_a_batch_leaves_in_one_write_with_pika_s_bytes(loop: IOLoop) -> None:
    quick, plain = pair(loop)
    bodies = [b"{}", b"", b"x" * (2 * FRAME_BYTES_MAX)]
    messages = [Message("exchange", "key", encode_properties(_PROPERTIES), body) for body in bodies]
    written = len(quick.line.sent)

    quick.connection.publish([(quick.channel, messages[:1]), (quick.channel, messages[1:])])
    for body in bodies:
        plain.channel.basic_publish("exchange", "key", body, _PROPERTIES)

    assert len(quick.line.sent) == written + 1
    assert b"".join(quick.line.sent) == b"".join(plain.line.sent)
    assert quick.connection.bytes_sent == plain.connection.bytes_sent


def test_nothing_to_publish_is_nothing_to_write(loop: IOLoop) -> None:
    quick = Peer(QuickConnection, loop)
    written = len(quick.line.sent)
    quick.connection.publish([(quick.channel, [])])
    assert len(quick.line.sent) == written


@pytest.mark.parametrize("kind", [QuickConnection, pika.SelectConnection])
def test_a_frame_without_its_end_is_refused(loop: IOLoop, kind: type[pika.SelectConnection]) -> None:
    peer = Peer(kind, loop)
    peer.consume()
    damaged = b"".join(frame.marshal() for frame in delivery(1, b"{}"))[:-1] + b"\0"
    with pytest.raises(InvalidFrameError):
        peer.send_bytes([damaged])
