"""Messages that leave: to the byte what pika writes."""

from typing import Literal

import pika
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika.exceptions import ShortStringTooLong
from pika.frame import Body, Frame, Header, Method
from pika.spec import Basic

from common.messaging.frames import Message, OpenProperties, encode_properties, publish_frames

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


def marshalled(*frames: Frame) -> bytes:
    """What pika sends for these."""
    return b"".join(frame.marshal() for frame in frames)


@given(
    channels, texts, texts, property_sets, st.binary(max_size=3 * BODY_IN_A_FRAME_BYTES_MAX), st.booleans()
)
def test_a_message_is_published_as_pika_would(
    channel: int, exchange: str, key: str, properties: pika.BasicProperties, body: bytes, mandatory: bool
) -> None:
    starts = range(0, len(body), BODY_IN_A_FRAME_BYTES_MAX)
    expected = marshalled(
        Method(channel, Basic.Publish(exchange=exchange, routing_key=key, mandatory=mandatory)),
        Header(channel, len(body), properties),
        *(Body(channel, body[start : start + BODY_IN_A_FRAME_BYTES_MAX]) for start in starts),
    )
    message = Message(exchange, key, encode_properties(properties), body, mandatory)
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
