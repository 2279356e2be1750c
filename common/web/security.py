"""What every answer tells browsers that they may do with it, and how much a request may bring.

Source: https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
"""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        *(
            f"{kind}-src 'self'"
            for kind in ("connect", "font", "img", "manifest", "media", "script", "style", "worker")
        ),
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)

_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
_OVER_TLS: Final = {"Strict-Transport-Security": "max-age=31536000"}


class SecurityHeaders:
    """Adds the headers to every answer. What does not say how long it may be kept may not be kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = _HEADERS | (_OVER_TLS if scope["scheme"] == "https" else {})

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in added.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)


Refusal = Callable[[Scope, int, str], Response]
"""What is answered to a request, by its scope: a status, and an English sentence."""


def _in_plain_text(_scope: Scope, status: int, sentence: str) -> Response:
    return PlainTextResponse(f"{sentence}\n", status)


class BoundedBody:
    """Gives up requests whose body is too long (413), or takes too long to come (408)."""

    def __init__(
        self, app: ASGIApp, *, bytes_max: int, seconds_max: float = 15, refusal: Refusal = _in_plain_text
    ) -> None:
        self._app, self._bytes_max, self._seconds_max = app, bytes_max, seconds_max
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds_max):
                body = await self._whole(receive)
        except TimeoutError:
            await self._refuse(408, "The request took too long to come.", scope, receive, send)
            return
        if body is None:
            await self._refuse(413, f"Send at most {self._bytes_max} bytes.", scope, receive, send)
            return
        is_given = False

        async def given() -> Message:
            nonlocal is_given
            if is_given:
                return await receive()
            is_given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, given, send)

    async def _whole(self, receive: Receive) -> bytes | None:
        """The body; None where it is too long."""
        parts, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._bytes_max:
                return None
            more = message.get("more_body", False)
        return b"".join(parts)

    async def _refuse(self, status: int, sentence: str, scope: Scope, receive: Receive, send: Send) -> None:
        response = self._refusal(scope, status, sentence)
        # What is still to come of the body is not read.
        response.headers["Connection"] = "close"
        await response(scope, receive, send)
