"""What every answer tells browsers that they may do with it, and how much a request may bring.

Source: https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
"""

import asyncio
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.web.refusals import CROWDED, HEAD_TOO_LONG, TOO_LONG, TOO_SLOW, Refusal

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


class SecuredResponse(Response):
    """An answer that is made outside the middleware, with the headers of all others."""

    def __init__(self, made: Response) -> None:
        super().__init__(status_code=made.status_code)
        self._made = made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await SecurityHeaders(self._made)(scope, receive, send)


HEAD_BYTES_MAX: Final = 16_384
BODY_SECONDS_MAX: Final = 15
"""Of the head of a request."""

IS_CROWDED: Final = "is_crowded"
"""In the state of a request, where more connections are open than the server takes."""


class BoundedRequest:
    """Gives up requests whose head or body is too long (431, 413), or whose body takes too long (408),
    and all of them where the server has too many (503).

    One that is cut off is given to nobody: what came of it may say something else than the whole.
    """

    def __init__(self, app: ASGIApp, *, bytes_max: int, refusal: Refusal) -> None:
        self._app, self._bytes_max, self._refusal = app, bytes_max, refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope.get("state", {}).get(IS_CROWDED):
            await self._refuse(CROWDED, scope, receive, send)
            return
        if _head_length(scope) > HEAD_BYTES_MAX:
            await self._refuse(HEAD_TOO_LONG, scope, receive, send)
            return
        if not _has_body(scope):
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS_MAX):
                body = await self._whole(receive)
        except ClientDisconnect:
            return
        except TimeoutError:
            await self._refuse(TOO_SLOW, scope, receive, send)
            return
        if body is None:
            await self._refuse(TOO_LONG, scope, receive, send)
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
        """The body; None where it is too long. Raises ClientDisconnect where it is cut off."""
        parts, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._bytes_max:
                return None
            more = message.get("more_body", False)
        return b"".join(parts)

    async def _refuse(self, status: int, scope: Scope, receive: Receive, send: Send) -> None:
        response = self._refusal(scope, status)
        # What is still to come of the body is not read.
        response.headers["Connection"] = "close"
        await response(scope, receive, send)


def _head_length(scope: Scope) -> int:
    """Bytes of the address and the headers."""
    address = len(scope["raw_path"]) + len(scope["query_string"])
    return address + sum(len(name) + len(value) for name, value in scope["headers"])


def _has_body(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])
