"""What the integrity check asks a database: each check is one statement that returns only what is wrong.

None relies on the constraints of the tables, which a damaged restore can lack.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Function,
    RowMapping,
    Select,
    and_,
    case,
    func,
    not_,
    or_,
    select,
    tuple_,
)

from common.domain.event_names import EventName
from common.domain.lanes import Lane
from common.domain.ticket_states import (
    ACTIVE,
    GIVEN_BACK,
    IN_ROOM,
    STATUSES_AFTER,
    TicketStatus,
    allowed_events,
)
from common.storage.tables import clinic_days, journal, refusals, tickets

_KEY = ("hospital", "clinic", "service_date")

_COUNTERS = ("waiting", "waiting_priority", "cancelled")
"""What a clinic-day counts of its tickets."""

_MAY_FOLLOW = {
    name: sorted(following)
    for name, statuses in STATUSES_AFTER.items()
    if (following := frozenset[EventName]().union(*map(allowed_events, statuses)))
}

_MOVES = (
    EventName.TICKET_PRIORITISED,
    EventName.TICKET_UNPRIORITISED,
    EventName.TICKET_CALL_UNDONE,
    EventName.TICKET_CANCELLATION_UNDONE,
)
"""After these a waiting ticket may be called after a higher number of its lane."""

# --- parts of statements --------------------------------------------------------------------------------


def _key(source: FromClause) -> list[ColumnElement[Any]]:
    return [source.c[name] for name in _KEY]


def _same_day(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(*(one.c[name] == other.c[name] for name in _KEY))


def _has(ticket: FromClause, events: Collection[EventName]) -> ColumnElement[bool]:
    """Whether one of these happened to the ticket of a row."""
    event = journal.alias("event")
    same_number = and_(_same_day(event, ticket), event.c.number == ticket.c.number)
    return select(event.c.number).where(same_number, event.c.event_name.in_(events)).exists()


def _count_where(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


_is_active = tickets.c.status.in_(sorted(ACTIVE))


_is_in_room = tickets.c.status.in_(sorted(IN_ROOM))


_is_given_back = tickets.c.status.in_(sorted(GIVEN_BACK))


_waits_with_priority = and_(tickets.c.status == TicketStatus.WAITING, tickets.c.lane == Lane.PRIORITY.value)


_was_called = tickets.c.status.in_(sorted({*IN_ROOM, TicketStatus.SERVED}))


_has_odd_moments = or_(
    _is_active != tickets.c.ended_at.is_(None),
    and_(_was_called, tickets.c.called_at.is_(None)),
)


_tickets_of_day = (
    select(
        *_key(tickets),
        func.count().label("tickets"),
        func.count(tickets.c.number.distinct()).label("numbers"),
        func.min(tickets.c.number).label("smallest"),
        func.max(tickets.c.number).label("largest"),
        _count_where(tickets.c.status == TicketStatus.WAITING).label("waiting"),
        _count_where(_waits_with_priority).label("waiting_priority"),
        _count_where(_is_given_back).label("cancelled"),
        _count_where(_is_active).label("active"),
        _count_where(_has_odd_moments).label("odd_moments"),
    )
    .group_by(*_key(tickets))
    .subquery()
)


_events_of_day = (
    select(
        *_key(journal),
        func.count().label("events"),
        func.count(journal.c.sequence.distinct()).label("sequences"),
        func.min(journal.c.sequence).label("smallest"),
        func.max(journal.c.sequence).label("largest"),
    )
    .group_by(*_key(journal))
    .subquery()
)


def _of_ticket(neighbour: Function[Any]) -> ColumnElement[Any]:
    """The event before, or after, among the events of one ticket."""
    return neighbour.over(partition_by=[*_key(journal), journal.c.number], order_by=journal.c.sequence)


_ticket_events = (
    select(
        *_key(journal),
        journal.c.number,
        journal.c.sequence,
        journal.c.event_name.label("event"),
        _of_ticket(func.lag(journal.c.event_name)).label("before"),
        _of_ticket(func.lead(journal.c.event_name)).label("after"),
    )
    # What leaves the state of a ticket as it was, whatever it was, changes nothing of what may follow.
    .where(journal.c.number.is_not(None), journal.c.event_name.in_(sorted(STATUSES_AFTER)))
    .subquery()
)

_calls_and_undoings = (
    select(
        *_key(journal),
        journal.c.sequence,
        journal.c.event_name.label("event"),
        _of_ticket(func.lead(journal.c.event_name)).label("after"),
    )
    .where(journal.c.event_name.in_([EventName.TICKET_CALLED, EventName.TICKET_CALL_UNDONE]))
    .subquery()
)


_last_call_of_day = (
    select(*_key(_calls_and_undoings), func.max(_calls_and_undoings.c.sequence).label("call"))
    .where(
        _calls_and_undoings.c.event == EventName.TICKET_CALLED,
        _calls_and_undoings.c.after.is_distinct_from(EventName.TICKET_CALL_UNDONE),
    )
    .group_by(*_key(_calls_and_undoings))
    .subquery()
)
"""The last call that was not taken back."""

# --- the checks, each with what to read from a row ------------------------------------------------------

_Values = dict[str, Any]


_Read = Callable[[str, RowMapping], Iterator[tuple[str, _Values]]]


def _as_it_is(check: str, row: RowMapping) -> Iterator[tuple[str, _Values]]:
    yield check, {name: value for name, value in row.items() if name not in _KEY}


def _days() -> Select[Any]:
    """Clinic-days whose row does not agree with their tickets."""
    day, of_day = clinic_days.c, _tickets_of_day.c
    counts = ("tickets", "numbers", "largest", *_COUNTERS, "active", "odd_moments")
    found = {name: func.coalesce(of_day[name], 0) for name in counts}
    return (
        select(
            *_key(clinic_days),
            day.last_number,
            *(day[name].label(f"{name}_counted") for name in _COUNTERS),
            day.next_change_at,
            func.coalesce(of_day.smallest, 1).label("smallest"),
            *(value.label(name) for name, value in found.items()),
        )
        .join_from(clinic_days, _tickets_of_day, _same_day(clinic_days, _tickets_of_day), isouter=True)
        .where(
            or_(
                *(found[name] != day.last_number for name in ("tickets", "numbers", "largest")),
                func.coalesce(of_day.smallest, 1) != 1,
                *(found[name] != day[name] for name in _COUNTERS),
                and_(found["active"] > 0, day.next_change_at.is_(None)),
                found["odd_moments"] > 0,
            )
        )
        .order_by(*_key(clinic_days))
    )


def _read_day(_check: str, row: RowMapping) -> Iterator[tuple[str, _Values]]:
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


def _journals() -> Select[Any]:
    """Clinic-days whose row does not agree with their journal."""
    day, of_day = clinic_days.c, _events_of_day.c
    last_call = journal.alias("last_call")
    counts = ("events", "sequences", "largest")
    found = {name: func.coalesce(of_day[name], 0) for name in counts}
    return (
        select(
            *_key(clinic_days),
            day.last_sequence,
            day.now_serving,
            last_call.c.number.label("last_called"),
            func.coalesce(of_day.smallest, 1).label("smallest"),
            *(value.label(name) for name, value in found.items()),
        )
        .join_from(clinic_days, _events_of_day, _same_day(clinic_days, _events_of_day), isouter=True)
        .join(_last_call_of_day, _same_day(clinic_days, _last_call_of_day), isouter=True)
        .join(
            last_call,
            and_(_same_day(clinic_days, last_call), last_call.c.sequence == _last_call_of_day.c.call),
            isouter=True,
        )
        .where(
            or_(
                *(value != day.last_sequence for value in found.values()),
                func.coalesce(of_day.smallest, 1) != 1,
                day.now_serving.is_distinct_from(last_call.c.number),
            )
        )
        .order_by(*_key(clinic_days))
    )


def _read_journal(_check: str, row: RowMapping) -> Iterator[tuple[str, _Values]]:
    events = ("last_sequence", "events", "sequences", "smallest", "largest")
    if {row["events"], row["sequences"], row["largest"]} != {row["last_sequence"]} or row["smallest"] != 1:
        yield "sequences", {name: row[name] for name in events}
    if row["now_serving"] != row["last_called"]:
        yield "counter", {"counter": "now_serving", "stored": row["now_serving"], "found": row["last_called"]}


def _transitions() -> Select[Any]:
    """Events that cannot follow the ticket's event before."""
    events = _ticket_events.c
    allowed = [and_(events.before.is_(None), events.event == EventName.TICKET_REGISTERED)]
    allowed += [and_(events.before == name, events.event.in_(after)) for name, after in _MAY_FOLLOW.items()]
    return select(*_key(_ticket_events), events.number, events.sequence, events.event, events.before).where(
        not_(func.coalesce(or_(*allowed), False))
    )


