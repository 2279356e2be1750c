"""What became of the intervals that patients were told: added to the sums of a clinic's day, under the lock
on its queue, and read over many days."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import Connection, FromClause, Integer, bindparam, cast, func, select, true
from sqlalchemy.dialects import postgresql

from common.domain.accuracy import Accuracy, Judged
from common.domain.clinic_day import ClinicDay
from common.domain.ticket_states import TicketStatus
from common.domain.told import ToldInterval
from common.storage.prepared import DATE, INTEGER, TEXT, Columns, Prepared
from common.storage.queues import KEY_COLUMNS, key_columns, key_of, same_queue
from common.storage.tables import accuracy, in_states, tickets

_KEY: Columns = {**KEY_COLUMNS, "width_minutes": INTEGER}
_ROW: Columns = {**_KEY, **dict.fromkeys(Accuracy._fields, INTEGER)}


def _added(given: FromClause) -> postgresql.Insert:
    # Both databases write it alike; SQLite's parser wants a condition here.
    insert = postgresql.insert(accuracy).from_select(
        [*_ROW], select(*(given.c[name] for name in _ROW)).where(true())
    )
    sums = {name: accuracy.c[name] + insert.excluded[name] for name in Accuracy._fields}
    return insert.on_conflict_do_update(index_elements=[*_KEY], set_=sums)


_add = Prepared(_added, _ROW)


def add_judged(connection: Connection, judged: Iterable[tuple[ClinicDay, Judged]]) -> None:
    """Adds what was judged to the sums of these locked queues."""
    sums: defaultdict[tuple[ClinicDay, int], Accuracy] = defaultdict(Accuracy)
    for key, (width_minutes, each) in judged:
        sums[key, width_minutes] = sums[key, width_minutes].plus(each)
    if sums:
        _add(connection, [(*key, width_minutes, *each) for (key, width_minutes), each in sums.items()])


_told = Prepared(
    lambda given: (
        select(*key_columns(tickets), tickets.c.told)
        .join(given, same_queue(tickets, given) & (tickets.c.number == given.c.number))
        .where(tickets.c.told.is_not(None), in_states(tickets, {TicketStatus.WAITING}))
    ),
    {**KEY_COLUMNS, "number": INTEGER},
)


def read_told(
    connection: Connection, numbers: Sequence[tuple[ClinicDay, int]]
) -> list[tuple[ClinicDay, ToldInterval]]:
    """What the patients of these tickets were told, as far as they wait and were told anything."""
    rows = _told(connection, [(*key, number) for key, number in numbers]) if numbers else ()
    return [(key_of(row), row.told) for row in rows]


_read = Prepared(
    lambda given: (
        select(
            accuracy.c.width_minutes,
            *(cast(func.sum(accuracy.c[name]), Integer).label(name) for name in Accuracy._fields),
        )
        .join(given, (accuracy.c.hospital == given.c.hospital) & (accuracy.c.clinic == given.c.clinic))
        .where(
            accuracy.c.service_date >= bindparam("first", type_=DATE),
            accuracy.c.service_date <= bindparam("last", type_=DATE),
        )
        .group_by(accuracy.c.width_minutes)
    ),
    {"hospital": TEXT, "clinic": TEXT},
)


def read_accuracy(
    connection: Connection, clinic: tuple[str, str], first: date, last: date
) -> dict[int, Accuracy]:
    """The sums of a clinic over its service days from `first` to `last`, by width in minutes."""
    rows = _read(connection, [clinic], first=first, last=last)
    return {row.width_minutes: Accuracy(*row[1:]) for row in rows}
