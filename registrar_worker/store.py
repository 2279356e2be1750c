"""The registrar's SQL: what is known of tickets and patients, new tickets, cancellations, refusals."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, FromClause, Select, insert, literal, select, update

from common.domain.lanes import Lane
from common.domain.tickets import ACTIVE, PriorityReason, TicketStatus
from common.storage.prepared import BYTES, DATE, INTEGER, MOMENT, TEXT, Columns, Prepared
from common.storage.queues import KEY_COLUMNS, ClinicDay, key_columns, key_of, same_queue
from common.storage.tables import catalog_version, in_states, journal, refusals, tickets


@dataclass(frozen=True, slots=True)
class HeldTicket:
    """An active ticket and the data that its holder must show."""

    ticket_code: str
    patient_name: str
    date_of_birth: date


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A ticket to be given out; it waits since it has arrived in its lane."""

    ticket_code: str
    key: ClinicDay
    number: int
    lane: Lane
    priority_reason: PriorityReason | None
    medical_record_number: str
    patient_name: str
    date_of_birth: date
    registered_at: datetime
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal to be remembered; `problem` is the encoded reply."""

    request_id: str
    digest: bytes
    code: str
    problem: bytes
    refused_at: datetime


Patient = tuple[ClinicDay, str]
"""A medical record number in one queue: it has at most one active ticket there."""


@dataclass(frozen=True, slots=True)
class Known:
    """What there is about a batch of requests: the ids of those that changed something before and of those
    that were refused, the codes of their patients' active tickets, and the catalog's version."""

    catalog_version: int
    done: set[str]
    refused: set[str]
    held: set[str]


_queues_of_tickets = Prepared(
    lambda given: select(tickets.c.ticket_code, *key_columns(tickets)).join(
        given, tickets.c.ticket_code == given.c.ticket_code
    ),
    {"ticket_code": TEXT},
)


def queues_of_tickets(connection: Connection, ticket_codes: Iterable[str]) -> dict[str, ClinicDay]:
    """In which queue these tickets stand; codes that are nobody's are left out."""
    wanted = [(code,) for code in ticket_codes]
    return {row.ticket_code: key_of(row) for row in _queues_of_tickets(connection, wanted)} if wanted else {}


def _what_is_known(given: FromClause) -> Select[Any]:
    # Subqueries rather than joins: whatever the planner believes of tables that are still empty, or grow, it
    # looks each row up by its key.
    of_patient = tickets.c.medical_record_number == given.c.medical_record_number
    was_done = select(journal.c.ordinal).where(
        journal.c.cause_id == given.c.request_id, journal.c.ordinal == 0
    )
    was_refused = select(refusals.c.code).where(refusals.c.request_id == given.c.request_id)
    held = select(tickets.c.ticket_code).where(
        same_queue(tickets, given), of_patient, in_states(tickets, ACTIVE)
    )
    return select(
        given,
        was_done.scalar_subquery().label("was_done"),
        was_refused.scalar_subquery().label("was_refused"),
        held.scalar_subquery().label("ticket_code"),
        select(catalog_version.c.version).scalar_subquery().label("catalog_version"),
    )


_known = Prepared(_what_is_known, {"request_id": TEXT, **KEY_COLUMNS, "medical_record_number": TEXT})


def find_known(connection: Connection, asked: Iterable[tuple[str, Patient | None]]) -> Known:
    """What there is about requests, by their ids and the patients whom they register, at least one.

    One statement finds it all, since each costs a registration that comes alone its way there and back.
    """
    given = [
        (request_id, *patient[0], patient[1]) if patient else (request_id, None, None, None, None)
        for request_id, patient in asked
    ]
    rows = _known(connection, given)
    return Known(
        catalog_version=rows[0].catalog_version,
        done={row.request_id for row in rows if row.was_done is not None},
        refused={row.request_id for row in rows if row.was_refused is not None},
        held={row.ticket_code for row in rows if row.ticket_code is not None},
    )


_refusals = Prepared(
    lambda given: select(refusals).join(given, refusals.c.request_id == given.c.request_id),
    {"request_id": TEXT},
)


