"""The ticker's SQL: claim what is due, write what changed, forget old refusals and mismatches."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ClauseElement,
    Connection,
    FromClause,
    bindparam,
    case,
    delete,
    func,
    select,
    tuple_,
    update,
)

from common.domain.changes import Change, TicketBefore
from common.domain.clinic_day import ClinicDay
from common.domain.corrections import Correction
from common.domain.event_names import EventName
from common.domain.lanes import Lane
from common.domain.record_numbers import PatientKey
from common.domain.ticket_states import ACTIVE, IN_ROOM, OUTSIDE, TicketState, TicketStatus
from common.domain.tickets import lane_reason
from common.domain.told import ToldInterval
from common.domain.visits import Station
from common.storage.catalog import take_version
from common.storage.patient_columns import PATIENT_COLUMNS, patient_columns, patient_of, same_patient
from common.storage.prepared import DATE, INTEGER, MOMENT, TEXT, Columns, Prepared
from common.storage.queues import KEY_COLUMNS, key_columns, key_of, same_queue
from common.storage.tables import clinic_days, clinics, in_states, mismatches, refusals, tickets
from common.storage.ticket_rows import of_queue
from ticker_worker.rules.day_end import BetterPlace, HeldPlace, WaitingPatient


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
    "cancelled_by": TEXT,
    "cancel_reason": TEXT,
}


def _write_changes(given: FromClause) -> ClauseElement:
    called_at = func.coalesce(given.c.called_at, tickets.c.called_at)
    # A service whose start was not recorded began with the call.
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
            cancelled_by=given.c.cancelled_by,
            cancel_reason=given.c.cancel_reason,
        )
    )


_write = Prepared(_write_changes, _CHANGED)


def write_tickets(connection: Connection, changes: Iterable[Change]) -> None:
    """Writes changes of tickets in locked queues: the last state of each, and the moments until then."""
    found: dict[tuple[ClinicDay, int], tuple[Any, ...]] = {}
    for change in changes:
        ticket = change.ticket
        if ticket is None or ticket.status in OUTSIDE:
            continue  # it is written as a new ticket, or given another place
        key = (change.clinic_day, ticket.number)
        if ticket.status in IN_ROOM:
            found[key] = (ticket.status.value, ticket.room, change.at, None, None, None, None)
        else:
            room, called_at = found[key][1:3] if key in found else (None, None)
            found[key] = (
                *(ticket.status.value, room, called_at, change.at, change.transferred_to),
                *(change.cancellation or (None, None)),
            )
    if found:
        _write(connection, [(*key, number, *values) for (key, number), values in found.items()])


# --- who goes over to the next day ----------------------------------------------------------------------


_waiting = Prepared(
    lambda given: (
        select(
            *key_columns(tickets),
            *patient_columns(tickets),
            *(tickets.c[name] for name in WaitingPatient._fields if name != "patient"),
        )
        .join(given, same_queue(tickets, given) & (tickets.c.number == given.c.number))
        .order_by(tickets.c.place_at, tickets.c.place_number)
    ),
    {**KEY_COLUMNS, "number": INTEGER},
)


def waiting_patients(
    connection: Connection, numbers: Iterable[tuple[ClinicDay, int]]
) -> dict[ClinicDay, list[WaitingPatient]]:
    """The tickets with these numbers, by queue, in the order of their places."""
    given = [(*key, number) for key, number in numbers]
    found: dict[ClinicDay, list[WaitingPatient]] = defaultdict(list)
    for row in _waiting(connection, given) if given else ():
        waiting = WaitingPatient(
            row.number,
            TicketStatus(row.status),
            Lane(row.lane),
            lane_reason(row.priority_reason),
            patient_of(row),
            row.patient_name,
            row.date_of_birth,
            row.date_of_birth_confirmed,
            row.arrived_at,
            row.place_at,
            row.waiting_since,
            row.visit,
            row.station,
            row.sent_from,
            row.return_to,
            row.is_return,
            row.told,
        )
        found[key_of(row)].append(waiting)
    return found


_parked = Prepared(
    lambda given: (
        select(*key_columns(tickets), tickets.c.number, tickets.c.lane)
        .join(given, same_queue(tickets, given))
        .where(in_states(tickets, {TicketStatus.PARKED}))
        .order_by(*key_columns(tickets), tickets.c.number)
    ),
    KEY_COLUMNS,
)


def parked_tickets(connection: Connection, days: Collection[ClinicDay]) -> dict[ClinicDay, list[TicketState]]:
    """The parked tickets of each queue, in the order of their numbers."""
    found: dict[ClinicDay, list[TicketState]] = defaultdict(list)
    for row in _parked(connection, list(days)) if days else ():
        found[key_of(row)].append(TicketState(row.number, TicketStatus.PARKED, Lane(row.lane)))
    return found


_held = Prepared(
    lambda given: (
        select(
            *key_columns(tickets),
            *patient_columns(tickets),
            *(tickets.c[name] for name in HeldPlace._fields),
        )
        .join(given, same_queue(tickets, given) & same_patient(tickets, given))
        .where(in_states(tickets, ACTIVE))
    ),
    {**KEY_COLUMNS, **PATIENT_COLUMNS},
)


def held_tickets(
    connection: Connection, patients: Iterable[tuple[ClinicDay, PatientKey]]
) -> dict[tuple[ClinicDay, PatientKey], HeldPlace]:
    """The active tickets of these patients in these queues."""
    given = [(*key, *patient) for key, patient in patients]
    return {
        (key_of(row), patient_of(row)): HeldPlace(
            row.patient_name,
            row.date_of_birth,
            row.number,
            TicketStatus(row.status),
            Lane(row.lane),
            row.arrived_at,
            row.place_at,
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


def _forget_some_mismatches(_: FromClause) -> ClauseElement:
    number = (mismatches.c.hospital, mismatches.c.service_date, mismatches.c.medical_record_number)
    old = (
        select(*number)
        .where(mismatches.c.service_date < bindparam("before", type_=DATE))
        .order_by(mismatches.c.service_date)
        .limit(bindparam("limit", type_=INTEGER))
    )
    return delete(mismatches).where(tuple_(*number).in_(old))


_forget_mismatches = Prepared(_forget_some_mismatches)


def forget_mismatches(connection: Connection, before: date, limit: int) -> None:
    """Removes what was counted on earlier service days, at most `limit` medical record numbers."""
    _forget_mismatches(connection, before=before, limit=limit)


# --- what a desk changes ---------------------------------------------------------------------------------


def write_ticket(connection: Connection, change: Change) -> ToldInterval | None:
    """Writes one change of a ticket in a locked queue; gives what its patient was told, where that stands."""
    values = _columns_of(change)
    if change.ticket is None or not values:
        return None
    return _update_ticket(connection, change.clinic_day, change.ticket.number, values)


def give_place(connection: Connection, key: ClinicDay, place: BetterPlace) -> None:
    """Gives a waiting ticket in a locked queue another place."""
    values: dict[str, Any] = {
        "arrived_at": place.arrived_at,
        "place_at": place.place_at,
        "waiting_since": place.waiting_since,
    }
    if place.lane is not None:
        values |= {"lane": place.lane, "priority_reason": place.lane_reason}
    _update_ticket(connection, key, place.number, values)


def _columns_of(change: Change) -> dict[str, Any]:
    """The columns of a ticket that a change sets."""
    ticket, at = change.ticket, change.at
    if ticket is None or change.event is EventName.TICKET_REGISTERED:
        return {}
    if change.event is EventName.TICKET_SENDING_UNDONE:
        return {}  # it stays in the visit, whose other ticket is cancelled
    if change.takes_back is not None and change.before is not None:
        return _columns_before(change.before)
    moments: dict[str, Any]
    match change.event:
        case EventName.TICKET_PRIORITISED | EventName.TICKET_UNPRIORITISED:
            return {"lane": ticket.lane, "priority_reason": change.lane_reason, "told": None}
        case EventName.TICKET_RECALLED:
            return {"recalled_at": at}
        case EventName.TICKET_SENT:
            return {} if change.station is None else _first_station(change.station)
        case EventName.TICKET_CORRECTED:
            return _corrected(change.correction)
        case EventName.TICKET_STARTED:
            moments = {"started_at": at}
        case EventName.TICKET_SERVED:
            # A service whose start was not recorded began with the call.
            started_at = func.coalesce(tickets.c.started_at, tickets.c.called_at)
            moments = {"started_at": started_at, "ended_at": at}
        case EventName.TICKET_CALLED:
            moments = {"room": ticket.room, "called_at": at, "started_at": None, "ended_at": None}
        case EventName.TICKET_SKIPPED if ticket.room is None:
            return {"told": None}  # it waited, and does so on
        case EventName.TICKET_REINSTATED | EventName.TICKET_UNPARKED | EventName.TICKET_SKIPPED:
            moments = {"waiting_since": at, "room": None, "called_at": None, "ended_at": None, "told": None}
        case EventName.TICKET_PARKED:
            moments = {"room": None, "called_at": None, "told": None}
        case EventName.TICKET_TRANSFERRED:
            moments = {"ended_at": at, "transferred_to": change.transferred_to}
        case EventName.TICKET_CANCELLED:
            assert change.cancellation is not None
            by, reason = change.cancellation
            moments = {"ended_at": at, "cancelled_by": by, "cancel_reason": reason}
        case _:
            moments = {"ended_at": at}
    return {"status": ticket.status, **moments}


_KEPT = ("status", "room", "called_at", "started_at", "ended_at")


def _columns_before(before: TicketBefore) -> dict[str, Any]:
    """The columns of a ticket that is as it was before."""
    kept = {name: getattr(before, name) for name in _KEPT}
    if before.waiting_since is not None:
        kept["waiting_since"] = before.waiting_since
    if before.told is not None:
        kept["told"] = before.told
    return {**kept, "cancelled_by": None, "cancel_reason": None}


def _first_station(station: Station) -> dict[str, Any]:
    return {"visit": station.visit, "station": station.place}


def _corrected(correction: Correction | None) -> dict[str, Any]:
    assert correction is not None
    new = {name: value for name, value in correction._asdict().items() if value is not None}
    # The desk sees the patient, or the card.
    return new | ({"date_of_birth_confirmed": True} if correction.date_of_birth else {})


def _update_ticket(
    connection: Connection, key: ClinicDay, number: int, values: Mapping[str, Any]
) -> ToldInterval | None:
    of_ticket = (*of_queue(key), tickets.c.number == number)
    told: ToldInterval | None = connection.scalar(
        update(tickets).where(*of_ticket).values(**values).returning(tickets.c.told)
    )
    return told


_outside_after = Prepared(
    lambda given: (
        select(tickets.c.number, tickets.c.status, tickets.c.lane)
        .join(given, same_queue(tickets, given))
        .where(in_states(tickets, OUTSIDE), tickets.c.number > bindparam("after", type_=INTEGER))
        .order_by(tickets.c.number)
        .limit(bindparam("limit", type_=INTEGER))
    ),
    KEY_COLUMNS,
)


def outside_after(connection: Connection, key: ClinicDay, after: int, limit: int) -> list[TicketState]:
    """The first `limit` that wait, or are parked, with numbers larger than `after`, in order."""
    rows = _outside_after(connection, [key], after=after, limit=limit)
    return [TicketState(row.number, TicketStatus(row.status), Lane(row.lane)) for row in rows]


def change_clinics(connection: Connection, changes: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
    """Sets columns of clinics, whose queues of today are locked, as the catalog's next version."""
    if not changes:
        return
    version = take_version(connection)
    for (hospital, code), values in sorted(changes.items()):
        of_clinic = (clinics.c.hospital == hospital, clinics.c.code == code)
        connection.execute(update(clinics).where(*of_clinic).values(**values, version=version))
