"""What each form carries: who may send it, and as which request.

The token holds the browser's session, which a page of another site cannot know (no request is forged), and
the id and the moment of the request that the form will be: sent twice, reloaded or sent again after a lost
answer, it is the same request, and takes one number.

Source: https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import json
import re
import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from patient_web.pages.cookies import cookie, set_cookie
from patient_web.tokens import Tokens

FIELD: Final = "form"
"""The name of the hidden field."""

SECONDS_MAX: Final = 12 * 3600
"""For so long a form can be sent."""

_COOKIE: Final = "session"
_PURPOSE: Final = "form"
_SESSION_BYTES: Final = 16
_SESSION: Final = re.compile(rf"[0-9a-f]{{{2 * _SESSION_BYTES}}}")


@dataclass(frozen=True, slots=True)
class FormToken:
    """`text` is the token as it stands in the form."""

    request_id: str
    made_at: datetime
    text: str


def new_token(request: Request, tokens: Tokens, now: datetime) -> FormToken:
    """The token of a form in the answer to `request`, which has to pass `keep_session`."""
    request_id = str(uuid.uuid4())
    held = json.dumps([_session_of(request), request_id, int(now.timestamp())])
    return FormToken(request_id, now, tokens.seal(_PURPOSE, held.encode()))


def read_token(request: Request, tokens: Tokens, text: str) -> FormToken | None:
    """The token of a form that was sent; None where another site may have sent it, or it is too old."""
    held = tokens.open(_PURPOSE, text, SECONDS_MAX)
    if held is None:
        return None
    session, request_id, made_at = json.loads(held)
    if not secrets.compare_digest(session, _kept_session(request)):
        return None
    return FormToken(request_id, datetime.fromtimestamp(made_at, UTC), text)


def keep_session(request: Request, response: Response) -> None:
    """Gives the browser the session of a form's token, where it has none yet; it ends with the browser."""
    session = getattr(request.state, "session", None)
    if session is not None and session != cookie(request, _COOKIE):
        set_cookie(request, response, _COOKIE, session)


def _session_of(request: Request) -> str:
    """The session of the browser, or a new one."""
    session = _kept_session(request) or getattr(request.state, "session", None)
    if session is None:
        session = secrets.token_hex(_SESSION_BYTES)
    request.state.session = session
    return session


def _kept_session(request: Request) -> str:
    """The one that the browser holds; empty where it holds none that we made, which is replaced."""
    held = cookie(request, _COOKIE) or ""
    return held if _SESSION.fullmatch(held) else ""
