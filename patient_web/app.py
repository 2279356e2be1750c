"""The application: its routes, and what lives as long as it does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from antrean_client.position import Position
from common.settings import Settings
from common.web.event_feed import EventFeed
from common.web.health import health_routes
from common.web.languages import ChosenLanguage
from common.web.pages import Pages
from common.web.requests import Requester
from common.web.security import BoundedRequest, SecurityHeaders
from patient_web.addresses import PlainAddresses
from patient_web.admission import Admission
from patient_web.api.app import api, of_body, of_http, of_too_many
from patient_web.api.endpoints import PREFIX
from patient_web.api.streams import Streams
from patient_web.devices import Visitors
from patient_web.gateway import Gateway, TooManyRequests
from patient_web.pages.asking import Asking
from patient_web.pages.routes import pages_app
from patient_web.pages.site import FAULT, OF_NO_PAGE, Site, language_links
from patient_web.ticket_streams.hub import TicketStreams
from patient_web.tokens import Tokens

ANSWER_SECONDS_MAX: Final = 8.0
"""How long a worker's answer is waited for: less than clients wait, so that they are told that there is none,
and whether the system is busy."""

_BODY_BYTES_MAX: Final = 16_384
_NAME: Final = "antrean web"


def make_app(settings: Settings) -> Starlette:
    """The web of these settings; raises SettingsError where they lack the broker's address or the secret."""
    settings.require_amqp_url()
    clock = settings.clock()
    tokens, admission = Tokens(settings.read_web_secret()), Admission()
    requester = Requester(
        settings.current_amqp_url,
        clock,
        name=_NAME,
        timeout_seconds=min(settings.reply_timeout_seconds, ANSWER_SECONDS_MAX),
    )
    gateway = Gateway(requester, admission)
    hub = TicketStreams(gateway.look_up, lambda: trouble() is None, clock)
    feed = EventFeed(
        settings.current_amqp_url, hub.take, position=Position.now(), name=_NAME, fills_gaps=False
    )
    pages = Pages(Path(__file__).parent, language_links=language_links, first_language=settings.language)
    asking, public_url = Asking(gateway, hub.shown), settings.public_url
    site = Site(pages=pages, asking=asking, tokens=tokens, clock=clock, public_url=public_url)
    programs = api(gateway, Streams(gateway, admission, hub, tokens, clock), clock)

    def too_often(request: Request, wait_seconds: float) -> Response:
        error = TooManyRequests(wait_seconds)
        return of_too_many(request, error) if _is_program(request) else site.trouble(request, error)

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        requester.start()
        feed.start()
        refreshing = asyncio.create_task(hub.run())
        try:
            yield
        finally:
            refreshing.cancel()
            feed.stop()
            await requester.close()

    def trouble() -> str | None:
        is_connected = feed.is_connected and requester.is_connected
        return None if is_connected else "RabbitMQ is not connected."

    app = Starlette(
        routes=[
            *health_routes(trouble),
            pages.mount(),
            Mount(PREFIX, programs),
            Route(PREFIX, _nothing),
            Mount("/", pages_app(site)),
        ],
        exception_handlers={HTTPException: _of_http, Exception: _of_fault},
        lifespan=life,
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(PlainAddresses),
            Middleware(ChosenLanguage, default=settings.language),
            Middleware(BoundedRequest, bytes_max=_BODY_BYTES_MAX, refusal=_refusal),
            Middleware(Visitors, tokens=tokens, admission=admission, refusal=too_often),
        ],
    )
    # Whatever host a request names, nobody is sent there.
    app.router.redirect_slashes = False
    app.state.trouble = trouble
    return app


async def _nothing(_request: Request) -> Response:
    raise HTTPException(404)


async def _of_http(request: Request, error: Exception) -> Response:
    """Of what no route takes; a path with a line break is none of the mount's, either."""
    assert isinstance(error, HTTPException)
    if _is_program(request):
        return of_http(request, error)
    return PlainTextResponse(error.detail, error.status_code, error.headers)


class _SecuredResponse(PlainTextResponse):
    """Has the headers of all answers, although it is made outside the middleware."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await SecurityHeaders(super().__call__)(scope, receive, send)


async def _of_fault(_request: Request, _error: Exception) -> Response:
    """Of a fault that is neither the pages' nor the interface's."""
    return _SecuredResponse(f"{OF_NO_PAGE[FAULT]}\n", FAULT)


def _is_program(request: Request) -> bool:
    return request.url.path.startswith(PREFIX)


def _refusal(scope: Scope, status: int, sentence: str) -> Response:
    if _is_program(Request(scope)):
        return of_body(scope, status, sentence)
    return PlainTextResponse(f"{sentence}\n", status)
