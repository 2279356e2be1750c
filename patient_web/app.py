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
from starlette.responses import Response
from starlette.routing import Mount, Route

from antrean_client.position import Position
from common.settings import Settings
from common.web.event_feed import EventFeed
from common.web.health import health_routes
from common.web.languages import ChosenLanguage
from common.web.pages import Pages
from common.web.requests import Requester
from common.web.security import BoundedRequest, SecurityHeaders
from common.web.workers_clock import WorkersClock
from patient_web.addresses import PlainAddresses
from patient_web.admission import Admission
from patient_web.api.app import api
from patient_web.api.endpoints import PREFIX
from patient_web.api.streams import Streams
from patient_web.devices import Visitors
from patient_web.gateway import Gateway
from patient_web.pages.asking import Asking
from patient_web.pages.routes import pages_app
from patient_web.pages.site import Site, language_links
from patient_web.push.start import push_of
from patient_web.refusals import Refusals
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
    workers_clock = WorkersClock(requester, clock)
    gateway = Gateway(requester, admission)

    def is_connected() -> bool:
        return feed.is_connected and requester.is_connected

    hub = TicketStreams(gateway.look_up, is_connected, clock)
    feed = EventFeed(
        settings.current_amqp_url, hub.take, position=Position.now(), name=_NAME, fills_gaps=False
    )
    pages = Pages(Path(__file__).parent, language_links=language_links, first_language=settings.language)
    push = push_of(settings, gateway.look_up, hub, tokens, clock)
    site = Site(
        pages=pages,
        asking=Asking(gateway, hub.shown),
        tokens=tokens,
        clock=clock,
        public_url=settings.public_url,
        push=None if push is None else push.offer,
    )
    refusals = Refusals(site, settings.language)
    programs = api(gateway, Streams(gateway, admission, hub, tokens, clock), clock)

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        requester.start()
        workers_clock.start()
        feed.start()
        refreshing = [asyncio.create_task(hub.run())]
        if push is not None:
            refreshing.append(asyncio.create_task(push.run()))
        try:
            yield
        finally:
            for each in refreshing:
                each.cancel()
            workers_clock.stop()
            feed.stop()
            await requester.close()

    def trouble() -> str | None:
        return workers_clock.trouble if is_connected() else "RabbitMQ is not connected."

    app = Starlette(
        routes=[
            *health_routes(trouble),
            pages.mount(),
            Mount(PREFIX, programs),
            Route(PREFIX, _nothing),
            Mount("/", pages_app(site)),
        ],
        exception_handlers={HTTPException: refusals.of_http, Exception: refusals.of_fault},
        lifespan=life,
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(ChosenLanguage, default=settings.language),
            Middleware(PlainAddresses, refusal=refusals.of_scope),
            Middleware(BoundedRequest, bytes_max=_BODY_BYTES_MAX, refusal=refusals.of_scope),
            Middleware(Visitors, tokens=tokens, admission=admission, refusal=refusals.too_often),
        ],
    )
    # Whatever host a request names, nobody is sent there.
    app.router.redirect_slashes = False
    app.state.trouble = trouble
    app.state.push = None if push is None else push.counts
    return app


async def _nothing(_request: Request) -> Response:
    raise HTTPException(404)
