"""The interface for programs, as an application of its own below /api/v1."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from common.clock import Clock
from common.errors import MessagingError
from common.messages.patients import Tickets
from common.web.languages import language_of
from common.web.refusals import FAULT, NOT_ALLOWED
from patient_web.api import problems
from patient_web.api.endpoints import (
    ENDPOINTS,
    NEW_STREAM,
    OPENAPI_PATH,
    STREAM_PATH,
    TICKET_EVENTS,
    Endpoint,
)
from patient_web.api.problems import (
    METHOD_NOT_ALLOWED,
    Refused,
    of_messaging,
    of_reply,
    own_problem,
    too_many,
)
from patient_web.api.reading import made_at_of, read_request, request_id_of
from patient_web.api.streams import Streams
from patient_web.devices import visitor_of
from patient_web.gateway import Gateway, TooManyRequests

_OPENAPI_FILE: Final = Path(__file__).with_name("openapi.json")

Handler = Callable[[Request], Awaitable[Response]]


def api(gateway: Gateway, streams: Streams, clock: Clock) -> Starlette:
    """The application; `request.state` has the visitor and the language."""

    async def openapi(_request: Request) -> Response:
        return Response(_OPENAPI_FILE.read_bytes(), media_type="application/json")

    routes = [
        Route(NEW_STREAM.path, streams.new, methods=[NEW_STREAM.method]),
        *(
            Route(each.path, _handler(gateway, each, clock), methods=[each.method])
            for each in _most_exact_first()
        ),
        Route(TICKET_EVENTS.path, streams.of_ticket, methods=[TICKET_EVENTS.method]),
        Route(STREAM_PATH, streams.of_token, methods=["GET"]),
        Route(OPENAPI_PATH, openapi, methods=["GET"]),
    ]
    handlers: dict[Any, Callable[..., Response]] = {
        Refused: lambda request, error: error.response(language_of(request)),
        TooManyRequests: of_too_many,
        MessagingError: lambda request, error: _answered(request, of_messaging(error)),
        HTTPException: of_http,
        Exception: lambda request, _error: of_status(request, FAULT),
    }
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return app


def _handler(gateway: Gateway, endpoint: Endpoint, clock: Clock) -> Handler:
    async def handle(request: Request) -> Response:
        visitor = visitor_of(request)
        asked = await read_request(request, endpoint)
        request_id, made_at = None, None
        if endpoint.is_change:
            request_id, made_at = request_id_of(request), made_at_of(request, clock.now())
        # What cannot be read takes nothing from those who share the address.
        gateway.admit(visitor, endpoint.use)
        answer = await gateway.ask(visitor, asked, request_id=request_id, made_at=made_at)
        if answer.name == "problem":
            raise of_reply(answer.body)
        is_one_of_list = answer.name == Tickets.name and endpoint.is_of_one_ticket
        return json_response(answer.body["tickets"][0] if is_one_of_list else answer.body, endpoint.status)

    return handle


def json_response(body: Any, status: int = 200) -> Response:
    """A body as JSON."""
    return Response(json.dumps(body, ensure_ascii=False), status, media_type="application/json")


def _most_exact_first() -> list[Endpoint]:
    """A path without parts in braces comes before one that it could be taken for."""
    return sorted(ENDPOINTS, key=lambda each: len(each.in_path))


def of_too_many(request: Request, error: TooManyRequests) -> Response:
    """The answer to a program that is past a bound."""
    return _answered(request, too_many(error.wait_seconds))


def of_http(request: Request, error: HTTPException) -> Response:
    """The answer to a program whose path or method is none of ours."""
    if error.status_code == NOT_ALLOWED:
        return _answered(
            request, own_problem("method_not_allowed", METHOD_NOT_ALLOWED, headers=error.headers)
        )
    return of_status(request, error.status_code)


def of_status(request: Request, status: int) -> Response:
    """The answer to a program whose request comes to no address, by its status (common/web/refusals.py)."""
    return _answered(request, problems.of_status(status))


def _answered(request: Request, refused: Refused) -> Response:
    return refused.response(language_of(request))
