"""The ticker's SQL: claim what is due, write what happened and what a desk changes, forget old refusals."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ClauseElement, Connection, FromClause, bindparam, case, delete, func, select, update

from common.domain.lanes import Lane
from common.domain.ticket_states import ACTIVE, TicketStatus
from common.domain.tickets import LaneReason, lane_reason
from common.storage.catalog import take_version
from common.storage.prepared import INTEGER, MOMENT, TEXT, Columns, Prepared
from common.storage.queues import KEY_COLUMNS, ClinicDay, key_columns, key_of, same_queue
from common.storage.tables import clinic_days, clinics, in_states, refusals, tickets
from common.storage.ticket_rows import of_queue


@dataclass(frozen=True, slots=True)
class TicketChange:
    """What became of a ticket; None leaves a column as it is."""

    key: ClinicDay
    number: int
    status: TicketStatus
    room: int | None = None
    called_at: datetime | None = None
    ended_at: datetime | None = None
    transferred_to: str | None = None


def _claim_due(_: FromClause) -> ClauseElement:
    due = (
        select(*key_columns(clinic_days))
        .where(clinic_days.c.next_change_at <= bindparam("now", type_=MOMENT))
        .order_by(clinic_days.c.next_change_at)
        .limit(bindparam("limit", type_=INTEGER))
        .with_for_update(skip_locked=True)
        .cte("due")  # not a subquery, which could be executed more than once
    )
    return (
        update(clinic_days)
        .where(same_queue(clinic_days, due))
        .values(next_change_at=bindparam("until", type_=MOMENT))
        .returning(*key_columns(clinic_days))
    )


_claim = Prepared(_claim_due)


def claim_due(connection: Connection, now: datetime, until: datetime, limit: int) -> list[ClinicDay]:
    """The queues in which something is due at `now`, the longest due first, at most `limit`.

    They are claimed until `until`: only then, or when their tick was applied, are they due again. Rows that
    somebody else is claiming or changing at this moment are passed over.
    """
    return [key_of(row) for row in _claim(connection, now=now, until=until, limit=limit)]


_CHANGED: Columns = {
    **KEY_COLUMNS,
    "number": INTEGER,
    "status": TEXT,
    "room": INTEGER,
    "called_at": MOMENT,
    "ended_at": MOMENT,
    "transferred_to": TEXT,
}


def _write_changes(given: FromClause) -> ClauseElement:
    called_at = func.coalesce(given.c.called_at, tickets.c.called_at)
    # Where nobody said that the service began, it began with the call.
    began = case(
        (given.c.status == TicketStatus.SERVED.value, func.coalesce(tickets.c.started_at, called_at)),
        else_=tickets.c.started_at,
    )
    return (
        update(tickets)
        .where(same_queue(tickets, given), tickets.c.number == given.c.number)
        .values(
            status=given.c.status,
            room=func.coalesce(given.c.room, tickets.c.room),
            called_at=called_at,
            started_at=began,
            ended_at=given.c.ended_at,
            transferred_to=given.c.transferred_to,
        )
    )


_write = Prepared(_write_changes, _CHANGED)


def write_tickets(connection: Connection, changes: Iterable[TicketChange]) -> None:
    """Writes what became of tickets in locked queues, of each once."""
    rows = [
        (
            *each.key,
            each.number,
            each.status.value,
            each.room,
            each.called_at,
            each.ended_at,
            each.transferred_to,
        )
        for each in changes
    ]
    if rows:
        _write(connection, rows)


# --- who goes over to the next day ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WaitingPatient:
    """What a waiting ticket takes with it to the next service day."""

    number: int
    lane: Lane
    priority_reason: LaneReason | None
    medical_record_number: str
    patient_name: str
    date_of_birth: date
    arrived_at: datetime
    waiting_since: datetime


@dataclass(frozen=True, slots=True)
class HeldPlace:
    """The active ticket that is held with a medical record number in a queue: whose it is, and its place."""

    ticket_code: str
    patient_name: str
    date_of_birth: date
    number: int
    status: TicketStatus
    lane: Lane
    arrived_at: datetime


_waiting = Prepared(
    lambda given: (
        select(*key_columns(tickets), *(tickets.c[name] for name in WaitingPatient.__slots__))
        .join(given, same_queue(tickets, given) & (tickets.c.number == given.c.number))
        .order_by(tickets.c.arrived_at, tickets.c.number)
    ),
    {**KEY_COLUMNS, "number": INTEGER},
)


def waiting_patients(
    connection: Connection, numbers: Iterable[tuple[ClinicDay, int]]
) -> dict[ClinicDay, list[WaitingPatient]]:
    """The tickets with these numbers, by queue, in the order of their arrival."""
    given = [(*key, number) for key, number in numbers]
    found: dict[ClinicDay, list[WaitingPatient]] = defaultdict(list)
    for row in _waiting(connection, given) if given else ():
        patient = WaitingPatient(
            row.number,
            Lane(row.lane),
            lane_reason(row.priority_reason),
            *row[len(KEY_COLUMNS) + 3 :],
        )
        found[key_of(row)].append(patient)
    return found


_held = Prepared(
    lambda given: (
        select(
            *key_columns(tickets),
            tickets.c.medical_record_number,
            *(tickets.c[name] for name in HeldPlace.__slots__),
        )
        .join(
            given,
            same_queue(tickets, given) & (tickets.c.medical_record_number == given.c.medical_record_number),
        )
        .where(in_states(tickets, ACTIVE))
    ),
    {**KEY_COLUMNS, "medical_record_number": TEXT},
)


def held_places(
    connection: Connection, patients: Iterable[tuple[ClinicDay, str]]
) -> dict[tuple[ClinicDay, str], HeldPlace]:
    """The active tickets with these medical record numbers in these queues, whoever gave the numbers."""
    given = [(*key, number) for key, number in patients]
    return {
        (key_of(row), row.medical_record_number): HeldPlace(
            row.ticket_code,
            row.patient_name,
            row.date_of_birth,
            row.number,
            TicketStatus(row.status),
            Lane(row.lane),
            row.arrived_at,
        )
        for row in (_held(connection, given) if given else ())
    }


def _forget_some(_: FromClause) -> ClauseElement:
    old = (
        select(refusals.c.request_id)
        .where(refusals.c.refused_at < bindparam("before", type_=MOMENT))
        .order_by(refusals.c.refused_at)
        .limit(bindparam("limit", type_=INTEGER))
    )
    return delete(refusals).where(refusals.c.request_id.in_(old))


_forget = Prepared(_forget_some)


def forget_refusals(connection: Connection, before: datetime, limit: int) -> None:
    """Removes refusals of requests that are too old to be taken up anyway, at most `limit` of them."""
    _forget(connection, before=before, limit=limit)


# --- what a desk changes ---------------------------------------------------------------------------------


def active_ticket(connection: Connection, key: ClinicDay, medical_record_number: str) -> int | None:
    """The number of the ticket that a patient holds in a queue, if there is one."""
    of_patient = tickets.c.medical_record_number == medical_record_number
    number: int | None = connection.execute(
        select(tickets.c.number).where(*of_queue(key), of_patient, in_states(tickets, ACTIVE))
    ).scalar_one_or_none()
    return number


def change_ticket(connection: Connection, key: ClinicDay, number: int, **values: Any) -> None:
    """Sets columns of a ticket in a locked queue."""
    connection.execute(update(tickets).where(*of_queue(key), tickets.c.number == number).values(**values))


_waiting_after = Prepared(
    lambda given: (
        select(tickets.c.number, tickets.c.lane)
        .join(given, same_queue(tickets, given))
        .where(
            in_states(tickets, {TicketStatus.WAITING}), tickets.c.number > bindparam("after", type_=INTEGER)
        )
        .order_by(tickets.c.number)
        .limit(bindparam("limit", type_=INTEGER))
    ),
    KEY_COLUMNS,
)


def waiting_after(connection: Connection, key: ClinicDay, after: int, limit: int) -> list[tuple[int, Lane]]:
    """The numbers and lanes of the first `limit` that wait with numbers larger than `after`, in order."""
    rows = _waiting_after(connection, [key], after=after, limit=limit)
    return [(row.number, Lane(row.lane)) for row in rows]


def change_clinics(connection: Connection, changes: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
    """Sets columns of clinics, whose queues of today are locked, as the catalog's next version."""
    if not changes:
        return
    version = take_version(connection)
    for (hospital, code), values in sorted(changes.items()):
        of_clinic = (clinics.c.hospital == hospital, clinics.c.code == code)
        connection.execute(update(clinics).where(*of_clinic).values(**values, version=version))
