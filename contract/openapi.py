"""The OpenAPI document: what antrean-web answers to programs over HTTPS, by the table of its addresses.

Source: https://spec.openapis.org/oas/v3.1.0
"""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any, Final

from common.messages.problems import ProblemCode
from common.messaging.topology import PATIENT_EXCHANGE
from contract.answers import problems_of
from contract.messages import REPLIES
from contract.schemas import Schema, all_schemas, reference, references
from patient_web.api.endpoints import (
    CODES_MAX,
    ENDPOINTS,
    NEW_STREAM,
    OPENAPI_PATH,
    PREFIX,
    REQUEST_ID_HEADER,
    REQUESTED_AT_HEADER,
    STREAM_PATH,
    STREAM_TOKEN_SECONDS,
    TICKET_EVENTS,
    Endpoint,
)
from patient_web.api.problems import CONTENT_TYPE, OWN_CODES, STATUSES

OPENAPI: Final = "3.1.0"

_DESCRIPTION: Final = """\
Hospital registration queues for the programs of patients: the requests of `protocol.md` over HTTPS, with the
same bodies. How requests are repeated, what is bounded and what each problem means is in `api.md`, beside
this file. It is generated from the code (`make contract`).

Bodies of requests are closed: members that are not known are refused. Replies are open: later versions add
members and values. The values that there are today stand in `x-known-values`; take others as they are.
"""
_SUMMARIES: Final = {
    "list_hospitals": "The hospitals, in pages",
    "list_clinics": "The clinics of a hospital and how busy they are, in pages",
    "clinic_queue": "A clinic's queue today, in numbers",
    "register": "Take a number for today",
    "ticket_status": "Tickets by their codes",
    "ticket": "One ticket by its code",
    "cancel": "Give a ticket up",
    "ticket_events": "A ticket whenever it changes, as server-sent events",
    "new_stream": "A token for a stream of several tickets, so that no code stands in its address",
}
_STREAM: Final = "Stream"
_UUID: Final = {"type": "string", "format": "uuid"}
_OF_HTTP: Final = (
    *("not_found", "method_not_allowed", "request_timeout", "uri_too_long", "headers_too_large"),
    *("too_many_requests", "busy", "unavailable"),
)
_MALFORMED: Final = 400


