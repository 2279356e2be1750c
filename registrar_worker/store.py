"""The registrar's SQL: what is known of requests, tickets and patients; mismatches; cancellations."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    and_,
    case,
    func,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql

from common.domain.cancellations import CancelledBy
from common.domain.clinic_day import ClinicDay
from common.domain.partial_dates import PartialDate
from common.domain.record_numbers import PatientKey
from common.domain.ticket_states import ACTIVE, TicketStatus
from common.storage.patient_columns import PATIENT_COLUMNS, patient_columns, patient_of, same_patient
from common.storage.prepared import DATE, INTEGER, MOMENT, TEXT, Columns, Prepared
from common.storage.queues import KEY_COLUMNS, key_columns, key_of, same_queue
from common.storage.tables import catalog_version, in_states, journal, mismatches, refusals, tickets


@dataclass(frozen=True, slots=True)
class HeldTicket:
    """An active ticket and the data that its holder must show."""

    ticket_code: str
    patient_name: str
    date_of_birth: PartialDate


Patient = tuple[ClinicDay, PatientKey]
"""A patient in one queue, who has at most one active ticket there."""

LookedFor = tuple[ClinicDay, date | None, PatientKey]
"""A queue, the service day before where who waits there is handed over to it, and a patient."""

NumberOfDay = tuple[str, date, str]
"""A hospital, a service day and a medical record number: its mismatches there are counted together."""


def number_of_day(patient: Patient) -> NumberOfDay:
    """The patient's medical record number on that service day, in all clinics of the hospital."""
    day, key = patient
    return (day.hospital, day.service_date, key.medical_record_number)


@dataclass(frozen=True, slots=True)
class KnownRequests:
    """What the database knows of a batch of requests: the ids of those that changed something before and of
    those that were refused, the codes of their patients' active tickets and of those that wait to be handed
    over to the same queue, and the catalog's version. How many tickets of a queue a patient has no more
    (`ended`), and how often data did not match, where they did."""

    catalog_version: int
    done: set[str]
    refused: set[str]
    held: set[str]
    ended: dict[Patient, int]
    mismatches: dict[NumberOfDay, int]


_queues_of_tickets = Prepared(
    lambda given: select(tickets.c.ticket_code, *key_columns(tickets)).join(
        given, tickets.c.ticket_code == given.c.ticket_code
    ),
    {"ticket_code": TEXT},
)


def queues_of_tickets(connection: Connection, ticket_codes: Iterable[str]) -> dict[str, ClinicDay]:
    """In which queue each ticket stands; codes that no ticket has are left out."""
    wanted = [(code,) for code in ticket_codes]
    return {row.ticket_code: key_of(row) for row in _queues_of_tickets(connection, wanted)} if wanted else {}


_ENDED = frozenset(TicketStatus) - ACTIVE

_NUMBER: Columns = {"hospital": TEXT, "service_date": DATE, "medical_record_number": TEXT}
_MISMATCHES: Columns = {**_NUMBER, "times": INTEGER}


