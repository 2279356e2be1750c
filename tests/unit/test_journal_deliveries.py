"""What arrives of the stream: read as pika reads it, and what is not like it is left to pika."""

import pika
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika.compat import long
from pika.frame import Body, Frame, Header, Heartbeat, Method
from pika.spec import Basic

from antrean_client.journal_deliveries import DeliveryReader, Message

CHANNEL = 3
CONSUMER_TAG = "ctag3.of-ours"
READER = DeliveryReader(CHANNEL, CONSUMER_TAG)

texts = st.text(max_size=60)
some_texts = st.none() | texts
property_sets = st.fixed_dictionaries(
    {
        "content_type": some_texts,
        "content_encoding": some_texts,
        "delivery_mode": st.none() | st.integers(1, 2),
        "message_id": some_texts,
        "type": some_texts,
    }
)
messages = st.tuples(
    st.builds(
        Basic.Deliver,
        consumer_tag=st.just(CONSUMER_TAG),
        delivery_tag=st.integers(0, 2**64 - 1),
        redelivered=st.booleans(),
        exchange=texts,
        routing_key=texts,
    ),
    property_sets,
    st.integers(0, 2**63 - 1),
    st.binary(min_size=1, max_size=300),
)
Sent = tuple[Basic.Deliver, dict[str, object], int, bytes]


def marshalled(*frames: Frame) -> bytes:
    """What the broker sends for these."""
    return b"".join(frame.marshal() for frame in frames)


def on_the_wire(sent: Sent) -> bytes:
    """A message of the stream whose body is in one frame."""
    deliver, names, offset, body = sent
    properties = pika.BasicProperties(headers={"x-stream-offset": long(offset)}, **names)
    return marshalled(Method(CHANNEL, deliver), Header(CHANNEL, len(body), properties), Body(CHANNEL, body))


@given(st.lists(messages, min_size=1, max_size=4), st.binary(max_size=40), st.binary(max_size=40))
def test_all_that_are_whole_are_read(sent: list[Sent], before: bytes, after: bytes) -> None:
    wholes = b"".join(map(on_the_wire, sent))

    read = READER.read(before + wholes + after, len(before))

    assert read is not None
    assert read.size == len(wholes)
    assert read.messages == [Message(offset, deliver.routing_key, body) for deliver, _, offset, body in sent]
    assert read.last_tag == sent[-1][0].delivery_tag


@given(messages, messages, st.data())
def test_of_a_part_of_a_message_nothing_is_read(first: Sent, second: Sent, data: st.DataObject) -> None:
    whole, following = on_the_wire(first), on_the_wire(second)
    part = following[: data.draw(st.integers(0, len(following) - 1))]

    assert READER.read(part) in (None, (0, [], 0))
    read = READER.read(whole + part)
    assert read is not None
    assert (read.size, len(read.messages)) == (len(whole), 1)


@given(messages, st.data())
def test_whatever_the_properties_hold_nothing_is_raised(sent: Sent, data: st.DataObject) -> None:
    whole = bytearray(on_the_wire(sent))
    properties_at = len(Method(CHANNEL, sent[0]).marshal()) + 19
    for place in data.draw(st.lists(st.integers(properties_at, len(whole) - 1), min_size=1, max_size=4)):
        whole[place] = data.draw(st.integers(0, 255))

    read = READER.read(bytes(whole))

    assert read is None or read.size in (0, len(whole))


DELIVER = Method(CHANNEL, Basic.Deliver(CONSUMER_TAG, 1, False, "", "key"))
OFFSET = pika.BasicProperties(headers={"x-stream-offset": long(7)})
HEADER, BODY = Header(CHANNEL, 1, OFFSET), Body(CHANNEL, b"x")


@pytest.mark.parametrize(
    "frames",
    [
        [DELIVER, Header(CHANNEL, 1, pika.BasicProperties()), BODY],
        [DELIVER, Header(CHANNEL, 1, pika.BasicProperties(headers={"x-stream-offset": "7"})), BODY],
        [
            DELIVER,
            Header(CHANNEL, 1, pika.BasicProperties(headers={"a": 1, "x-stream-offset": long(7)})),
            BODY,
        ],
        [DELIVER, Header(CHANNEL, 0, OFFSET)],
        [DELIVER, Header(CHANNEL, 2, OFFSET), BODY, BODY],
        [DELIVER, Header(CHANNEL + 1, 1, OFFSET), BODY],
        [DELIVER, HEADER, Body(CHANNEL + 1, b"x")],
        [DELIVER, HEADER, HEADER],
        [Method(CHANNEL, Basic.Deliver("another", 1, False, "", "key")), HEADER, BODY],
        [Method(CHANNEL + 1, Basic.Deliver(CONSUMER_TAG, 1, False, "", "key")), HEADER, BODY],
        [Method(CHANNEL, Basic.CancelOk(CONSUMER_TAG))],
        [Heartbeat()],
    ],
)
def test_what_is_not_like_a_message_of_the_stream_is_pikas(frames: list[Frame]) -> None:
    assert READER.read(marshalled(*frames, Heartbeat(), Heartbeat(), Heartbeat())) is None