def find_refusals(connection: Connection, request_ids: Collection[str]) -> list[Refusal]:
    """The remembered refusals of these requests."""
    rows = _refusals(connection, [(request_id,) for request_id in request_ids]) if request_ids else ()
    return [Refusal(*row) for row in rows]


_held_tickets = Prepared(
    lambda given: select(
        *key_columns(tickets),
        tickets.c.medical_record_number,
        tickets.c.ticket_code,
        tickets.c.patient_name,
        tickets.c.date_of_birth,
    ).join(given, tickets.c.ticket_code == given.c.ticket_code),
    {"ticket_code": TEXT},
)


def find_held_tickets(connection: Connection, ticket_codes: Collection[str]) -> dict[Patient, HeldTicket]:
    """The tickets with these codes, by the patient who holds them."""
    rows = _held_tickets(connection, [(code,) for code in ticket_codes]) if ticket_codes else ()
    return {
        (key_of(row), row.medical_record_number): HeldTicket(
            row.ticket_code, row.patient_name, row.date_of_birth
        )
        for row in rows
    }


_codes_of_numbers = Prepared(
    lambda given: select(tickets.c.ticket_code, *key_columns(tickets), tickets.c.number).join(
        given, same_queue(tickets, given) & (tickets.c.number == given.c.number)
    ),
    {**KEY_COLUMNS, "number": INTEGER},
)


def tickets_by_number(
    connection: Connection, numbers: Iterable[tuple[ClinicDay, int]]
) -> dict[tuple[ClinicDay, int], str]:
    """The codes of the tickets with these numbers."""
    wanted = [(*key, number) for key, number in numbers]
    rows = _codes_of_numbers(connection, wanted) if wanted else ()
    return {(key_of(row), row.number): row.ticket_code for row in rows}


_NEW: Columns = {
    **KEY_COLUMNS,
    "ticket_code": TEXT,
    "number": INTEGER,
    "lane": TEXT,
    "priority_reason": TEXT,
    "medical_record_number": TEXT,
    "patient_name": TEXT,
    "date_of_birth": DATE,
    "registered_at": MOMENT,
    "arrived_at": MOMENT,
}
_insert = Prepared(
    lambda given: insert(tickets).from_select(
        [*_NEW, "waiting_since", "status"],
        select(*(given.c[name] for name in _NEW), given.c.arrived_at, literal(TicketStatus.WAITING.value)),
    ),
    _NEW,
)


def insert_tickets(connection: Connection, new: Iterable[NewTicket]) -> None:
    """Writes new tickets. A violated constraint is a StoreConflict at the end of the transaction."""
    rows = [
        (
            *ticket.key,
            ticket.ticket_code,
            ticket.number,
            ticket.lane.value,
            None if ticket.priority_reason is None else ticket.priority_reason.value,
            ticket.medical_record_number,
            ticket.patient_name,
            ticket.date_of_birth,
            ticket.registered_at,
            ticket.arrived_at,
        )
        for ticket in new
    ]
    if rows:
        _insert(connection, rows)


_cancel = Prepared(
    lambda given: (
        update(tickets)
        .where(tickets.c.ticket_code == given.c.ticket_code)
        .values(status=TicketStatus.CANCELLED.value, ended_at=given.c.ended_at)
    ),
    {"ticket_code": TEXT, "ended_at": MOMENT},
)


def cancel_tickets(connection: Connection, ticket_codes: Iterable[str], now: datetime) -> None:
    """Marks tickets of locked queues as cancelled."""
    rows = [(code, now) for code in ticket_codes]
    if rows:
        _cancel(connection, rows)


_REFUSAL: Columns = {
    "request_id": TEXT,
    "digest": BYTES,
    "code": TEXT,
    "problem": BYTES,
    "refused_at": MOMENT,
}
_remember = Prepared(
    lambda given: insert(refusals).from_select([*_REFUSAL], select(*(given.c[name] for name in _REFUSAL))),
    _REFUSAL,
)


def remember_refusals(connection: Connection, refused: Iterable[Refusal]) -> None:
    """Writes refusals, so that a redelivered request gets the same answer."""
    # In one order for everybody, so that nobody deadlocks.
    rows = [
        (each.request_id, each.digest, each.code, each.problem, each.refused_at)
        for each in sorted(refused, key=lambda each: each.request_id)
    ]
    if rows:
        _remember(connection, rows)
