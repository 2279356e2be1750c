"""How each database is filled in seconds: the functions that the statements use, and its connection."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import URL


def ticket_code(hospital: str, clinic: str, service_date: date | str, number: int) -> str:
    """The canonical code of a seeded ticket. The sixteen digits of hexadecimal numbers occur in all codes."""
    return _hash(f"{hospital}/{clinic}/{service_date}/{number}")[:12].upper()


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
def seeding_postgresql(url: URL) -> Iterator[Connection]:
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
def seeding_sqlite(url: URL) -> Iterator[Connection]:
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
