"""The row of one clinic's service day: locked by whoever changes the queue, and written back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    RowMapping,
    Select,
    and_,
    bindparam,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from common.storage.tables import clinic_days

ClinicDay = tuple[str, str, date]
"""Hospital code, clinic code and service date: what names a queue."""

_KEY = ("hospital", "clinic", "service_date")
_COUNTERS = (
    "last_number",
    "last_sequence",
    "waiting",
    "cancelled",
    "now_serving",
    "rooms_freed",
    "announced_until",
    "next_change_at",
)


@dataclass(slots=True)
class QueueState:
    """A locked queue: its counters are moved on, then written back with `write_queues`."""

    key: ClinicDay
    last_number: int
    last_sequence: int
    waiting: int
    cancelled: int
    now_serving: int | None
    rooms_freed: dict[int, datetime]
    announced_until: datetime
    next_change_at: datetime | None
    changed: bool = False


def key_columns(table: FromClause) -> tuple[ColumnElement[Any], ...]:
    """The columns of a table, or of an alias, that name the queue which its row belongs to."""
    return tuple(table.c[name] for name in _KEY)


def key_of(row: Row[*tuple[Any, ...]]) -> ClinicDay:
    """The queue that a row with the `key_columns` belongs to."""
    return (row.hospital, row.clinic, row.service_date)


def same_queue(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """That the rows of two tables belong to one queue: what they are joined on."""
    return and_(*(a == b for a, b in zip(key_columns(one), key_columns(other), strict=True)))


_in_order = select(clinic_days).order_by(*key_columns(clinic_days))


def lock_queues(connection: Connection, days: Iterable[ClinicDay]) -> dict[ClinicDay, QueueState]:
    """Locks the rows of these days, in one order for everybody, so that nobody deadlocks. Days without a
    row are left out."""
    return _read(connection, days, _in_order.with_for_update())


def read_queues(connection: Connection, days: Iterable[ClinicDay]) -> dict[ClinicDay, QueueState]:
    """The rows of these days, for reading only. Days without a row are left out."""
    return _read(connection, days, _in_order)


def create_queues(connection: Connection, states: Sequence[QueueState]) -> None:
    """Writes rows for days that have none; a day that has one by now keeps it."""
    if not states:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    ordered = sorted(states, key=lambda state: state.key)
    rows = [{**dict(zip(_KEY, state.key, strict=True)), **_counters(state)} for state in ordered]
    connection.execute(dialect.insert(clinic_days).on_conflict_do_nothing(), rows)


_write = (
    update(clinic_days)
    .where(*(clinic_days.c[name] == bindparam(f"key_{name}") for name in _KEY))
    .values({name: bindparam(f"new_{name}") for name in _COUNTERS})
)


def write_queues(connection: Connection, states: Iterable[QueueState]) -> None:
    """Writes back the locked queues that were changed."""
    rows = [
        {f"key_{name}": value for name, value in zip(_KEY, state.key, strict=True)}
        | {f"new_{name}": value for name, value in _counters(state).items()}
        for state in states
        if state.changed
    ]
    if rows:
        connection.execute(_write, rows)


def new_queue(key: ClinicDay, day_start: datetime, next_change_at: datetime) -> QueueState:
    """A queue that nobody has stood in; openings since `day_start` are still to be announced."""
    return QueueState(key, 0, 0, 0, 0, None, {}, day_start, next_change_at)


def _read(
    connection: Connection, days: Iterable[ClinicDay], statement: Select[Any]
) -> dict[ClinicDay, QueueState]:
    wanted = sorted(set(days))
    if not wanted:
        return {}
    rows = connection.execute(statement.where(tuple_(*key_columns(clinic_days)).in_(wanted)))
    states = (_state(row) for row in rows.mappings())
    return {state.key: state for state in states}


def _state(row: RowMapping) -> QueueState:
    freed = {int(room): datetime.fromisoformat(at) for room, at in row["rooms_freed"].items()}
    counters = {**{name: row[name] for name in _COUNTERS}, "rooms_freed": freed}
    return QueueState(key=(row["hospital"], row["clinic"], row["service_date"]), **counters)


def _counters(state: QueueState) -> dict[str, Any]:
    freed = {str(room): at.isoformat() for room, at in state.rooms_freed.items()}
    return {**{name: getattr(state, name) for name in _COUNTERS}, "rooms_freed": freed}
