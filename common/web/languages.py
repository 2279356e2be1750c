"""Which language a browser is spoken to in: as its user chose (`?lang=en`), else as the browser asks for."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.translation import languages

_COOKIE: Final = "language"
_COOKIE_SECONDS: Final = 365 * 24 * 3600


class ChosenLanguage:
    """Puts the language into `request.state.language`; a choice is kept in a cookie."""

    def __init__(self, app: ASGIApp, *, default: str) -> None:
        self._app, self._default = app, default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        chosen = _known(request.query_params.get("lang"))
        language = chosen or _known(request.cookies.get(_COOKIE)) or _asked_for(request) or self._default
        scope.setdefault("state", {})["language"] = language

        async def send_with_language(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Language"] = language
                headers.add_vary_header("Accept-Language")
                if chosen is not None:
                    headers.append("Set-Cookie", _cookie(chosen, is_secure=scope["scheme"] == "https"))
            await send(message)

        await self._app(scope, receive, send_with_language)


def language_of(request: HTTPConnection) -> str:
    """The language of the request."""
    language: str = request.state.language
    return language


def _known(language: str | None) -> str | None:
    return language if language in languages() else None


def _asked_for(request: HTTPConnection) -> str | None:
    """The first of the languages that the browser asks for, by their weights, which we have."""
    wanted: list[tuple[float, str]] = []
    for part in request.headers.get("accept-language", "").split(",")[:20]:
        name, _, parameters = part.strip().partition(";")
        weight = parameters.strip().removeprefix("q=")
        try:
            wanted.append((float(weight or 1), name.partition("-")[0].lower()))
        except ValueError:
            continue
    for importance, each_name in sorted(wanted, key=lambda each: -each[0]):
        if importance > 0 and (known := _known(each_name)):
            return known
    return None


def _cookie(language: str, *, is_secure: bool) -> str:
    response = Response()
    response.set_cookie(_COOKIE, language, _COOKIE_SECONDS, samesite="lax", secure=is_secure, httponly=True)
    return response.headers["set-cookie"]
