"""Refuses addresses that no page and no program of ours asks for, before anything is made of them."""

import re
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from common.web.refusals import ADDRESS_TOO_LONG, MALFORMED, Refusal

QUERY_BYTES_MAX: Final = 512
_HOST: Final = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?", re.ASCII)


class PlainAddresses:
    """Answers 414 to a long query, and 400 where Host is no host's name: it stands in links and QR codes."""

    def __init__(self, app: ASGIApp, *, refusal: Refusal) -> None:
        self._app, self._refusal = app, refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http":
            hosts = Headers(scope=scope).getlist("host")
            if len(scope["query_string"]) > QUERY_BYTES_MAX:
                app = self._refusal(scope, ADDRESS_TOO_LONG)
            elif len(hosts) > 1 or not all(map(_HOST.fullmatch, hosts)):
                app = self._refusal(scope, MALFORMED)
        await app(scope, receive, send)
