"""The application: its routes, and what lives as long as it does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware

from antrean_client.position import Position
from antrean_client.subscriber import Batch
from common.settings import Settings
from common.web.event_feed import EventFeed
from common.web.health import health_routes
from common.web.languages import ChosenLanguage
from common.web.pages import Pages
from common.web.security import BoundedBody, SecurityHeaders
from common.words.absences import UNKNOWN, UNTIL
from waiting_room.voice.serving import Voice

_BODY_BYTES_MAX: Final = 1_024


def make_app(settings: Settings) -> Starlette:
    """The board of these settings; raises SettingsError where they lack the broker's address."""
    settings.require_amqp_url()
    pages = Pages(Path(__file__).parent, absences=UNKNOWN, absences_until=UNTIL)
    voice = Voice(settings.board_voice_dir)
    feed = EventFeed(
        settings.current_amqp_url, _take, position=Position.now(), name="antrean board", fills_gaps=True
    )

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        feed.start()
        try:
            yield
        finally:
            feed.stop()

    def trouble() -> str | None:
        return None if feed.is_connected else "RabbitMQ is not connected."

    return Starlette(
        routes=[*health_routes(trouble), pages.mount(), *voice.routes()],
        lifespan=life,
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(BoundedBody, bytes_max=_BODY_BYTES_MAX),
            Middleware(ChosenLanguage, default=settings.language),
        ],
    )


def _take(_batch: Batch) -> None:
    """Of each event."""
