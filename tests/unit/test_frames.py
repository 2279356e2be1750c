"""Messages on the wire: to the byte what pika writes, and to the field what pika reads."""

from typing import Literal

import pika
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika.exceptions import ShortStringTooLong
from pika.frame import Body, Frame, Header, Heartbeat, Method, decode_frame
from pika.spec import Basic

from common.messaging.frames import (
    Message,
    MessageFrame,
    OpenProperties,
    encode_properties,
    publish_frames,
    read_message,
)

FRAME_BYTES_MAX = 128
BODY_IN_A_FRAME_BYTES_MAX = FRAME_BYTES_MAX - 8

channels = st.integers(1, 65535)
texts = st.text(max_size=60)
some_texts = st.none() | texts
property_sets = st.builds(
    pika.BasicProperties,
    content_type=some_texts,
    content_encoding=some_texts,
    headers=st.none() | st.dictionaries(texts, st.integers(0, 9) | texts, max_size=2),
    delivery_mode=st.none() | st.integers(1, 2),
    priority=st.none() | st.integers(0, 9),
    correlation_id=some_texts,
    reply_to=some_texts,
    expiration=some_texts,
    message_id=some_texts,
    timestamp=st.none() | st.integers(0, 2**64 - 1),
    type=some_texts,
    user_id=some_texts,
    app_id=some_texts,
    cluster_id=some_texts,
)
delivers = st.builds(
    Basic.Deliver,
    consumer_tag=texts,
    delivery_tag=st.integers(0, 2**64 - 1),
    redelivered=st.booleans(),
    exchange=texts,
    routing_key=texts,
)


def marshalled(*frames: Frame) -> bytes:
    """What pika sends for these."""
    return b"".join(frame.marshal() for frame in frames)


@given(channels, texts, texts, property_sets, st.binary(max_size=3 * BODY_IN_A_FRAME_BYTES_MAX))
def test_a_message_is_published_as_pika_would(
    channel: int, exchange: str, key: str, properties: pika.BasicProperties, body: bytes
) -> None:
    starts = range(0, len(body), BODY_IN_A_FRAME_BYTES_MAX)
    expected = marshalled(
        Method(channel, Basic.Publish(exchange=exchange, routing_key=key)),
        Header(channel, len(body), properties),
        *(Body(channel, body[start : start + BODY_IN_A_FRAME_BYTES_MAX]) for start in starts),
    )
    message = Message(exchange, key, encode_properties(properties), body)
    assert publish_frames(channel, FRAME_BYTES_MAX, message) == expected


@given(property_sets, st.sampled_from(["correlation_id", "message_id"]), some_texts)
def test_a_property_that_is_filled_in_was_always_there(
    properties: pika.BasicProperties, name: Literal["correlation_id", "message_id"], value: str | None
) -> None:
    setattr(properties, name, value)
    expected = encode_properties(properties)
    setattr(properties, name, None)
    assert OpenProperties(name, properties).filled(value) == expected


def test_a_name_that_is_too_long_is_refused() -> None:
    longest, too_long = "é" * 127 + "x", "é" * 128
    filled = OpenProperties("message_id", pika.BasicProperties()).filled
    assert filled(longest) == encode_properties(pika.BasicProperties(message_id=longest))
    with pytest.raises(ShortStringTooLong):
        filled(too_long)
    with pytest.raises(ShortStringTooLong):
        publish_frames(1, FRAME_BYTES_MAX, Message("", too_long, b"", b""))


def read_by_pika(received: bytes) -> tuple[Method[Basic.Deliver], Header, bytes, int]:
    """The message with which `received` begins, and its length."""
    frames, at = [], 0
    for _ in range(3):
        taken, frame = decode_frame(received[at:])
        frames.append(frame)
        at += taken
    method, header, body = frames
    assert isinstance(method, Method)
    assert isinstance(header, Header)
    assert isinstance(body, Body)
    return method, header, body.fragment, at


@given(channels, delivers, property_sets, st.binary(min_size=1, max_size=300), st.binary(max_size=40))
def test_a_message_is_read_as_pika_would(
    channel: int, deliver: Basic.Deliver, properties: pika.BasicProperties, body: bytes, more: bytes
) -> None:
    whole = marshalled(Method(channel, deliver), Header(channel, len(body), properties), Body(channel, body))
    method, header, fragment, length = read_by_pika(whole + more)

    taken, message = read_message(whole + more) or (0, None)

    assert taken == length == len(whole)
    assert isinstance(message, MessageFrame)
    assert message.channel_number == channel
    assert vars(message.deliver.method) == vars(method.method)
    assert (message.header.body_size, message.header.channel_number) == (header.body_size, channel)
    assert vars(message.header.properties) == vars(header.properties)
    assert message.body == fragment


@given(delivers, property_sets, st.binary(min_size=1, max_size=30), st.data())
def test_of_a_part_of_a_message_nothing_is_read(
    deliver: Basic.Deliver, properties: pika.BasicProperties, body: bytes, data: st.DataObject
) -> None:
    whole = marshalled(Method(1, deliver), Header(1, len(body), properties), Body(1, body))
    part = whole[: data.draw(st.integers(0, len(whole) - 1))]
    assert read_message(part) in (None, (0, None))


DELIVER = Method(1, Basic.Deliver("tag", 1, False, "", "key"))
PROPERTIES = pika.BasicProperties()


@pytest.mark.parametrize(
    "frames",
    [
        [Heartbeat()],
        [Method(1, Basic.Ack(1))],
        [Method(1, Basic.GetOk(1, False, "", "key", 0)), Header(1, 1, PROPERTIES), Body(1, b"x")],
        [DELIVER, Header(1, 0, PROPERTIES)],
        [DELIVER, Header(1, 2, PROPERTIES), Body(1, b"x"), Body(1, b"y")],
        [DELIVER, Header(2, 1, PROPERTIES), Body(1, b"x")],
        [DELIVER, Header(1, 1, PROPERTIES), Body(2, b"x")],
        [DELIVER, Heartbeat(), Header(1, 1, PROPERTIES), Body(1, b"x")],
        [DELIVER, Header(1, 1, PROPERTIES), Heartbeat(), Body(1, b"x")],
        [DELIVER, DELIVER],
        [Header(1, 1, PROPERTIES), Body(1, b"x")],
    ],
)
def test_everything_else_is_for_pika_to_read(frames: list[Frame]) -> None:
    assert read_message(marshalled(*frames) + bytes(30)) is None


@pytest.mark.parametrize("frame", [0, 1, 2])
def test_so_is_a_frame_without_its_end(frame: int) -> None:
    parts = [each.marshal() for each in (DELIVER, Header(1, 1, PROPERTIES), Body(1, b"x"))]
    parts[frame] = parts[frame][:-1] + b"\0"
    assert read_message(b"".join(parts)) is None
