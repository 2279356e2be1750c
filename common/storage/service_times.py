"""What staff have taught of their clinics: read for every estimate, written as they call and as calls end."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Connection,
    FromClause,
    and_,
    cast,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql

from common.domain.catalog import Clinic, QueueMode
from common.domain.clinic_records import ClinicRecords
from common.domain.interval_correction import NO_CORRECTION, Correction
from common.domain.learning import NO_LESSON, Lesson, learn, unlearn
from common.domain.service_times import EndedCall, PartRecord, Tally, parts_taught
from common.domain.staff_habits import NO_HABITS, Call, Habits
from common.storage.prepared import DATE, ENCODED_JSON, INTEGER, TEXT, Columns, Prepared
from common.storage.tables import service_times

Learned = Mapping[tuple[str, str], ClinicRecords]
"""What was learned, by clinic; clinics of which nothing was learned are left out."""

CORRECTION, HABITS = -1, -2
"""In place of a part of the day: the row is what the intervals missed lately, or the staff's habits."""

_CLINIC: Columns = {"hospital": TEXT, "clinic": TEXT}
_PART: Columns = {**_CLINIC, "part": INTEGER}
_ROW: Columns = {**_PART, "service_date": DATE, "sums": ENCODED_JSON}


def _same(given: FromClause, columns: Columns) -> ColumnElement[bool]:
    return and_(*(service_times.c[name] == given.c[name] for name in columns))


_columns = [column for column in service_times.c if column.name != "sums"]

# The sums as they are written: most are those of the last time, and need not be decoded.
_read = Prepared(
    lambda given: select(*_columns, cast(service_times.c.sums, TEXT).label("sums")).join(
        given, _same(given, _CLINIC)
    ),
    _CLINIC,
)


def read_service_times(connection: Connection, clinics: Iterable[Clinic]) -> Callable[[], Learned]:
    """What was learned of these clinics, of those that their staff move; sent at once, waited for where what
    is returned is called."""
    keys = sorted({clinic.key for clinic in clinics if clinic.mode is QueueMode.DESK})
    if not keys:
        return dict
    rows = _read.send(connection, keys)
    return lambda: _by_clinic(rows())


def _by_clinic(rows: Iterable[Any]) -> dict[tuple[str, str], ClinicRecords]:
    found: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows:
        found[row.hospital, row.clinic].append(row)
    return {key: _records(rows_of_clinic) for key, rows_of_clinic in found.items()}


def _records(rows: Iterable[Any]) -> ClinicRecords:
    parts: dict[int, PartRecord] = {}
    habits, correction = NO_HABITS, NO_CORRECTION
    for row in rows:
        if row.part == HABITS:
            habits = _habits(row.sums, row.service_date)
        elif row.part == CORRECTION:
            correction = _correction(row.sums, row.service_date)
        else:
            parts[row.part] = _part_record(row.sums, row.service_date)
    return ClinicRecords(parts, habits, correction)


def _lock_or_create(given: FromClause) -> ClauseElement:
    # Both databases write it alike; SQLite's parser wants a condition here.
    rows = select(*(given.c[name] for name in _ROW)).where(true())
    return (
        postgresql.insert(service_times)
        .from_select([*_ROW], rows)
        .on_conflict_do_update(index_elements=[*_PART], set_={"service_date": service_times.c.service_date})
        .returning(service_times)
    )


_lock = Prepared(_lock_or_create, _ROW)

_write = Prepared(
    lambda given: (
        update(service_times)
        .where(_same(given, _PART))
        .values(service_date=given.c.service_date, sums=given.c.sums)
    ),
    _ROW,
)


def learn_service_times(
    connection: Connection, calls: Iterable[tuple[Clinic, date, Call | EndedCall]]
) -> list[Lesson]:
    """Learns from the calls that staff made and ended in these clinics' queues of these service days, in this
    order; what was learned from each.

    The queues are locked. Call it once in a transaction, after all else that takes locks, so that everybody
    takes them in one order. (What is learned has locks of its own, since at midnight calls may end in two of
    a clinic's queues at once.) A clinic that is moved by the clock teaches nothing.
    """
    given = list(calls)
    taught = [each for each in given if each[0].mode is QueueMode.DESK]
    if not taught:
        return [NO_LESSON for _ in given]
    rows = {
        (*clinic.key, part): day for clinic, day, call in taught for part in _rows_taught(clinic, day, call)
    }
    learned = _locked(connection, rows, [clinic for clinic, _, _ in taught])
    lessons = []
    for clinic, day, call in given:
        lesson = NO_LESSON
        if clinic.mode is QueueMode.DESK:
            learned[clinic.key], lesson = learn(clinic, learned[clinic.key], day, call)
        lessons.append(lesson)
    _write(connection, [_values(key, learned[key[:2]]) for key in rows])
    return lessons


def _rows_taught(clinic: Clinic, day: date, call: Call | EndedCall) -> set[int]:
    return {HABITS, CORRECTION} if isinstance(call, Call) else {HABITS, *parts_taught(clinic, day, call)}


def unlearn_service_times(connection: Connection, taught: Iterable[tuple[Clinic, date, Lesson]]) -> None:
    """Takes back what was learned in these clinics on these service days; called as `learn_service_times`
    is."""
    lessons = list(taught)
    if not lessons:
        return
    rows = {(*clinic.key, part): day for clinic, day, lesson in lessons for part in _rows_of(lesson)}
    learned = _locked(connection, rows, [clinic for clinic, _, _ in lessons])
    for clinic, day, lesson in lessons:
        learned[clinic.key] = unlearn(learned[clinic.key], day, lesson)
    _write(connection, [_values(key, learned[key[:2]]) for key in rows])


def _rows_of(lesson: Lesson) -> Iterator[int]:
    yield from (*lesson.parts, HABITS)
    if lesson.moved is not None:
        yield CORRECTION


def _locked(
    connection: Connection, rows: Mapping[tuple[str, str, int], date], clinics: Iterable[Clinic]
) -> dict[tuple[str, str], ClinicRecords]:
    """Locks these rows, which are made where there are none, and reads all that was learned."""
    new = {
        key: ClinicRecords({key[2]: PartRecord(day)}, Habits(day), Correction(day))
        for key, day in rows.items()
    }
    _lock(connection, [_values(*each) for each in sorted(new.items(), key=lambda each: each[0])])
    return _by_clinic(_read(connection, sorted({clinic.key for clinic in clinics})))


def _values(row: tuple[str, str, int], records: ClinicRecords) -> tuple[Any, ...]:
    part = row[2]
    if part == HABITS:
        return (*row, records.habits.day, json.dumps(records.habits.as_sums()))
    if part == CORRECTION:
        return (*row, records.correction.day, json.dumps(records.correction.as_sums()))
    record = records.parts[part]
    sums = {
        "today": record.today,
        "days": record.days,
        "before": record.before,
        "pace_excess": record.pace_excess,
        "pace_weight": record.pace_weight,
    }
    return (*row, record.day, json.dumps(sums))


# Each is some kilobytes; those of some hundred clinics are remembered.


@lru_cache(maxsize=512)
def _habits(sums: str, day: date) -> Habits:
    return Habits.of_sums(json.loads(sums), day)


@lru_cache(maxsize=512)
def _correction(sums: str, day: date) -> Correction:
    return Correction.of_sums(json.loads(sums), day)


@lru_cache(maxsize=4096)
def _part_record(sums: str, day: date) -> PartRecord:
    read = json.loads(sums)
    return PartRecord(day, **read | {"today": Tally(*read["today"]), "before": Tally(*read["before"])})
