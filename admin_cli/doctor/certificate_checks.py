"""For how many days certificates still count: those of the servers, and our own."""

import socket
import ssl
import struct
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import SplitResult, parse_qs, urlsplit

from admin_cli.doctor.findings import Finding, failed, ok, warning
from antrean_client.tls import client_context, take_files
from common.clock import SystemClock
from common.errors import SettingsError
from common.settings import Settings
from common.translation import N_

WARNING: Final = timedelta(days=21)
"""Authorities whose certificates count for 90 days renew them 30 days before their end."""

_CONNECT_SECONDS_MAX: Final = 3
_PORTS: Final = {"amqps": 5671, "https": 443, "postgresql": 5432}
_POSTGRESQL_ASKS_FOR_TLS: Final = struct.pack("!II", 8, 80877103)
"""https://www.postgresql.org/docs/current/protocol-message-formats.html, SSLRequest"""


class _Certificate(NamedTuple):
    """Whose it is, and when it ends: `what` is the broker, the database, or a file."""

    check: str
    what: str
    ends: datetime


def certificate_findings(settings: Settings) -> Iterator[Finding]:
    """Findings about certificates and connections without TLS. What cannot be connected to is told by the
    checks of that server."""
    now = SystemClock().now()
    for address in (settings.amqp_url, settings.management_url, settings.database_url):
        if address is not None:
            yield from _plain(urlsplit(address))
    for found in (*_of_servers(settings), *_of_files(settings)):
        yield _judged(found, now)


def _plain(parts: SplitResult) -> Iterator[Finding]:
    if parts.scheme in ("amqp", "http") and parts.hostname and _is_elsewhere(parts.hostname):
        yield warning(
            "certificates.encryption",
            N_("The connection to {host} ({scheme}) is not encrypted."),
            N_("Use amqps:// and https:// between machines: docs/operations.md, TLS."),
            host=parts.hostname,
            scheme=parts.scheme,
        )


def _is_elsewhere(host: str) -> bool:
    """Whether a host is another machine, as far as its name tells: neither this one, nor one by a single
    word, which is a container of the same network."""
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return "." in host


def _judged(found: _Certificate, now: datetime) -> Finding:
    days = (found.ends - now).days
    values = {"what": found.what, "days": max(days, 0), "ends": found.ends.date().isoformat()}
    if found.ends <= now:
        return failed(
            found.check,
            N_("The certificate of {what} has expired ({ends})."),
            N_("Renew it now: docs/operations.md, TLS."),
            **values,
        )
    if found.ends - now < WARNING:
        return warning(
            found.check,
            N_("The certificate of {what} counts for {days} more days ({ends})."),
            N_("See why it was not renewed: docs/operations.md, TLS."),
            **values,
        )
    return ok(found.check, N_("The certificate of {what} counts for {days} more days ({ends})."), **values)


def _of_servers(settings: Settings) -> Iterator[_Certificate]:
    for name, address in (
        ("broker", settings.amqp_url),
        ("management", settings.management_url),
        ("database", settings.database_url),
    ):
        parts = urlsplit(address or "")
        scheme = parts.scheme.partition("+")[0]
        if scheme in _PORTS and parts.hostname and (ends := _shown_by(address or "", scheme)):
            yield _Certificate(f"certificates.{name}", parts.hostname, ends)


def _shown_by(address: str, scheme: str) -> datetime | None:
    """When the certificate ends that a server shows; None where it shows none. Whether it is to be trusted is
    seen where it is used."""
    from cryptography import x509  # only here: hardly any command needs it

    parts = urlsplit(address)
    try:
        context = client_context(take_files(address)[1])
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        where = (parts.hostname, parts.port or _PORTS[scheme])
        with socket.create_connection(where, _CONNECT_SECONDS_MAX) as plain:
            if scheme == "postgresql":
                plain.sendall(_POSTGRESQL_ASKS_FOR_TLS)
                if plain.recv(1) != b"S":
                    return None
            with context.wrap_socket(plain, server_hostname=parts.hostname) as link:
                shown = link.getpeercert(binary_form=True)
    except (OSError, ValueError, SettingsError):
        return None
    return None if shown is None else x509.load_der_x509_certificate(shown).not_valid_after_utc


def _of_files(settings: Settings) -> Iterator[_Certificate]:
    of_database = parse_qs(urlsplit(settings.database_url or "").query)
    named = (settings.tls_ca_file, settings.tls_certificate_file)
    libpq = (each for name in ("sslrootcert", "sslcert") for each in of_database.get(name, []))
    for path in dict.fromkeys([*filter(None, named), *map(Path, libpq)]):
        if ends := _first_end(path):
            yield _Certificate("certificates.files", str(path), ends)


def _first_end(path: Path) -> datetime | None:
    """When the first certificate in a file ends; None where none can be read, as its users tell."""
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        return None
    return min(each.not_valid_after_utc for each in found)
