"""The key by which push services know who sends: the same for all processes, and for as long as telephones
are subscribed with it."""

import base64
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from common.errors import SettingsError
from common.setting_values import read_value
from common.settings import Settings
from common.translation import N_

_VALID_SECONDS: Final = 12 * 3600
"""Push services take what is valid for a day at most."""


@dataclass(frozen=True, slots=True)
class PushKey:
    """Signs for a sender who can be reached at `contact` (a `mailto:` or `https:` address)."""

    private: EllipticCurvePrivateKey
    contact: str

    @property
    def public(self) -> str:
        """As browsers subscribe with it: the point, in base64 for addresses."""
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return base64.urlsafe_b64encode(point).decode().rstrip("=")

    def headers(self, origin: str, now: float) -> dict[str, str]:
        """The headers for a request to the push service at `origin`; `now` is the seconds of the Unix
        clock."""
        claims = {"sub": self.contact, "aud": origin, "exp": int(now) + _VALID_SECONDS}
        signed: dict[str, str] = Vapid02(self.private).sign(claims)
        return signed


def push_key(settings: Settings) -> PushKey:
    """The key of these settings, which name a contact; raises SettingsError where there is none, or it cannot
    be used."""
    variable, secret = settings.read_secret("web_push_key")
    if secret is None or settings.web_push_contact is None:
        raise SettingsError(
            N_(
                "ANTREAN_WEB_PUSH_CONTACT needs a key: set ANTREAN_WEB_PUSH_KEY or"
                " ANTREAN_WEB_PUSH_KEY_FILE, the same for all antrean-web. Make one with:"
                " openssl rand -hex 32"
            )
        )
    number = int(read_value("web_push_key", variable, secret), 16)
    return PushKey(derive_private_key(number, SECP256R1()), settings.web_push_contact)
