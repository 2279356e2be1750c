"""Where notifications may be sent to: the push services of the browsers, and those that the operator names.

A browser says where its user is to be notified, so a stranger can say anything: without bounds this process
would send requests to any host for them (server-side request forgery)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

KNOWN: Final = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "web.push.apple.com",
)
"""Chrome and those made of it, Firefox, Safari."""

KNOWN_ENDINGS: Final = (".push.apple.com", ".notify.windows.com", ".push.services.mozilla.com")

_PORT: Final = 443


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a browser's notifications are taken: `authority` is the host as requests name it. One that the
    operator named may be in the private network."""

    host: str
    port: int
    authority: str
    target: str
    is_named: bool

    @property
    def origin(self) -> str:
        """As signatures name it."""
        return f"https://{self.authority}"


def endpoint_of(url: str, named: Collection[str]) -> Endpoint:
    """The endpoint at `url`, of a known service or one that is `named`, by host or host:port; raises
    ValueError where it is none."""
    parts = urlsplit(url)
    host, port = (parts.hostname or "").rstrip("."), parts.port or _PORT
    is_plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if parts.scheme != "https" or not host or "@" in parts.netloc or parts.fragment or not is_plain:
        raise ValueError("not an https address")
    is_named = (host if port == _PORT else f"{host}:{port}") in named
    is_known = port == _PORT and (host in KNOWN or host.endswith(KNOWN_ENDINGS))
    if not (is_named or is_known):
        raise ValueError("not a known push service")
    query = f"?{parts.query}" if parts.query else ""
    authority = host if port == _PORT else f"{host}:{port}"
    return Endpoint(host, port, authority, f"{parts.path or '/'}{query}", is_named)
