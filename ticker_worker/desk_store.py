"""The desk's SQL: the tickets of one clinic's queue by number or state, and what its staff change of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from common.domain.lanes import Lane
from common.domain.tickets import ACTIVE, PriorityReason, TicketStatus
from common.storage.catalog import take_version
from common.storage.queues import ClinicDay
from common.storage.tables import clinics, in_states, tickets


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket as its clinic's staff may see it, and what goes with it to another clinic."""

    ticket_code: str
    number: int
    status: TicketStatus
    lane: Lane
    priority_reason: PriorityReason | None
    room: int | None
    registered_at: datetime
    arrived_at: datetime
    waiting_since: datetime
    called_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    medical_record_number: str
    patient_name: str
    date_of_birth: date


_COLUMNS = [tickets.c[name] for name in TicketRow.__slots__]


def ticket_by_number(connection: Connection, key: ClinicDay, number: int) -> TicketRow | None:
    """The ticket with this number, if it was given out."""
    return next(iter(tickets_by_number(connection, key, [number])), None)


def tickets_by_number(connection: Connection, key: ClinicDay, numbers: Collection[int]) -> list[TicketRow]:
    """The tickets with these numbers, in the order of their numbers."""
    found = select(*_COLUMNS).where(*_of_queue(key), tickets.c.number.in_(numbers))
    return _rows(connection, found.order_by(tickets.c.number))


def tickets_in_state(
    connection: Connection, key: ClinicDay, states: Collection[TicketStatus]
) -> list[TicketRow]:
    """All tickets of a queue in these states, in the order of their numbers."""
    found = select(*_COLUMNS).where(*_of_queue(key), in_states(tickets, states))
    return _rows(connection, found.order_by(tickets.c.number))


def latest_no_shows(connection: Connection, key: ClinicDay, count_max: int) -> list[TicketRow]:
    """Who did not come when called, the latest first."""
    found = select(*_COLUMNS).where(*_of_queue(key), in_states(tickets, {TicketStatus.NO_SHOW}))
    return _rows(connection, found.order_by(tickets.c.ended_at.desc(), tickets.c.number).limit(count_max))


def count_served(connection: Connection, key: ClinicDay) -> int:
    """How many have been served."""
    served = tickets.c.status == TicketStatus.SERVED.value
    found: int = connection.execute(
        select(func.count()).select_from(tickets).where(*_of_queue(key), served)
    ).scalar_one()
    return found


def active_ticket(connection: Connection, key: ClinicDay, medical_record_number: str) -> int | None:
    """The number of the ticket that a patient holds in a queue, if there is one."""
    of_patient = tickets.c.medical_record_number == medical_record_number
    number: int | None = connection.execute(
        select(tickets.c.number).where(*_of_queue(key), of_patient, in_states(tickets, ACTIVE))
    ).scalar_one_or_none()
    return number


def change_ticket(connection: Connection, key: ClinicDay, number: int, **values: Any) -> None:
    """Sets columns of a ticket in a locked queue."""
    connection.execute(update(tickets).where(*_of_queue(key), tickets.c.number == number).values(**values))


def cancel_waiting(connection: Connection, key: ClinicDay, now: datetime) -> Sequence[tuple[int, Lane]]:
    """Cancels all waiting tickets of a locked queue; their numbers, in order, and their lanes."""
    rows = connection.execute(
        update(tickets)
        .where(*_of_queue(key), in_states(tickets, {TicketStatus.WAITING}))
        .values(status=TicketStatus.CANCELLED.value, ended_at=now)
        .returning(tickets.c.number, tickets.c.lane)
    )
    return sorted((row.number, Lane(row.lane)) for row in rows)


def change_clinic(connection: Connection, clinic: tuple[str, str], **values: Any) -> None:
    """Sets columns of a clinic, whose queue of today is locked, as the catalog's next version."""
    of_clinic = (clinics.c.hospital == clinic[0], clinics.c.code == clinic[1])
    connection.execute(update(clinics).where(*of_clinic).values(**values, version=take_version(connection)))


def _of_queue(key: ClinicDay) -> tuple[Any, ...]:
    return (tickets.c.hospital == key[0], tickets.c.clinic == key[1], tickets.c.service_date == key[2])


def _rows(connection: Connection, statement: Any) -> list[TicketRow]:
    return [
        TicketRow(
            **{
                **row,
                "status": TicketStatus(row["status"]),
                "lane": Lane(row["lane"]),
                "priority_reason": row["priority_reason"] and PriorityReason(row["priority_reason"]),
            }
        )
        for row in connection.execute(statement).mappings()
    ]
