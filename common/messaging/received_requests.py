"""Requests that change something, as workers take them up: each with the id under which it happens once."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from common.messages.message import Request
from common.messages.problems import Problem, ProblemCode, not_staff, problem
from common.messages.request_parsing import RequestRefused, parse_request
from common.messaging.delivery import Delivery
from common.messaging.topology import DESK_EXCHANGE

REQUEST_AGE_MAX = timedelta(minutes=15)
"""Older requests are not carried out: whoever sent them has gone."""


_CANONICAL_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class ReceivedRequest(NamedTuple):
    """A request that could be read; `digest` tells whether two with one id are the same. `user` is who of the
    staff asks, as the broker vouches for it; None for what came through the patients' exchange."""

    request_id: str
    digest: bytes
    request: Request
    sent_at: datetime | None
    user: str | None = None

    @property
    def identity(self) -> tuple[str, bytes]:
        """Its id, and who asks for what: what two deliveries of one request have in common."""
        return self[:2]

    def is_too_old(self, now: datetime) -> bool:
        """Whether it has waited for longer than a request may; one without a timestamp has not."""
        return self.sent_at is not None and now - self.sent_at > REQUEST_AGE_MAX


def read_request(request_types: Mapping[str, type[Request]], delivery: Delivery) -> ReceivedRequest | Problem:
    """The request in a delivery, one of `request_types`, or why it cannot be read."""
    try:
        request = parse_request(request_types, delivery.name, delivery.content_type, delivery.body)
        request_id, user = _canonical(delivery.message_id or ""), staff_user(delivery)
    except RequestRefused as refused:
        return refused.problem
    except ValueError:
        return problem(ProblemCode.INVALID_REQUEST, "Set the message_id to a UUID: the request's id.")
    contents = f"{request.name}\n{request.model_dump_json()}"
    if user is not None:
        contents += f"\n{user}"  # what somebody else asks with this id is another request
    digest = hashlib.sha256(contents.encode()).digest()
    return ReceivedRequest(request_id, digest, request, delivery.sent_at, user)


def staff_user(delivery: Delivery) -> str | None:
    """Who of the staff sent a request, as the broker vouches for it; None where it came through the patients'
    exchange. Raises RequestRefused where the broker vouches for nobody."""
    if delivery.exchange != DESK_EXCHANGE:
        return None
    if not delivery.user_id:
        raise RequestRefused(not_staff())
    return delivery.user_id


def _canonical(uuid: str) -> str:
    """The UUID as it is usually written, whatever the notation; raises ValueError where it is none."""
    return uuid if _CANONICAL_UUID.fullmatch(uuid) else str(UUID(uuid))
