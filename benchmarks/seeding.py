"""Fills a database with what years, or a national morning, would have left there, in seconds.

Everything is written by a few set-based statements, the same for PostgreSQL and SQLite: where the two differ,
each has functions of the same names. What is written is what the workers would have written. Tickets,
counters and journal agree, and `antrean-admin check-integrity` finds nothing.

Clinics are open around the clock, serve by the clock, and are in a time zone where it is about noon, so that
no measurement meets midnight. Hospitals have the codes `H0001` and so on, their clinics `C01` and so on.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL, make_url

from benchmarks.catalogs import QUOTA_MAX, Place
from common.domain.opening_hours import WEEKDAYS

ROOMS = 2
SERVICE_SECONDS = 300
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
            "since": (self._now - timedelta(days=3650)).timestamp(),
        }
        for statement in (_HOSPITALS, _CLINICS, "UPDATE catalog_version SET version = 1"):
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
        for statement in (_DAYS, _TICKETS, _REGISTERED, _CALLED, _SERVED, _EVENTS_COUNTED):
            self._execute(statement, values)

    def _execute(self, statement: str, values: dict[str, Any]) -> None:
        self._connection.execute(text(statement), values)


@contextmanager
def seeding(database_url: str, now: datetime) -> Iterator[Seed]:
    """Fills the database at `database_url` within the block, and lets it settle: what was written is on disk
    then, and the planner knows how much there is."""
    url = make_url(database_url)
    write = _seeding_postgresql if url.get_backend_name() == "postgresql" else _seeding_sqlite
    with write(url) as connection:
        yield Seed(connection, now)


def noon_zone(now: datetime) -> ZoneInfo:
    """A time zone in which it is between 12 and 13 o'clock."""
    hours = 12 - now.astimezone(UTC).hour
    return ZoneInfo(f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT")  # their signs are the other way round


def ticket_code(hospital: str, clinic: str, service_date: date | str, number: int) -> str:
    """The canonical code of a seeded ticket. The sixteen digits of hexadecimal numbers occur in all codes."""
    return _hash(f"{hospital}/{clinic}/{service_date}/{number}")[:12].upper()


# --- the statements -------------------------------------------------------------------------------------
# A day without events is one whose events are still to be written. `phase` says by how much the clinic is
# ahead of the others, from 0 to 1: that, as a part of the time between two departures.

_HOSPITALS = """
    WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < :hospitals)
    INSERT INTO hospitals (code, name, city, time_zone, version)
    SELECT padded('H', 4, n), padded('RSUD ', 4, n), 'Bandung', :zone, 1 FROM series
"""

_CLINICS = f"""
    WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < :each)
    INSERT INTO clinics (hospital, code, name, opening_hours, rooms, daily_quota, mean_service_seconds,
        service_spread_seconds, mode, state, serving_since, retired, version)
    SELECT code, padded('C', 2, n), padded('Poli ', 2, n), :hours, {ROOMS}, {QUOTA_MAX}, {SERVICE_SECONDS},
        {SERVICE_SECONDS // 2}, 'clock', 'schedule', moment(:since), false, 1
    FROM hospitals CROSS JOIN series
"""  # noqa: S608 - made of constants, as are all below

_DAYS = f"""
    WITH RECURSIVE series(ago) AS (
        SELECT cast(:first_ago AS integer) UNION ALL SELECT ago + 1 FROM series WHERE ago < :last_ago
    )
    INSERT INTO clinic_days (hospital, clinic, service_date, last_number, last_sequence, waiting, cancelled,
        now_serving, rooms_freed, announced_until, next_change_at)
    SELECT hospital, code, days_before(:today, ago), :tickets, 0, :waiting, 0, nullif(:called, 0), '{{}}',
        moment(:at - 86400 * ago),
        CASE
            WHEN ago > 0 THEN NULL
            WHEN :called > :served
                THEN moment(:at + {SERVICE_SECONDS} * (1 - phase(hospital, code)) / {ROOMS})
            WHEN :waiting > 0 THEN moment(:at)
            ELSE moment(:day_end)
        END
    FROM clinics CROSS JOIN series
    WHERE hospital || code = :hospital || :code OR :code = '' AND NOT EXISTS (
        SELECT 1 FROM clinic_days
        WHERE clinic_days.hospital = clinics.hospital AND clinic_days.clinic = clinics.code
            AND clinic_days.service_date = days_before(:today, ago)
    )
"""  # noqa: S608

_NUMBERED = """
    WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < :{numbers}),
    queue AS MATERIALIZED (
        SELECT hospital, clinic, service_date, cast(service_date AS text) AS day,
            :at - 86400 * days_between(service_date, :today) AS at, phase(hospital, clinic) AS phase
        FROM clinic_days
        WHERE last_sequence = 0
    ),
    numbered AS (
        SELECT hospital, clinic, service_date, day, n,
            at - {service} * (:called + 1 + :free) / {rooms} - :arrivals * (:tickets + 1 - n) / (:tickets + 1)
                AS registered,
            at - {service} * (:called - n + :free + phase) / {rooms} AS called
        FROM queue CROSS JOIN series
        WHERE :{numbers} > 0
    )
"""


def _numbered(numbers: str) -> str:
    return _NUMBERED.format(numbers=numbers, service=SERVICE_SECONDS, rooms=ROOMS)


_TICKETS = f"""
    {_numbered("tickets")}
    INSERT INTO tickets (ticket_code, hospital, clinic, service_date, number, medical_record_number,
        patient_name, date_of_birth, status, room, registered_at, arrived_at, waiting_since, called_at,
        started_at, ended_at)
    SELECT ticket_code(hospital, clinic, day, n), hospital, clinic, service_date, n, padded('S', 8, n),
        'Siti Aminah', '1990-01-31',
        CASE WHEN n <= :served THEN 'served' WHEN n <= :called THEN 'called' ELSE 'waiting' END,
        CASE WHEN n <= :called THEN (n - 1) % {ROOMS} + 1 END,
        moment(registered), moment(registered), moment(registered),
        CASE WHEN n <= :called THEN moment(called) END,
        CASE WHEN n <= :served THEN moment(called) END,
        CASE WHEN n <= :served THEN moment(called + {SERVICE_SECONDS}) END
    FROM numbered
"""  # noqa: S608


def _events(numbers: str, name: str, status: str, sequence: str, at: str) -> str:
    """Writes one event for each ticket from 1 to the parameter `numbers`."""
    return f"""
        {_numbered(numbers)},
        event AS (SELECT *, {sequence} AS sequence, moment({at}) AS at FROM numbered)
        INSERT INTO journal (hospital, clinic, service_date, sequence, cause_id, ordinal, cause_digest,
            event_name, number, occurred_at, recorded_at, body)
        SELECT hospital, clinic, service_date, sequence, cause_id(hospital, clinic, day, sequence), 0,
            digest('{status}', n), 'ticket.{name}', n, at, at,
            body(cause_id(hospital, clinic, day, sequence), '{name}', hospital, clinic, day, sequence,
                '{status}', n)
        FROM event
    """  # noqa: S608


# First everybody registers; then, one by one, whoever is called leaves before the next one is called.
_REGISTERED = _events("tickets", "registered", "waiting", "n", "registered")
_CALLED = _events(
    "called",
    "called",
    "called",
    ":tickets + n + CASE WHEN n <= :served THEN n - 1 ELSE :served END",
    "called",
)
_SERVED = _events("served", "served", "served", ":tickets + 2 * n", f"called + {SERVICE_SECONDS}")

_EVENTS_COUNTED = (
    "UPDATE clinic_days SET last_sequence = :tickets + :called + :served WHERE last_sequence = 0"
)

# --- the functions that they use ------------------------------------------------------------------------


def _hash(key: str) -> str:
    return hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()


_BODY = (
    '{"id": "%s.0", "type": "id.antrean.ticket.%s.v1", "source": "/hospitals/%s/clinics/%s/%s",'
    ' "subject": "%s", "time": "2026-11-23T08:00:00.000000Z", "datacontenttype": "application/json",'
    ' "sequence": "%s", "specversion": "1.0", "data": {"number": %s, "display_number": "%s", "status": "%s",'
    ' "waiting": 5, "now_serving": null}}'
)

_POSTGRESQL_FUNCTIONS = {
    "padded(prefix text, width int, n int) RETURNS text": "prefix || lpad(n::text, width, '0')",
    "moment(at float8) RETURNS timestamptz": "to_timestamp(at)",
    "days_before(day text, ago int) RETURNS date": "day::date - ago",
    "days_between(earlier date, later text) RETURNS int": "later::date - earlier",
    "phase(hospital text, clinic text) RETURNS float8": (
        "('x' || left(md5(hospital || '/' || clinic), 7))::bit(28)::int / (1 << 28)::float8"
    ),
    "ticket_code(hospital text, clinic text, day text, number int) RETURNS text": (
        "upper(left(md5(hospital || '/' || clinic || '/' || day || '/' || number), 12))"
    ),
    "cause_id(hospital text, clinic text, day text, sequence int) RETURNS text": (
        "md5(hospital || '/' || clinic || '/' || day || '#' || sequence)::uuid::text"
    ),
    "digest(status text, number int) RETURNS bytea": "sha256(convert_to(status || number, 'UTF8'))",
    "body(id text, name text, hospital text, clinic text, day text, sequence int, status text, number int)"
    " RETURNS bytea": (
        "convert_to(format('" + _BODY + "', id, name, hospital, clinic, day, clinic || '-' || number,"
        " lpad(sequence::text, 10, '0'), number, clinic || '-' || number, status), 'UTF8')"
    ),
}


def _moment(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _body(
    event_id: str, name: str, hospital: str, clinic: str, day: str, sequence: int, status: str, number: int
) -> bytes:
    shown = f"{clinic}-{number}"
    values = (event_id, name, hospital, clinic, day, shown, f"{sequence:010d}", number, shown, status)
    return (_BODY % values).encode()


_SQLITE_FUNCTIONS = {
    "padded": lambda prefix, width, n: f"{prefix}{n:0{width}d}",
    "moment": _moment,
    "days_before": lambda day, ago: (date.fromisoformat(day) - timedelta(days=ago)).isoformat(),
    "days_between": lambda earlier, later: (date.fromisoformat(later) - date.fromisoformat(earlier)).days,
    "phase": lambda hospital, clinic: int(_hash(f"{hospital}/{clinic}")[:7], 16) / (1 << 28),
    "ticket_code": ticket_code,
    "cause_id": lambda hospital, clinic, day, sequence: str(
        UUID(_hash(f"{hospital}/{clinic}/{day}#{sequence}"))
    ),
    "digest": lambda status, number: hashlib.sha256(f"{status}{number}".encode()).digest(),
    "body": _body,
}


@contextmanager
def _seeding_postgresql(url: URL) -> Iterator[Connection]:
    engine = create_engine(url.set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA seeding")
        connection.exec_driver_sql("SET LOCAL search_path = public, seeding")
        # Without checks of foreign keys: row by row, they would take longer than all the rest.
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'")
        for head, result in _POSTGRESQL_FUNCTIONS.items():
            connection.execute(
                text(f"CREATE FUNCTION seeding.{head} STABLE LANGUAGE sql AS $$SELECT {result}$$")
            )
        with _indices_rebuilt(connection):
            yield connection
        connection.exec_driver_sql("DROP SCHEMA seeding CASCADE")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM (FREEZE, ANALYZE)")
        connection.exec_driver_sql("CHECKPOINT")
    engine.dispose()


@contextmanager
def _indices_rebuilt(connection: Connection) -> Iterator[None]:
    """Takes the indices of the large tables away for the block: to sort once is faster than to insert."""
    constraints = connection.exec_driver_sql(
        "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype IN ('p', 'u') AND conrelid IN ('tickets'::regclass, 'journal'::regclass)"
    ).all()
    for table, name, _definition in constraints:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    indices = connection.exec_driver_sql(
        "SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid IN ('tickets'::regclass, 'journal'::regclass)"
    ).all()
    for name, _definition in indices:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    yield
    for table, name, definition in constraints:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    for _name, definition in indices:
        connection.exec_driver_sql(definition)


@contextmanager
def _seeding_sqlite(url: URL) -> Iterator[Connection]:
    engine = create_engine(url)
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        for name, function in _SQLITE_FUNCTIONS.items():
            driver.create_function(name, -1, function, deterministic=True)
        driver.execute("PRAGMA journal_mode = WAL")
        driver.execute("PRAGMA synchronous = OFF")
        driver.execute("PRAGMA cache_size = -1000000")  # KiB: what is inserted at random places stays at hand
        yield connection
        connection.commit()
        driver.execute("ANALYZE")
        driver.commit()
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
