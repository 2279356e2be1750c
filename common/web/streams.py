"""Server-sent events: what a browser is told while it is connected.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import json
from collections.abc import AsyncIterator, Callable
from typing import Final

from sse_starlette import EventSourceResponse, ServerSentEvent

from common.clock import Clock

PING_SECONDS: Final = 10
"""A browser that hears nothing for two and a half times as long is no longer connected."""

SEND_SECONDS_MAX: Final = 30
"""A client that takes nothing for so long is let go."""

RETRY_MILLISECONDS: Final = 2_000
"""After so long a browser connects again."""

_LINE: Final = "\n"


def encoded(event: str, data: str, event_id: str | None = None) -> bytes:
    """A message as it is sent; `data` is one line."""
    return ServerSentEvent(data, event=event, id=event_id, sep=_LINE).encode()


def stream(
    messages: AsyncIterator[bytes], clock: Clock, on_close: Callable[[], None] | None = None
) -> EventSourceResponse:
    """The answer that sends `messages`, as `encoded`, and a `ping` with the time in between."""

    def ping() -> ServerSentEvent:
        return ServerSentEvent(json.dumps({"at": clock.now().isoformat()}), event="ping", sep=_LINE)

    async def all_of_them() -> AsyncIterator[bytes]:
        try:
            yield f"retry: {RETRY_MILLISECONDS}{_LINE}{_LINE}".encode()
            async for message in messages:
                yield message
        finally:
            if on_close is not None:
                on_close()

    return EventSourceResponse(
        all_of_them(),
        ping=PING_SECONDS,
        ping_message_factory=ping,
        send_timeout=SEND_SECONDS_MAX,
        sep=_LINE,
        headers={"X-Accel-Buffering": "no"},
    )
