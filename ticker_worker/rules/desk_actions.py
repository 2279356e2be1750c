"""What the staff of a clinic may do with its queue: each action is decided here, at one moment.

An action is given the clinic, its queue and the tickets that it is about, and returns what it changes. It
raises NotPermitted where the state of the queue or of the ticket does not allow it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from common.domain.admission import (
    Admission,
    AdmissionRefused,
    NewTicket,
    check_admission,
    is_birth_possible,
)
from common.domain.cancellations import Cancellation, CancelledBy, CancelReason
from common.domain.catalog import Clinic, ClinicState, QueueMode
from common.domain.changes import Change, TicketBefore
from common.domain.clinic_day import ClinicDay
from common.domain.corrections import Correction
from common.domain.event_names import EventName
from common.domain.lanes import Lane, lane_for, next_lane
from common.domain.queue import Ending, Queue
from common.domain.queue_advance import Waiter
from common.domain.refusals import (
    DateOfBirthImpossible,
    DestinationUnknown,
    NotPermitted,
    NotPermittedReason,
    NumberNotGivenOut,
    UntilImpossible,
)
from common.domain.service_times import EndedCall, Lesson
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import Action, TicketStatus
from common.domain.tickets import LaneReason, PriorityReason, StaffChoice, display_number
from ticker_worker.rules import undoing
from ticker_worker.rules.day_end import HeldPlace

FORCED_MAX: Final = timedelta(days=31)
"""For so long ahead a clinic can be forced open or closed."""


class ActionResult(NamedTuple):
    """What an action changes: the queues as they are now, and what happened in them, in order.

    `clinic_values` are attributes of the clinic with their new values; `ended_calls` are those that the
    staff ended, by service date and in the order of their changes: service times are learned from them.
    `unlearned` is what is no longer learned, by service date.
    """

    queues: Sequence[Queue]
    changes: Sequence[Change]
    clinic_values: dict[str, Any] | None = None
    new_ticket: NewTicket | None = None
    ended_calls: Sequence[tuple[date, EndedCall]] = ()
    unlearned: Sequence[tuple[date, Lesson]] = ()


class InRoom(NamedTuple):
    """A ticket in a room, and its queue, which may be that of the day before."""

    queue: Queue
    ticket: TicketRecord


# --- the clinic -----------------------------------------------------------------------------------------


def open_clinic(
    clinic: Clinic, queue: Queue, until: datetime | None, reason: str | None, now: datetime
) -> ActionResult:
    """Opens the clinic: within its opening hours it follows them again, outside it is forced open. Raises
    UntilImpossible."""
    forced: dict[str, Any]
    if clinic.session_at(now) is not None and until is None:
        forced = {"state": ClinicState.SCHEDULE, "forced_until": None, "forced_reason": None}
    else:
        forced = _forced(ClinicState.OPEN, clinic, queue, until, reason, now)
    if clinic.is_open(now) and clinic == replace(clinic, **forced):
        raise NotPermitted(NotPermittedReason.ALREADY_SO, f"{clinic.name} is open.")
    return _change_clinic(clinic, queue, EventName.CLINIC_HOURS_CHANGED, forced, now)


def close_clinic(
    clinic: Clinic, queue: Queue, until: datetime | None, reason: str | None, now: datetime, *, cancels: bool
) -> ActionResult:
    """Forces the clinic closed; `cancels` says that the tickets of those who wait are cancelled then, which
    is not done here. Raises UntilImpossible."""
    forced = _forced(ClinicState.CLOSED, clinic, queue, until, reason, now)
    if clinic == replace(clinic, **forced) and not (cancels and queue.waiting):
        raise NotPermitted(NotPermittedReason.ALREADY_SO, f"{clinic.name} is closed.")
    return _change_clinic(clinic, queue, EventName.CLINIC_HOURS_CHANGED, forced, now)


def set_rooms(clinic: Clinic, queue: Queue, rooms: int, now: datetime) -> ActionResult:
    """So many rooms serve from now on."""
    if rooms == clinic.rooms:
        raise NotPermitted(NotPermittedReason.ALREADY_SO, f"{clinic.name} has {rooms} rooms.")
    values = {"rooms": rooms, "serving_since": now}
    return _change_clinic(clinic, queue, EventName.CLINIC_ROOMS_CHANGED, values, now)


def set_mode(clinic: Clinic, queue: Queue, mode: QueueMode, now: datetime) -> ActionResult:
    """From now on the clock, or the desk, moves the queue."""
    if mode is clinic.mode:
        raise NotPermitted(NotPermittedReason.ALREADY_SO, f"{clinic.name} is in this mode.")
    values = {"mode": mode, "serving_since": now}
    return _change_clinic(clinic, queue, EventName.CLINIC_MODE_CHANGED, values, now)


def _forced(
    state: ClinicState,
    clinic: Clinic,
    queue: Queue,
    until: datetime | None,
    reason: str | None,
    now: datetime,
) -> dict[str, Any]:
    until = until or clinic.day_end(queue.key.service_date)
    if not now < until <= now + FORCED_MAX:
        raise UntilImpossible
    return {"state": state, "forced_until": until, "forced_reason": reason}


def _change_clinic(
    clinic: Clinic, queue: Queue, event: EventName, values: dict[str, Any], now: datetime
) -> ActionResult:
    queue, change = queue.change_clinic(event, replace(clinic, **values).is_open(now), now)
    return ActionResult([queue], [change], clinic_values=values)


# --- calling --------------------------------------------------------------------------------------------


def call_next(
    clinic: Clinic, queue: Queue, in_room: Sequence[InRoom], first: Sequence[Waiter], room: int, now: datetime
) -> ActionResult:
    """Completes who is in the room, and calls whose turn it is; `first` are the first of each lane."""
    _require_desk_mode(clinic)
    if room > clinic.rooms:
        detail = f"{clinic.name} has {clinic.rooms} rooms; set its rooms first."
        raise NotPermitted(NotPermittedReason.ROOM_NOT_SERVING, detail)
    following = _next_waiter(queue, clinic, first)
    if not in_room and following is None:
        raise NotPermitted(NotPermittedReason.NOBODY_WAITING, "Nobody is waiting.")
    queues = {each.queue.key: each.queue for each in in_room} | {queue.key: queue}
    changes, ended = [], []
    for key, ticket in ((each.queue.key, each.ticket) for each in in_room):
        queues[key], change = _undoable(queues[key], ticket, queues[key].complete(ticket, now))
        changes.append(change)
        ended.append((key.service_date, _ended_call(ticket, now, came=True)))
    if following is not None:
        before = TicketBefore(TicketStatus.WAITING, streak=queue.priority_streak)
        queues[queue.key], change = queues[queue.key].call(following, room, now, clinic.priority_ratio)
        changes.append(change._replace(before=before))
    return ActionResult([*queues.values()], changes, ended_calls=ended)


def _next_waiter(queue: Queue, clinic: Clinic, first: Sequence[Waiter]) -> Waiter | None:
    of_lane = {waiter.lane: waiter for waiter in first}
    lane = next_lane(
        queue.priority_streak,
        clinic.priority_ratio,
        priority_waiting=Lane.PRIORITY in of_lane,
        regular_waiting=Lane.REGULAR in of_lane,
    )
    return None if lane is None else of_lane[lane]


def recall(queue: Queue, ticket: TicketRecord | None, now: datetime) -> ActionResult:
    """Calls a called ticket once more."""
    return _decided(queue.recall(_require_ticket(ticket), now))


def start(clinic: Clinic, queue: Queue, ticket: TicketRecord | None, now: datetime) -> ActionResult:
    """The called patient has come; service begins."""
    _require_desk_mode(clinic)
    ticket = _require_ticket(ticket)
    return _decided(_undoable(queue, ticket, queue.start(ticket, now)))


def complete(clinic: Clinic, queue: Queue, ticket: TicketRecord | None, now: datetime) -> ActionResult:
    """The service is over; the room is free."""
    _require_desk_mode(clinic)
    ticket = _require_ticket(ticket)
    return _ended(_undoable(queue, ticket, queue.complete(ticket, now)), ticket, now, came=True)


def mark_no_show(queue: Queue, ticket: TicketRecord | None, now: datetime) -> ActionResult:
    """The called patient did not come; the room is free."""
    ticket = _require_ticket(ticket)
    return _ended(_undoable(queue, ticket, queue.no_show(ticket, now)), ticket, now, came=False)


# --- waiting --------------------------------------------------------------------------------------------


def reinstate(
    queue: Queue, ticket: TicketRecord | None, holder: HeldPlace | None, now: datetime
) -> ActionResult:
    """A no-show has come after all and waits again, by the time of arrival."""
    ticket = _require_ticket(ticket)
    queue.check(Action.REINSTATE, ticket)
    if queue.ending is Ending.EXPIRY:
        shown = display_number(queue.key.clinic, ticket.number)
        detail = f"The service day of {shown} is over; register the patient again."
        raise NotPermitted(NotPermittedReason.TICKET_STATUS, detail)
    if check_admission(queue, ticket, holder) is not Admission.ADMITTED:
        raise _holds_another(queue, holder)
    return _decided(queue.reinstate(ticket, now))


def set_priority(
    queue: Queue, ticket: TicketRecord | None, priority: PriorityReason | None, now: datetime
) -> ActionResult:
    """A waiting ticket goes to the priority lane for this reason, or (None) back to the regular lane."""
    ticket = _require_ticket(ticket)
    queue.check(Action.PRIORITISE, ticket)
    before = ticket.priority_reason if ticket.lane is Lane.PRIORITY else None
    if before is priority:
        shown = display_number(queue.key.clinic, ticket.number)
        raise NotPermitted(NotPermittedReason.ALREADY_SO, f"{shown} is in this lane.")
    reason: LaneReason = priority or StaffChoice.REGULAR
    return _decided(queue.set_priority(ticket, lane_for(reason), reason, now))


def cancel(queue: Queue, ticket: TicketRecord | None, reason: CancelReason, now: datetime) -> ActionResult:
    """The ticket, waiting or called, is given up; if it was called, the room is free."""
    ticket, cancellation = _require_ticket(ticket), Cancellation(CancelledBy.STAFF, reason.value)
    return _decided(_undoable(queue, ticket, queue.cancel(ticket, now, cancellation)))


def correct(
    clinic: Clinic,
    queue: Queue,
    ticket: TicketRecord | None,
    given: Correction,
    holder: HeldPlace | None,
    now: datetime,
) -> ActionResult:
    """The ticket's patient has the data that are `given`. While it waits, priority by age is decided again.

    `holder` holds a ticket of the queue with the record number that is given. Raises DateOfBirthImpossible.
    """
    ticket = _require_ticket(ticket)
    queue.check(Action.CORRECT, ticket)
    born, service_date = given.date_of_birth, queue.key.service_date
    if born is not None and not is_birth_possible(born, service_date):
        raise DateOfBirthImpossible
    if holder is not None and holder.number != ticket.number:
        raise _holds_another(queue, holder)
    correction = _what_is_new(ticket, given)
    if not correction.members:
        shown = display_number(queue.key.clinic, ticket.number)
        raise NotPermitted(NotPermittedReason.ALREADY_SO, f"{shown} has these data.")
    queue, change = queue.correct(ticket, now, correction)
    changes = [change]
    if correction.date_of_birth is not None and ticket.status is TicketStatus.WAITING:
        before = ticket.priority_reason
        reason = clinic.lane_reason(before, correction.date_of_birth, service_date, is_confirmed=True)
        if reason is not before:
            queue, change = queue.set_priority(ticket, lane_for(reason), reason, now)
            changes.append(change)
    return ActionResult([queue], changes)


def _what_is_new(ticket: TicketRecord, given: Correction) -> Correction:
    """What of the data that are given the ticket does not have, or has unconfirmed."""
    new = {name: None if value == getattr(ticket, name) else value for name, value in given._asdict().items()}
    if not ticket.date_of_birth_confirmed:
        new["date_of_birth"] = given.date_of_birth
    return Correction(**new)


class Destination(NamedTuple):
    """Where a patient is sent: another clinic and its queue of today, and who holds a ticket of it with the
    patient's medical record number."""

    clinic: Clinic
    queue: Queue
    holder: HeldPlace | None


