"""Where webhooks are sent to, as the command line says it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from common.terminal.usage import UsageProblem
from common.translation import N_

_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Endpoint:
    """A receiver: `authority` is its host as requests name it, `target` the path with its query.

    `is_allowed` tells that the host was allowed by name: it may be in the private network, and without TLS.
    """

    host: str
    port: int
    authority: str
    target: str
    is_encrypted: bool
    is_allowed: bool


def endpoint_of(url: str, allowed_hosts: Collection[str]) -> Endpoint:
    """The receiver at `url`; raises UsageProblem, which never repeats more of it than the host."""
    parts = _parts(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    is_allowed = _plain(host) in {_plain(each) for each in allowed_hosts}
    if parts.scheme == "http" and not is_allowed:
        raise UsageProblem(
            N_("--url: {host} is to be reached by https, or allowed by name: --allow-host {host}."), host=host
        )
    query = f"?{parts.query}" if parts.query else ""
    return Endpoint(
        host,
        port,
        parts.netloc,
        f"{parts.path or '/'}{query}",
        parts.scheme == "https",
        is_allowed,
    )


def _parts(url: str) -> SplitResult:
    unusable = UsageProblem(
        N_("--url cannot be used; write it as https://host/path, without a user and without spaces.")
    )
    try:
        parts = urlsplit(url)
        is_usable = bool(parts.scheme in _PORTS and parts.hostname and parts.port != 0)
    except ValueError as error:
        raise unusable from error
    if not is_usable or "@" in parts.netloc or not url.isascii() or not url.isprintable() or " " in url:
        raise unusable
    return parts


def _plain(host: str) -> str:
    """A host's name as it is compared; an IPv6 address may be in brackets."""
    return host.lower().strip("[]").rstrip(".")
