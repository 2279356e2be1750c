"""What workers publish, as messages: replies, events, and deliveries that are set aside.

The broker closes the connection that sends more than it takes, and neighbours lose their replies: so nothing
larger than that leaves here.
"""

from dataclasses import dataclass
from typing import Final

import pika
import structlog

from common.messages.events import CONTENT_TYPE, Event
from common.messages.limits import MESSAGE_BYTES_MAX
from common.messages.message import EncodedReply, Reply, encode_reply
from common.messages.problems import ProblemCode, problem
from common.messaging.broker_connection import BriefProperties, Message
from common.messaging.delivery import CAME_THROUGH, SENT_BY, Delivery
from common.messaging.topology import EVENTS_EXCHANGE

COPY: Final = "x-antrean-copy"
"""The header by which its sender knows a message that the broker returns."""

_REASON: Final = "x-antrean-reason"
_JSON: Final = "application/json"
_PERSISTENT = 2
_TOO_LARGE = problem(
    ProblemCode.INTERNAL_ERROR,
    "The answer is larger than what the broker takes. A request that changes something was carried out: look"
    " at what it did; of a look-up ask for less.",
)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SetAside:
    """A delivery that goes to another queue, as it came: with a `reason`, to be looked at by people."""

    delivery: Delivery
    queue: str
    reason: str = ""


def reply_message(delivery: Delivery, reply: Reply | EncodedReply) -> Message:
    """The reply to a delivery; a problem in place of one that is too large."""
    body = encode_reply(reply)
    if len(body) > MESSAGE_BYTES_MAX:
        _log.error("reply too large", reply=reply.name, bytes=len(body), bytes_max=MESSAGE_BYTES_MAX)
        return reply_message(delivery, _TOO_LARGE)
    # Never `mandatory`: the broker returns such a reply although its client has got it.
    properties = BriefProperties(_JSON, reply.name, correlation_id=delivery.correlation_id)
    return Message("", delivery.reply_to or "", properties, body)


def event_message(event: Event) -> Message | None:
    """An event; None for one that is too large, which stays in the journal only."""
    if len(event.body) > MESSAGE_BYTES_MAX:
        size = len(event.body)
        _log.error("event too large", event_id=event.id, bytes=size, bytes_max=MESSAGE_BYTES_MAX)
        return None
    brief = BriefProperties(CONTENT_TYPE, event.name, message_id=event.id, delivery_mode=_PERSISTENT)
    if event.context is None:
        return Message(EVENTS_EXCHANGE, event.routing_key, brief, event.body)
    properties = brief.for_pika()
    properties.headers = {**event.context}
    return Message(EVENTS_EXCHANGE, event.routing_key, properties, event.body)


def set_aside_message(set_aside: SetAside, copy: int) -> Message:
    """A delivery for another queue, without what a stranger may have set to have it dropped there. Where
    there is no such queue it is returned, with `copy` in its headers."""
    delivery = set_aside.delivery
    properties = pika.BasicProperties(
        content_type=delivery.content_type,
        type=delivery.name,
        message_id=delivery.message_id,
        correlation_id=delivery.correlation_id,
        reply_to=delivery.reply_to,
        # How old a registration is decides what becomes of it when it is tried again.
        timestamp=None if delivery.sent_at is None else int(delivery.sent_at.timestamp()),
        delivery_mode=_PERSISTENT,
        headers={CAME_THROUGH: delivery.exchange, COPY: copy, **(delivery.context or {})}
        | ({SENT_BY: delivery.user_id} if delivery.user_id else {})
        | ({_REASON: set_aside.reason} if set_aside.reason else {}),
    )
    return Message("", set_aside.queue, properties, delivery.body, mandatory=True)
