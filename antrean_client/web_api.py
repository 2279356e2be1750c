"""The JSON API of antrean-web: how each request of a patient is written over HTTP, and what its answer is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from antrean_client.requests import encoded
from antrean_client.web_shapes import PROBLEM, REPLIES, fits

_ROOT: Final = "/api/v1"
_SEGMENT_LENGTH_MAX: Final = 64
"""Characters of a code in a path; no code has as many."""

_JSON: Final = "application/json"
_PROBLEM_JSON: Final = "application/problem+json"
_TAKEN: Final = frozenset({HTTPStatus.OK, HTTPStatus.CREATED})


@dataclass(frozen=True)
class Route:
    """Where a request is sent to: `path` has members of its body in braces, and the others follow in the
    query, or with POST in a body. `reply` is the name of its reply."""

    method: str
    path: str
    reply: str
    changes: bool = False


ROUTES: Final[Mapping[str, Route]] = {
    "list_hospitals": Route("GET", "/hospitals", "hospitals"),
    "list_clinics": Route("GET", "/hospitals/{hospital}/clinics", "clinics"),
    "clinic_queue": Route("GET", "/hospitals/{hospital}/clinics/{clinic}/queue", "clinic_queue"),
    "ticket_status": Route("POST", "/tickets/status", "tickets"),
    "register": Route("POST", "/tickets", "ticket", changes=True),
    "cancel": Route("POST", "/tickets/{ticket_code}/cancel", "ticket", changes=True),
}
"""By the name of the request."""


@dataclass(frozen=True)
class HttpRequest:
    """A request as it is sent, below the path of the server's address."""

    route: Route
    target: str
    body: bytes | None
    headers: Mapping[str, str]


class NotAnAnswer(Exception):
    """What has come is no answer of antrean-web."""


def http_request(
    name: str, body: dict[str, Any], request_id: str, requested_at_seconds: int
) -> HttpRequest | None:
    """The request `name` over HTTP, made at a moment in seconds since 1970; None where it is too large."""
    if encoded(body) is None:
        return None
    route = ROUTES[name]
    rest = dict(body)
    path = route.path
    for member in [each for each in body if f"{{{each}}}" in path]:
        path = path.replace(f"{{{member}}}", _segment(rest.pop(member)))
    headers = {"Accept": f"{_JSON}, {_PROBLEM_JSON}", "Accept-Language": "en"}  # as the protocol has problems
    if route.changes:
        headers |= {"Idempotency-Key": request_id, "Antrean-Requested-At": str(requested_at_seconds)}
    if route.method == "GET":
        query = urlencode({each: _in_query(value) for each, value in rest.items()})
        return HttpRequest(route, f"{_ROOT}{path}{'?' * bool(query)}{query}", None, headers)
    if not rest:
        return HttpRequest(route, f"{_ROOT}{path}", None, headers)
    headers["Content-Type"] = _JSON
    return HttpRequest(route, f"{_ROOT}{path}", json.dumps(rest).encode(), headers)


def _segment(value: Any) -> str:
    """A code in a path. What a path cannot hold becomes something that is no code either, and is refused for
    what it is."""
    kept = str(value).strip()[:_SEGMENT_LENGTH_MAX]
    return quote("".join(each if each.isalnum() or each in " -" else "!" for each in kept) or "!", safe="")


def _in_query(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def reply_in(route: Route, status: int, content_type: str, body: bytes) -> tuple[str, dict[str, Any]]:
    """The name of the reply in an answer, `problem` for a refusal, and its body; raises NotAnAnswer."""
    if status in _TAKEN:
        name, shape, expected = route.reply, REPLIES[route.reply], _JSON
    elif status >= HTTPStatus.BAD_REQUEST:
        name, shape, expected = "problem", PROBLEM, _PROBLEM_JSON
    else:
        raise NotAnAnswer
    if content_type.partition(";")[0].strip().lower() != expected:
        raise NotAnAnswer
    try:
        read = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotAnAnswer from error
    if not fits(read, shape):
        raise NotAnAnswer
    return name, read
