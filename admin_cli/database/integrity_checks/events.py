"""Events that cannot be, and tickets that are not where their events say."""

from typing import Any

from sqlalchemy import Function, Select, Subquery, and_, case, func, not_, or_, select, tuple_

from admin_cli.database.integrity_checks.statement_parts import key, of_all, of_ticket, same_day
from common.domain.event_names import EventName
from common.domain.ticket_states import STATUSES_AFTER, allowed_events
from common.storage.tables import journal, refusals, tickets

_MAY_FOLLOW = {
    name: sorted(following)
    for name, statuses in STATUSES_AFTER.items()
    if (following := frozenset[EventName]().union(*map(allowed_events, statuses)))
}

_MOVES = (
    EventName.TICKET_PRIORITISED,
    EventName.TICKET_UNPRIORITISED,
    EventName.TICKET_SKIPPED,
    EventName.TICKET_REINSTATED,
    EventName.TICKET_UNPARKED,
    EventName.TICKET_CALL_UNDONE,
    EventName.TICKET_CANCELLATION_UNDONE,
)
"""After these a waiting ticket may be called after a higher number of its lane."""


def _ticket_events(neighbour: Function[Any]) -> Subquery:
    """The events that change the states of tickets, each with a neighbour among those of its ticket."""
    return (
        select(
            *key(journal),
            journal.c.number,
            journal.c.sequence,
            journal.c.event_name.label("event"),
            of_ticket(neighbour).label("neighbour"),
        )
        # What leaves the state of a ticket as it was, whatever it was, changes nothing of what may follow.
        .where(journal.c.number.is_not(None), journal.c.event_name.in_(sorted(STATUSES_AFTER)))
        .subquery()
    )


def transitions() -> Select[Any]:
    """Events that cannot follow the ticket's event before."""
    events = _ticket_events(func.lag(journal.c.event_name))
    event, before = events.c.event, events.c.neighbour
    pairs = [(name, other) for name, following in _MAY_FOLLOW.items() for other in following]
    is_allowed = or_(
        and_(before.is_(None), event == EventName.TICKET_REGISTERED),
        (before + " " + event).in_([f"{name} {other}" for name, other in pairs]),
    )
    return select(*key(events), events.c.number, events.c.sequence, event, before.label("before")).where(
        not_(func.coalesce(is_allowed, False))
    )


def statuses() -> Select[Any]:
    """Tickets that do not stand where their last event says."""
    events = _ticket_events(func.lead(journal.c.event_name))
    last = select(events).where(events.c.neighbour.is_(None)).subquery()
    expected = [
        and_(last.c.event == name, tickets.c.status.in_(sorted(after)))
        for name, after in STATUSES_AFTER.items()
    ]
    return (
        select(*key(tickets), tickets.c.number, tickets.c.status, last.c.event)
        .join_from(
            tickets, last, and_(same_day(tickets, last), tickets.c.number == last.c.number), isouter=True
        )
        .where(not_(func.coalesce(or_(*expected), False)))
    )


def events_without_tickets() -> Select[Any]:
    same_number = and_(same_day(journal, tickets), journal.c.number == tickets.c.number)
    return select(*key(journal), journal.c.number).where(
        journal.c.event_name == EventName.TICKET_REGISTERED, ~select(tickets).where(same_number).exists()
    )


def calls() -> Select[Any]:
    """Calls of a number that is not larger than the one called before from the same lane.

    Those who were given another place are left out: reinstated, transferred from elsewhere, back from a
    station, or moved; and calls out of turn.
    """
    is_move = case((journal.c.event_name.in_(_MOVES), 1), else_=0)
    events = (
        select(
            *key(journal),
            journal.c.number,
            journal.c.sequence,
            journal.c.event_name.label("event"),
            of_all(func.max(is_move)).label("was_moved"),
            func.coalesce(journal.c.undo["out_of_turn"].as_boolean(), False).label("out_of_turn"),
        )
        .where(journal.c.event_name.in_([EventName.TICKET_CALLED, *_MOVES]))
        .subquery()
    )
    called = events.c
    calls = (
        select(
            *key(events),
            called.number,
            func.lag(called.number)
            .over(partition_by=[*key(events), tickets.c.lane], order_by=called.sequence)
            .label("before"),
        )
        .join_from(events, tickets, and_(same_day(events, tickets), called.number == tickets.c.number))
        .where(
            called.event == EventName.TICKET_CALLED,
            called.was_moved == 0,
            called.out_of_turn.is_(False),
            tickets.c.waiting_since == tickets.c.arrived_at,
            tickets.c.is_return.is_(False),
        )
        .subquery()
    )
    return select(*key(calls), calls.c.number, calls.c.before).where(calls.c.number <= calls.c.before)


def requests_with_several_tickets() -> Select[Any]:
    # What the end of a day hands over is registered by a tick, which has no digest. A call can bring several
    # back who were in the room.
    same_number = and_(same_day(journal, tickets), journal.c.number == tickets.c.number)
    has_come_back = select(tickets.c.number).where(same_number, tickets.c.is_return).exists()
    is_registration = and_(
        journal.c.event_name == EventName.TICKET_REGISTERED,
        journal.c.cause_digest.is_not(None),
        ~has_come_back,
    )
    several = select(journal.c.cause_id).where(is_registration).group_by(journal.c.cause_id)
    return select(*key(journal), journal.c.number, journal.c.cause_id).where(
        is_registration, journal.c.cause_id.in_(several.having(func.count() > 1))
    )


def changes_recorded_twice() -> Select[Any]:
    cause = (journal.c.cause_id, journal.c.ordinal)
    several = select(*cause).group_by(*cause).having(func.count() > 1)
    return select(*key(journal), journal.c.sequence, *cause).where(tuple_(*cause).in_(several))


def refused_and_done() -> Select[Any]:
    return select(*key(journal), journal.c.number, refusals.c.code, journal.c.cause_id).join_from(
        refusals, journal, journal.c.cause_id == refusals.c.request_id
    )