def _same_number(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(*(one.c[name] == other.c[name] for name in _NUMBER))


def _what_is_known(given: FromClause) -> Select[Any]:
    # Subqueries rather than joins: whatever the planner believes of tables that are still empty, or grow, it
    # looks each row up by its key.
    of_patient = same_patient(tickets, given)
    was_done = select(journal.c.ordinal).where(
        journal.c.cause_id == given.c.request_id, journal.c.ordinal == 0
    )
    was_refused = select(refusals.c.code).where(refusals.c.request_id == given.c.request_id)
    held = select(tickets.c.ticket_code).where(
        same_queue(tickets, given), of_patient, in_states(tickets, ACTIVE)
    )
    # Nothing is looked for where no day before is given: the key is NULL. Who waits is told from the row, not
    # by a condition: with one the planner could prefer the index of all who wait in that queue.
    is_waiting = in_states(tickets, {TicketStatus.WAITING})
    goes_over = select(case((is_waiting, tickets.c.ticket_code))).where(
        tickets.c.hospital == given.c.hospital,
        tickets.c.clinic == given.c.clinic,
        tickets.c.service_date == given.c.day_before,
        of_patient,
        in_states(tickets, ACTIVE),
    )
    ended = select(func.count()).where(same_queue(tickets, given), of_patient, in_states(tickets, _ENDED))
    mismatched = select(mismatches.c.times).where(_same_number(mismatches, given))
    return select(
        given,
        was_done.scalar_subquery().label("was_done"),
        was_refused.scalar_subquery().label("was_refused"),
        held.scalar_subquery().label("ticket_code"),
        goes_over.scalar_subquery().label("goes_over"),
        ended.scalar_subquery().label("ended"),
        mismatched.scalar_subquery().label("mismatches"),
        select(catalog_version.c.version).scalar_subquery().label("catalog_version"),
    )


_known = Prepared(
    _what_is_known,
    {"request_id": TEXT, **KEY_COLUMNS, "day_before": DATE, **PATIENT_COLUMNS},
)


_NOBODY = (None,) * len({**KEY_COLUMNS, "day_before": DATE, **PATIENT_COLUMNS})


def find_known(
    connection: Connection, requests: Iterable[tuple[str, LookedFor | None]]
) -> Callable[[], KnownRequests]:
    """What the database knows of requests, by their ids and the patients whom they register, at least one;
    sent at once, waited for where what is returned is called.

    One statement finds it all, since each costs a registration that comes alone a round trip.
    """
    given = [
        (request_id, *wanted[0], wanted[1], *wanted[2]) if wanted else (request_id, *_NOBODY)
        for request_id, wanted in requests
    ]
    answer = _known.send(connection, given)

    def known() -> KnownRequests:
        rows = answer()
        return KnownRequests(
            catalog_version=rows[0].catalog_version,
            done={row.request_id for row in rows if row.was_done is not None},
            refused={row.request_id for row in rows if row.was_refused is not None},
            held={code for row in rows for code in (row.ticket_code, row.goes_over) if code is not None},
            ended={(key_of(row), patient_of(row)): row.ended for row in rows if row.ended},
            mismatches={_number_of(row): row.mismatches for row in rows if row.mismatches},
        )

    return known


def _lock_or_create(given: FromClause) -> ClauseElement:
    # Both databases write it alike; SQLite's parser wants a condition here.
    rows = select(*(given.c[name] for name in _MISMATCHES)).where(true())
    return (
        postgresql.insert(mismatches)
        .from_select([*_MISMATCHES], rows)
        .on_conflict_do_update(index_elements=[*_NUMBER], set_={"times": mismatches.c.times})
        .returning(*(mismatches.c[name] for name in _MISMATCHES))
    )


_lock_mismatches = Prepared(_lock_or_create, _MISMATCHES)


def lock_mismatches(connection: Connection, numbers: Collection[NumberOfDay]) -> dict[NumberOfDay, int]:
    """How often data did not match each of these numbers, under a lock: registrars count one after another.
    Call it once in a transaction, after the queues are locked."""
    if not numbers:
        return {}
    # All transactions lock in this order, so that none deadlock.
    rows = _lock_mismatches(connection, [(*number, 0) for number in sorted(numbers)])
    return {_number_of(row): row.times for row in rows}


_write_mismatches = Prepared(
    lambda given: update(mismatches).where(_same_number(mismatches, given)).values(times=given.c.times),
    _MISMATCHES,
)


def write_mismatches(connection: Connection, times: Mapping[NumberOfDay, int]) -> None:
    """Writes how often data did not match, by numbers that are locked."""
    if times:
        _write_mismatches(connection, [(*number, count) for number, count in times.items()])


def _number_of(row: Row[*tuple[Any, ...]]) -> NumberOfDay:
    return (row.hospital, row.service_date, row.medical_record_number)


_held_tickets = Prepared(
    lambda given: select(
        *key_columns(tickets),
        *patient_columns(tickets),
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
        (key_of(row), patient_of(row)): HeldTicket(row.ticket_code, row.patient_name, row.date_of_birth)
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


_cancel = Prepared(
    lambda given: (
        update(tickets)
        .where(tickets.c.ticket_code == given.c.ticket_code)
        .values(
            status=TicketStatus.CANCELLED.value,
            ended_at=given.c.ended_at,
            cancelled_by=CancelledBy.PATIENT.value,
        )
    ),
    {"ticket_code": TEXT, "ended_at": MOMENT},
)


def cancel_tickets(connection: Connection, ticket_codes: Iterable[str], now: datetime) -> None:
    """Marks tickets of locked queues as cancelled by their patients."""
    rows = [(code, now) for code in ticket_codes]
    if rows:
        _cancel(connection, rows)
