"""Which language a browser is spoken to in: as its user chose (`?lang=en`), else as the browser asks for.

What a television asks for is how it came out of its box: there the settings decide.
"""

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

    def __init__(self, app: ASGIApp, *, default: str, asks_browser: bool = True) -> None:
        """`default` where nobody chose; with `asks_browser` only where the browser asks for none of ours."""
        self._app, self._default, self._asks_browser = app, default, asks_browser

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        chosen = _known(request.query_params.get("lang"))
        language = choose_language(request, self._default, asks_browser=self._asks_browser)

        async def send_with_language(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Language"] = language
                if self._asks_browser:
                    headers.add_vary_header("Accept-Language")
                if chosen is not None:
                    headers.append("Set-Cookie", _cookie(chosen, is_secure=scope["scheme"] == "https"))
            await send(message)

        await self._app(scope, receive, send_with_language)


def choose_language(request: HTTPConnection, default: str, *, asks_browser: bool) -> str:
    """Puts the language into `request.state.language`; as of ChosenLanguage."""
    chosen = _known(request.query_params.get("lang")) or _known(request.cookies.get(_COOKIE))
    language = chosen or (_asked_for(request) if asks_browser else None) or default
    request.state.language = language
    return language


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
