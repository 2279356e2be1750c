"""Visits, as tickers and status responders read them: which tickets belong together."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from common.domain.clinic_day import ClinicDay
from common.domain.lanes import Lane
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import ACTIVE, TicketStatus
from common.storage.queues import key_columns, key_of
from common.storage.tables import in_states, tickets
from common.storage.ticket_rows import of_queue, read_tickets, select_columns


def ticket_by_code(connection: Connection, ticket_code: str) -> tuple[ClinicDay, TicketRecord]:
    """The ticket with a code that another ticket names, and its queue."""
    has_code = tickets.c.ticket_code == ticket_code
    [ticket] = read_tickets(connection, select_columns().where(has_code))
    row = connection.execute(select(*key_columns(tickets)).where(has_code)).one()
    return key_of(row), ticket


def count_stations_left(connection: Connection, station: TicketRecord) -> int:
    """From how many other stations that are not done the patient of this one goes back to the same clinic."""
    others = (
        tickets.c.visit == station.visit,
        tickets.c.return_to == station.return_to,
        tickets.c.ticket_code != station.ticket_code,
        in_states(tickets, ACTIVE),
    )
    found: int = connection.execute(select(func.count()).select_from(tickets).where(*others)).scalar_one()
    return found


def first_places(connection: Connection, key: ClinicDay) -> dict[Lane, datetime]:
    """The place of the first of those who wait in each lane of a queue, without those who have come back."""
    waits = in_states(tickets, {TicketStatus.WAITING})
    first = (
        select(tickets.c.lane, func.min(tickets.c.place_at))
        .where(*of_queue(key), waits, tickets.c.is_return.is_(False))
        .group_by(tickets.c.lane)
    )
    return {Lane(lane): place_at for lane, place_at in connection.execute(first)}
