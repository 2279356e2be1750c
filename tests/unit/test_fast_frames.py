"""Messages that leave over the fast path: to the byte what pika writes."""

import pika
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika.exceptions import ShortStringTooLong
from pika.frame import Body, Header, Method
from pika.spec import Basic

from common.messaging.broker_connection import BriefProperties, Message
from common.messaging.fast_pika import publish_frames

texts = st.text(max_size=60)
some_texts = st.none() | texts
property_sets = st.builds(
    BriefProperties,
    content_type=texts,
    type=texts,
    message_id=some_texts,
    correlation_id=some_texts,
    delivery_mode=st.none() | st.integers(1, 2),
)


@given(st.integers(1, 65535), texts, texts, property_sets, st.binary(max_size=300), st.booleans())
def test_a_message_is_published_as_pika_would(
    channel: int, exchange: str, key: str, properties: BriefProperties, body: bytes, mandatory: bool
) -> None:
    publish = Basic.Publish(exchange=exchange, routing_key=key, mandatory=mandatory)
    frames = [Method(channel, publish), Header(channel, len(body), properties.for_pika())]
    frames += [Body(channel, body)] if body else []
    message = Message(exchange, key, properties, body, mandatory)
    assert publish_frames(channel, message, properties) == b"".join(frame.marshal() for frame in frames)


def test_a_name_that_is_too_long_is_refused() -> None:
    longest, too_long = "é" * 127 + "x", "é" * 128
    properties = BriefProperties("application/json", "ticket", longest)
    header = Header(1, 0, pika.BasicProperties("application/json", type="ticket", message_id=longest))
    assert publish_frames(1, Message("", "", properties, b""), properties).endswith(header.marshal())
    for wrong in (Message("", too_long, properties, b""), Message(too_long, "", properties, b"")):
        with pytest.raises(ShortStringTooLong):
            publish_frames(1, wrong, properties)
    with pytest.raises(ShortStringTooLong):
        publish_frames(1, Message("", "", properties, b""), properties._replace(message_id=too_long))