def transfer(
    queue: Queue, ticket: TicketRecord | None, to: Destination | None, new_code: str, now: datetime
) -> ActionResult:
    """The patient goes to another clinic and keeps the place by time of arrival; its queue gives out a new
    ticket with this code. Raises DestinationUnknown where `to` is None, and AdmissionRefused."""
    ticket = _require_ticket(ticket)
    queue.check(Action.TRANSFER, ticket)
    if to is None:
        raise DestinationUnknown
    if to.queue.key.clinic == queue.key.clinic:
        raise NotPermitted(NotPermittedReason.SAME_CLINIC, "The ticket is in this clinic's queue.")
    is_open = to.clinic.is_open(now)
    verdict = check_admission(to.queue, ticket, to.holder, is_open=is_open, quota=to.clinic.daily_quota)
    if verdict in (Admission.ALREADY_HELD, Admission.HELD_BY_ANOTHER):
        raise _holds_another(to.queue, to.holder)
    if verdict is not Admission.ADMITTED:
        raise AdmissionRefused(verdict, to.clinic)
    left, transferred = queue.transfer(ticket, now, new_code)
    reason = to.clinic.lane_reason(
        ticket.priority_reason,
        ticket.date_of_birth,
        to.queue.key.service_date,
        is_confirmed=ticket.date_of_birth_confirmed,
    )
    lane = lane_for(reason)
    entered, registered = to.queue.admit(lane, now, now)
    new = NewTicket(
        new_code,
        entered.key,
        entered.last_number,
        lane,
        reason,
        ticket.medical_record_number,
        ticket.patient_name,
        ticket.date_of_birth,
        ticket.date_of_birth_confirmed,
        registered_at=now,
        arrived_at=ticket.arrived_at,
        waiting_since=now,
    )
    return ActionResult([left, entered], [transferred, registered], new_ticket=new)


