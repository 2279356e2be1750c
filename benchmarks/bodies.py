"""Bodies of requests, made where they are sent: a load is described to its process, not carried there."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle, islice

from benchmarks.catalogs import Place

_FIRST_BIRTHDAY = date(1950, 1, 1)
_BIRTHDAYS = 20_000


@dataclass(frozen=True)
class Registrations:
    """Patients who all are different, numbered from `first_patient`, in turn in each of `places`."""

    places: Sequence[Place]
    first_patient: int = 1

    def __call__(self, count: int) -> list[bytes]:
        """The bodies of so many `register` requests."""
        numbers = range(self.first_patient, self.first_patient + count)
        return [self._body(number, place) for number, place in zip(numbers, cycle(self.places), strict=False)]

    def _body(self, number: int, place: Place) -> bytes:
        born = _FIRST_BIRTHDAY + timedelta(days=number % _BIRTHDAYS)
        return json.dumps(
            {
                "hospital": place[0],
                "clinic": place[1],
                "medical_record_number": f"{number:08d}",
                "name": f"Pasien Nomor {number}",
                "date_of_birth": born.isoformat(),
            }
        ).encode()


@dataclass(frozen=True)
class LookUps:
    """Questions about `codes` in turn, so many in each request."""

    codes: Sequence[str]
    codes_per_request: int = 1

    def __call__(self, count: int) -> list[bytes]:
        """The bodies of so many `ticket_status` requests."""
        codes = cycle(self.codes)
        return [
            json.dumps({"ticket_codes": [*islice(codes, self.codes_per_request)]}).encode()
            for _ in range(count)
        ]
