"""Takes their patients' data out of tickets that are over. Numbers, states, moments and events stay.

A purged ticket has neither name, record number nor date of birth, no reason of its lane, and another code,
that nobody was given: whoever looks it up by the old one finds no ticket. What led to the old code leads to
the new one. The digest of a request that named the patient, or why a ticket goes first, goes, too: data so
few can be found by trying.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    case,
    cast,
    delete,
    false,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    tuple_,
    update,
)

from common.domain.clinic_day import ClinicDay
from common.domain.event_names import EventName
from common.domain.ticket_codes import new_ticket_code
from common.domain.ticket_states import ACTIVE, TicketStatus
from common.storage.prepared import BYTES, DATE, INTEGER, MOMENT, TEXT, Prepared
from common.storage.queues import KEY_COLUMNS, key_columns, key_of, same_queue
from common.storage.tables import access_log, clinic_days, in_states, journal, tickets

DAYS_MIN = 1
"""Today's queues and those of the day before, which desks still show and change, are not purged."""

_OVER_AFTER = timedelta(days=1)
"""A service day before the date that it was in Greenwich so long ago is over in every hospital: it ends at
noon of the next day at the latest, and no clock is more than twelve hours behind."""

_BY_PERSONAL_REQUESTS = (
    EventName.TICKET_REGISTERED,
    EventName.TICKET_CORRECTED,
    EventName.TICKET_PRIORITISED,
)
"""The events whose requests named a patient, or why one goes first."""

_LINKS_IN_VISIT = ("sent_from", "return_to")

_ENDED = frozenset(TicketStatus) - ACTIVE


def first_day_kept(now: datetime, days: int) -> date:
    """Service days before this one are over for more than so many days, wherever their hospital is."""
    return (now - _OVER_AFTER - timedelta(days=days)).date()


class OverTicket(NamedTuple):
    """A ticket that is to be purged."""

    ticket_code: str
    number: int
    visit: str | None


class Turn(NamedTuple):
    """What one turn has done in a queue: how many tickets lost their data; `is_over` if none is left there
    that can."""

    day: ClinicDay
    tickets: int
    is_over: bool


def purge_some(
    connection: Connection, before: date, after: ClinicDay | None, tickets_max: int, now: datetime
) -> Turn | None:
    """Purges at most `tickets_max` tickets of the first queue with a service day earlier than `before` and
    behind `after`, in the order of days, that nobody else purges now; None where there is no such queue.

    Tickets are left that are still in a room, or belong to a visit that goes on.
    """
    behind = after or ClinicDay("", "", date.min)
    for row in _first_queue(connection, before=before, **_named(behind)):
        day = key_of(row)
        over = [OverTicket(*each) for each in _over(connection, [day], limit=tickets_max)]
        purge_tickets(connection, day, over)
        is_over = len(over) < tickets_max
        if is_over:
            _mark(connection, [day], now=now)
        return Turn(day, len(over), is_over)
    return None


def purge_tickets(connection: Connection, day: ClinicDay, over: Sequence[OverTicket]) -> None:
    """Purges these tickets of one queue, which are over."""
    if not over:
        return
    new_codes = {each.ticket_code: new_ticket_code() for each in over}
    moved = [
        (*key_of(row), row.number, row.transferred_to, new_codes[row.transferred_to])
        for row in _transferred_here(connection, [day])
        if row.transferred_to in new_codes
    ]
    in_visits = [(each.visit, each.ticket_code, new_codes[each.ticket_code]) for each in over if each.visit]
    _lock_all(connection, day, over, moved)
    if moved:
        _lead_to(connection, moved)
    if in_visits:
        for relink in _relink:
            relink(connection, in_visits)
    _forget(connection, [*new_codes.items()])
    numbers = {each.number for each in over}
    named = [(*day, row.sequence) for row in _requests_of(connection, [day]) if row.number in numbers]
    if named:
        _forget_requests(connection, named)


