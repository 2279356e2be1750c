"""Requests as the broker carries them, and what it can say instead of an answer.

What the blocking client (`rpc_client`) and the one for asyncio (`async_rpc`) have in common.
Source: https://www.rabbitmq.com/docs/direct-reply-to
"""

import random
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import pika
from pika.exceptions import ChannelClosedByBroker

from antrean_client.connection import refused
from antrean_client.errors import BrokerRefused, NoQueue, NoReply, Refusal, RequestNotTaken
from antrean_client.protocol import LOOK_UPS
from antrean_client.tracing import Headers

RESEND_SECONDS: Final = 3.0
"""A request without an answer is sent again, with the same id, at this interval."""

REPLY_TO: Final = "amq.rabbitmq.reply-to"

_REFUSED_SECONDS_MIN: Final = 0.1
_REFUSED_SECONDS_MAX: Final = 0.5
"""How long to wait before a request is published again that a full queue has refused: twice as long each
time, and shortened at random by up to a half, so that not all who were refused come back together."""

_TRANSIENT, _PERSISTENT = 1, 2
_REFUSALS: Final = {403: Refusal.PERMISSION, 406: Refusal.USER}
"""By AMQP's code; a request in the name of another user than the one who logged in is refused with 406."""


def properties_of(
    name: str, request_id: str, sent_at: datetime, user_id: str | None, headers: Headers | None
) -> pika.BasicProperties:
    """The properties with which the request `name` is published, each time that it is sent."""
    return pika.BasicProperties(
        type=name,
        message_id=request_id,
        correlation_id=str(uuid.uuid4()),
        reply_to=REPLY_TO,
        content_type="application/json",
        timestamp=int(sent_at.timestamp()),
        delivery_mode=delivery_mode(name),
        user_id=user_id,
        headers=None if headers is None else {**headers},
    )


def delivery_mode(name: str) -> int:
    """AMQP's delivery mode for the request `name`."""
    return _TRANSIENT if name in LOOK_UPS else _PERSISTENT


def waits_while_full() -> Iterator[float]:
    """Seconds to wait each time that a full queue refuses a request, without end."""
    longest = _REFUSED_SECONDS_MIN
    while True:
        yield longest * random.uniform(0.5, 1.0)  # noqa: S311 - keeps no secret
        longest = min(2 * longest, _REFUSED_SECONDS_MAX)


def refused_by(error: ChannelClosedByBroker, at: str) -> BrokerRefused:
    """Why the broker `at` a host and port has closed a channel instead of taking a request."""
    return refused(_REFUSALS.get(error.reply_code, Refusal.NOT_SET_UP), at)


def no_queue() -> NoQueue:
    """Nothing at the broker takes such requests."""
    return NoQueue("The broker has no queue for this request: tell its operators.")


def queue_full() -> RequestNotTaken:
    """The queue was full for as long as the caller has waited."""
    return RequestNotTaken("The queue for such requests is full; try again in a minute.")


def no_reply(timeout_seconds: float) -> NoReply:
    """Nobody has answered what was sent."""
    return NoReply(f"No answer within {timeout_seconds:g} seconds.")
