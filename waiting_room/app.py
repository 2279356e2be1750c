"""The application: its routes, and what lives as long as it does."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import Scope

from antrean_client.errors import MessagingError
from antrean_client.position import Position
from antrean_client.subscriber import Batch
from common.clock import SystemClock
from common.domain.catalog import CODE_PATTERN
from common.settings import Settings
from common.translation import N_, languages
from common.web.choices import wrong_choice
from common.web.event_feed import EventFeed
from common.web.health import health_routes
from common.web.languages import ChosenLanguage, choose_language
from common.web.pages import Pages
from common.web.refusals import CROWDED, FAULT, MALFORMED, NOT_FOUND, sentence_of
from common.web.requests import Requester
from common.web.security import BoundedRequest, SecuredResponse, SecurityHeaders
from common.web.streams import stream
from common.web.workers_clock import WorkersClock
from common.words.absences import UNKNOWN, UNTIL
from waiting_room.directory import Directory
from waiting_room.hub import Hub
from waiting_room.messages import shown_in
from waiting_room.voice.serving import Voice
from waiting_room.watching import Watching

HISTORY: Final = timedelta(hours=1)
"""For so long back the calls are read when the process starts."""

ANSWER_SECONDS_MAX: Final = 5

CLINICS_MAX: Final = 40
"""Clinics that one page may choose."""

AGAIN_SECONDS: Final = 10
_BODY_BYTES_MAX: Final = 1_024
_NAME: Final = "antrean board"
_NO_SUCH: Final = N_("There is no such hospital or clinic.")
_CHOICES: Final = {
    "lang": languages(),
    "theme": ("dark", "light"),
    "voice": ("id", "en", "id,en", "en,id"),
}
"""What the address of a board may choose (docs/board.md)."""
_LATER: Final = {"Retry-After": str(AGAIN_SECONDS)}

_CODE = re.compile(CODE_PATTERN, re.ASCII)


class Board:
    """What the routes answer with."""

    def __init__(self, settings: Settings) -> None:
        """Raises SettingsError where they lack the broker's address."""
        settings.require_amqp_url()
        self._clock, self._language = settings.clock(), settings.language
        self._requester = Requester(
            settings.current_amqp_url, self._clock, name=_NAME, timeout_seconds=ANSWER_SECONDS_MAX
        )
        self._workers_clock = WorkersClock(self._requester, self._clock)
        # The broker's time says how old an event is, whatever time the hospital's clock shows.
        self._feed = EventFeed(
            settings.current_amqp_url,
            self._take,
            position=Position(SystemClock().now() - HISTORY),
            name=_NAME,
            fills_gaps=True,
        )
        self._hub = Hub(self._clock)
        self._directory = Directory(self._ask)
        self._watching = Watching(self._hub, self._ask, self._clock)
        self._pages = Pages(Path(__file__).parent, absences=UNKNOWN, absences_until=UNTIL)
        self._voice = Voice(settings.board_voice_dir)

    def routes(self) -> list[Route | Mount]:
        """All of them."""
        return [
            *health_routes(self.trouble),
            self._pages.mount(),
            *self._voice.routes(),
            Route("/", self.hospitals),
            Route("/{hospital}", self.board),
            Route("/{hospital}/stream", self.stream),
            Route("/{hospital}/{clinics}", self.board),
            Route("/{hospital}/{clinics}/stream", self.stream),
        ]

    def trouble(self) -> str | None:
        """What keeps the board from its work; None where nothing does."""
        if not self._requester.is_connected:
            return "RabbitMQ is not connected."
        return self._watching.trouble or self._workers_clock.trouble

    @asynccontextmanager
    async def life(self, _app: Starlette) -> AsyncIterator[None]:
        """Follows the events while the application runs."""
        self._requester.start()
        self._workers_clock.start()
        self._feed.start()
        try:
            yield
        finally:
            self._workers_clock.stop()
            self._feed.stop()
            self._watching.close()
            await self._requester.close()

    async def hospitals(self, request: Request) -> Response:
        """The hospitals, each with a link to its board."""
        try:
            hospitals = await self._directory.hospitals()
        except MessagingError:
            return self._unavailable(request)
        return self._pages.page(request, "hospitals.html", {"hospitals": hospitals})

    async def board(self, request: Request) -> Response:
        """The page of a hospital, or of chosen clinics of it."""
        if wrong := wrong_choice(request, _CHOICES):
            return self._sentence(request, wrong[0], MALFORMED, values=wrong[1])
        try:
            found = await self._found(request)
        except MessagingError:
            return self._unavailable(request)
        if found is None:
            return self._sentence(request, _NO_SUCH, NOT_FOUND)
        return self._pages.page(request, "board.html", {"hospital_name": found[0]["name"]})

    async def stream(self, request: Request) -> Response:
        """What the page is told, from now on, or behind what it has shown."""
        try:
            found = await self._found(request)
        except MessagingError:
            return self._unavailable(request)
        if found is None:
            return self._sentence(request, _NO_SUCH, NOT_FOUND)
        about, chosen = found
        if not self._hub.has_room((about["code"], chosen)):
            return self._sentence(request, sentence_of(CROWDED), CROWDED, _LATER)
        # A script that opens the stream again by itself cannot set the header.
        token = request.headers.get("last-event-id") or request.query_params.get("last_event_id")
        messages = self._watching.messages(about, chosen, shown_in(token, about["code"]))
        return stream(messages, self._clock)

    async def _found(self, request: Request) -> tuple[dict[str, Any], tuple[str, ...] | None] | None:
        """The hospital and the clinics that the address names; None where they do not exist."""
        code = request.path_params["hospital"].upper()
        chosen = request.path_params.get("clinics")
        clinics = None if chosen is None else tuple(dict.fromkeys(chosen.upper().split(",")))
        if not all(map(_CODE.fullmatch, (code, *(clinics or ())))) or len(clinics or ()) > CLINICS_MAX:
            return None
        about = await self._directory.hospital(code)
        if about is None or (clinics is not None and not await self._directory.has_clinics(code, clinics)):
            return None
        return about, clinics

    def _unavailable(self, request: Request) -> Response:
        """Asks for itself again: there is nobody at a television who would."""
        sentence = N_("The board is not connected. It tries again by itself.")
        return self._sentence(request, sentence, CROWDED, _LATER | {"Refresh": str(AGAIN_SECONDS)})

    def refusal(self, scope: Scope, status: int) -> Response:
        """The answer to what never comes to a page: one of the statuses in common/web/refusals.py."""
        headers = _LATER if status == CROWDED else None
        return self._sentence(Request(scope), sentence_of(status), status, headers)

    async def of_http(self, request: Request, error: Exception) -> Response:
        """Of what no route takes."""
        assert isinstance(error, HTTPException)
        return self._sentence(request, sentence_of(error.status_code), error.status_code, error.headers)

    async def of_fault(self, request: Request, _error: Exception) -> Response:
        """Of a fault of ours, outside the middleware."""
        choose_language(request, self._language, asks_browser=False)
        return SecuredResponse(self.refusal(request.scope, FAULT))

    def _sentence(
        self,
        request: Request,
        sentence: str,
        status: int,
        headers: Mapping[str, str] | None = None,
        values: Mapping[str, str] | None = None,
    ) -> Response:
        shown = {"sentence": sentence, "values": values or {}}
        return self._pages.page(request, "sentence.html", shown, status, headers)

    async def _ask(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        return (await self._requester.call(name, body)).body_for(body)

    def _take(self, batch: Batch) -> None:
        self._watching.take(batch, is_connected=self._feed.is_connected)


def make_app(settings: Settings) -> Starlette:
    """The board of these settings; raises SettingsError where they lack the broker's address."""
    board = Board(settings)
    app = Starlette(
        routes=board.routes(),
        exception_handlers={HTTPException: board.of_http, Exception: board.of_fault},
        lifespan=board.life,
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(ChosenLanguage, default=settings.language, asks_browser=False),
            Middleware(BoundedRequest, bytes_max=_BODY_BYTES_MAX, refusal=board.refusal),
        ],
    )
    app.state.trouble = board.trouble
    return app
