"""Who asks: from which address, and with which device, known by a name that says nothing about its owner.

A browser keeps the name in a cookie, another program sends it in a header. It is made at random, and sealed,
so that nobody makes up devices; and it holds which ticket codes the device was told (known_codes).
"""

import secrets
from collections.abc import Callable
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from patient_web.admission import Admission, Use, Visitor, normal_address
from patient_web.known_codes import KnownCodes
from patient_web.tokens import Tokens

_log = structlog.get_logger()

DEVICE_HEADER: Final = "Antrean-Device"
DEVICE_COOKIE: Final = "device"
_PURPOSE: Final = "device"
_NAME_BYTES: Final = 16
_SECONDS_MAX: Final = 180 * 24 * 3600

_ANONYMOUS: Final = ("/static/", "/livez", "/readyz")
"""What anybody may read any number of times: these answers may be kept by others, and name no device."""


Refusal = Callable[[Request, float], Response]
"""What is answered to who has to wait so many seconds."""


class Visitors:
    """Puts a Visitor into `request.state.visitor`, names devices that have no name yet, and refuses who asks
    too much of whatever kind."""

    def __init__(self, app: ASGIApp, *, tokens: Tokens, admission: Admission, refusal: Refusal) -> None:
        self._app, self._tokens = app, tokens
        self._admission, self._refusal = admission, refusal
        self._has_warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_ANONYMOUS):
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        self._look_for_proxy(request)
        address = normal_address(request.client.host if request.client else "")
        held = self._held_by(request)
        name = held[:_NAME_BYTES] or secrets.token_bytes(_NAME_BYTES)
        known = KnownCodes(held[_NAME_BYTES:])
        visitor = Visitor(address, name.hex() if held else None, known)
        scope.setdefault("state", {})["visitor"] = visitor
        wait = self._admission.admit(visitor, Use.REQUEST)
        app = self._refusal(Request(scope), wait) if wait else self._app

        async def send_with_name(message: Message) -> None:
            if message["type"] == "http.response.start" and (known.is_changed or not held):
                token = self._tokens.seal(_PURPOSE, name + known.packed())
                headers = MutableHeaders(scope=message)
                headers[DEVICE_HEADER] = token
                headers.append("Set-Cookie", _cookie(token, is_secure=scope["scheme"] == "https"))
            await send(message)

        await app(scope, receive, send_with_name)

    def _look_for_proxy(self, request: HTTPConnection) -> None:
        """Tells the operators, once, where a proxy may be theirs and is not named in the settings."""
        told = request.headers.get("X-Forwarded-For", "")
        if not told or self._has_warned:
            return
        # What a trusted proxy tells has become the client's address.
        if request.client is None or request.client.host not in told:
            self._has_warned = True
            _log.warning("forwarded address not believed", setting="ANTREAN_TRUSTED_PROXIES")

    def _held_by(self, request: HTTPConnection) -> bytes:
        """What the device's name holds; nothing where it has shown none."""
        token = request.headers.get(DEVICE_HEADER) or request.cookies.get(DEVICE_COOKIE)
        return (self._tokens.open(_PURPOSE, token, _SECONDS_MAX) if token else None) or b""


def visitor_of(request: HTTPConnection) -> Visitor:
    """Who makes the request."""
    visitor: Visitor = request.state.visitor
    return visitor


def _cookie(token: str, *, is_secure: bool) -> str:
    response = Response()
    # Lax, since a link or a QR code that leads here comes from elsewhere.
    response.set_cookie(DEVICE_COOKIE, token, _SECONDS_MAX, samesite="lax", secure=is_secure, httponly=True)
    return response.headers["set-cookie"]