def undo(
    subject: undoing.UndoSubject, number: int | None, room: int | None, key: ClinicDay, now: datetime
) -> ActionResult:
    """Takes back the last request that changed a ticket, or something in a room. Raises RoleMissing."""
    undone = undoing.undo(subject, number, room, key, now)
    unlearned = [(day.service_date, lesson) for day, lesson in undone.unlearned]
    return ActionResult([*undone.queues.values()], undone.changes, unlearned=unlearned)


# --- what several do ------------------------------------------------------------------------------------


def _require_ticket(ticket: TicketRecord | None) -> TicketRecord:
    if ticket is None:
        raise NumberNotGivenOut
    return ticket


def _require_desk_mode(clinic: Clinic) -> None:
    if clinic.mode is not QueueMode.DESK:
        detail = f"The clock calls the patients of {clinic.name}; set its mode to desk first."
        raise NotPermitted(NotPermittedReason.CLOCK_MODE, detail)


def _holds_another(queue: Queue, holder: HeldPlace | None) -> NotPermitted:
    assert holder is not None
    shown = display_number(queue.key.clinic, holder.number)
    detail = f"This patient holds {shown}; use that ticket, or cancel it first."
    return NotPermitted(NotPermittedReason.HOLDS_ANOTHER, detail)


def _undoable(queue: Queue, ticket: TicketRecord, step: tuple[Queue, Change]) -> tuple[Queue, Change]:
    """The step, with how the ticket was before in the queue, so that it can be taken back."""
    after, change = step
    freed = None if ticket.room is None else queue.rooms_freed.get(ticket.room)
    before = TicketBefore(
        ticket.status,
        ticket.room,
        called_at=ticket.called_at,
        started_at=ticket.started_at,
        room_freed=freed,
    )
    return after, change._replace(before=before)


def _decided(step: tuple[Queue, Change]) -> ActionResult:
    queue, change = step
    return ActionResult([queue], [change])


def _ended(step: tuple[Queue, Change], ticket: TicketRecord, now: datetime, *, came: bool) -> ActionResult:
    queue, change = step
    ended = (queue.key.service_date, _ended_call(ticket, now, came=came))
    return ActionResult([queue], [change], ended_calls=[ended])


def _ended_call(ticket: TicketRecord, now: datetime, *, came: bool) -> EndedCall:
    assert ticket.called_at is not None
    return EndedCall(ticket.waiting_since, ticket.called_at, now, ticket.lane, came)
