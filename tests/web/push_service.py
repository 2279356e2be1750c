"""A push service and the browsers that are subscribed at it: over HTTPS it takes what RFC 8030 says, sees
that the sender has signed (RFC 8292), and opens what was encrypted for a browser (RFC 8291)."""

import base64
import json
import os
import ssl
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.tls import authority, written

_HOST = "localhost"
_HEAD_BYTES = 16 + 4 + 1 + 65
CONTACT = "mailto:it@hospital.example"


def encoded(data: bytes) -> str:
    """In base64 for addresses."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _point(key: EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


class Browser:
    """Who is subscribed at `endpoint`; `told` is what it was notified of, and `headers` those that came with
    it."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.told: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._key, self._secret = generate_private_key(SECP256R1()), os.urandom(16)

    @property
    def subscription(self) -> dict[str, str]:
        """As the page's script sends it."""
        key = encoded(_point(self._key.public_key()))
        return {"endpoint": self.endpoint, "key": key, "secret": encoded(self._secret)}

    def opened(self, body: bytes) -> dict[str, Any]:
        """What was encrypted for it; raises where it was not."""
        head, sealed = body[:_HEAD_BYTES], body[_HEAD_BYTES:]
        salt, sender = head[:16], head[21:]
        shared = self._key.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), sender))
        info = b"WebPush: info\0" + _point(self._key.public_key()) + sender
        secret = HKDF(SHA256(), 32, self._secret, info).derive(shared)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(secret)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(secret)
        told: dict[str, Any] = json.loads(AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")[:-1])
        return told


@dataclass
class PushService:
    """`answers` are the statuses that it gives next, by path, before it takes what comes (201)."""

    address: str
    settings: dict[str, str]
    browsers: dict[str, Browser] = field(default_factory=dict)
    answers: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    attempts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    faults: list[str] = field(default_factory=list)

    def browser(self) -> Browser:
        """One more that is subscribed."""
        path = f"/push/{len(self.browsers)}"
        self.browsers[path] = Browser(f"{self.address}{path}")
        return self.browsers[path]

    def path(self, browser: Browser) -> str:
        """By which its answers are scripted."""
        return browser.endpoint.removeprefix(self.address)

    def take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        """The status for a request; what is wrong with it is kept in `faults`."""
        self.attempts[path] += 1
        if self.answers[path]:
            return self.answers[path].pop(0)
        try:
            _verify(headers["authorization"], self.address)
            assert headers["content-encoding"] == "aes128gcm"
            assert int(headers["ttl"]) > 0
            browser = self.browsers[path]
            browser.headers.append(headers)
            browser.told.append(browser.opened(body))
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.faults.append(repr(error))
            return 400
        return 201


def _verify(authorization: str, audience: str) -> None:
    """Raises where the sender has not signed for this service."""
    kind, _, rest = authorization.partition(" ")
    given = dict(each.strip().split("=", 1) for each in rest.split(","))
    head, claims, signature = given["t"].split(".")
    raw = _decoded(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), _decoded(given["k"]))
    key.verify(der, f"{head}.{claims}".encode(), ECDSA(SHA256()))
    said = json.loads(_decoded(claims))
    assert (kind, said["aud"], said["sub"]) == ("vapid", audience, CONTACT)
    assert json.loads(_decoded(head))["alg"] == "ES256"


@contextmanager
def push_service(directory: Path) -> Iterator[PushService]:
    """At work while the block runs, with the settings for an `antrean-web` that may send there."""
    made = authority()
    files = written(directory, "push", made, made.of_server([_HOST]))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(str(files.certificate), files.key)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = service.take(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            if 300 <= status < 400:
                self.send_header("Location", f"{service.address}/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        port = server.server_address[1]
        settings = {
            "ANTREAN_WEB_PUSH_KEY": os.urandom(31).hex() + "01",
            "ANTREAN_WEB_PUSH_CONTACT": CONTACT,
            "ANTREAN_WEB_PUSH_SERVICES": f"{_HOST}:{port}",
            "SSL_CERT_FILE": str(files.authorities),
        }
        service = PushService(f"https://{_HOST}:{port}", settings)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield service
        finally:
            server.shutdown()
    assert not service.faults, service.faults
