"""Who is to be notified of which ticket, as it lies in the broker's queue: sealed, so that whoever can read
the queue learns neither the telephone nor the ticket."""

import base64
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from common.domain.ticket_codes import format_ticket_code, parse_ticket_code
from patient_web.push.services import endpoint_of
from patient_web.tokens import Tokens

ENDPOINT_LENGTH_MAX: Final = 900
SECONDS_MAX: Final = 3 * 24 * 3600
"""No ticket is followed for longer."""

_PURPOSE: Final = "push subscription"
_SECRET_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """`endpoint` is where the browser is notified, `public_key` and `secret` what is encrypted for it with.
    `code` is the ticket, `until` (seconds of the Unix clock) when nobody follows it any more, `language` that
    of the page. `told` is the key of the last notice, so that whoever holds it next says nothing twice."""

    endpoint: str
    public_key: str
    secret: str
    code: str
    language: str
    until: int
    told: str

    @property
    def key_bytes(self) -> bytes:
        """The browser's public key, a point."""
        return _decoded(self.public_key)

    @property
    def secret_bytes(self) -> bytes:
        """What the browser shares with its senders."""
        return _decoded(self.secret)

    def seconds_left(self, now: datetime) -> float:
        """For how long it is still worth something; none where that is not above 0."""
        return self.until - now.timestamp()

    def sealed(self, tokens: Tokens) -> bytes:
        """As it lies in the queue."""
        return tokens.seal(_PURPOSE, json.dumps(asdict(self)).encode()).encode()


def opened(body: bytes, tokens: Tokens) -> Subscription | None:
    """The subscription in a message; None where it cannot be read with our secret, or is too old."""
    held = tokens.open(_PURPOSE, body.decode("latin-1"), SECONDS_MAX)
    try:
        return None if held is None else Subscription(**json.loads(held))
    except TypeError:  # of another version
        return None


def new_subscription(
    endpoint: str,
    public_key: str,
    secret: str,
    services: Collection[str],
    *,
    code: str,
    language: str,
    until: datetime,
    told: str,
) -> Subscription:
    """What a browser has asked for, which is notified by one of the known services, or of `services`. Raises
    ValueError where it cannot be used."""
    if len(endpoint) > ENDPOINT_LENGTH_MAX:
        raise ValueError("too long an address")
    endpoint_of(endpoint, services)
    EllipticCurvePublicKey.from_encoded_point(SECP256R1(), _decoded(public_key))
    if len(_decoded(secret)) != _SECRET_BYTES:
        raise ValueError("no secret")
    return Subscription(
        endpoint=endpoint,
        public_key=public_key,
        secret=secret,
        code=format_ticket_code(parse_ticket_code(code)),
        language=language,
        until=int(until.timestamp()),
        told=told,
    )


def _decoded(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_", validate=True)
