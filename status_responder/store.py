"""The status responder's SQL for desks: who did not come, how many were served, and the course of a day's
tickets."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from common.domain.clinic_day import ClinicDay
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import TicketStatus
from common.storage.prepared import Prepared
from common.storage.queues import KEY_COLUMNS, same_queue
from common.storage.tables import in_states, tickets
from common.storage.ticket_rows import of_queue, read_tickets, select_tickets


def latest_no_shows(connection: Connection, key: ClinicDay, count_max: int) -> list[TicketRecord]:
    """Who did not come when called, the latest first."""
    found = select_tickets(key).where(in_states(tickets, {TicketStatus.NO_SHOW}))
    latest_first = found.order_by(tickets.c.ended_at.desc(), tickets.c.number)
    return read_tickets(connection, latest_first.limit(count_max))


def count_served(connection: Connection, key: ClinicDay) -> int:
    """How many have been served."""
    served = tickets.c.status == TicketStatus.SERVED.value
    found: int = connection.execute(
        select(func.count()).select_from(tickets).where(*of_queue(key), served)
    ).scalar_one()
    return found


class TicketCourse(NamedTuple):
    """What became of a ticket, and when; a moment that has not come is None."""

    status: TicketStatus
    registered_at: datetime
    arrived_at: datetime
    called_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None


_STATUSES = {status.value: status for status in TicketStatus}

_courses = Prepared(
    lambda given: select(*(tickets.c[name] for name in TicketCourse._fields)).join(
        given, same_queue(tickets, given)
    ),
    KEY_COLUMNS,
)


def read_courses(connection: Connection, day: ClinicDay) -> list[TicketCourse]:
    """What became of all tickets of a service day, in no order."""
    return [TicketCourse(_STATUSES[row.status], *row[1:]) for row in _courses(connection, [day])]