def _statuses() -> Select[Any]:
    """Tickets that do not stand where their last event says."""
    last = select(_ticket_events).where(_ticket_events.c.after.is_(None)).subquery()
    expected = [
        and_(last.c.event == name, tickets.c.status.in_(sorted(after)))
        for name, after in STATUSES_AFTER.items()
    ]
    return (
        select(*_key(tickets), tickets.c.number, tickets.c.status, last.c.event)
        .join_from(
            tickets, last, and_(_same_day(tickets, last), tickets.c.number == last.c.number), isouter=True
        )
        .where(not_(func.coalesce(or_(*expected), False)))
    )


def _events_without_tickets() -> Select[Any]:
    same_number = and_(_same_day(journal, tickets), journal.c.number == tickets.c.number)
    return select(*_key(journal), journal.c.number).where(
        journal.c.event_name == EventName.TICKET_REGISTERED, ~select(tickets).where(same_number).exists()
    )


def _calls() -> Select[Any]:
    """Calls of a number that is not larger than the one called before from the same lane.

    Those who were given another place are left out: reinstated, transferred from elsewhere, or moved.
    """
    same_ticket = and_(_same_day(journal, tickets), journal.c.number == tickets.c.number)
    calls = (
        select(
            *_key(journal),
            journal.c.number,
            func.lag(journal.c.number)
            .over(partition_by=[*_key(journal), tickets.c.lane], order_by=journal.c.sequence)
            .label("before"),
        )
        .join_from(journal, tickets, same_ticket)
        .where(
            journal.c.event_name == EventName.TICKET_CALLED,
            tickets.c.waiting_since == tickets.c.arrived_at,
            ~_has(journal, _MOVES),
        )
        .subquery()
    )
    return select(*_key(calls), calls.c.number, calls.c.before).where(calls.c.number <= calls.c.before)


