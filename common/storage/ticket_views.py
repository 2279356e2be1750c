"""Tickets as patients see them: what is read for every reply that shows a ticket."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, select, tuple_

from common.domain.queue_advance import Occupant
from common.domain.tickets import IN_ROOM, TicketStatus
from common.storage.queues import ClinicDay, key_columns, key_of, same_queue
from common.storage.tables import clinic_days, tickets


@dataclass(frozen=True, slots=True)
class TicketView:
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


_ahead = tickets.alias("ahead")
_people_ahead = (
    select(func.count())
    .where(
        same_queue(_ahead, tickets),
        _ahead.c.status == TicketStatus.WAITING,
        _ahead.c.number < tickets.c.number,
    )
    .scalar_subquery()
)
_views = select(
    tickets.c.ticket_code,
    *key_columns(tickets),
    tickets.c.number,
    tickets.c.status,
    case((tickets.c.status == TicketStatus.WAITING, _people_ahead)).label("people_ahead"),
    clinic_days.c.now_serving,
    tickets.c.registered_at,
    tickets.c.called_at,
    tickets.c.room,
).join(clinic_days, same_queue(tickets, clinic_days))


def read_ticket_views(connection: Connection, ticket_codes: Iterable[str]) -> dict[str, TicketView]:
    """The tickets with these canonical codes; codes that are nobody's are left out."""
    rows = connection.execute(_views.where(tickets.c.ticket_code.in_(list(ticket_codes))))
    return {
        row.ticket_code: TicketView(
            row.ticket_code,
            key_of(row),
            row.number,
            TicketStatus(row.status),
            row.people_ahead,
            row.now_serving,
            row.registered_at,
            row.called_at,
            row.room,
        )
        for row in rows
    }


_occupants = select(
    *key_columns(tickets),
    tickets.c.number,
    tickets.c.room,
    tickets.c.status,
    tickets.c.called_at,
).where(tickets.c.status.in_(sorted(IN_ROOM)))


def read_occupants(connection: Connection, days: Iterable[ClinicDay]) -> dict[ClinicDay, list[Occupant]]:
    """Who is in the rooms of these queues."""
    found: dict[ClinicDay, list[Occupant]] = defaultdict(list)
    wanted = list(days)
    if not wanted:
        return found
    for row in connection.execute(_occupants.where(tuple_(*key_columns(tickets)).in_(wanted))):
        occupant = Occupant(row.number, row.room, TicketStatus(row.status), row.called_at)
        found[key_of(row)].append(occupant)
    return found
