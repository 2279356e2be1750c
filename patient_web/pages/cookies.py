"""The cookies of the pages: no script reads them, and over TLS nobody but this host can set them.

Source: https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-cookie-name-prefixes
"""

from starlette.requests import Request
from starlette.responses import Response


def cookie(request: Request, name: str) -> str | None:
    """What the browser of the request holds under this name."""
    return request.cookies.get(_full_name(request, name))


def set_cookie(
    request: Request, response: Response, name: str, value: str, seconds_max: int | None = None
) -> None:
    """Has the browser hold `value` for so long; until it ends where no time is given."""
    response.set_cookie(
        _full_name(request, name),
        value,
        seconds_max,
        samesite="lax",
        secure=_is_over_tls(request),
        httponly=True,
    )


def delete_cookie(request: Request, response: Response, name: str) -> None:
    """Has the browser forget it."""
    response.delete_cookie(
        _full_name(request, name), samesite="lax", secure=_is_over_tls(request), httponly=True
    )


def _full_name(request: Request, name: str) -> str:
    return f"__Host-{name}" if _is_over_tls(request) else name


def _is_over_tls(request: Request) -> bool:
    return request.url.scheme == "https"
