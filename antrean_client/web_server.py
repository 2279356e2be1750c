"""Where antrean-web is: the address that a client is given, and why what is reached is not to be used."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from antrean_client.errors import N_, Refusal, ServerRefused, ServerUnavailable, SettingsError
from antrean_client.tls import TlsFiles, client_context, take_files, tls_refusal

_EXAMPLE: Final = "https://antrean.example/"
_PORTS: Final = {"http": 80, "https": 443}
_UNUSABLE: Final = "{variable} cannot be used: write {example}"
_WITHOUT_TLS: Final = N_(
    "{variable} cannot be used: write https://. Only an address of this computer itself, such as {example},"
    " may begin with http://."
)


@dataclass(frozen=True)
class WebServer:
    """`where` is its host as people and requests name it, `root` the path below which it answers; `files`
    are those of TLS, None without it."""

    host: str
    port: int
    where: str
    root: str
    files: TlsFiles | None

    def tls(self) -> ssl.SSLContext | None:
        """What it is connected to with; raises SettingsError where a file cannot be used."""
        return None if self.files is None else client_context(self.files)

    def unavailable(self) -> ServerUnavailable:
        """It cannot be reached."""
        sentence = f"{self.where} cannot be reached: check ANTREAN_URL and the network, or try again."
        return ServerUnavailable(sentence, self.where)

    def refused(self, refusal: Refusal) -> ServerRefused:
        """It was reached, and is not to be used."""
        return ServerRefused(f"{self.where} {ADVICE[refusal]}", refusal, self.where)

    def distrusted(self, error: ssl.SSLError) -> ServerUnavailable:
        """TLS has failed."""
        is_lost = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)
        return self.unavailable() if is_lost else self.refused(tls_refusal(error))


def server_at(url: str) -> WebServer:
    """The server at `url`, which may name the files of TLS as the broker's address does.

    Raises SettingsError where it cannot be used: without TLS only this computer itself is spoken to, and no
    user stands in it.
    """
    unusable = SettingsError(_UNUSABLE, variable="ANTREAN_URL", example=_EXAMPLE)
    try:
        bare, files = take_files(url)
        parts = urlsplit(bare)
        is_usable = bool(parts.scheme in _PORTS and parts.hostname and parts.port != 0)
    except ValueError as error:
        raise unusable from error
    if not is_usable or not url.isascii() or not url.isprintable() or set("@?# ") & set(bare):
        raise unusable
    host, is_encrypted = str(parts.hostname), parts.scheme == "https"
    if not is_encrypted and not _is_this_computer(host):
        raise SettingsError(_WITHOUT_TLS, variable="ANTREAN_URL", example="http://127.0.0.1:8470/")
    return WebServer(
        host,
        parts.port or _PORTS[parts.scheme],
        parts.netloc,
        parts.path.rstrip("/"),
        files if is_encrypted else None,
    )


def _is_this_computer(host: str) -> bool:
    from ipaddress import ip_address  # only without TLS: `antrean` has to be quick to start

    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


ADVICE: Final[Mapping[Refusal, str]] = {
    Refusal.ENCRYPTION: "does not speak TLS: check https:// and the port in ANTREAN_URL.",
    Refusal.CERTIFICATE: "shows a certificate of an authority that is not trusted here: name the right"
    " authority in ANTREAN_TLS_CA_FILE.",
    Refusal.OUTDATED: "shows a certificate that has expired or does not count yet: renew it there, and check"
    " this machine's clock.",
    Refusal.HOST: "shows a certificate of another host: write in ANTREAN_URL a name that the certificate"
    " has.",
    Refusal.CLIENT_CERTIFICATE: "does not take this client's certificate, or asks for one: check"
    " ANTREAN_TLS_CERTIFICATE_FILE.",
    Refusal.PROTOCOL: "does not answer as antrean-web does: check ANTREAN_URL, and what stands before it.",
    Refusal.ELSEWHERE: "sends to another address, where this program does not go: check ANTREAN_URL.",
}
"""What a server does that is not to be used, and what to do, in words that follow its name."""
