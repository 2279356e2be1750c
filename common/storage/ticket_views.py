"""Tickets as patients see them: what is read for every reply that shows a ticket."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, and_, case, func, select, tuple_

from common.domain.queue_advance import Occupant
from common.domain.tickets import IN_ROOM, TicketStatus
from common.storage.queues import ClinicDay
from common.storage.tables import clinic_days, tickets


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket and its place in the queue; `people_ahead` is None unless it waits."""

    ticket_code: str
    hospital: str
    clinic: str
    service_date: date
    number: int
    status: TicketStatus
    people_ahead: int | None
    now_serving: int | None
    registered_at: datetime
    called_at: datetime | None
    room: int | None

    @property
    def clinic_day(self) -> ClinicDay:
        """The queue that the ticket stands in."""
        return (self.hospital, self.clinic, self.service_date)


_ahead = tickets.alias("ahead")
_people_ahead = (
    select(func.count())
    .where(
        _ahead.c.hospital == tickets.c.hospital,
        _ahead.c.clinic == tickets.c.clinic,
        _ahead.c.service_date == tickets.c.service_date,
        _ahead.c.status == TicketStatus.WAITING,
        _ahead.c.number < tickets.c.number,
    )
    .scalar_subquery()
)
_views = select(
    tickets.c.ticket_code,
    tickets.c.hospital,
    tickets.c.clinic,
    tickets.c.service_date,
    tickets.c.number,
    tickets.c.status,
    case((tickets.c.status == TicketStatus.WAITING, _people_ahead)).label("people_ahead"),
    clinic_days.c.now_serving,
    tickets.c.registered_at,
    tickets.c.called_at,
    tickets.c.room,
).join(
    clinic_days,
    and_(*(tickets.c[name] == clinic_days.c[name] for name in ("hospital", "clinic", "service_date"))),
)


def read_ticket_views(connection: Connection, ticket_codes: Iterable[str]) -> dict[str, TicketView]:
    """The tickets with these canonical codes; codes that are nobody's are left out."""
    rows = connection.execute(_views.where(tickets.c.ticket_code.in_(list(ticket_codes))))
    return {
        row.ticket_code: TicketView(
            row.ticket_code,
            row.hospital,
            row.clinic,
            row.service_date,
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
    tickets.c.hospital,
    tickets.c.clinic,
    tickets.c.service_date,
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
    queue = tuple_(tickets.c.hospital, tickets.c.clinic, tickets.c.service_date)
    for row in connection.execute(_occupants.where(queue.in_(wanted))):
        occupant = Occupant(row.number, row.room, TicketStatus(row.status), row.called_at)
        found[(row.hospital, row.clinic, row.service_date)].append(occupant)
    return found
