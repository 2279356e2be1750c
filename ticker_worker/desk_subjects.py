"""Loads what a desk's request is about, and decides the request: a case for each request in both."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from common.domain.absences import Absence
from common.domain.catalog import Clinic
from common.domain.clinic_day import ClinicDay
from common.domain.corrections import Correction
from common.domain.places import PlacedTicket
from common.domain.queue import Ending, Queue
from common.domain.queue_advance import Waiter
from common.domain.record_numbers import PatientKey
from common.domain.refusals import RecordNumberUnfit
from common.domain.staff import StaffRole
from common.domain.ticket_codes import new_ticket_code
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import IN_ROOM, TicketStatus
from common.messages.desk_requests import (
    Away,
    Back,
    CallNext,
    CallTicket,
    CloseClinic,
    Complete,
    Correct,
    DeskCancel,
    DeskRequest,
    MarkNoShow,
    OpenClinic,
    Park,
    Recall,
    Reinstate,
    Send,
    SetMode,
    SetPriority,
    SetRooms,
    Skip,
    Start,
    TicketAction,
    ToAnotherClinic,
    Transfer,
    Undo,
    Unpark,
)
from common.storage import lane_places
from common.storage.catalog import CatalogCache
from common.storage.elsewhere import find_elsewhere
from common.storage.engine import Connection
from common.storage.ticket_rows import ticket_by_number, tickets_in_state
from common.storage.visits import active_in_visit, count_stations_left, first_places, ticket_by_code
from common.storage.waiters import next_waiters
from ticker_worker import store
from ticker_worker.cancelling_waiting import cancels_waiting
from ticker_worker.loading import QueuesNeeded
from ticker_worker.rules import (
    absences,
    calling,
    clinic_actions,
    correcting,
    sending,
    transferring,
    undoing,
    waiting,
)
from ticker_worker.rules.action_results import ActionResult
from ticker_worker.rules.calling import Caller, InRoom
from ticker_worker.rules.correcting import OtherTicket
from ticker_worker.rules.day_end import HeldPlace
from ticker_worker.rules.sending import Home, Return
from ticker_worker.rules.transferring import Destination
from ticker_worker.rules.undoing import UndoSubject
from ticker_worker.undo_subjects import UndoOf, load_undo_subject


class Subject(NamedTuple):
    """What a request is about: always a clinic and its queue; of the rest what the request needs.

    `holder` is the ticket in the queue that the `ticket`'s patient holds, or whoever the patient is to be;
    `first` are the first who wait in each lane, `next_in_lane` those who wait behind the ticket, or the first
    ones of its lane; `caller` is who calls; `returns` are those who may go back to another clinic when they
    are served; `others` are the other active tickets of the visit; `undo` is what an undoing needs.
    """

    clinic: Clinic
    queue: Queue
    ticket: TicketRecord | None = None
    holder: HeldPlace | None = None
    destination: Destination | None = None
    caller: Caller | None = None
    first: Sequence[Waiter] = ()
    next_in_lane: Sequence[PlacedTicket] = ()
    returns: Sequence[Return] = ()
    others: Sequence[OtherTicket] = ()
    undo: UndoSubject | None = None


@dataclass(frozen=True, slots=True)
class Subjects:
    """Loads subjects in one transaction at the moment `now`: from locked `queues`, and from clinics as the
    catalog has them, or as this transaction has changed them."""

    connection: Connection
    catalog: CatalogCache
    now: datetime
    queues: Mapping[ClinicDay, Queue]
    changed_clinics: Mapping[tuple[str, str], Clinic]

    def load(self, request: DeskRequest, user: str | None, key: ClinicDay) -> Subject:
        """What a user's request is about that is for this queue."""
        clinic = self.clinic(key.clinic_key)
        assert clinic is not None
        subject = Subject(clinic, self.queues[key])
        match request:
            case CallNext():
                first = next_waiters(self.connection, [key], 1).get(key, ())
                caller = self._caller(key, request, [each.number for each in first])
                return subject._replace(caller=caller, first=first, returns=self._returns_from(caller))
            case CallTicket():
                ticket = ticket_by_number(self.connection, key, request.number)
                holder = None if ticket is None else self._holder(key, ticket.patient)
                caller = self._caller(key, request, [request.number])
                returns = self._returns_from(caller)
                return subject._replace(caller=caller, ticket=ticket, holder=holder, returns=returns)
            case Undo():
                return subject._replace(undo=self._undo(request, key, clinic, user))
            case TicketAction():
                subject = subject._replace(ticket=self._ticket(request, key))
        match request:
            case Reinstate() if subject.ticket is not None:
                holder = self._holder(key, subject.ticket.patient)
                next_in_lane = self._let_pass(key, subject.ticket, clinic.skip_places)
                return subject._replace(holder=holder, next_in_lane=next_in_lane)
            case Skip() if subject.ticket is not None:
                next_in_lane = self._let_pass(key, subject.ticket, clinic.skip_places)
                return subject._replace(next_in_lane=next_in_lane)
            case Unpark() if subject.ticket is not None:
                return subject._replace(next_in_lane=self._next_in_lane(key, subject.ticket, 1))
            case Correct() if subject.ticket is not None:
                correction = _correction(request, clinic)
                holder = self._holder_after(correction, key, subject.ticket)
                others = self._others_of_visit(correction, key, subject.ticket)
                return subject._replace(holder=holder, others=others)
            case Complete() if subject.ticket is not None:
                return subject._replace(returns=self._returns([(key, subject.ticket)]))
            case ToAnotherClinic() if subject.ticket is not None:
                return subject._replace(destination=self._destination(request, subject.ticket))
        return subject

    def clinic(self, clinic_key: tuple[str, str]) -> Clinic | None:
        """A clinic as it is now."""
        clinic = self.changed_clinics.get(clinic_key) or self.catalog.clinic(*clinic_key)
        return None if clinic is None else clinic.as_of(self.now)

    def _in_room(self, key: ClinicDay, room: int) -> list[InRoom]:
        """Who is in a room, called today or on the day before."""
        queues = [self.queues[day] for day in (key.day_before, key) if day in self.queues]
        return [
            InRoom(queue, ticket)
            for queue in queues
            for ticket in tickets_in_state(self.connection, queue.key, IN_ROOM)
            if ticket.room == room
        ]

    def _caller(self, key: ClinicDay, request: CallNext | CallTicket, numbers: Collection[int]) -> Caller:
        """Who calls one of these numbers."""
        asked = () if request.anyhow else numbers
        elsewhere = find_elsewhere(self.connection, key, asked, self._clinic_of)
        return Caller(request.room, self._in_room(key, request.room), elsewhere, request.anyhow)

    def _let_pass(self, key: ClinicDay, ticket: TicketRecord, count: int) -> list[PlacedTicket]:
        """Behind whom a ticket goes: those of today, where it was called on the day before and goes over."""
        goes_over = self.queues[key].ending is Ending.HANDOVER and ticket.status is not TicketStatus.WAITING
        return self._next_in_lane(key.day_after if goes_over else key, ticket, count)

    def _next_in_lane(self, key: ClinicDay, ticket: TicketRecord, count: int) -> list[PlacedTicket]:
        """Who waits behind a waiting ticket in its lane; of another one, the first ones of its lane."""
        after = ticket.place if ticket.status is TicketStatus.WAITING else None
        return lane_places.next_in_lane(self.connection, key, ticket.lane, count, after=after)

    def _clinic_of(self, day: ClinicDay) -> Clinic:
        return self.changed_clinics.get(day.clinic_key) or self.catalog.clinic_of(day)

    def _returns_from(self, caller: Caller) -> list[Return]:
        """Who of those in the caller's room may go back."""
        return self._returns((each.queue.key, each.ticket) for each in caller.in_room)

    def _returns(self, served: Iterable[tuple[ClinicDay, TicketRecord]]) -> list[Return]:
        """Who of these may go back. Raises QueuesNeeded where a queue there is not locked."""
        return [
            Return(key, ticket, home, new_ticket_code())
            for key, ticket in served
            if (home := self._home(key, ticket)) is not None
        ]

    def _home(self, key: ClinicDay, ticket: TicketRecord) -> Home | None:
        if ticket.return_to is None or ticket.status not in IN_ROOM:
            return None
        sent_from, first_ticket = ticket_by_code(self.connection, ticket.return_to)
        clinic = self.clinic(sent_from.clinic_key)
        assert clinic is not None
        day = clinic.clinic_day(self.now)
        if clinic.retired or day.clinic_key == key.clinic_key:
            return None
        if day not in self.queues:
            raise QueuesNeeded({day})
        return Home(
            clinic,
            self.queues[day],
            first_ticket,
            self._holder(day, ticket.patient),
            count_stations_left(self.connection, ticket),
            first_places(self.connection, day, sending.FIRST_PLACES_MAX),
        )

    def _undo(self, request: Undo, key: ClinicDay, clinic: Clinic, user: str | None) -> UndoSubject:
        """What an undoing looks at."""
        meant = UndoOf(key, request.number, request.room)
        member = self.catalog.staff_member(user or "")

        def may(roles: frozenset[StaffRole]) -> bool:
            return member is not None and member.may(roles, *clinic.key)

        ratios = clinic.lanes.ratios
        return load_undo_subject(self.connection, meant, self.queues, may, ratios, self.now)

    def _ticket(self, request: TicketAction, key: ClinicDay) -> TicketRecord | None:
        if request.service_date not in (None, key.service_date):
            return None
        return ticket_by_number(self.connection, key, request.number)

    def _holder(self, key: ClinicDay, patient: PatientKey) -> HeldPlace | None:
        place = (key, patient)
        return store.held_tickets(self.connection, [place]).get(place)

    def _holder_after(self, correction: Correction, key: ClinicDay, ticket: TicketRecord) -> HeldPlace | None:
        """Who holds a ticket of a queue as the patient whose this one is to be; None where it stays whose it
        is."""
        patient = correction.patient_of(ticket)
        return None if patient == ticket.patient else self._holder(key, patient)

    def _others_of_visit(
        self, correction: Correction, key: ClinicDay, ticket: TicketRecord
    ) -> list[OtherTicket]:
        """The same patient's other active tickets of the visit. Raises QueuesNeeded where a queue of them is
        not locked."""
        found = [] if ticket.visit is None else active_in_visit(self.connection, ticket.visit)
        others = [
            (day, each)
            for day, each in found
            if (day, each.number) != (key, ticket.number) and each.patient == ticket.patient
        ]
        if missing := {day for day, _ in others} - self.queues.keys():
            raise QueuesNeeded(missing)
        return [
            OtherTicket(
                self._clinic_of(day), self.queues[day], each, self._holder_after(correction, day, each)
            )
            for day, each in others
        ]

    def _destination(self, request: ToAnotherClinic, ticket: TicketRecord) -> Destination | None:
        clinic = self.clinic((request.hospital, request.to_clinic))
        queue = None if clinic is None else self.queues.get(clinic.clinic_day(self.now))
        if clinic is None or queue is None or (clinic.retired and request.to_clinic != request.clinic):
            return None
        return Destination(
            clinic, queue, self._holder(queue.key, ticket.patient), self._home_in(clinic, ticket)
        )

    def _home_in(self, clinic: Clinic, ticket: TicketRecord) -> TicketRecord | None:
        """The ticket to which the patient was to go back, where it is one of this clinic."""
        if ticket.return_to is None:
            return None
        sent_from, home = ticket_by_code(self.connection, ticket.return_to)
        return home if sent_from.clinic_key == clinic.key else None


