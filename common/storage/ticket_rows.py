"""Tickets as the staff of their clinic may see them, by queue: for tickers, who act on them, and for status
responders, who show them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Select, select

from common.domain.clinic_day import ClinicDay
from common.domain.lanes import Lane
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import TicketStatus
from common.domain.tickets import lane_reason
from common.storage.tables import in_states, tickets

_COLUMNS = [tickets.c[name] for name in TicketRecord.__slots__]


def ticket_by_number(connection: Connection, key: ClinicDay, number: int) -> TicketRecord | None:
    """The ticket with this number, if it was given out."""
    return next(iter(tickets_by_number(connection, key, [number])), None)


def tickets_by_number(connection: Connection, key: ClinicDay, numbers: Collection[int]) -> list[TicketRecord]:
    """The tickets with these numbers, in the order of their numbers."""
    found = select_tickets(key).where(tickets.c.number.in_(numbers))
    return read_tickets(connection, found.order_by(tickets.c.number))


def tickets_in_state(
    connection: Connection, key: ClinicDay, states: Collection[TicketStatus]
) -> list[TicketRecord]:
    """All tickets of a queue in these states, in the order of their numbers."""
    found = select_tickets(key).where(in_states(tickets, states))
    return read_tickets(connection, found.order_by(tickets.c.number))


def select_tickets(key: ClinicDay) -> Select[Any]:
    """A statement that finds the tickets of a queue."""
    return select_columns().where(*of_queue(key))


def select_columns() -> Select[Any]:
    """A statement that finds all tickets, for `read_tickets`."""
    return select(*_COLUMNS)


def of_queue(key: ClinicDay) -> tuple[Any, ...]:
    """What a ticket of this queue fulfils."""
    return (tickets.c.hospital == key[0], tickets.c.clinic == key[1], tickets.c.service_date == key[2])


def read_tickets(connection: Connection, statement: Any) -> list[TicketRecord]:
    """What a statement of `select_tickets` finds."""
    return [
        TicketRecord(
            **{
                **row,
                "status": TicketStatus(row["status"]),
                "lane": Lane(row["lane"]),
                "priority_reason": lane_reason(row["priority_reason"]),
            }
        )
        for row in connection.execute(statement).mappings()
    ]
