"""The row of one clinic's service day: locked to change the queue, and written back."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    Text,
    and_,
    cast,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql

from common.domain.clinic_day import ClinicDay
from common.domain.lanes import ByLane
from common.domain.queue import Ending, Queue, new_queue
from common.errors import StoreUnavailable
from common.storage.prepared import DATE, ENCODED_JSON, INTEGER, MOMENT, TEXT, Columns, Prepared
from common.storage.tables import clinic_days

WAITING_ABOVE = tuple(f"waiting_{lane}" for lane in ByLane._fields)
STREAKS = tuple(f"{lane}_streak" for lane in ByLane._fields)
"""The columns of what a queue has by lane, in the order of the lanes."""

KEY_COLUMNS: Columns = {"hospital": TEXT, "clinic": TEXT, "service_date": DATE}
"""What names a queue, as columns of rows that are given to a `Prepared` statement."""

_COUNTERS: Columns = {
    "last_number": INTEGER,
    "last_sequence": INTEGER,
    "waiting": INTEGER,
    **dict.fromkeys(WAITING_ABOVE, INTEGER),
    "parked": INTEGER,
    **dict.fromkeys(STREAKS, INTEGER),
    "last_arrival_at": MOMENT,
    "cancelled": INTEGER,
    "now_serving": INTEGER,
    "rooms_freed": ENCODED_JSON,
    "announced_until": MOMENT,
    "announced_state": TEXT,
    "ending": TEXT,
    "next_change_at": MOMENT,
}


def key_columns(table: FromClause) -> tuple[ColumnElement[Any], ...]:
    """The columns of a table, or of an alias, that name the queue which its row belongs to."""
    return tuple(table.c[name] for name in KEY_COLUMNS)


def key_of(row: Row[*tuple[Any, ...]]) -> ClinicDay:
    """The queue that a row with the `key_columns` belongs to."""
    return ClinicDay(row.hospital, row.clinic, row.service_date)


def same_queue(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """That the rows of two tables belong to one queue: what they are joined on."""
    return and_(*(a == b for a, b in zip(key_columns(one), key_columns(other), strict=True)))


_ROOMS_FREED = cast(clinic_days.c.rooms_freed, Text).label("rooms_freed")


def _of_given(given: FromClause) -> Select[Any]:
    columns = (_ROOMS_FREED if column is clinic_days.c.rooms_freed else column for column in clinic_days.c)
    # All transactions lock in this order, so that none deadlock.
    in_order = select(*columns).select_from(clinic_days).order_by(*key_columns(clinic_days))
    return in_order.join(given, same_queue(clinic_days, given))


_lock = Prepared(lambda given: _of_given(given).with_for_update(of=clinic_days), KEY_COLUMNS)
_lock_if_due = Prepared(
    lambda given: (
        _of_given(given)
        .where(or_(given.c.always == 1, clinic_days.c.next_change_at.is_not(None)))
        .with_for_update(of=clinic_days)
    ),
    {**KEY_COLUMNS, "always": INTEGER},
)
_read = Prepared(_of_given, KEY_COLUMNS)


_columns = KEY_COLUMNS | _COUNTERS


def _insert_missing(given: FromClause) -> ClauseElement:
    rows = select(*(given.c[name] for name in _columns)).where(
        true()
    )  # SQLite's parser wants a condition here
    # Both databases write it alike.
    return postgresql.insert(clinic_days).from_select([*_columns], rows).on_conflict_do_nothing()


_create = Prepared(_insert_missing, _columns)


Locked = Callable[[], dict[ClinicDay, Queue]]
"""Waits until the rows are locked, and gives what stands in them."""


def lock_queues(
    connection: Connection, days: Collection[ClinicDay], *, if_due: Collection[ClinicDay] = ()
) -> Locked:
    """Locks the rows of these days, in the order of all transactions, so that none deadlock. Days without a
    row are left out. What is sent after it sees what was committed before the locks were had."""
    if if_due:
        given = [(*key, 1) for key in days] + [(*key, 0) for key in if_due if key not in days]
        rows = _lock_if_due.send(connection, given)
    elif days:
        rows = _lock.send(connection, list(days))
    else:
        return dict
    return lambda: _queues(rows())


class QueuesMissing(StoreUnavailable):
    """These queues have no rows to lock yet, since no ticket was given out. Nothing was committed.

    `create_queues` makes them, in a transaction of its own, which holds no locks that another could wait for
    meanwhile; then it is tried again.
    """

    def __init__(self, queues: Sequence[Queue]) -> None:
        super().__init__(f"Queues that have no rows yet: {len(queues)}.")
        self.queues = queues


def lock_all_queues(
    connection: Connection,
    days: Collection[ClinicDay],
    day_start: Callable[[ClinicDay], datetime],
    now: datetime,
    *,
    besides: Collection[ClinicDay] = (),
    if_due: Collection[ClinicDay] = (),
) -> Locked:
    """Locks the rows of these days, of the days `besides` those that exist, and of the days `if_due`
    those in which something is still to come, as `lock_queues` does.

    `day_start` gives the moment at which a service day begins. What is returned raises QueuesMissing where
    days have no row.
    """
    rows = lock_queues(connection, {*days, *besides}, if_due=if_due)

    def locked() -> dict[ClinicDay, Queue]:
        queues = rows()
        if missing := {*days} - queues.keys():
            raise QueuesMissing([new_queue(key, day_start(key), now) for key in missing])
        return queues

    return locked


def read_queues(connection: Connection, days: Collection[ClinicDay]) -> dict[ClinicDay, Queue]:
    """The rows of these days, for reading only. Days without a row are left out."""
    return _queues(_read(connection, list(days)) if days else ())


def create_queues(connection: Connection, queues: Iterable[Queue]) -> None:
    """Writes rows for days that have none; a day that has one by now keeps it."""
    rows = [_values(queue) for queue in sorted(queues, key=lambda queue: queue.key)]
    if rows:
        _create(connection, rows)


_write = Prepared(
    lambda given: (
        update(clinic_days)
        .where(same_queue(clinic_days, given))
        .values({name: given.c[name] for name in _COUNTERS})
    ),
    _columns,
)


def write_queues(connection: Connection, queues: Iterable[Queue]) -> None:
    """Writes back queues whose rows are locked."""
    rows = [_values(queue) for queue in queues]
    if rows:
        _write(connection, rows)


def write_changed_queues(
    connection: Connection, locked: Mapping[ClinicDay, Queue], queues: Mapping[ClinicDay, Queue]
) -> None:
    """Writes back those of the queues that are not as they were when they were `locked`."""
    write_queues(connection, (queue for key, queue in queues.items() if queue is not locked.get(key)))


def _queues(rows: Iterable[Any]) -> dict[ClinicDay, Queue]:
    return {
        key: Queue(
            key=key,
            announced_until=row.announced_until,
            next_change_at=row.next_change_at,
            last_number=row.last_number,
            last_sequence=row.last_sequence,
            waiting=row.waiting,
            waiting_above=waiting_above(row),
            parked=row.parked,
            given_back=row.cancelled,
            streaks=streaks(row),
            now_serving=row.now_serving,
            last_arrival_at=row.last_arrival_at,
            rooms_freed=_read_rooms(row.rooms_freed),
            announced_open=None if row.announced_state is None else row.announced_state == _OPEN,
            ending=None if row.ending is None else Ending(row.ending),
        )
        for row in rows
        for key in [key_of(row)]
    }


def waiting_above(row: Any) -> ByLane:
    """How many wait in each lane above the regular one, from a row of a queue."""
    return ByLane(row.waiting_emergency, row.waiting_urgent, row.waiting_priority)


def streaks(row: Any) -> ByLane:
    """The streaks of the lanes, from a row of a queue."""
    return ByLane(row.emergency_streak, row.urgent_streak, row.priority_streak)


_OPEN, _CLOSED = "open", "closed"

_NO_ROOMS = json.dumps({})  # as it is in most queues, and need not be read


def _read_rooms(freed: str) -> dict[int, datetime]:
    if freed == _NO_ROOMS:
        return {}
    return {int(room): datetime.fromisoformat(at) for room, at in json.loads(freed).items()}


def _values(queue: Queue) -> tuple[Any, ...]:
    freed = {str(room): at.isoformat() for room, at in queue.rooms_freed.items()}
    is_open = queue.announced_open
    return (
        *queue.key,
        queue.last_number,
        queue.last_sequence,
        queue.waiting,
        *queue.waiting_above,
        queue.parked,
        *queue.streaks,
        queue.last_arrival_at,
        queue.given_back,
        queue.now_serving,
        json.dumps(freed),
        queue.announced_until,
        None if is_open is None else _OPEN if is_open else _CLOSED,
        None if queue.ending is None else queue.ending.value,
        queue.next_change_at,
    )
