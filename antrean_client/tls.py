"""TLS to the broker: the files that an address names, and what it means where TLS fails.

An address names them as RabbitMQ's own addresses do, `amqps://host:5671/?cacertfile=/etc/antrean/ca.pem`: the
certificates of the authorities that are trusted, without which the system's are; and `certfile` and `keyfile`
for a client that shows a certificate itself. All are PEM files, which are read for each new connection, so
that renewed ones count from then on. The broker's certificate and the host's name in it are always checked.

Source: https://www.rabbitmq.com/docs/uri-query-parameters
"""

import ssl
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from antrean_client.errors import N_, Refusal, SettingsError


class TlsFiles(NamedTuple):
    """The PEM files of one end of TLS; without `key`, it stands in `certificate`."""

    authorities: str | None = None
    certificate: str | None = None
    key: str | None = None


_PARAMETERS: Final = ("cacertfile", "certfile", "keyfile")
"""What an address calls them."""

_UNREADABLE: Final = N_("The certificate file {file} cannot be read: check its path and permissions.")
_UNUSABLE: Final = N_("{file} cannot be used: write certificates, and keys without a passphrase, in PEM.")
_OTHER_KEY: Final = N_(
    "The key in {file} does not belong to the certificate: name the two that belong together."
)

_KEY_ALONE: Final = N_("{file} is a key without a certificate: set ANTREAN_TLS_CERTIFICATE_FILE, too.")

_OUTDATED: Final = frozenset({9, 10})  # not yet valid, expired
_OTHER_HOST: Final = frozenset({62, 64})  # another name, another IP address
"""OpenSSL's codes for why a certificate is not taken: https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/"""


def take_files(url: str) -> tuple[str, TlsFiles]:
    """An address without the files that it names, and these."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    named = dict(query)
    if not named.keys() & set(_PARAMETERS):
        return url, TlsFiles()
    rest = urlencode([(name, value) for name, value in query if name not in _PARAMETERS], quote_via=quote)
    return urlunsplit(parts._replace(query=rest)), TlsFiles(*(named.get(name) for name in _PARAMETERS))


def with_files(url: str, files: TlsFiles) -> str:
    """The address with these files, where it names none itself."""
    bare, named = take_files(url)
    if not any(files) or any(named):
        return url
    pairs = [(name, file) for name, file in zip(_PARAMETERS, files, strict=True) if file]
    added = urlencode(pairs, safe="/", quote_via=quote)
    parts = urlsplit(bare)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, added)))))


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """What a client connects with; raises SettingsError where a file cannot be used."""
    if files.key and not files.certificate:
        raise SettingsError(_KEY_ALONE, file=files.key)
    for file in filter(None, files):
        if not Path(file).is_file():  # to open a pipe would be to wait for its writer
            raise SettingsError(_UNREADABLE, file=file)
        try:
            Path(file).open("rb").close()  # OpenSSL does not say which file it means
        except OSError as error:
            raise SettingsError(_UNREADABLE, file=file) from error
    try:
        context = ssl.create_default_context(cafile=files.authorities)
    except ssl.SSLError as error:
        raise SettingsError(_UNUSABLE, file=files.authorities) from error
    if files.certificate:
        shown = files.key or files.certificate
        try:
            context.load_cert_chain(files.certificate, files.key, password=lambda: "")  # else OpenSSL asks
        except (ssl.SSLError, ValueError) as error:
            other = "MISMATCH" in (getattr(error, "reason", "") or "")
            raise SettingsError(_OTHER_KEY if other else _UNUSABLE, file=shown) from error
    return context


def tls_refusal(error: ssl.SSLError) -> Refusal:
    """Why a connection over TLS was refused, by either end."""
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _OUTDATED:
            return Refusal.OUTDATED
        return Refusal.HOST if error.verify_code in _OTHER_HOST else Refusal.CERTIFICATE
    reason = error.reason or ""
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason):
        return Refusal.CLIENT_CERTIFICATE
    return Refusal.ENCRYPTION
