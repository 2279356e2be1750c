"""Server-sent events: what a browser is told while it is connected.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Receive, Scope, Send

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
    """The answer that sends `messages`, as `encoded`, and a `ping` with the time in between. `on_close` is
    called once when it ends, also where it ends before the first message."""

    def ping() -> ServerSentEvent:
        return ServerSentEvent(json.dumps({"at": clock.now().isoformat()}), event="ping", sep=_LINE)

    async def all_of_them() -> AsyncIterator[bytes]:
        yield f"retry: {RETRY_MILLISECONDS}{_LINE}{_LINE}".encode()
        async for message in messages:
            yield message

    return _Stream(
        all_of_them(),
        on_close,
        ping=PING_SECONDS,
        ping_message_factory=ping,
        send_timeout=SEND_SECONDS_MAX,
        sep=_LINE,
        headers={"X-Accel-Buffering": "no"},
    )


class _Stream(EventSourceResponse):
    """A generator that was never begun does not run its `finally`: its end is told here."""

    def __init__(
        self, messages: AsyncIterator[bytes], on_close: Callable[[], None] | None, **given: Any
    ) -> None:
        super().__init__(messages, **given)
        self._on_close = on_close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self._on_close is not None:
                self._on_close()
