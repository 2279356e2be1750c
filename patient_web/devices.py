"""Who asks: from which address, and with which device, known by a name that says nothing about its owner.

A browser keeps the name in a cookie, another program sends it in a header. It is made at random, and sealed,
so that nobody makes up devices.
"""

import secrets
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from patient_web.admission import Admission, Visitor, normal_address
from patient_web.tokens import Tokens

_log = structlog.get_logger()

DEVICE_HEADER: Final = "Antrean-Device"
DEVICE_COOKIE: Final = "device"
_PURPOSE: Final = "device"
_NAME_BYTES: Final = 16
_SECONDS_MAX: Final = 180 * 24 * 3600

_ANONYMOUS: Final = ("/static/", "/livez", "/readyz")
"""What anybody may read any number of times: these answers may be kept by others, and name no device."""


class Visitors:
    """Puts a Visitor into `request.state.visitor`, and names devices that have no name yet."""

    def __init__(self, app: ASGIApp, *, tokens: Tokens, admission: Admission) -> None:
        self._app, self._tokens, self._admission = app, tokens, admission
        self._has_warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_ANONYMOUS):
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        self._look_for_proxy(request)
        address = normal_address(request.client.host if request.client else "")
        device = self._device_of(request)
        scope.setdefault("state", {})["visitor"] = Visitor(address, device)
        if device is not None or not self._admission.admit_new_device(address):
            await self._app(scope, receive, send)
            return
        token = self._tokens.seal(_PURPOSE, secrets.token_bytes(_NAME_BYTES))

        async def send_with_name(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[DEVICE_HEADER] = token
                headers.append("Set-Cookie", _cookie(token, is_secure=scope["scheme"] == "https"))
            await send(message)

        await self._app(scope, receive, send_with_name)

    def _look_for_proxy(self, request: HTTPConnection) -> None:
        """Tells the operators, once, where a proxy may be theirs and is not named in the settings."""
        told = request.headers.get("X-Forwarded-For", "")
        if not told or self._has_warned:
            return
        # What a trusted proxy tells has become the client's address.
        if request.client is None or request.client.host not in told:
            self._has_warned = True
            _log.warning("forwarded address not believed", setting="ANTREAN_TRUSTED_PROXIES")

    def _device_of(self, request: HTTPConnection) -> str | None:
        token = request.headers.get(DEVICE_HEADER) or request.cookies.get(DEVICE_COOKIE)
        name = self._tokens.open(_PURPOSE, token, _SECONDS_MAX) if token else None
        return None if name is None else name.hex()


def visitor_of(request: HTTPConnection) -> Visitor:
    """Who makes the request."""
    visitor: Visitor = request.state.visitor
    return visitor


def _cookie(token: str, *, is_secure: bool) -> str:
    response = Response()
    # Lax, since a link or a QR code that leads here comes from elsewhere.
    response.set_cookie(DEVICE_COOKIE, token, _SECONDS_MAX, samesite="lax", secure=is_secure, httponly=True)
    return response.headers["set-cookie"]
