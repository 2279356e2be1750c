"""How the queues of all clinics are together: who waits, what is late, where nobody is called. Only read.

The cost is bounded by the queues that are under way, of which each clinic has one or two, never by the
tickets that there are or ever were: the database sums up, and names no more than the worst.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, Select, and_, case, func, select

from common.domain.lanes import Lane
from common.domain.ticket_states import TicketStatus
from common.storage.engine import Connection
from common.storage.overdue import due_at, under_way
from common.storage.queues import key_columns, same_queue
from common.storage.tables import accuracy, clinic_days, in_states, tickets

CLINICS_NAMED_MAX: Final = 20
"""Clinics that are named for each trouble, the worst first."""

VERDICTS: Final = ("held", "missed", "late", "uncalled")
"""What may become of an interval that a patient was told: an `Accuracy` counts them."""


@dataclass(frozen=True)
class QueueFigures:
    """All queues at a moment. `waiting` patients wait in `clinics_waiting` clinics; `clinics_overdue` have a
    change that was due before the grace began. `overdue_seconds` (since it was due) and
    `standstill_seconds` (in an open clinic with patients: since the last call, or since the first of them
    came, whichever was later) name the worst, by hospital and clinic. `estimates` counts what became of the
    intervals that patients of these days were told."""

    waiting: int
    clinics_waiting: int
    clinics_overdue: int
    overdue_seconds: dict[tuple[str, str], float]
    standstill_seconds: dict[tuple[str, str], float]
    estimates: dict[str, int]


def read_queue_figures(connection: Connection, now: datetime, grace: timedelta) -> QueueFigures:
    """The figures at `now`, without what is late by less than `grace`."""
    due = due_at(connection, now)
    late = due < now - grace
    sums = connection.execute(_sums(late)).one()
    overdue = connection.execute(
        select(*key_columns(clinic_days), due.label("due"))
        .where(under_way(), late)
        .order_by(due)
        .limit(CLINICS_NAMED_MAX)
    )
    judged = connection.execute(_judged()).one()
    return QueueFigures(
        waiting=sums.waiting or 0,
        clinics_waiting=sums.clinics_waiting or 0,
        clinics_overdue=sums.clinics_overdue or 0,
        overdue_seconds=_worst((row, _seconds(now, row.due)) for row in overdue),
        standstill_seconds=_worst(
            (row, _seconds(now, row.since)) for row in connection.execute(_standing()) if row.since < now
        ),
        estimates={verdict: getattr(judged, verdict) or 0 for verdict in VERDICTS},
    )


def _sums(late: ColumnElement[bool]) -> Select[Any]:
    sums = select(
        func.sum(clinic_days.c.waiting).label("waiting"),
        func.sum(case((clinic_days.c.waiting > 0, 1), else_=0)).label("clinics_waiting"),
        func.sum(case((late, 1), else_=0)).label("clinics_overdue"),
    )
    return sums.where(under_way())


def _judged() -> Select[Any]:
    sums = [func.sum(accuracy.c[verdict]).label(verdict) for verdict in VERDICTS]
    return (
        select(*sums)
        .select_from(clinic_days.join(accuracy, same_queue(accuracy, clinic_days)))
        .where(under_way())
    )


def _standing() -> Select[Any]:
    """The open queues with patients in which for the longest time nobody was called, and since when."""
    is_called_last = tickets.c.number == clinic_days.c.now_serving
    called_at = _of_queue(tickets, "called_at").where(is_called_last).scalar_subquery()
    each = (
        select(*key_columns(clinic_days), called_at.label("called_at"), _head().label("waiting_since"))
        .where(under_way(), clinic_days.c.waiting > 0, clinic_days.c.announced_state == "open")
        .cte("each_queue")
        .prefix_with("MATERIALIZED")  # else PostgreSQL looks up both moments again wherever they are named
    )
    is_later = and_(each.c.called_at.is_not(None), each.c.called_at > each.c.waiting_since)
    since = case((is_later, each.c.called_at), else_=each.c.waiting_since).label("since")
    return (
        select(*key_columns(each), since)
        .where(each.c.waiting_since.is_not(None))
        .order_by(since)
        .limit(CLINICS_NAMED_MAX)
    )


def _head() -> ColumnElement[Any]:
    """Since when the first of the regular lane waits, or of another one where nobody waits in it."""
    return func.coalesce(
        _first(tickets.c.lane == Lane.REGULAR.value), _first(), type_=tickets.c.waiting_since.type
    )


def _first(*conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
    return (
        _of_queue(tickets, "waiting_since")
        .where(in_states(tickets, {TicketStatus.WAITING}), *conditions)
        .order_by(tickets.c.lane, tickets.c.place_at, tickets.c.place_number)
        .limit(1)
        .scalar_subquery()
    )


def _of_queue(table: FromClause, column: str) -> Select[Any]:
    return select(table.c[column]).where(same_queue(table, clinic_days)).correlate(clinic_days)


def _worst(found: Any) -> dict[tuple[str, str], float]:
    """By hospital and clinic; of two days of one clinic the worse."""
    worst: dict[tuple[str, str], float] = {}
    for row, seconds in found:
        key = (row.hospital, row.clinic)
        worst[key] = max(seconds, worst.get(key, 0.0))
    return worst


def _seconds(now: datetime, moment: datetime) -> float:
    return max((now - moment).total_seconds(), 0.0)