def _lock_all(
    connection: Connection, day: ClinicDay, over: Sequence[OverTicket], moved: Sequence[tuple[Any, ...]]
) -> None:
    """Locks the tickets that are purged and those that lead to them: queues lead to each other, and who
    purges one takes those of the other in the order of all, so that none deadlock."""
    places = {(*day, each.number) for each in over} | {each[: len(day) + 1] for each in moved}
    visits = {each.visit for each in over if each.visit}
    if visits:
        places |= {(*key_of(row), row.number) for row in _of_visits(connection, [*zip(visits)])}
    _lock(connection, [*places])


def purge_access_log(connection: Connection, before: datetime, limit: int) -> int:
    """Removes rows of the access log that are older, at most `limit`; how many there were."""
    return len(_forget_looks(connection, before=before, limit=limit))


class Due(NamedTuple):
    """What a purge would do: to how many tickets, of how many clinic-days; how many it would leave, since
    they are not over; and how many rows of the access log it would remove."""

    clinic_days: int
    tickets: int
    left: int
    access_log: int


def count_due(connection: Connection, before: date, looks_before: datetime | None) -> Due:
    """Counts what a purge would do now; goes through all tickets of the queues concerned."""
    of_queue = (
        select(
            func.count(case((_is_over, 1))).label("over"),
            func.count().label("all"),
        )
        .select_from(clinic_days.join(tickets, same_queue(clinic_days, tickets)))
        .where(clinic_days.c.purged_at.is_(None), clinic_days.c.service_date < before, _has_data)
        .group_by(*key_columns(clinic_days))
        .subquery()
    )
    over, found = of_queue.c.over, of_queue.c.all
    days, to_purge, unpurged = connection.execute(
        select(func.count(case((over > 0, 1))), *(func.coalesce(func.sum(each), 0) for each in (over, found)))
    ).one()
    looks = 0
    if looks_before is not None:
        older = select(func.count()).select_from(access_log).where(access_log.c.minute < looks_before)
        looks = connection.scalar(older) or 0
    return Due(days, int(to_purge), int(unpurged - to_purge), looks)


# --- statements ----------------------------------------------------------------------------------------


_has_data = tickets.c.medical_record_number.is_not(None)


def _is_over_in_visit() -> ColumnElement[bool]:
    other = tickets.alias("other")
    goes_on = select(other.c.number).where(other.c.visit == tickets.c.visit, in_states(other, ACTIVE))
    return or_(tickets.c.visit.is_(None), ~goes_on.exists())


_is_over = and_(in_states(tickets, _ENDED), _is_over_in_visit())


def _named(day: ClinicDay) -> Mapping[str, Any]:
    return {f"after_{name}": value for name, value in day._asdict().items()}


def _find_first_queue(_: FromClause) -> ClauseElement:
    order = (clinic_days.c.service_date, clinic_days.c.hospital, clinic_days.c.clinic)
    behind = [bindparam(f"after_{column.name}", type_=column.type) for column in order]
    return (
        select(*key_columns(clinic_days))
        .where(
            clinic_days.c.purged_at.is_(None),
            clinic_days.c.service_date < bindparam("before", type_=DATE),
            clinic_days.c.service_date >= bindparam("after_service_date", type_=DATE),  # for the index
            tuple_(*order) > tuple_(*behind),
        )
        .order_by(*order)
        .limit(1)
        # Who changes a ticket of it twice in a transaction has its foreign key looked at, and may.
        .with_for_update(of=clinic_days, skip_locked=True, key_share=True)
    )


_first_queue = Prepared(_find_first_queue)

_over = Prepared(
    lambda given: (
        select(tickets.c.ticket_code, tickets.c.number, tickets.c.visit)
        .join(given, same_queue(tickets, given))
        .where(_has_data, _is_over)
        .limit(bindparam("limit", type_=INTEGER))
    ),
    KEY_COLUMNS,
)

_PLACE = {**KEY_COLUMNS, "number": INTEGER}


def _is_at_place(given: FromClause) -> ColumnElement[bool]:
    return and_(same_queue(tickets, given), tickets.c.number == given.c.number)


_of_visits = Prepared(
    lambda given: select(*key_columns(tickets), tickets.c.number).join(
        given, tickets.c.visit == given.c.visit
    ),
    {"visit": TEXT},
)

