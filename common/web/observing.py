"""Counts what a web process answers and sends, where its settings name a port for metrics."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.settings import Settings

if TYPE_CHECKING:
    from common.metrics.web import WebCounts

OTHER: Final = "other"
"""Whatever leads nowhere: a stranger may have made it up."""

_STREAM: Final = (b"content-type", b"text/event-stream")
_NO_NEWS: Final = (b"event: ping", b"retry: ")


@contextmanager
def observed(app: Starlette, process: str, settings: Settings) -> Iterator[ASGIApp]:
    """`app`, counted while the block runs. `process` is what it is called, `app.state.trouble()` says what
    keeps it from its work, `app.state.push` counts its notifications, where it has any. Without a port
    nothing is counted, or loaded for it.

    Raises SettingsError where the port cannot be had.
    """
    if settings.metrics_port is None:
        yield app
        return
    from common.metrics.web import WebCounts, WebMetrics

    counts = WebCounts()
    address, port = settings.metrics_address, settings.metrics_port
    push = getattr(app.state, "push", None)
    metrics = WebMetrics(process, counts, push, app.state.trouble, address, port)
    metrics.begin()
    try:
        yield _Counted(app, counts)
    finally:
        metrics.end()


class _Counted:
    def __init__(self, app: Starlette, counts: "WebCounts") -> None:
        self._app, self._counts = app, counts
        self._routes = frozenset(_templates(app.routes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        counts, is_stream, read_at = self._counts, False, time.monotonic()

        async def received() -> Message:
            nonlocal read_at
            message = await receive()
            read_at = time.monotonic()  # however long a client takes to send its request
            return message

        async def counted(message: Message) -> None:
            nonlocal is_stream
            if message["type"] == "http.response.start":
                route = self._route(scope)
                counts.answers[route, str(message["status"])] += 1
                counts.seconds[route].add(time.monotonic() - read_at)
                is_stream = any(
                    name.lower() == _STREAM[0] and value.startswith(_STREAM[1])
                    for name, value in message["headers"]
                )
                counts.streams_open += is_stream
            elif is_stream:
                body = message.get("body", b"")
                counts.messages += bool(body) and not body.startswith(_NO_NEWS)
            await send(message)

        try:
            await self._app(scope, received, counted)
        finally:
            counts.streams_open -= is_stream

    def _route(self, scope: Scope) -> str:
        """The pattern of the route that was taken, such as `/{hospital}/stream`."""
        route = scope.get("route")
        if isinstance(route, Mount):
            template = str(scope.get("root_path", ""))
        else:
            template = f"{scope.get('root_path', '')}{getattr(route, 'path', '')}"
        return template if template in self._routes else OTHER


def _templates(routes: Iterable[BaseRoute], before: str = "") -> Iterator[str]:
    for route in routes:
        if isinstance(route, Mount):
            if route.path:  # one at the root takes whatever leads nowhere
                yield before + route.path
            yield from _templates(route.routes, before + route.path)
        elif isinstance(route, Route):
            yield before + route.path
