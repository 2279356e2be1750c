"""Tickets as patients see them: what is read for every reply that shows a ticket.

Each statement is sent at once. Its result is waited for where what is returned here is called, so that
several can be sent before.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ClauseElement, Connection, FromClause, cast, func, select

from common.domain.queue_advance import Occupant
from common.domain.tickets import IN_ROOM, TicketStatus
from common.storage.prepared import INTEGER, TEXT, Prepared
from common.storage.queues import KEY_COLUMNS, ClinicDay, key_columns, key_of, same_queue
from common.storage.tables import clinic_days, in_states, tickets


class TicketView(NamedTuple):
    """A ticket and its place in the queue; `people_ahead` is None unless it waits."""

    ticket_code: str
    clinic_day: ClinicDay
    number: int
    status: TicketStatus
    people_ahead: int | None
    now_serving: int | None
    registered_at: datetime
    called_at: datetime | None
    room: int | None


_STATUSES = {status.value: status for status in TicketStatus}

_SHOWN = (
    tickets.c.ticket_code,
    *key_columns(tickets),
    tickets.c.number,
    tickets.c.status,
    tickets.c.registered_at,
    tickets.c.called_at,
    tickets.c.room,
)


def _views(given: FromClause) -> ClauseElement:
    # Each waiting patient is counted once per statement, however many tickets of their queue are asked for:
    # between one of these and the next. A ticket's place is the sum of what was counted up to it.
    previous = func.lag(tickets.c.number, 1, 0).over(
        partition_by=key_columns(tickets), order_by=tickets.c.number
    )
    asked = (
        select(*_SHOWN, previous.label("previous"))
        .join(given, tickets.c.ticket_code == given.c.ticket_code)
        .subquery("asked")
    )
    ahead = tickets.alias("ahead")
    since_previous = (
        select(cast(func.count(), INTEGER))
        .where(
            same_queue(ahead, asked),
            in_states(ahead, {TicketStatus.WAITING}),
            ahead.c.number >= asked.c.previous,
            ahead.c.number < asked.c.number,
        )
        .scalar_subquery()
    )
    return select(
        *(asked.c[column.name] for column in _SHOWN),
        clinic_days.c.now_serving,
        func.sum(since_previous)
        .over(partition_by=key_columns(asked), order_by=asked.c.number)
        .label("people_ahead"),
    ).join(clinic_days, same_queue(asked, clinic_days))


_ticket_views = Prepared(_views, {"ticket_code": TEXT})


def read_ticket_views(
    connection: Connection, ticket_codes: Collection[str]
) -> Callable[[], dict[str, TicketView]]:
    """The tickets with these canonical codes, each given once; codes that are nobody's are left out."""
    if not ticket_codes:
        return dict
    rows = _ticket_views.later(connection, [(code,) for code in ticket_codes])
    return lambda: {
        row.ticket_code: TicketView(
            row.ticket_code,
            key_of(row),
            row.number,
            status := _STATUSES[row.status],
            row.people_ahead if status is TicketStatus.WAITING else None,
            row.now_serving,
            row.registered_at,
            row.called_at,
            row.room,
        )
        for row in rows()
    }


_occupants = Prepared(
    lambda given: (
        select(*key_columns(tickets), tickets.c.number, tickets.c.room, tickets.c.status, tickets.c.called_at)
        .join(given, same_queue(tickets, given))
        .where(in_states(tickets, IN_ROOM))
    ),
    KEY_COLUMNS,
)

Occupants = Mapping[ClinicDay, Sequence[Occupant]]
"""Who is in the rooms of each queue; queues whose rooms are empty are left out."""


def read_occupants(connection: Connection, days: Collection[ClinicDay]) -> Callable[[], Occupants]:
    """Who is in the rooms of these queues."""
    if not days:
        return dict
    rows = _occupants.later(connection, list(days))

    def by_queue() -> Occupants:
        found: dict[ClinicDay, list[Occupant]] = defaultdict(list)
        for row in rows():
            found[key_of(row)].append(Occupant(row.number, row.room, _STATUSES[row.status], row.called_at))
        return found

    return by_queue
