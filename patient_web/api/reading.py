"""Reads what somebody asks over HTTP: as strictly as a worker reads the same request."""

import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.requests import Request as HttpRequest

from common.messages.message import Request
from common.messages.patients import TicketStatusRequest
from common.messages.problems import FieldError, ProblemCode, problem
from common.messages.request_parsing import RequestRefused, parse_request
from patient_web.api.endpoints import CODES_MAX, REQUEST_ID_HEADER, REQUESTED_AT_HEADER, Endpoint
from patient_web.api.problems import (
    BAD_MOMENT,
    JSON_ONLY,
    KEY_NEEDED,
    MOMENT_AHEAD,
    NO_BODY,
    NO_OTHERS,
    Refused,
    of_reply,
    own_problem,
)

_JSON: Final = re.compile(r'application/json\s*(;\s*charset="?utf-8"?\s*)?', re.IGNORECASE)
_MOMENT: Final = re.compile(r"[0-9]{1,11}")
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_MALFORMED: Final = 400
_NO_IDS: Final = (0, 2**128 - 1)
"""UUIDs that everybody knows. Source: https://www.rfc-editor.org/rfc/rfc9562#name-nil-uuid"""

_AHEAD_MAX: Final = timedelta(minutes=1)


async def read_request(request: HttpRequest, endpoint: Endpoint) -> Request:
    """The request of the protocol; raises Refused where it cannot be read."""
    if endpoint.method == "GET" or not endpoint.elsewhere:
        if await request.body() not in (b"", b"{}"):
            raise own_problem("invalid_request", NO_BODY, status=_MALFORMED)
        return _parsed(endpoint.request, json.dumps(_members(request, endpoint)).encode())
    if request.query_params:
        raise _unknown_member()
    content_types = request.headers.getlist("content-type")
    if len(content_types) != 1 or not _JSON.fullmatch(content_types[0]):
        raise own_problem("unsupported_media_type", JSON_ONLY)
    return _parsed(endpoint.request, await request.body())


def request_id_of(request: HttpRequest) -> str:
    """The request id, which is the idempotency key; raises Refused."""
    given = request.headers.getlist(REQUEST_ID_HEADER)
    text = given[0].strip() if len(given) == 1 else ""
    # A header of this name is a string in quotes by its draft; most clients send it without them.
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    try:
        found = uuid.UUID(text)
    except ValueError as error:
        raise own_problem("invalid_request", KEY_NEEDED, status=_MALFORMED) from error
    if str(found) != text.lower() or found.int in _NO_IDS:
        raise own_problem("invalid_request", KEY_NEEDED, status=_MALFORMED)
    return str(found)


def made_at_of(request: HttpRequest, now: datetime) -> datetime | None:
    """When the request was first made; None where it is not told. Raises Refused."""
    given = request.headers.getlist(REQUESTED_AT_HEADER)
    if not given:
        return None
    if len(given) > 1 or not _MOMENT.fullmatch(given[0]):
        raise own_problem("invalid_request", BAD_MOMENT, status=_MALFORMED)
    made_at = datetime.fromtimestamp(int(given[0]), UTC)
    if made_at > now + _AHEAD_MAX:
        raise own_problem("invalid_request", MOMENT_AHEAD, status=_MALFORMED)
    return made_at


def _members(request: HttpRequest, endpoint: Endpoint) -> dict[str, Any]:
    """The members in path and query; raises Refused where one stands there twice, or is not known."""
    path: Mapping[str, str] = request.path_params
    if endpoint.is_of_one_ticket:
        members: dict[str, Any] = {"ticket_codes": [path["ticket_code"]]}
    else:
        members = {name: path[name] for name in endpoint.in_path}
    given = request.query_params.multi_items()
    names = [name for name, _ in given]
    if len(set(names)) < len(names) or not {*names} <= {*endpoint.elsewhere}:
        raise _unknown_member()
    return members | {name: _value(text) for name, text in given}


def _value(text: str) -> Any:
    """A value of a query, as it would stand in JSON."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if _INTEGER.fullmatch(text) else text


def _parsed(kind: type[Request], body: bytes) -> Request:
    try:
        asked = parse_request({kind.name: kind}, kind.name, None, body)
    except RequestRefused as error:
        refused = of_reply(error.problem)
        is_malformed = error.problem.code is ProblemCode.INVALID_REQUEST and _is_of_the_whole(refused)
        raise Refused(_MALFORMED if is_malformed else refused.status, refused.problem) from error
    if isinstance(asked, TicketStatusRequest) and len(asked.ticket_codes) > CODES_MAX:
        too_many = FieldError(field="ticket_codes", message=f"at most {CODES_MAX} at once")
        raise of_reply(problem(ProblemCode.INVALID_REQUEST, "Correct ticket_codes.", errors=[too_many]))
    return asked


def _is_of_the_whole(refused: Refused) -> bool:
    """Whether the request cannot be read at all: no member of it is named."""
    return not any(each["field"] for each in refused.problem["errors"])


def _unknown_member() -> Refused:
    return own_problem("invalid_request", NO_OTHERS, status=_MALFORMED)
