"""How a database is doing: what `antrean-admin doctor` asks it. Nothing is changed there."""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, false, func, select, text, update
from sqlalchemy.engine import make_url

from common.storage.engine import snapshot, transaction
from common.storage.overdue import due_at, under_way
from common.storage.sqlite_file import exposed
from common.storage.tables import catalog_version

__all__ = [
    "DatabaseHealth",
    "TickLag",
    "examine",
    "exposed",
    "free_bytes",
    "sqlite_file",
    "tick_lag",
    "try_to_write",
    "unable_to_record_looks",
]

_DURABLE: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "postgresql": {
        "fsync": ("on",),
        "full_page_writes": ("on",),
        "synchronous_commit": ("on", "remote_apply", "remote_write"),
    },
    "sqlite": {"journal_mode": ("wal",), "synchronous": ("2", "3")},
}
"""Settings without which a commit can be lost, and the values with which it cannot."""


_UNABLE_TO_RECORD_LOOKS: Final = text(
    "SELECT DISTINCT usename FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = 'antrean' AND pid <> pg_backend_pid()"
    " AND usename <> 'antrean_ticker'"  # which shows no names
    " AND NOT (has_table_privilege(usename, 'access_log', 'SELECT')"
    " AND has_table_privilege(usename, 'access_log', 'INSERT')"
    " AND has_table_privilege(usename, 'access_log', 'UPDATE')) ORDER BY usename"
)


@dataclass(frozen=True, slots=True)
class DatabaseHealth:
    """`risky_settings` are those with which commits can be lost. `now` is the clock of a database server,
    asked at most `round_trip_seconds` ago."""

    product: str
    round_trip_seconds: float
    is_standby: bool
    risky_settings: Mapping[str, str]
    now: datetime | None


@dataclass(frozen=True, slots=True)
class TickLag:
    """How many queues wait for a tick that is overdue, and the longest time."""

    queues: int
    longest: timedelta


def sqlite_file(database_url: str) -> Path | None:
    """The file of a SQLite database, None for another. The address is one that `open_engine` takes."""
    url = make_url(database_url)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def free_bytes(file: Path) -> int:
    """How much more the disk of `file` takes; raises OSError."""
    return shutil.disk_usage(file.parent).free


def examine(engine: Engine) -> DatabaseHealth:
    """Asks the database how it is; raises StoreUnavailable."""
    dialect = engine.dialect.name
    with snapshot(engine) as connection:
        started = time.monotonic()
        connection.execute(select(1))
        round_trip_seconds = time.monotonic() - started
        settings = {name: _setting(connection, name) for name in _DURABLE[dialect]}
        risky = {name: value for name, value in settings.items() if value not in _DURABLE[dialect][name]}
        if dialect == "sqlite":
            version = connection.execute(text("SELECT sqlite_version()")).scalar_one()
            return DatabaseHealth(f"SQLite {version}", round_trip_seconds, False, risky, None)
        version = _setting(connection, "server_version").split()[0]
        is_standby = bool(connection.execute(text("SELECT pg_is_in_recovery()")).scalar_one())
        now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return DatabaseHealth(f"PostgreSQL {version}", round_trip_seconds, is_standby, risky, now)


def try_to_write(engine: Engine) -> None:
    """Begins to write and leaves all as it was; raises StoreUnavailable where that is not possible now."""
    with transaction(engine) as connection:
        connection.execute(update(catalog_version).where(false()).values(version=0))


def unable_to_record_looks(engine: Engine) -> list[str]:
    """The database users as whom processes of Antrean are connected, and who may not write the access log. In
    a SQLite file whoever may write may write all. Raises StoreUnavailable."""
    if engine.dialect.name == "sqlite":
        return []
    with snapshot(engine) as connection:
        return list(connection.execute(_UNABLE_TO_RECORD_LOOKS).scalars())


def tick_lag(engine: Engine, now: datetime, grace: timedelta) -> TickLag:
    """The queues in which something was due before `now - grace`, or whose service day had ended by then:
    a tick that was claimed and never applied shows only in these. Raises StoreUnavailable."""
    with snapshot(engine) as connection:
        due = due_at(connection, now)
        late = select(func.count().label("queues"), func.min(due).label("first"))
        found = connection.execute(late.where(under_way(), due < now - grace)).one()
    return TickLag(found.queues, timedelta() if found.first is None else now - found.first)


def _setting(connection: Connection, name: str) -> str:
    command = "PRAGMA" if connection.dialect.name == "sqlite" else "SHOW"
    return str(connection.execute(text(f"{command} {name}")).scalar_one())
