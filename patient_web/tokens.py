"""Opaque texts that only processes with the same secret can make and read: for cookies, forms, addresses."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES = 32


class Tokens:
    """Encrypts and signs. A token made for one purpose is none for another.

    Source: https://github.com/fernet/spec
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._keys: dict[str, Fernet] = {}

    def seal(self, purpose: str, data: bytes) -> str:
        """The token that holds `data`; it can stand in an address."""
        return self._key(purpose).encrypt(data).decode().rstrip("=")

    def open(self, purpose: str, token: str, seconds_max: int) -> bytes | None:
        """What the token holds; None where it is none, or older than `seconds_max`."""
        try:
            padded = token.encode("ascii") + b"=" * (-len(token) % 4)
            return self._key(purpose).decrypt(padded, ttl=seconds_max)
        except (InvalidToken, ValueError):
            return None

    def _key(self, purpose: str) -> Fernet:
        if purpose not in self._keys:
            derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=purpose.encode()).derive(self._secret)
            self._keys[purpose] = Fernet(base64.urlsafe_b64encode(derived))
        return self._keys[purpose]
