"""What the staff of a clinic ask for: decided and carried out on locked queues, at one moment."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import singledispatchmethod
from typing import Any

from common.domain.catalog import Clinic, ClinicState, QueueMode
from common.domain.event_names import EventName
from common.domain.lanes import Lane, after_call, lane_for, next_lane
from common.domain.queue_advance import Ending, Waiter
from common.domain.refusals import NotPermittedReason
from common.domain.service_times import EndedCall
from common.domain.ticket_codes import new_ticket_code
from common.domain.ticket_states import IN_ROOM, TicketStatus
from common.domain.tickets import LaneReason, StaffChoice, display_number
from common.messages import problems
from common.messages.desks import (
    CallNext,
    CloseClinic,
    Complete,
    DeskRequest,
    MarkNoShow,
    OpenClinic,
    Recall,
    Reinstate,
    SetMode,
    SetPriority,
    SetRooms,
    Start,
    TicketAction,
    Transfer,
    WaitingFate,
)
from common.messages.events import ChangedTicket
from common.messaging.received_requests import ReceivedRequest
from common.storage import journal
from common.storage.catalog import CatalogCache
from common.storage.engine import Connection
from common.storage.journal import JournalEntry
from common.storage.new_tickets import NewTicket, insert_tickets
from common.storage.queues import ClinicDay, QueueState, day_before
from common.storage.ticket_rows import TicketRow, ticket_by_number, tickets_in_state
from common.storage.waiters import next_waiters
from ticker_worker import store
from ticker_worker.closing import Closing
from ticker_worker.refused import Refused, not_now

FORCED_MAX = timedelta(days=31)
"""For so long ahead a clinic can be forced open or closed."""

_BEFORE_A_ROOM = frozenset({TicketStatus.WAITING, TicketStatus.CALLED})


@dataclass(frozen=True, slots=True)
class _Here:
    """A request, and the clinic and queue that it is about."""

    asked: ReceivedRequest
    request: DeskRequest
    clinic: Clinic
    queue: QueueState


@dataclass
class Desk:
    """Carries out requests in one transaction at the moment `now`; all their `queues` are locked, and moved
    to that moment. What happened is in `entries`, in order; the queues are still to be written.

    Each clinic is as the catalog has it, or as this transaction has changed it.
    """

    connection: Connection
    catalog: CatalogCache
    now: datetime
    queues: Mapping[ClinicDay, QueueState]
    entries: list[JournalEntry] = field(default_factory=list)
    changed_clinics: dict[tuple[str, str], Clinic] = field(default_factory=dict)
    changes: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    # What cancels those who wait, and may have to go on in transactions of its own, by the request's id.
    closings: dict[str, Closing] = field(default_factory=dict)
    ordinals: Counter[str] = field(default_factory=Counter)
    # Those that the staff ended, with the clinic as it was: what there is to learn from.
    ended_calls: list[tuple[Clinic, date, EndedCall]] = field(default_factory=list)

    def carry_out(self, asked: ReceivedRequest, key: ClinicDay) -> list[JournalEntry]:
        """What a request changes; raises Refused."""
        request = asked.request
        assert isinstance(request, DeskRequest)
        before = len(self.entries)
        self._do(request, _Here(asked, request, self._clinic(key[:2]), self.queues[key]))
        return self.entries[before:]

    def write_clinics(self) -> None:
        """Writes what was changed of clinics. Other changes of the catalog wait from here to the end of the
        transaction."""
        store.change_clinics(self.connection, self.changes)

    @singledispatchmethod
    def _do(self, request: DeskRequest, here: _Here) -> None:
        raise NotImplementedError(request.name)

    # --- the clinic -------------------------------------------------------------------------------------

    @_do.register
    def _open(self, request: OpenClinic, here: _Here) -> None:
        clinic = here.clinic
        forced: dict[str, Any]
        if clinic.session_at(self.now) is not None and request.until is None:
            forced = {"state": ClinicState.SCHEDULE, "forced_until": None, "forced_reason": None}
        else:
            forced = self._forced(ClinicState.OPEN, here, request.until, request.reason)
        if clinic.is_open(self.now) and clinic == replace(clinic, **forced):
            raise not_now(NotPermittedReason.ALREADY_SO, f"{clinic.name} is open.")
        self._change_clinic(here, EventName.CLINIC_HOURS_CHANGED, **forced)

    @_do.register
    def _close(self, request: CloseClinic, here: _Here) -> None:
        clinic, queue = here.clinic, here.queue
        forced = self._forced(ClinicState.CLOSED, here, request.until, request.reason)
        cancels = request.waiting is WaitingFate.CANCEL and queue.waiting > 0
        if clinic == replace(clinic, **forced) and not cancels:
            raise not_now(NotPermittedReason.ALREADY_SO, f"{clinic.name} is closed.")
        self._change_clinic(here, EventName.CLINIC_HOURS_CHANGED, **forced)
        if request.waiting is WaitingFate.CANCEL:
            closing = Closing(self.entries[-1:])
            self.entries += closing.step(self.connection, queue, self.now)
            self.closings[here.asked.request_id] = closing

    def _forced(
        self, state: ClinicState, here: _Here, until: datetime | None, reason: str | None
    ) -> dict[str, Any]:
        until = until or here.clinic.day_end(here.queue.key[2])
        if not self.now < until <= self.now + FORCED_MAX:
            raise Refused(problems.until_impossible())
        return {"state": state, "forced_until": until, "forced_reason": reason}

    @_do.register
    def _set_rooms(self, request: SetRooms, here: _Here) -> None:
        if request.rooms == here.clinic.rooms:
            raise not_now(NotPermittedReason.ALREADY_SO, f"{here.clinic.name} has {request.rooms} rooms.")
        event = EventName.CLINIC_ROOMS_CHANGED
        self._change_clinic(here, event, rooms=request.rooms, serving_since=self.now)

    @_do.register
    def _set_mode(self, request: SetMode, here: _Here) -> None:
        if request.mode is here.clinic.mode:
            raise not_now(NotPermittedReason.ALREADY_SO, f"{here.clinic.name} is in this mode.")
        name = EventName.CLINIC_MODE_CHANGED
        self._change_clinic(here, name, mode=request.mode, serving_since=self.now)

    def _change_clinic(self, here: _Here, event: EventName, **values: Any) -> None:
        key = here.clinic.key
        self.changes.setdefault(key, {}).update(values)
        self.changed_clinics[key] = changed = replace(here.clinic, **values)
        here.queue.next_change_at = self.now  # its next change may be another one now
        is_open = changed.is_open(self.now)
        if is_open != here.queue.announced_open:
            event = EventName.CLINIC_OPENED if is_open else EventName.CLINIC_CLOSED
            here.queue.announced_open = is_open
        self._record(here, event)

    # --- calling ----------------------------------------------------------------------------------------

    @_do.register
    def _call_next(self, request: CallNext, here: _Here) -> None:
        self._see_that_staff_call(here)
        if request.room > here.clinic.rooms:
            detail = f"{here.clinic.name} has {here.clinic.rooms} rooms; set its rooms first."
            raise not_now(NotPermittedReason.ROOM_NOT_SERVING, detail)
        in_room = [
            (queue, each)
            for queue in (self.queues.get(day_before(here.queue.key)), here.queue)
            if queue is not None
            for each in tickets_in_state(self.connection, queue.key, IN_ROOM)
            if each.room == request.room
        ]
        following = self._whose_turn_it_is(here)
        if not in_room and following is None:
            raise not_now(NotPermittedReason.NOBODY_WAITING, "Nobody is waiting.")
        for queue, occupant in in_room:
            self._serve(replace(here, queue=queue), occupant)
        if following is not None:
            self._call(here, following, request.room)

    def _whose_turn_it_is(self, here: _Here) -> Waiter | None:
        queue = here.queue
        first = next_waiters(self.connection, [queue.key], 1).get(queue.key, [])
        of_lane = {waiter.lane: waiter for waiter in first}
        lane = next_lane(
            queue.priority_streak,
            here.clinic.priority_ratio,
            priority_waiting=Lane.PRIORITY in of_lane,
            regular_waiting=Lane.REGULAR in of_lane,
        )
        return None if lane is None else of_lane[lane]

    def _call(self, here: _Here, waiter: Waiter, room: int) -> None:
        queue, number = here.queue, waiter.number
        queue.priority_streak = after_call(waiter.lane, queue.priority_streak, here.clinic.priority_ratio)
        queue.count_waiting(waiter.lane, -1)
        queue.now_serving = number
        self._change_ticket(here, number, status=TicketStatus.CALLED, room=room, called_at=self.now)
        self._record(here, EventName.TICKET_CALLED, ChangedTicket(number, TicketStatus.CALLED, waiter.lane))

    @_do.register
    def _recall(self, request: Recall, here: _Here) -> None:
        ticket = self._ticket(here, request, {TicketStatus.CALLED})
        self._tell(here, EventName.TICKET_RECALLED, ticket, ticket.status)

    @_do.register
    def _start(self, request: Start, here: _Here) -> None:
        self._see_that_staff_call(here)
        ticket = self._ticket(here, request, {TicketStatus.CALLED})
        self._change_ticket(here, ticket.number, status=TicketStatus.IN_SERVICE, started_at=self.now)
        self._tell(here, EventName.TICKET_STARTED, ticket, TicketStatus.IN_SERVICE)

    @_do.register
    def _complete(self, request: Complete, here: _Here) -> None:
        self._see_that_staff_call(here)
        self._serve(here, self._ticket(here, request, IN_ROOM))

    def _serve(self, here: _Here, ticket: TicketRow) -> None:
        started_at = ticket.started_at or ticket.called_at
        served = TicketStatus.SERVED
        self._change_ticket(here, ticket.number, status=served, started_at=started_at, ended_at=self.now)
        self._note_end(here, ticket, came=True)
        self._tell(here, EventName.TICKET_SERVED, ticket, served)

    @_do.register
    def _mark_no_show(self, request: MarkNoShow, here: _Here) -> None:
        ticket = self._ticket(here, request, {TicketStatus.CALLED})
        self._change_ticket(here, ticket.number, status=TicketStatus.NO_SHOW, ended_at=self.now)
        self._note_end(here, ticket, came=False)
        self._free(here, ticket)
        self._tell(here, EventName.TICKET_NO_SHOW, ticket, TicketStatus.NO_SHOW)

    def _note_end(self, here: _Here, ticket: TicketRow, *, came: bool) -> None:
        assert ticket.called_at is not None
        ended = EndedCall(ticket.waiting_since, ticket.called_at, self.now, ticket.lane, came)
        self.ended_calls.append((here.clinic, here.queue.key[2], ended))

    # --- waiting ----------------------------------------------------------------------------------------

    @_do.register
    def _reinstate(self, request: Reinstate, here: _Here) -> None:
        ticket = self._ticket(here, request, {TicketStatus.NO_SHOW})
        if here.queue.ending is Ending.EXPIRY:
            detail = f"The service day of {_shown(here, ticket)} is over; register the patient again."
            raise not_now(NotPermittedReason.TICKET_STATUS, detail)
        self._see_that_none_is_held(here.queue.key, ticket)
        self._change_ticket(
            here,
            ticket.number,
            status=TicketStatus.WAITING,
            waiting_since=self.now,
            room=None,
            called_at=None,
            ended_at=None,
        )
        here.queue.count_waiting(ticket.lane, 1)
        here.queue.next_change_at = self.now
        self._tell(here, EventName.TICKET_REINSTATED, ticket, TicketStatus.WAITING)

    @_do.register
    def _set_priority(self, request: SetPriority, here: _Here) -> None:
        ticket = self._ticket(here, request, {TicketStatus.WAITING})
        before = ticket.priority_reason if ticket.lane is Lane.PRIORITY else None
        if before is request.reason:
            raise not_now(NotPermittedReason.ALREADY_SO, f"{_shown(here, ticket)} is in this lane.")
        reason: LaneReason = request.reason or StaffChoice.REGULAR
        lane = lane_for(reason)
        here.queue.count_waiting(ticket.lane, -1)
        here.queue.count_waiting(lane, 1)
        self._change_ticket(here, ticket.number, lane=lane, priority_reason=reason)
        goes_up = lane is Lane.PRIORITY
        name = EventName.TICKET_PRIORITISED if goes_up else EventName.TICKET_UNPRIORITISED
        self._record(here, name, ChangedTicket(ticket.number, ticket.status, lane))

    @_do.register
    def _transfer(self, request: Transfer, here: _Here) -> None:
        ticket = self._ticket(here, request, _BEFORE_A_ROOM)
        there = self._way_to(request.to_clinic, here)
        self._see_that_none_is_held(there.queue.key, ticket)
        if not there.clinic.is_open(self.now):
            raise Refused(problems.clinic_closed(there.clinic, self.now))
        if there.queue.last_number - there.queue.cancelled >= there.clinic.daily_quota:
            raise Refused(problems.quota_reached(there.clinic, self.now))
        code = new_ticket_code()
        moved = TicketStatus.TRANSFERRED
        self._change_ticket(here, ticket.number, status=moved, ended_at=self.now, transferred_to=code)
        here.queue.cancelled += 1
        if ticket.status is TicketStatus.WAITING:
            here.queue.count_waiting(ticket.lane, -1)
        else:
            self._free(here, ticket)
        self._tell(here, EventName.TICKET_TRANSFERRED, ticket, moved)
        self._take_in(there, ticket, code)

    def _way_to(self, code: str, here: _Here) -> _Here:
        """The queue of today of another clinic of the hospital."""
        hospital, own_code, _ = here.queue.key
        if code == own_code:
            raise not_now(NotPermittedReason.SAME_CLINIC, "The ticket is in this clinic's queue.")
        there = self.changed_clinics.get((hospital, code)) or self.catalog.clinic(hospital, code)
        clinic = None if there is None else there.as_of(self.now)
        queue = None if clinic is None else self.queues.get((*clinic.key, clinic.service_date(self.now)))
        if clinic is None or clinic.retired or queue is None:
            raise Refused(problems.clinic_not_found())
        return replace(here, clinic=clinic, queue=queue)

    def _take_in(self, there: _Here, ticket: TicketRow, code: str) -> None:
        """Gives the patient a ticket in this clinic's queue, at the place of their time of arrival."""
        queue = there.queue
        reason = there.clinic.lane_reason(ticket.priority_reason, ticket.date_of_birth, queue.key[2])
        lane = lane_for(reason)
        number, _ = queue.take_number(self.now)
        new = NewTicket(
            code,
            queue.key,
            number,
            lane,
            reason,
            ticket.medical_record_number,
            ticket.patient_name,
            ticket.date_of_birth,
            registered_at=self.now,
            arrived_at=ticket.arrived_at,
            waiting_since=self.now,
        )
        insert_tickets(self.connection, [new])
        queue.count_waiting(lane, 1)
        queue.next_change_at = self.now
        self._record(there, EventName.TICKET_REGISTERED, ChangedTicket(number, TicketStatus.WAITING, lane))

    # --- what several do --------------------------------------------------------------------------------

    def _clinic(self, key: tuple[str, str]) -> Clinic:
        clinic = self.changed_clinics.get(key) or self.catalog.clinic(*key)
        assert clinic is not None
        return clinic.as_of(self.now)

    def _ticket(self, here: _Here, request: TicketAction, states: Collection[TicketStatus]) -> TicketRow:
        """The ticket that a request is about, if it is in one of these states."""
        ticket = None
        if request.service_date in (None, here.queue.key[2]):
            ticket = ticket_by_number(self.connection, here.queue.key, request.number)
        if ticket is None:
            raise Refused(problems.number_not_given_out())
        if ticket.status not in states:
            wanted = " or ".join(sorted(state.value for state in states))
            detail = f"{_shown(here, ticket)} is {ticket.status.value}; it would have to be {wanted}."
            raise not_now(NotPermittedReason.TICKET_STATUS, detail)
        return ticket

    def _see_that_staff_call(self, here: _Here) -> None:
        if here.clinic.mode is not QueueMode.DESK:
            detail = f"The clock calls the patients of {here.clinic.name}; set its mode to desk first."
            raise not_now(NotPermittedReason.CLOCK_MODE, detail)

    def _see_that_none_is_held(self, key: ClinicDay, ticket: TicketRow) -> None:
        held = store.active_ticket(self.connection, key, ticket.medical_record_number)
        if held is not None:
            detail = (
                f"This patient holds {display_number(key[1], held)}; use that ticket, or cancel it first."
            )
            raise not_now(NotPermittedReason.HOLDS_ANOTHER, detail)

    def _free(self, here: _Here, ticket: TicketRow) -> None:
        """The ticket's patient gives up the room: the clock calls somebody else to it."""
        assert ticket.room is not None
        here.queue.rooms_freed[ticket.room] = self.now
        here.queue.next_change_at = self.now

    def _change_ticket(self, here: _Here, number: int, **values: Any) -> None:
        store.change_ticket(self.connection, here.queue.key, number, **values)

    def _tell(self, here: _Here, name: EventName, ticket: TicketRow, status: TicketStatus) -> None:
        self._record(here, name, ChangedTicket(ticket.number, status, ticket.lane))

    def _record(self, here: _Here, name: EventName, ticket: ChangedTicket | None = None) -> None:
        asked = here.asked
        entry = journal.next_entry(
            here.queue,
            name,
            self.now,
            ticket,
            cause_id=asked.request_id,
            ordinal=self.ordinals[asked.request_id],
            cause_digest=asked.digest,
            operator=here.request.operator,
        )
        self.ordinals[asked.request_id] += 1
        self.entries.append(entry)


def _shown(here: _Here, ticket: TicketRow) -> str:
    return display_number(here.clinic.code, ticket.number)