def openapi() -> dict[str, Any]:
    """The whole document, as JSON has it."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in (*ENDPOINTS, TICKET_EVENTS, NEW_STREAM):
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    paths[STREAM_PATH] = {"get": _stream_operation()}
    paths[OPENAPI_PATH] = {"get": _own_operation()}
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "Antrean",
            "version": version("antrean"),
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": PREFIX}],
        "paths": paths,
        "components": {"schemas": _schemas(paths)},
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": _SUMMARIES[endpoint.name],
        "parameters": [*_members(endpoint), *_headers(endpoint)],
        "responses": {str(endpoint.status): _reply(endpoint), **_problems(_codes(endpoint))},
    }
    if endpoint.method == "POST" and endpoint.elsewhere:
        body = {"application/json": {"schema": reference(endpoint.request)}}
        found["requestBody"] = {"required": True, "content": body}
    return found


def _members(endpoint: Endpoint) -> list[dict[str, Any]]:
    schema = all_schemas()[endpoint.request.__name__]
    members: Schema = schema["properties"]
    if endpoint.is_of_one_ticket:
        return [_parameter("path", "ticket_code", members["ticket_codes"]["items"])]
    in_query = endpoint.elsewhere if endpoint.method == "GET" else ()
    return [
        *(_parameter("path", name, members[name]) for name in endpoint.in_path),
        *(
            _parameter("query", name, members[name], required=name in schema.get("required", ()))
            for name in in_query
        ),
    ]


def _headers(endpoint: Endpoint) -> list[dict[str, Any]]:
    language = _parameter(
        "header", "Accept-Language", {"type": "string"}, required=False, said="`id` or `en`, for sentences"
    )
    if not endpoint.is_change:
        return [language]
    key = _parameter("header", REQUEST_ID_HEADER, _UUID, said="the request id: the same when sent again")
    made_at = _parameter(
        "header",
        REQUESTED_AT_HEADER,
        {"type": "integer", "minimum": 0, "maximum": 99_999_999_999},
        required=False,
        said="when it was first made, in seconds since 1970",
    )
    return [key, made_at, language]


def _parameter(
    where: str, name: str, schema: Schema, *, required: bool = True, said: str | None = None
) -> dict[str, Any]:
    description = said or schema.get("description")
    kept = {key: value for key, value in schema.items() if key != "description"}
    found = {"name": name, "in": where, "required": required, "schema": kept}
    return found | ({"description": description} if description else {})


def _reply(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint is TICKET_EVENTS:
        return _event_stream()
    schema = {"$ref": f"#/components/schemas/{_STREAM}"}
    if endpoint is not NEW_STREAM:
        schema = reference(REPLIES[endpoint.reply])
    return {"description": endpoint.reply, "content": {"application/json": {"schema": schema}}}


def _event_stream() -> dict[str, Any]:
    said = "Messages `ticket`, `not_found`, `stale`, `fresh` and `ping`, as api.md has them."
    return {"description": said, "content": {"text/event-stream": {"schema": {"type": "string"}}}}


def _codes(endpoint: Endpoint) -> list[str]:
    of_protocol = [*problems_of(PATIENT_EXCHANGE, endpoint.request)]
    if endpoint is NEW_STREAM:
        of_protocol.remove(ProblemCode.TICKET_NOT_FOUND)
    of_body = ("unsupported_media_type",) if endpoint.method == "POST" and endpoint.elsewhere else ()
    return [*of_protocol, *_OF_HTTP, *of_body, "no_answer"]


def _problems(codes: Iterable[str]) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {_MALFORMED: [ProblemCode.INVALID_REQUEST]}
    for code in dict.fromkeys(codes):
        by_status.setdefault(STATUSES[code], []).append(code)
    schema = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        str(status): {"description": ", ".join(f"`{code}`" for code in found), "content": schema}
        for status, found in sorted(by_status.items())
    }


def _stream_operation() -> dict[str, Any]:
    return {
        "operationId": "stream",
        "summary": "Several tickets whenever one of them changes, as server-sent events",
        "parameters": [_parameter("path", "token", {"type": "string"}, said="of `new_stream`")],
        "responses": {
            "200": _event_stream(),
            **_problems([*_codes(TICKET_EVENTS), "stream_not_found"]),
        },
    }


def _own_operation() -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {
        "operationId": "openapi",
        "summary": "This document",
        "responses": {"200": {"description": "this document", "content": content}, **_problems(_OF_HTTP)},
    }


def _schemas(paths: dict[str, Any]) -> dict[str, Schema]:
    """Those to which the paths refer, with all that stands in them."""
    known = {**all_schemas(), _STREAM: _stream_schema()}
    values = known["Problem"]["properties"]["code"]["x-known-values"]
    known["Problem"]["properties"]["code"]["x-known-values"] = [*values, *OWN_CODES]
    codes = known["TicketStatusRequest"]["properties"]["ticket_codes"]
    codes |= {"maxItems": CODES_MAX, "description": f"list of 1 to {CODES_MAX} ticket codes"}
    needed: set[str] = set()
    waiting = {*references(paths)}
    while waiting:
        needed |= waiting
        waiting = {found for name in waiting for found in references(known[name])} - needed
    return {name: known[name] for name in sorted(needed)}


def _stream_schema() -> Schema:
    return {
        "type": "object",
        "description": f"A stream of at most {CODES_MAX} tickets, to be opened at `/streams/TOKEN`.",
        "properties": {
            "token": {"type": "string"},
            "valid_until": {
                "type": "string",
                "format": "date-time",
                "description": f"{STREAM_TOKEN_SECONDS // 60} minutes after it was made",
            },
        },
        "required": ["token", "valid_until"],
    }
