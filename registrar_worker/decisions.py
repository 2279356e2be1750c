"""Decides requests in the order of their arrival: what each did before, else what it may do now.

Nothing here reads or writes: what is decided on was loaded (loading.py), and what is decided is saved
(saving.py) and answered (answers.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain
from typing import NamedTuple

from common.domain.admission import (
    Admission,
    Attempts,
    NewTicket,
    check_admission,
    check_registration,
    due_after_registration,
)
from common.domain.cancellations import Cancellation, CancelledBy
from common.domain.catalog import Clinic
from common.domain.changes import Change
from common.domain.clinic_day import ClinicDay
from common.domain.duplicates import HeldBy, possible_duplicate
from common.domain.newborns import shown_name
from common.domain.queue import Queue
from common.domain.ticket_codes import new_ticket_code
from common.domain.ticket_states import Action, TicketStatus, allowed_events, is_allowed
from common.domain.tickets import PriorityReason
from common.messages import problems
from common.messages.desk_requests import DeskRegister
from common.messages.message import EncodedReply, Request
from common.messages.patients import Cancel, Register, Ticket
from common.messages.problems import Problem
from common.messaging.received_requests import ReceivedRequest
from common.storage.access_log import Look
from common.storage.journal import Cause, ClinicOf, JournalEntry, entry_of
from common.storage.ticket_views import TicketView
from registrar_worker.loading import Loaded, Registering, registering
from registrar_worker.store import HeldTicket, NumberOfDay, Patient, number_of_day
from registrar_worker.ticket_snapshots import TicketSnapshot, TicketSnapshots

_MISMATCHES = frozenset({Admission.HELD_BY_ANOTHER, Admission.NOT_REGISTERED})
"""The data do not match what is known; neither tells which of the two it is."""

TicketRefusal = Callable[[Ticket], Problem]
"""A refusal that speaks of a ticket: it is made of the ticket as it is shown."""


class AtDesk(NamedTuple):
    """What only the desk is told of a ticket that it gave out."""

    possible_duplicate: int | None


class Decision(NamedTuple):
    """What a request did, by its `entries` in the journal, or why it did nothing. `shown` is the ticket that
    the reply is, or that the refusal speaks of, at the moment of the decision."""

    digest: bytes
    ticket_code: str | None = None
    entries: Sequence[JournalEntry] = ()
    refusal: Problem | EncodedReply | TicketRefusal | None = None
    # Whether the refusal could turn out otherwise when the request comes again, and must not.
    remember: bool = False
    shown: TicketSnapshot | None = None
    # Of a ticket that a desk gave out: which other its patient may hold.
    at_desk: AtDesk | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """The decisions on a batch in the order of its requests, and all that is to be saved of them: the queues
    as they are now, the tickets given out, the codes of those that were cancelled, how often data have not
    matched the numbers of which that changed, which names the staff are shown, the journal's entries."""

    decisions: Sequence[Decision]
    queues: Mapping[ClinicDay, Queue]
    new_tickets: Sequence[NewTicket]
    cancelled: Sequence[str]
    mismatches: Mapping[NumberOfDay, int]
    looks: Sequence[Look]
    entries: Sequence[JournalEntry]


def decide(loaded: Loaded, requests: Sequence[ReceivedRequest], clinic_of: ClinicOf) -> Decided:
    """Decides a batch of requests, at the moment at which it was loaded."""
    queues = {**loaded.queues}
    deciding = _Deciding(
        loaded=loaded,
        by_id=_decided_before(loaded),
        queues=queues,
        held={**loaded.held},
        ended={**loaded.ended},
        tickets=TicketSnapshots(loaded.tickets, loaded.occupants, queues),
        clinic_of=clinic_of,
    )
    decisions = [deciding.decide(each) for each in requests]
    return Decided(
        decisions,
        queues,
        deciding.new_tickets,
        deciding.cancelled,
        deciding.mismatches,
        deciding.looks,
        deciding.entries,
    )


def _decided_before(loaded: Loaded) -> dict[str, Decision]:
    """What these requests did, or were refused, when they came before: it is their decision again."""
    found = {each.request_id: Decision(each.digest, refusal=each.reply) for each in loaded.refusals}
    for cause_id, entries in loaded.recorded.items():
        code = loaded.recorded_tickets.get(cause_id)
        if code is None:
            # What opened or closed a clinic was no request: one that bears its id is another.
            found[cause_id] = Decision(digest=b"")
        else:
            found[cause_id] = Decision(entries[0].cause_digest or b"", code, entries)
    return found