def decide(request: DeskRequest, subject: Subject, now: datetime) -> ActionResult:
    """What a request changes; raises ActionRefused where it is not carried out."""
    clinic, queue, ticket = subject.clinic, subject.queue, subject.ticket
    match request:
        case OpenClinic():
            return clinic_actions.open_clinic(clinic, queue, request.until, request.reason, now)
        case CloseClinic():
            cancels = cancels_waiting(request)
            return clinic_actions.close_clinic(
                clinic, queue, request.until, request.reason, now, cancels=cancels
            )
        case Away():
            said = Absence(request.room, request.until, request.reason, now)
            return absences.away(clinic, queue, said, now)
        case Back():
            return absences.back(clinic, queue, request.room, now)
        case SetRooms():
            return clinic_actions.set_rooms(clinic, queue, request.rooms, now)
        case SetMode():
            return clinic_actions.set_mode(clinic, queue, request.mode, now)
        case CallNext():
            assert subject.caller is not None
            called = calling.call_next(clinic, queue, subject.first, subject.caller, now)
            called = sending.with_returns(called, subject.returns, now)
            return absences.with_caller_back(called, clinic, queue, request.room, now)
        case CallTicket():
            assert subject.caller is not None
            called = calling.call_ticket(
                clinic, queue, ticket, subject.holder, subject.caller, request.reason, now
            )
            called = sending.with_returns(called, subject.returns, now)
            return absences.with_caller_back(called, clinic, queue, request.room, now)
        case Recall():
            return calling.recall(queue, ticket, now)
        case Start():
            return calling.start(clinic, queue, ticket, now)
        case Complete():
            return sending.with_returns(calling.complete(clinic, queue, ticket, now), subject.returns, now)
        case MarkNoShow():
            return calling.mark_no_show(queue, ticket, now)
        case Reinstate():
            return waiting.reinstate(queue, ticket, subject.holder, subject.next_in_lane, now)
        case Skip():
            return waiting.skip(queue, ticket, subject.next_in_lane, now)
        case Park():
            return waiting.park(queue, ticket, now)
        case Unpark():
            return waiting.unpark(queue, ticket, subject.next_in_lane, now)
        case SetPriority():
            return waiting.set_priority(clinic, queue, ticket, request.reason, now)
        case Transfer():
            return transferring.transfer(queue, ticket, subject.destination, new_ticket_code(), now)
        case Send():
            ids, to = sending.NewIds(new_ticket_code(), str(uuid4())), subject.destination
            return sending.send(clinic, queue, ticket, to, ids, now, returns=request.returns)
        case Undo():
            assert subject.undo is not None
            return undoing.undo(subject.undo, request.number, request.room, queue.key, now)
        case DeskCancel():
            return waiting.cancel(queue, ticket, request.reason, now)
        case Correct():
            given = _correction(request, clinic)
            return correcting.correct(clinic, queue, ticket, given, subject.holder, subject.others, now)
    raise NotImplementedError(request.name)


def _correction(request: Correct, clinic: Clinic) -> Correction:
    """What is to be right, as the hospital writes it. Raises RecordNumberUnfit."""
    number = request.medical_record_number
    if number is not None and (number := clinic.hospital.record_number(number)) is None:
        raise RecordNumberUnfit
    return Correction(number, request.patient_name, request.date_of_birth, request.newborn)
