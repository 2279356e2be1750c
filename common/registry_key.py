"""Whom a hospital knows, kept so that nobody can read from it who that is.

A patient is kept as two keyed hashes (HMAC-SHA256, RFC 2104): of hospital, medical record number and date of
birth, by which patients are found, and of hospital and medical record number alone, by which one number has
one date of birth. There are so few of all these that a hash without a key could be tried out in minutes: the
key is the secret, and belongs neither into the database nor beside its backups.
"""

import hmac
from typing import NamedTuple

from common.domain.partial_dates import PartialDate

KEY_LENGTH_MIN = 32
"""Characters of a key; made at random, they are 128 bits as hexadecimal digits."""


class KeptPatient(NamedTuple):
    """What is stored of a patient: the hash of the record number, and that of number and date of birth."""

    number_digest: bytes
    digest: bytes


class RegistryKey:
    """The key `secret`, of at least KEY_LENGTH_MIN characters. It is never shown."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    @property
    def check(self) -> bytes:
        """What is stored to tell this key from others; it does not tell the key."""
        return self._hash("check")

    def digest(self, hospital: str, medical_record_number: str, date_of_birth: PartialDate) -> bytes:
        """What a patient is found by; the medical record number is in its normal form."""
        return self._hash("patient", hospital, medical_record_number, str(date_of_birth))

    def number_digest(self, hospital: str, medical_record_number: str) -> bytes:
        """What a record number is found by, whatever the date of birth; the number is in its normal form."""
        return self._hash("number", hospital, medical_record_number)

    def kept(self, hospital: str, medical_record_number: str, date_of_birth: PartialDate) -> KeptPatient:
        """All that is stored of a patient; the medical record number is in its normal form."""
        return KeptPatient(
            self.number_digest(hospital, medical_record_number),
            self.digest(hospital, medical_record_number, date_of_birth),
        )

    def _hash(self, *parts: str) -> bytes:
        # None of the parts can hold what stands between them; the first says of what kind the hash is.
        return hmac.digest(self._secret, "\n".join(parts).encode(), "sha256")
