"""Fills a database with what years, or a national morning, would have left there, in seconds.

Everything is written by a few set-based statements, the same for PostgreSQL and SQLite: where the two differ,
each has functions of the same names. What is written is what the workers would have written. Tickets,
counters and journal agree, and `antrean-admin check-integrity` finds nothing.

Clinics are open around the clock, serve by the clock, and are in a time zone where it is about noon, so that
no measurement meets midnight. Hospitals have the codes `H0001` and so on, their clinics `C01` and so on.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from benchmarks.catalogs import Place
from benchmarks.seed_databases import seeding_postgresql, seeding_sqlite, ticket_code
from benchmarks.seed_statements import (
    CALLED,
    CLINICS,
    DAYS,
    EVENTS_COUNTED,
    HOSPITALS,
    REGISTERED,
    ROOMS,
    SERVED,
    TICKETS,
)
from common.domain.opening_hours import WEEKDAYS

_LANES = [{"lane": "priority", "ratio": 2, "reasons": ["age", "disability", "pregnancy", "infant"]}]
_ARRIVAL_SECONDS = 600.0  # within which all came, before the first was called


@dataclass(frozen=True)
class Clinics:
    """The clinics of a country: `each` in every one of `hospitals`."""

    hospitals: int
    each: int

    @property
    def count(self) -> int:
        """How many clinics there are."""
        return self.hospitals * self.each

    def places(self) -> list[Place]:
        """All clinics, in order."""
        return [
            (f"H{hospital:04d}", f"C{clinic:02d}")
            for hospital in range(1, self.hospitals + 1)
            for clinic in range(1, self.each + 1)
        ]


@dataclass(frozen=True)
class Patients:
    """Those of one clinic's day, by what became of them; who came first was served first.

    All rooms are occupied, by patients who came in at moments spread evenly, or none is.
    """

    served: int = 0
    in_rooms: bool = False
    waiting: int = 0

    @property
    def called(self) -> int:
        """The number called last."""
        return self.served + ROOMS * self.in_rooms

    @property
    def tickets(self) -> int:
        """The numbers given out."""
        return self.called + self.waiting

    def waiting_numbers(self) -> range:
        """The numbers of those who wait."""
        return range(self.called + 1, self.tickets + 1)


@dataclass(frozen=True)
class Seeded:
    """What each of some clinics was given for one day."""

    places: Sequence[Place]
    service_date: date
    patients: Patients

    def waiting_codes(self) -> list[str]:
        """The codes of all who wait there, in order."""
        numbers = self.patients.waiting_numbers()
        return [ticket_code(*place, self.service_date, number) for place in self.places for number in numbers]


class Seed:
    """Writes into a migrated database without a catalog, in one transaction, as of the moment `now`."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._zone = noon_zone(now)

    @property
    def service_date(self) -> date:
        """Today, in the hospitals' time zone."""
        return self._now.astimezone(self._zone).date()

    def clinics(self, clinics: Clinics) -> None:
        """Hospitals and their clinics, no more than once."""
        values = {
            "hospitals": clinics.hospitals,
            "each": clinics.each,
            "zone": self._zone.key,
            "hours": json.dumps({day: ["00:00-24:00"] for day in WEEKDAYS}),
            "lanes": json.dumps(_LANES),
            "since": (self._now - timedelta(days=3650)).timestamp(),
        }
        for statement in (HOSPITALS, CLINICS, "UPDATE catalog_version SET version = 1"):
            self._execute(statement, values)

    def past(self, days: int, served: int) -> None:
        """On each of the last `days` days every clinic served so many."""
        self._days(Patients(served), 1, days)

    def today(self, patients: Patients, clinic: Place | None = None) -> None:
        """Today's queue of one clinic, or of each that has none yet. The moments at which a patient leaves a
        room are spread evenly over the clinics."""
        self._days(patients, 0, 0, clinic)

    def _days(self, patients: Patients, first_ago: int, last_ago: int, clinic: Place | None = None) -> None:
        day_end = datetime.combine(self.service_date + timedelta(days=1), time(), self._zone)
        hospital, code = clinic or ("", "")
        values = {
            "first_ago": first_ago,
            "last_ago": last_ago,
            "today": self.service_date.isoformat(),
            "at": self._now.timestamp(),
            "day_end": day_end.timestamp(),
            "hospital": hospital,
            "code": code,
            "served": patients.served,
            "called": patients.called,
            "waiting": patients.waiting,
            "tickets": patients.tickets,
            "arrivals": _ARRIVAL_SECONDS,
            # Where the rooms are free, the last patient has just left.
            "free": 0 if patients.in_rooms else ROOMS,
        }
        for statement in (DAYS, TICKETS, REGISTERED, CALLED, SERVED, EVENTS_COUNTED):
            self._execute(statement, values)

    def _execute(self, statement: str, values: dict[str, Any]) -> None:
        self._connection.execute(text(statement), values)


@contextmanager
def seeding(database_url: str, now: datetime) -> Iterator[Seed]:
    """Fills the database at `database_url` within the block, and lets it settle: what was written is on disk
    then, and the planner knows how much there is."""
    url = make_url(database_url)
    write = seeding_postgresql if url.get_backend_name() == "postgresql" else seeding_sqlite
    with write(url) as connection:
        yield Seed(connection, now)


def noon_zone(now: datetime) -> ZoneInfo:
    """A time zone in which it is between 12 and 13 o'clock."""
    hours = 12 - now.astimezone(UTC).hour
    return ZoneInfo(f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT")  # their signs are the other way round
