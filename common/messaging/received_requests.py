"""Requests that change something, as workers take them up: each with the id under which it happens once."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from common.messages.message import Request
from common.messages.problems import Problem, ProblemCode, problem
from common.messages.request_parsing import RequestRefused, parse_request
from common.messaging.delivery import Delivery

REQUEST_AGE_MAX = timedelta(minutes=15)
"""Older requests are not carried out: whoever sent them has gone."""


_CANONICAL_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class ReceivedRequest(NamedTuple):
    """A request that could be read; `digest` tells whether two with one id are the same."""

    request_id: str
    digest: bytes
    request: Request
    sent_at: datetime | None

    @property
    def identity(self) -> tuple[str, bytes]:
        """Its id and what it asks for: what two deliveries of one request have in common."""
        return self[:2]

    def is_too_old(self, now: datetime) -> bool:
        """Whether it has waited for longer than a request may; one without a timestamp has not."""
        return self.sent_at is not None and now - self.sent_at > REQUEST_AGE_MAX


def read_request(request_types: Mapping[str, type[Request]], delivery: Delivery) -> ReceivedRequest | Problem:
    """The request in a delivery, one of `request_types`, or why it cannot be read."""
    try:
        request = parse_request(request_types, delivery.name, delivery.content_type, delivery.body)
        request_id = _canonical(delivery.message_id or "")
    except RequestRefused as refused:
        return refused.problem
    except ValueError:
        return problem(ProblemCode.INVALID_REQUEST, "Set the message_id to a UUID: the request's id.")
    digest = hashlib.sha256(f"{request.name}\n{request.model_dump_json()}".encode()).digest()
    return ReceivedRequest(request_id, digest, request, delivery.sent_at)


def _canonical(uuid: str) -> str:
    """The UUID as it is usually written, whatever the notation; raises ValueError where it is none."""
    return uuid if _CANONICAL_UUID.fullmatch(uuid) else str(UUID(uuid))
