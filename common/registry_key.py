"""Whom a hospital knows, kept so that nobody can read from it who that is.

A patient is kept as a keyed hash (HMAC-SHA256, RFC 2104) of hospital, medical record number and date of
birth. There are so few of both that a hash without a key could be tried out in minutes: the key is the
secret, and belongs neither into the database nor beside its backups.
"""

import hmac
from datetime import date

KEY_LENGTH_MIN = 32
"""Characters of a key; made at random, they are 128 bits as hexadecimal digits."""


class RegistryKey:
    """The key `secret`, of at least KEY_LENGTH_MIN characters. It is never shown."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    @property
    def check(self) -> bytes:
        """What is stored to tell this key from others; it does not tell the key."""
        return self._hash("check")

    def digest(self, hospital: str, medical_record_number: str, date_of_birth: date) -> bytes:
        """What is stored of a patient; the medical record number is in its normal form."""
        return self._hash("patient", hospital, medical_record_number, date_of_birth.isoformat())

    def _hash(self, *parts: str) -> bytes:
        # None of the parts can hold what stands between them.
        return hmac.digest(self._secret, "\n".join(parts).encode(), "sha256")
