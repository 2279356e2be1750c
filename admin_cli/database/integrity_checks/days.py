"""Clinic-days whose row does not agree with their tickets, or with their journal."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, func, or_, select

from admin_cli.database.integrity_checks.statement_parts import (
    Values,
    count_where,
    is_active,
    key,
    same_day,
)
from common.domain.event_names import EventName
from common.domain.lanes import LANES, Lane
from common.domain.ticket_states import GIVEN_BACK, IN_ROOM, TicketStatus
from common.storage.queues import WAITING_ABOVE
from common.storage.tables import clinic_days, journal, tickets

_COUNTERS = ("waiting", *WAITING_ABOVE, "parked", "cancelled")
"""What a clinic-day counts of its tickets."""

_is_given_back = tickets.c.status.in_(sorted(GIVEN_BACK))


def _waits_in(lane: Lane) -> ColumnElement[bool]:
    return and_(tickets.c.status == TicketStatus.WAITING, tickets.c.lane == lane.value)


_was_called = tickets.c.status.in_(sorted({*IN_ROOM, TicketStatus.SERVED}))


_has_odd_moments = or_(
    is_active != tickets.c.ended_at.is_(None),
    and_(_was_called, tickets.c.called_at.is_(None)),
)


_tickets_of_day = (
    select(
        *key(tickets),
        func.count().label("tickets"),
        func.count(tickets.c.number.distinct()).label("numbers"),
        func.min(tickets.c.number).label("smallest"),
        func.max(tickets.c.number).label("largest"),
        count_where(tickets.c.status == TicketStatus.WAITING).label("waiting"),
        *(count_where(_waits_in(lane)).label(WAITING_ABOVE[lane.rank]) for lane in LANES[:-1]),
        count_where(tickets.c.status == TicketStatus.PARKED).label("parked"),
        count_where(_is_given_back).label("cancelled"),
        count_where(is_active).label("active"),
        count_where(_has_odd_moments).label("odd_moments"),
    )
    .group_by(*key(tickets))
    .subquery()
)


_events_of_day = (
    select(
        *key(journal),
        func.count().label("events"),
        func.count(journal.c.sequence.distinct()).label("sequences"),
        func.min(journal.c.sequence).label("smallest"),
        func.max(journal.c.sequence).label("largest"),
    )
    .group_by(*key(journal))
    .subquery()
)


undoings = (
    select(*key(journal), journal.c.undo["takes_back"].as_string().label("call"))
    .where(journal.c.event_name == EventName.TICKET_CALL_UNDONE)
    .subquery()
)
"""Of calls that were taken back: by which request each was made (`call`)."""


_last_call_of_day = (
    select(*key(journal), func.max(journal.c.sequence).label("call"))
    .select_from(
        journal.outerjoin(undoings, and_(same_day(journal, undoings), undoings.c.call == journal.c.cause_id))
    )
    .where(
        journal.c.event_name == EventName.TICKET_CALLED,
        func.coalesce(journal.c.undo["out_of_turn"].as_boolean(), False).is_(False),
        undoings.c.call.is_(None),
    )
    .group_by(*key(journal))
    .subquery()
)
"""The last call in turn that was not taken back."""


def days() -> Select[Any]:
    """Clinic-days whose row does not agree with their tickets."""
    day, of_day = clinic_days.c, _tickets_of_day.c
    counts = ("tickets", "numbers", "largest", *_COUNTERS, "active", "odd_moments")
    found = {name: func.coalesce(of_day[name], 0) for name in counts}
    return (
        select(
            *key(clinic_days),
            day.last_number,
            *(day[name].label(f"{name}_counted") for name in _COUNTERS),
            day.next_change_at,
            func.coalesce(of_day.smallest, 1).label("smallest"),
            *(value.label(name) for name, value in found.items()),
        )
        .join_from(clinic_days, _tickets_of_day, same_day(clinic_days, _tickets_of_day), isouter=True)
        .where(
            or_(
                *(found[name] != day.last_number for name in ("tickets", "numbers", "largest")),
                func.coalesce(of_day.smallest, 1) != 1,
                *(found[name] != day[name] for name in _COUNTERS),
                and_(found["active"] > 0, day.next_change_at.is_(None)),
                found["odd_moments"] > 0,
            )
        )
        .order_by(*key(clinic_days))
    )


def read_day(_check: str, row: RowMapping) -> Iterator[tuple[str, Values]]:
    numbers = ("last_number", "tickets", "numbers", "smallest", "largest")
    if {row["tickets"], row["numbers"], row["largest"]} != {row["last_number"]} or row["smallest"] != 1:
        yield "numbers", {name: row[name] for name in numbers}
    for counter in _COUNTERS:
        counted, found = row[f"{counter}_counted"], row[counter]
        if counted != found:
            yield "counter", {"counter": counter, "stored": counted, "found": found}
    if row["active"] and row["next_change_at"] is None:
        yield "stuck", {"patients": row["active"]}
    if row["odd_moments"]:
        yield "moments", {"tickets": row["odd_moments"]}


def journals() -> Select[Any]:
    """Clinic-days whose row does not agree with their journal."""
    day, of_day = clinic_days.c, _events_of_day.c
    last_call = journal.alias("last_call")
    counts = ("events", "sequences", "largest")
    found = {name: func.coalesce(of_day[name], 0) for name in counts}
    return (
        select(
            *key(clinic_days),
            day.last_sequence,
            day.now_serving,
            last_call.c.number.label("last_called"),
            func.coalesce(of_day.smallest, 1).label("smallest"),
            *(value.label(name) for name, value in found.items()),
        )
        .join_from(clinic_days, _events_of_day, same_day(clinic_days, _events_of_day), isouter=True)
        .join(_last_call_of_day, same_day(clinic_days, _last_call_of_day), isouter=True)
        .join(
            last_call,
            and_(same_day(clinic_days, last_call), last_call.c.sequence == _last_call_of_day.c.call),
            isouter=True,
        )
        .where(
            or_(
                *(value != day.last_sequence for value in found.values()),
                func.coalesce(of_day.smallest, 1) != 1,
                day.now_serving.is_distinct_from(last_call.c.number),
            )
        )
        .order_by(*key(clinic_days))
    )


def read_journal(_check: str, row: RowMapping) -> Iterator[tuple[str, Values]]:
    events = ("last_sequence", "events", "sequences", "smallest", "largest")
    if {row["events"], row["sequences"], row["largest"]} != {row["last_sequence"]} or row["smallest"] != 1:
        yield "sequences", {name: row[name] for name in events}
    if row["now_serving"] != row["last_called"]:
        yield "counter", {"counter": "now_serving", "stored": row["now_serving"], "found": row["last_called"]}