@dataclass(frozen=True, slots=True)
class _Deciding:
    """The state of a batch between its decisions. `queues` are those that `tickets` looks at, too."""

    loaded: Loaded
    by_id: dict[str, Decision]
    queues: dict[ClinicDay, Queue]
    held: dict[Patient, HeldTicket]
    ended: dict[Patient, int]
    tickets: TicketSnapshots
    clinic_of: ClinicOf
    new_tickets: list[NewTicket] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    mismatches: dict[NumberOfDay, int] = field(default_factory=dict)
    looks: list[Look] = field(default_factory=list)
    entries: list[JournalEntry] = field(default_factory=list)

    def decide(self, received: ReceivedRequest) -> Decision:
        """Decides the next request; its own decision, if it came before."""
        decision = self._decide(received)
        if not isinstance(received.request, DeskRegister) or decision.refusal is not None:
            return decision
        return decision._replace(at_desk=self._at_desk(received, decision))

    def _decide(self, received: ReceivedRequest) -> Decision:
        known = self.by_id.get(received.request_id)
        is_repeated = known is not None and known.digest == received.digest
        not_permitted = self.loaded.not_permitted.get(received.identity)
        if not_permitted is not None and not is_repeated:
            return Decision(received.digest, refusal=not_permitted)  # it does not keep its id
        if known is None:
            decision = self._decide_first(received)
            if decision.entries or decision.remember:  # else the next request with this id is the first
                self.by_id[received.request_id] = decision
            return decision
        if not is_repeated:
            return Decision(received.digest, refusal=problems.request_id_reused())
        if known.ticket_code and known.refusal is None:
            # The ticket as it stands now, which is later than the decision.
            return known._replace(shown=self.tickets.moment(known.ticket_code))
        return known

    def _decide_first(self, received: ReceivedRequest) -> Decision:
        request = received.request
        if isinstance(request, Register):
            return self._register(received, request)
        assert isinstance(request, Cancel)
        return self._cancel(received, request)

    # --- registrations ----------------------------------------------------------------------------------

    def _register(self, received: ReceivedRequest, request: Register) -> Decision:
        now = self.loaded.now
        if received.is_too_old(now):
            return Decision(received.digest, refusal=problems.request_expired(now))
        today = self.loaded.clinics[request.hospital, request.clinic]
        if isinstance(today, Problem):
            return Decision(received.digest, refusal=today, remember=True)
        asked = self.loaded.registrations.get(received.identity) or registering(request, today)
        if isinstance(asked, Problem):
            return Decision(received.digest, refusal=asked)
        clinic, queue, person = today.clinic, self.queues[today.day], asked.registrant
        given = _given_priority(request)
        if given is not None and clinic.lanes.lane_of(given) is None:
            return Decision(received.digest, refusal=problems.no_lane(clinic), remember=True)
        held = next((self.held[each] for each in asked.places if each in self.held), None)
        if asked.is_at_desk:
            quota = clinic.daily_quota
            verdict = check_admission(queue, person, held, is_open=today.is_open, quota=quota)
        else:
            attempts = self._attempts(asked.patient)
            is_known = self._is_known(asked)
            verdict = check_registration(
                queue, person, held, attempts, clinic, is_open=today.is_open, is_known=is_known
            )
        if verdict is Admission.ADMITTED:
            return self._admit(received, asked, queue)
        if verdict is Admission.ALREADY_HELD:
            assert held is not None
            return self._already_held(received, held)
        if held is not None and asked.is_at_desk and verdict is Admission.HELD_BY_ANOTHER:
            return self._mismatch_at_desk(received, asked, held)
        if verdict in _MISMATCHES:
            self.mismatches[number_of_day(asked.patient)] = attempts.mismatches + 1
        refusal = _not_admitted(verdict, clinic, self.loaded.now)
        # What was mended may let the same request in.
        return Decision(received.digest, refusal=refusal, remember=verdict is not Admission.REGISTRY_UNUSABLE)

    def _mismatch_at_desk(self, received: ReceivedRequest, asked: Registering, held: HeldTicket) -> Decision:
        """The desk is shown whose ticket is in the way, which is recorded as a look at a name."""
        assert received.user is not None
        self.looks.append(Look(received.user, *asked.today.clinic.key, received.request.name, names=1))
        name = shown_name(held.patient_name, asked.registrant.patient.birth_order)
        refusal = partial(problems.mismatch_at_desk, name=name, date_of_birth=held.date_of_birth)
        return self._refused(received, refusal, held.ticket_code)

    def _is_known(self, asked: Registering) -> bool | None:
        """Whether the hospital's registry knows the patient, if it has to."""
        if not asked.has_to_be_known:
            return True
        entry = asked.registry_entry
        return False if entry is None else self.loaded.registered.knows(entry)

    def _attempts(self, patient: Patient) -> Attempts:
        """What was tried with the patient's medical record number before."""
        number = number_of_day(patient)
        mismatches = self.mismatches.get(number) or self.loaded.mismatches.get(number, 0)
        return Attempts(mismatches, self.ended.get(patient, 0))

    def _already_held(self, received: ReceivedRequest, held: HeldTicket) -> Decision:
        """The patient's ticket is shown; its code, which cancels it, to the desk only."""
        is_at_desk = isinstance(received.request, DeskRegister)
        refuse = problems.already_registered_at_desk if is_at_desk else problems.already_registered
        return self._refused(received, refuse, held.ticket_code)

    def _admit(self, received: ReceivedRequest, asked: Registering, before: Queue) -> Decision:
        """Gives out the next number."""
        now, code, clinic = self.loaded.now, new_ticket_code(), asked.today.clinic
        person, is_confirmed = asked.registrant, _is_date_of_birth_confirmed(asked)
        reason = _given_priority(received.request) or clinic.lane_reason(
            None, person.date_of_birth, before.key.service_date, is_confirmed=is_confirmed
        )
        lane = clinic.lanes.lane_for(reason)
        queue, change = before.admit(lane, now, due_after_registration(before, clinic, now))
        self.queues[queue.key] = queue
        number, arrived_at, waiting = queue.last_number, queue.last_arrival_at, before.waiting_by_lane
        assert arrived_at is not None
        view = TicketView(
            ticket_code=code,
            clinic_day=queue.key,
            number=number,
            status=TicketStatus.WAITING,
            lane=lane,
            ahead_in_lane=waiting[lane.rank],
            waiting=waiting,
            streaks=queue.streaks,
            now_serving=queue.now_serving,
            registered_at=now,
            called_at=None,
            recalled_at=None,
            room=None,
            transferred_to=None,
        )
        self.held[asked.patient] = HeldTicket(code, person.patient_name, person.date_of_birth)
        self.new_tickets.append(
            NewTicket(
                code,
                queue.key,
                number,
                lane,
                reason,
                *person,
                is_confirmed,
                now,
                arrived_at,
                waiting_since=arrived_at,
            )
        )
        return self._done(received, code, change, self.tickets.add(view))

    def _at_desk(self, received: ReceivedRequest, decision: Decision) -> AtDesk:
        """Who else in the queue may be the patient to whom a desk gave a ticket, now or before."""
        asked = self.loaded.registrations.get(received.identity)
        if asked is None or decision.shown is None:
            return AtDesk(None)
        ticket = HeldBy(decision.shown.view.number, *asked.registrant)
        day = decision.shown.view.clinic_day
        new = (
            HeldBy(each.number, each.patient, each.patient_name, each.date_of_birth)
            for each in self.new_tickets
            if each.key == day
        )
        cancelled = {
            (view.clinic_day, view.number) for view in map(self.tickets.view, self.cancelled) if view
        }
        others = chain(self.loaded.born_alike.get(day, ()), new)
        return AtDesk(
            possible_duplicate(ticket, (each for each in others if (day, each.number) not in cancelled))
        )

    # --- cancellations ----------------------------------------------------------------------------------

    def _cancel(self, received: ReceivedRequest, request: Cancel) -> Decision:
        code = request.ticket_code
        view = self.tickets.view(code)
        if view is None:
            # Nor will it be there when the request comes again: the refusal costs no row.
            return Decision(received.digest, refusal=problems.ticket_not_found())
        if not is_allowed(Action.CANCEL, view.status):
            refused = self._refused(received, problems.not_cancellable, code)
            return refused._replace(remember=bool(allowed_events(view.status)))
        self.queues[view.clinic_day], change = self.queues[view.clinic_day].cancel(
            view, self.loaded.now, Cancellation(CancelledBy.PATIENT)
        )
        self.cancelled.append(code)
        self.tickets.cancel(code)
        for patient in [patient for patient, held in self.held.items() if held.ticket_code == code]:
            del self.held[patient]
            self.ended[patient] = self.ended.get(patient, 0) + 1
        return self._done(received, code, change, self.tickets.moment(code))

    # --- both -------------------------------------------------------------------------------------------

    def _refused(self, received: ReceivedRequest, refusal: TicketRefusal, ticket_code: str) -> Decision:
        """A refusal that speaks of a ticket as it stands now."""
        shown = self.tickets.moment(ticket_code)
        return Decision(received.digest, ticket_code, refusal=refusal, remember=True, shown=shown)

    def _done(
        self, received: ReceivedRequest, ticket_code: str, change: Change, shown: TicketSnapshot
    ) -> Decision:
        """What a request has changed, to be recorded."""
        cause = Cause(received.request_id, received.digest, received.user)
        entry = entry_of(change, cause, self.clinic_of)
        self.entries.append(entry)
        return Decision(received.digest, ticket_code, (entry,), shown=shown)


def _not_admitted(verdict: Admission, clinic: Clinic, now: datetime) -> Problem:
    """Why a patient gets no ticket, where there is none to show."""
    match verdict:
        case Admission.CLINIC_CLOSED:
            return problems.clinic_closed(clinic, now)
        case Admission.QUOTA_REACHED:
            return problems.quota_reached(clinic, now)
        case Admission.MISMATCHES_USED_UP | Admission.REGISTRATIONS_USED_UP | Admission.REGISTRY_UNUSABLE:
            return problems.ask_at_desk()
        case Admission.HELD_BY_ANOTHER | Admission.NOT_REGISTERED:
            return problems.medical_record_mismatch()
    raise NotImplementedError(verdict)


def _given_priority(request: Request) -> PriorityReason | None:
    """Why the desk gives priority."""
    return request.priority if isinstance(request, DeskRegister) else None


def _is_date_of_birth_confirmed(asked: Registering) -> bool:
    """Whether somebody other than the asker vouches for the date of birth: the desk, which sees the patient,
    or the registry, without which nobody is admitted there."""
    return asked.is_at_desk or asked.has_to_be_known
