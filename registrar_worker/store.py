"""The registrar's SQL: what is known of tickets and patients, new tickets, cancellations, refusals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, tuple_, update

from common.domain.tickets import ACTIVE, TicketStatus
from common.storage.queues import ClinicDay, key_columns, key_of
from common.storage.tables import refusals, tickets


@dataclass(frozen=True, slots=True)
class HeldTicket:
    """An active ticket and the data that its holder must show."""

    ticket_code: str
    patient_name: str
    date_of_birth: date


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A ticket to be given out; it waits since it was registered."""

    ticket_code: str
    key: ClinicDay
    number: int
    medical_record_number: str
    patient_name: str
    date_of_birth: date
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal to be remembered; `problem` is the encoded reply."""

    request_id: str
    digest: bytes
    code: str
    problem: bytes
    refused_at: datetime


def queues_of_tickets(connection: Connection, ticket_codes: Sequence[str]) -> dict[str, ClinicDay]:
    """In which queue these tickets stand; codes that are nobody's are left out."""
    if not ticket_codes:
        return {}
    rows = connection.execute(
        select(tickets.c.ticket_code, *key_columns(tickets)).where(tickets.c.ticket_code.in_(ticket_codes))
    )
    return {row.ticket_code: key_of(row) for row in rows}


def find_refusals(connection: Connection, request_ids: Sequence[str]) -> dict[str, Refusal]:
    """The remembered refusals of these requests."""
    rows = connection.execute(select(refusals).where(refusals.c.request_id.in_(request_ids)))
    return {
        row.request_id: Refusal(row.request_id, row.digest, row.code, row.problem, row.refused_at)
        for row in rows
    }


def find_active_tickets(
    connection: Connection, patients: Iterable[tuple[ClinicDay, str]]
) -> dict[tuple[ClinicDay, str], HeldTicket]:
    """The active tickets of these medical record numbers in these queues."""
    wanted = [(*key, medical_record_number) for key, medical_record_number in patients]
    if not wanted:
        return {}
    patient = tuple_(*key_columns(tickets), tickets.c.medical_record_number)
    rows = connection.execute(
        select(tickets).where(patient.in_(wanted), tickets.c.status.in_(sorted(ACTIVE)))
    )
    return {
        (key_of(row), row.medical_record_number): HeldTicket(
            row.ticket_code, row.patient_name, row.date_of_birth
        )
        for row in rows
    }


def tickets_by_number(
    connection: Connection, numbers: Iterable[tuple[ClinicDay, int]]
) -> dict[tuple[ClinicDay, int], str]:
    """The codes of the tickets with these numbers."""
    wanted = [(*key, number) for key, number in numbers]
    if not wanted:
        return {}
    place = tuple_(*key_columns(tickets), tickets.c.number)
    rows = connection.execute(select(tickets).where(place.in_(wanted)))
    return {(key_of(row), row.number): row.ticket_code for row in rows}


def insert_tickets(connection: Connection, new: Sequence[NewTicket]) -> None:
    """Writes new tickets. A violated constraint is a StoreConflict at the end of the transaction."""
    if not new:
        return
    connection.execute(
        insert(tickets),
        [
            {
                "ticket_code": ticket.ticket_code,
                "hospital": ticket.key[0],
                "clinic": ticket.key[1],
                "service_date": ticket.key[2],
                "number": ticket.number,
                "medical_record_number": ticket.medical_record_number,
                "patient_name": ticket.patient_name,
                "date_of_birth": ticket.date_of_birth,
                "status": TicketStatus.WAITING,
                "registered_at": ticket.registered_at,
                "waiting_since": ticket.registered_at,
            }
            for ticket in new
        ],
    )


def cancel_tickets(connection: Connection, ticket_codes: Sequence[str], now: datetime) -> None:
    """Marks tickets of locked queues as cancelled."""
    if ticket_codes:
        connection.execute(
            update(tickets)
            .where(tickets.c.ticket_code.in_(ticket_codes))
            .values(status=TicketStatus.CANCELLED, ended_at=now)
        )


def remember_refusals(connection: Connection, refused: Sequence[Refusal]) -> None:
    """Writes refusals, so that a redelivered request gets the same answer."""
    if refused:
        connection.execute(
            insert(refusals),
            [
                {
                    "request_id": each.request_id,
                    "digest": each.digest,
                    "code": each.code,
                    "problem": each.problem,
                    "refused_at": each.refused_at,
                }
                # In one order for everybody, so that nobody deadlocks.
                for each in sorted(refused, key=lambda each: each.request_id)
            ],
        )