def _together(column: ColumnElement[Any], condition: ColumnElement[bool], name: str | None) -> Select[Any]:
    """Tickets of one day that have something in common which only one may have."""
    shown = [column.label(name)] if name else []
    return (
        select(
            *_key(tickets),
            *shown,
            func.count().label("tickets"),
            func.min(tickets.c.number).label("smallest"),
            func.max(tickets.c.number).label("largest"),
        )
        .where(condition)
        .group_by(*_key(tickets), column)
        .having(func.count() > 1)
    )


def _requests_with_several_tickets() -> Select[Any]:
    # What the end of a day hands over is registered by a tick, which has no digest.
    is_registration = and_(
        journal.c.event_name == EventName.TICKET_REGISTERED, journal.c.cause_digest.is_not(None)
    )
    several = select(journal.c.cause_id).where(is_registration).group_by(journal.c.cause_id)
    return select(*_key(journal), journal.c.number, journal.c.cause_id).where(
        is_registration, journal.c.cause_id.in_(several.having(func.count() > 1))
    )


def _transfers() -> Select[Any]:
    """Transferred tickets without a new one of the same patient, in another clinic or on a later day; and
    others that name one. Whose new ticket was corrected may have other data there."""
    new = tickets.alias("new")
    same = [new.c[name] == tickets.c[name] for name in ("medical_record_number", "date_of_birth")]
    is_elsewhere = or_(new.c.clinic != tickets.c.clinic, new.c.service_date > tickets.c.service_date)
    is_given = (
        select(new.c.number)
        .where(
            new.c.ticket_code == tickets.c.transferred_to,
            new.c.hospital == tickets.c.hospital,
            or_(and_(*same), _has(new, [EventName.TICKET_CORRECTED])),
            is_elsewhere,
        )
        .exists()
    )
    is_transferred = tickets.c.status == TicketStatus.TRANSFERRED
    return select(*_key(tickets), tickets.c.number, tickets.c.status).where(
        or_(and_(is_transferred, ~is_given), and_(~is_transferred, tickets.c.transferred_to.is_not(None)))
    )


def _changes_recorded_twice() -> Select[Any]:
    cause = (journal.c.cause_id, journal.c.ordinal)
    several = select(*cause).group_by(*cause).having(func.count() > 1)
    return select(*_key(journal), journal.c.sequence, *cause).where(tuple_(*cause).in_(several))


def _refused_and_done() -> Select[Any]:
    return select(*_key(journal), journal.c.number, refusals.c.code, journal.c.cause_id).join_from(
        refusals, journal, journal.c.cause_id == refusals.c.request_id
    )


CHECKS: Final[Mapping[str, tuple[Select[Any], _Read]]] = {
    "days": (_days(), _read_day),
    "journals": (_journals(), _read_journal),
    "transition": (_transitions(), _as_it_is),
    "status": (_statuses(), _as_it_is),
    "no_ticket": (_events_without_tickets(), _as_it_is),
    "called_back": (_calls(), _as_it_is),
    "two_active": (_together(tickets.c.medical_record_number, _is_active, None), _as_it_is),
    "one_room": (_together(tickets.c.room, _is_in_room, "room"), _as_it_is),
    "two_tickets": (_requests_with_several_tickets(), _as_it_is),
    "transferred": (_transfers(), _as_it_is),
    "two_events": (_changes_recorded_twice(), _as_it_is),
    "refused": (_refused_and_done(), _as_it_is),
}
