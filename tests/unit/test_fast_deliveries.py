"""Deliveries that arrive: to the field what pika reads, and what is not for us is left to pika."""

import pika
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika.frame import Body, Frame, Header, Heartbeat, Method, decode_frame
from pika.spec import Basic

from common.messaging.broker_connection import delivery_of
from common.messaging.delivery import Delivery
from common.messaging.fast_pika import DeliveryReader

CHANNEL = 7
CONSUMER_TAG = "ctag7.of-ours"
READER = DeliveryReader(CHANNEL, CONSUMER_TAG)

texts = st.text(max_size=60)
some_texts = st.none() | texts
moments = st.none() | st.integers(0, 2**64 - 1) | st.integers(0, 2**33)
property_sets = st.builds(
    pika.BasicProperties,
    content_type=some_texts,
    content_encoding=some_texts,
    delivery_mode=st.none() | st.integers(1, 2),
    priority=st.none() | st.integers(0, 9),
    correlation_id=some_texts,
    reply_to=some_texts,
    expiration=some_texts,
    message_id=some_texts,
    timestamp=moments,
    type=some_texts,
    user_id=some_texts,
    app_id=some_texts,
    cluster_id=some_texts,
)
delivers = st.builds(
    Basic.Deliver,
    consumer_tag=st.just(CONSUMER_TAG),
    delivery_tag=st.integers(0, 2**64 - 1),
    redelivered=st.booleans(),
    exchange=texts,
    routing_key=texts,
)
messages = st.tuples(delivers, property_sets, st.binary(min_size=1, max_size=300))


def marshalled(*frames: Frame) -> bytes:
    """What the broker sends for these."""
    return b"".join(frame.marshal() for frame in frames)


def on_the_wire(deliver: Basic.Deliver, properties: pika.BasicProperties, body: bytes) -> bytes:
    """A message whose body is in one frame."""
    header = Header(CHANNEL, len(body), properties)
    return marshalled(Method(CHANNEL, deliver), header, Body(CHANNEL, body))


def read_by_pika(received: bytes) -> Delivery:
    """The message with which `received` begins."""
    frames, at = [], 0
    for _ in range(3):
        taken, frame = decode_frame(received[at:])
        frames.append(frame)
        at += taken
    method, header, body = frames
    assert isinstance(method, Method)
    assert isinstance(header, Header)
    assert isinstance(body, Body)
    return delivery_of(method.method, header.properties, body.fragment)


@given(st.lists(messages, max_size=4), st.binary(max_size=40))
def test_messages_are_read_as_pika_would(
    sent: list[tuple[Basic.Deliver, pika.BasicProperties, bytes]], more: bytes
) -> None:
    """All that are whole, whatever follows."""
    wholes = [on_the_wire(*each) for each in sent]

    taken, deliveries = READER.read(b"".join(wholes) + more) or (0, [])

    assert taken == sum(map(len, wholes))
    assert deliveries == [read_by_pika(whole) for whole in wholes]


@given(messages, messages, st.data())
def test_of_a_part_of_a_message_nothing_is_read(
    first: tuple[Basic.Deliver, pika.BasicProperties, bytes],
    second: tuple[Basic.Deliver, pika.BasicProperties, bytes],
    data: st.DataObject,
) -> None:
    whole, following = on_the_wire(*first), on_the_wire(*second)
    part = following[: data.draw(st.integers(0, len(following) - 1))]

    assert READER.read(part) in (None, (0, []))
    taken, deliveries = READER.read(whole + part) or (0, [])
    assert taken == len(whole)
    assert deliveries == [read_by_pika(whole)]


@given(messages, st.data())
def test_whatever_a_client_has_written_nothing_is_raised(
    sent: tuple[Basic.Deliver, pika.BasicProperties, bytes], data: st.DataObject
) -> None:
    """Properties that cannot be read so are left to pika, which says why."""
    whole = bytearray(on_the_wire(*sent))
    properties_at = len(Method(CHANNEL, sent[0]).marshal()) + 19
    for place in data.draw(st.lists(st.integers(properties_at, len(whole) - 1), min_size=1, max_size=4)):
        whole[place] = data.draw(st.integers(0, 255))

    taken, _ = READER.read(bytes(whole)) or (0, [])

    assert taken in (0, len(whole))


DELIVER = Method(CHANNEL, Basic.Deliver(CONSUMER_TAG, 1, False, "", "key"))
PROPERTIES = pika.BasicProperties()
HEADER, BODY = Header(CHANNEL, 1, PROPERTIES), Body(CHANNEL, b"x")
WITH_HEADERS = pika.BasicProperties(headers={"x-delivery-count": 2})


@pytest.mark.parametrize(
    "frames",
    [
        [Heartbeat()],
        [Method(CHANNEL, Basic.Ack(1))],
        [Method(CHANNEL, Basic.GetOk(1, False, "", "key", 0)), HEADER, BODY],
        [Method(CHANNEL, Basic.Deliver("another", 1, False, "", "key")), HEADER, BODY],
        [
            Method(1, Basic.Deliver(CONSUMER_TAG, 1, False, "", "key")),
            Header(1, 1, PROPERTIES),
            Body(1, b"x"),
        ],
        [DELIVER, Header(CHANNEL, 1, WITH_HEADERS), BODY],
        [DELIVER, Header(CHANNEL, 0, PROPERTIES)],
        [DELIVER, Header(CHANNEL, 2, PROPERTIES), BODY, Body(CHANNEL, b"y")],
        [DELIVER, Header(2, 1, PROPERTIES), BODY],
        [DELIVER, HEADER, Body(2, b"x")],
        [DELIVER, Heartbeat(), HEADER, BODY],
        [DELIVER, HEADER, Heartbeat(), BODY],
        [DELIVER, DELIVER],
        [HEADER, BODY],
    ],
)
def test_everything_else_is_for_pika_to_read(frames: list[Frame]) -> None:
    assert READER.read(marshalled(*frames) + bytes(30)) is None


@pytest.mark.parametrize("frame", [0, 1, 2])
def test_so_is_a_frame_without_its_end(frame: int) -> None:
    parts = [each.marshal() for each in (DELIVER, HEADER, BODY)]
    parts[frame] = parts[frame][:-1] + b"\0"
    assert READER.read(b"".join(parts)) is None


@pytest.mark.parametrize("text", [b"\xff\xfe", b"\xce"])
def test_so_is_a_text_that_is_none(text: bytes) -> None:
    properties = pika.BasicProperties(type="?" * len(text), message_id="1")
    header = Header(CHANNEL, 1, properties).marshal().replace(b"?" * len(text), text)
    assert READER.read(DELIVER.marshal() + header + BODY.marshal()) is None