_lock = Prepared(
    lambda given: (
        select(tickets.c.number)
        .join(given, _is_at_place(given))
        .order_by(*key_columns(tickets), tickets.c.number)
        .with_for_update(of=tickets)
    ),
    _PLACE,
)


def _find_transferred_here(given: FromClause) -> Select[Any]:
    # The same request, or tick, has ended the one ticket and registered the other.
    here, there = journal.alias("here"), journal.alias("there")
    return (
        select(*key_columns(tickets), tickets.c.number, tickets.c.transferred_to)
        .select_from(given)
        .join(here, same_queue(here, given))
        .join(there, there.c.cause_id == here.c.cause_id)
        .join(tickets, and_(same_queue(tickets, there), tickets.c.number == there.c.number))
        .where(
            here.c.event_name == EventName.TICKET_REGISTERED.value,
            there.c.event_name == EventName.TICKET_TRANSFERRED.value,
        )
    )


_transferred_here = Prepared(_find_transferred_here, KEY_COLUMNS)

_lead_to = Prepared(
    lambda given: (
        update(tickets)
        .where(
            # Not by the ticket's own code: whoever purges its queue now gives it another one.
            _is_at_place(given),
            tickets.c.transferred_to == given.c.ticket_code,
        )
        .values(transferred_to=given.c.new_code)
    ),
    {**_PLACE, "ticket_code": TEXT, "new_code": TEXT},
)


def _relinked(link: str) -> Prepared:
    return Prepared(
        lambda given: (
            update(tickets)
            .where(tickets.c.visit == given.c.visit, tickets.c[link] == given.c.ticket_code)
            .values({link: given.c.new_code})
        ),
        {"visit": TEXT, "ticket_code": TEXT, "new_code": TEXT},
    )


_relink: Collection[Prepared] = [_relinked(link) for link in _LINKS_IN_VISIT]

_forget = Prepared(
    lambda given: (
        update(tickets)
        .where(tickets.c.ticket_code == given.c.ticket_code)
        .values(
            ticket_code=given.c.new_code,
            medical_record_number=null(),
            birth_order=literal(0),
            patient_name=null(),
            date_of_birth=null(),
            date_of_birth_confirmed=false(),
            priority_reason=null(),
        )
    ),
    {"ticket_code": TEXT, "new_code": TEXT},
)

_NO_DIGEST = cast(literal_column("''"), BYTES)
"""Not NULL, which a tick has; and no request's."""

_by_personal_request = or_(*(journal.c.event_name == name.value for name in _BY_PERSONAL_REQUESTS))

_requests_of = Prepared(
    lambda given: (
        select(journal.c.sequence, journal.c.number)
        .join(given, same_queue(journal, given))
        .where(_by_personal_request, journal.c.cause_digest > _NO_DIGEST)
    ),
    KEY_COLUMNS,
)

_forget_requests = Prepared(
    lambda given: (
        update(journal)
        .where(same_queue(journal, given), journal.c.sequence == given.c.sequence)
        .values(cause_digest=_NO_DIGEST)
    ),
    {**KEY_COLUMNS, "sequence": INTEGER},
)


def _mark_if_whole(given: FromClause) -> ClauseElement:
    unpurged = select(tickets.c.number).where(same_queue(tickets, clinic_days), _has_data)
    return (
        update(clinic_days)
        .where(same_queue(clinic_days, given), ~unpurged.exists())
        .values(purged_at=bindparam("now", type_=MOMENT))
    )


_mark = Prepared(_mark_if_whole, KEY_COLUMNS)


def _forget_some_looks(_: FromClause) -> ClauseElement:
    row = [*access_log.primary_key.columns]
    old = (
        select(*row)
        .where(access_log.c.minute < bindparam("before", type_=MOMENT))
        .order_by(access_log.c.minute)
        .limit(bindparam("limit", type_=INTEGER))
    )
    return delete(access_log).where(tuple_(*row).in_(old)).returning(access_log.c.minute)


_forget_looks = Prepared(_forget_some_looks)
