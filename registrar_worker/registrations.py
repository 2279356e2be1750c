"""Registrations and cancellations, decided and carried out in one transaction.

The rows of the clinics' service days are locked first. Under those locks each request is decided in the
order of arrival: what it did before (found in the journal by its id), else what it may do now.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from common.domain.admission import Admission, NewTicket, admission, due_after_registration
from common.domain.catalog import Clinic
from common.domain.changes import Change
from common.domain.clinic_day import ClinicDay
from common.domain.lanes import Lane
from common.domain.queue import Queue
from common.domain.ticket_codes import new_ticket_code
from common.domain.ticket_states import Action, TicketStatus, is_allowed
from common.messages import problems
from common.messages.desks import DeskRegister
from common.messages.events import Event
from common.messages.message import EncodedReply, Reply, Request, encode_reply
from common.messages.patients import Cancel, Register
from common.messages.problems import Problem, ProblemCode
from common.messaging.delivery import Outcome
from common.messaging.received_requests import ReceivedRequest
from common.storage import journal
from common.storage.catalog import CatalogCache, CatalogChanged
from common.storage.engine import Connection, push
from common.storage.journal import Cause, JournalEntry
from common.storage.new_tickets import insert_tickets
from common.storage.queues import lock_all_queues, write_changed_queues
from common.storage.refusals import Refusal, find_refusals, remember_refusals
from common.storage.service_times import read_service_times
from common.storage.ticket_views import Occupants, TicketView, read_rooms, read_ticket_views
from registrar_worker import store
from registrar_worker.moments import Moment, MomentsShown, TicketMoments
from registrar_worker.store import HeldTicket, Patient

_PATIENT_AGE_MAX = timedelta(days=130 * 365.25)


class _Decision(NamedTuple):
    """The answer to a request: a ticket, or a refusal; `already_registered` and `not_cancellable` are
    refusals that speak of a ticket. `shown` is the ticket at the moment of the decision."""

    digest: bytes
    ticket_code: str | None = None
    events: tuple[Event, ...] = ()
    refusal: Problem | ProblemCode | EncodedReply | None = None
    # Whether the refusal could turn out otherwise when the request comes again, and must not.
    remember: bool = False
    shown: Moment | None = None


@dataclass(frozen=True, slots=True)
class _Today:
    """A clinic at the moment of a batch, and what names its queue."""

    clinic: Clinic
    key: ClinicDay
    is_open: bool


@dataclass
class Registrations:
    """Decides and carries out requests in one transaction, at the moment `now`."""

    connection: Connection
    catalog: CatalogCache
    now: datetime
    decisions: dict[str, _Decision] = field(default_factory=dict)
    new_tickets: list[NewTicket] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    entries: list[JournalEntry] = field(default_factory=list)
    today: dict[tuple[str, str], _Today | None] = field(default_factory=dict)

    def decide(self, asked: Sequence[ReceivedRequest]) -> list[Outcome]:
        """The outcomes in the order of the requests; all that they change is written."""
        self._look_up(asked)
        decided = [self._answer(each) for each in asked]
        store.cancel_tickets(self.connection, self.cancelled, self.now)
        insert_tickets(self.connection, self.new_tickets)
        write_changed_queues(self.connection, self.locked, self.queues)
        journal.record(self.connection, self.entries, self.now)
        push(self.connection)
        shown = MomentsShown(self.catalog, self.learned, self.now)
        replies = [_reply(decision, shown) for decision in decided]
        self._remember(asked, decided, replies)
        return [
            Outcome(reply=reply, events=decision.events)
            for reply, decision in zip(replies, decided, strict=True)
        ]

    # --- before deciding --------------------------------------------------------------------------------

    def _look_up(self, asked: Sequence[ReceivedRequest]) -> None:
        """Locks the queues, then reads all that the decisions depend on."""
        connection = self.connection
        codes = [each.request.ticket_code for each in asked if isinstance(each.request, Cancel)]
        patients = [self._patient(each.request) for each in asked]
        keys = {patient[0] for patient in patients if patient is not None}
        keys |= {*store.queues_of_tickets(connection, codes).values()}
        # All of it is sent before the first result is waited for: it is one way to the database and back.
        locked = lock_all_queues(connection, keys, self.catalog.day_start, self.now)
        views, occupants = read_ticket_views(connection, codes), read_rooms(connection, keys)
        clinics = (self.catalog.clinic(*key[:2]) for key in keys)
        learned = read_service_times(connection, filter(None, clinics))
        asked_by = zip((each.request_id for each in asked), patients, strict=True)
        what_is_known = store.find_known(connection, asked_by)
        self.locked = locked()
        self.queues = {**self.locked}
        known = what_is_known()
        changed = self.catalog.catch_up(connection, known.catalog_version)
        if changed & {_named(each.request) for each in asked}:
            # Under the lock on its queue, the clinic stays as it is now.
            self.today.clear()
            if patients != [self._patient(each.request) for each in asked]:
                raise CatalogChanged  # other queues are to be locked
        found, self.learned = views(), learned()
        self.held = store.find_held_tickets(connection, known.held)
        for refusal in find_refusals(connection, known.refused):
            self.decisions[refusal.request_id] = _Decision(refusal.digest, refusal=refusal.reply)
        done = self._recall(known.done) if known.done else set()
        found |= read_ticket_views(connection, (known.held | done) - found.keys())()
        rooms = {**occupants(), **self._look_elsewhere({view.clinic_day for view in found.values()})}
        self.tickets = TicketMoments(found, rooms, self.queues)

    def _look_elsewhere(self, days: Collection[ClinicDay]) -> Occupants:
        """Reads what tickets of other queues than the locked ones show: who is in their rooms."""
        others = {*days} - self.queues.keys()
        occupants = read_rooms(self.connection, others)
        learned = read_service_times(self.connection, map(self.catalog.clinic_of, others))
        self.learned = {**learned(), **self.learned}
        return occupants()

    def _recall(self, request_ids: Collection[str]) -> set[str]:
        """What these requests did before becomes their decision again; the codes of their tickets."""
        caused = journal.find_by_causes(self.connection, request_ids)
        # Several of these requests may be about one ticket: its registration, and its cancellation.
        places = {
            request_id: (first.clinic_day, first.number)
            for request_id, (first, *_) in caused.items()
            if first.number is not None
        }
        codes = store.tickets_by_number(self.connection, set(places.values()))
        for tick_id in caused.keys() - places.keys():
            # What opened or closed a clinic was no request: one that bears its id is another.
            self.decisions[tick_id] = _Decision(digest=b"")
        for request_id, place in places.items():
            entries = caused[request_id]
            digest = entries[0].cause_digest or b""
            events = tuple(entry.event for entry in entries)
            self.decisions[request_id] = _Decision(digest, codes[place], events)
        return {*codes.values()}

    def _patient(self, request: Request) -> Patient | None:
        """Whom a request registers, and where; None where it registers nobody, or names no clinic."""
        if not isinstance(request, Register) or (today := self._today(request)) is None:
            return None
        return today.key, request.medical_record_number

    def _today(self, request: Register) -> _Today | None:
        """The clinic that a request names, worked out once for a batch; None where there is none."""
        code = (request.hospital, request.clinic)
        if code not in self.today:
            clinic = self.catalog.clinic(*code)
            self.today[code] = None
            if clinic is not None and not clinic.retired:
                key = clinic.clinic_day(self.now)
                self.today[code] = _Today(clinic, key, clinic.is_open(self.now))
        return self.today[code]

    # --- deciding ---------------------------------------------------------------------------------------

    def _answer(self, asked: ReceivedRequest) -> _Decision:
        known = self.decisions.get(asked.request_id)
        if known is None:
            new = self._register(asked) if isinstance(asked.request, Register) else self._cancel(asked)
            if new.events or new.remember:  # else whoever comes with its id is the first
                self.decisions[asked.request_id] = new
            return new
        if known.digest != asked.digest:
            return _Decision(asked.digest, refusal=problems.request_id_reused())
        if known.ticket_code and known.refusal is None:
            # The ticket as it stands now, which is later than the decision.
            return known._replace(shown=self.tickets.moment(known.ticket_code))
        return known

    def _register(self, asked: ReceivedRequest) -> _Decision:
        request = asked.request
        assert isinstance(request, Register)
        if asked.is_too_old(self.now):
            return _Decision(asked.digest, refusal=problems.request_expired(self.now))
        today = self._today(request)
        if today is None:
            found = self.catalog.hospital(request.hospital)
            refusal = problems.clinic_not_found() if found else problems.hospital_not_found()
            return _Decision(asked.digest, refusal=refusal, remember=True)
        clinic, key = today.clinic, today.key
        if not timedelta() <= key[2] - request.date_of_birth <= _PATIENT_AGE_MAX:
            return _Decision(asked.digest, refusal=problems.date_of_birth_impossible())
        queue = self.queues[key]
        held = self.held.get((key, request.medical_record_number))
        verdict = admission(queue, request, held, is_open=today.is_open, quota=clinic.daily_quota)
        if verdict is Admission.ADMITTED:
            return self._grant(asked, request, clinic, queue)
        return self._not_admitted(asked, verdict, clinic, held)

    def _not_admitted(
        self, asked: ReceivedRequest, verdict: Admission, clinic: Clinic, held: HeldTicket | None
    ) -> _Decision:
        """Why a patient gets no ticket. Who holds one is told of it only with the patient's own data."""
        if verdict is Admission.ALREADY_HELD:
            assert held is not None
            return self._refused(asked, ProblemCode.ALREADY_REGISTERED, held.ticket_code)
        refusal = problems.medical_record_mismatch()
        if verdict is Admission.CLINIC_CLOSED:
            refusal = problems.clinic_closed(clinic, self.now)
        if verdict is Admission.QUOTA_REACHED:
            refusal = problems.quota_reached(clinic, self.now)
        return _Decision(asked.digest, refusal=refusal, remember=True)

    def _refused(self, asked: ReceivedRequest, code: ProblemCode, ticket_code: str) -> _Decision:
        """A refusal that speaks of a ticket as it stands now."""
        shown = self.tickets.moment(ticket_code)
        return _Decision(asked.digest, ticket_code, refusal=code, remember=True, shown=shown)

    def _grant(self, asked: ReceivedRequest, request: Register, clinic: Clinic, queue: Queue) -> _Decision:
        """Gives out the next number."""
        code = new_ticket_code()
        reason = clinic.age_priority(request.date_of_birth, queue.key[2])
        if isinstance(request, DeskRegister):
            reason = request.priority or reason
        lane = Lane.PRIORITY if reason else Lane.REGULAR
        before = queue
        queue, change = before.admit(lane, self.now, due_after_registration(before, clinic, self.now))
        self.queues[queue.key] = queue
        number, arrived_at = queue.last_number, queue.last_arrival_at
        assert arrived_at is not None
        view = TicketView(
            ticket_code=code,
            clinic_day=queue.key,
            number=number,
            status=TicketStatus.WAITING,
            lane=lane,
            ahead_in_lane=before.waiting_in(lane),
            waiting_in_other_lane=before.waiting - before.waiting_in(lane),
            priority_streak=queue.priority_streak,
            now_serving=queue.now_serving,
            registered_at=self.now,
            called_at=None,
            room=None,
            transferred_to=None,
        )
        shown = self.tickets.grant(view)
        self.new_tickets.append(
            NewTicket(
                code,
                queue.key,
                number,
                lane,
                reason,
                request.medical_record_number,
                request.patient_name,
                request.date_of_birth,
                self.now,
                arrived_at,
                waiting_since=arrived_at,
            )
        )
        self.held[queue.key, request.medical_record_number] = HeldTicket(
            code, request.patient_name, request.date_of_birth
        )
        return _Decision(asked.digest, code, (self._record(asked, change),), shown=shown)

    def _cancel(self, asked: ReceivedRequest) -> _Decision:
        request = asked.request
        assert isinstance(request, Cancel)
        code = request.ticket_code
        view = self.tickets.view(code)
        if view is None:
            return _Decision(asked.digest, refusal=problems.ticket_not_found(), remember=True)
        if not is_allowed(Action.CANCEL, view.status):
            return self._refused(asked, ProblemCode.NOT_CANCELLABLE, code)
        self.queues[view.clinic_day], change = self.queues[view.clinic_day].cancel(view, self.now)
        self.cancelled.append(code)
        self.tickets.cancel(code)
        self.held = {patient: held for patient, held in self.held.items() if held.ticket_code != code}
        return _Decision(asked.digest, code, (self._record(asked, change),), shown=self.tickets.moment(code))

    def _record(self, asked: ReceivedRequest, change: Change) -> Event:
        """Journals one change."""
        request = asked.request
        operator = request.operator if isinstance(request, DeskRegister) else None
        entry = journal.entry_of(change, Cause(asked.request_id, asked.digest, operator))
        self.entries.append(entry)
        return entry.event

    # --- after deciding ---------------------------------------------------------------------------------

    def _remember(
        self,
        asked: Sequence[ReceivedRequest],
        decided: Sequence[_Decision],
        replies: Sequence[Reply | EncodedReply],
    ) -> None:
        refused = {
            each.request_id: Refusal(each.request_id, each.digest, reply.code, encode_reply(reply), self.now)
            for each, decision, reply in zip(asked, decided, replies, strict=True)
            if decision.remember and isinstance(reply, Problem)
        }
        remember_refusals(self.connection, list(refused.values()))


def _named(request: Request) -> tuple[str, str] | None:
    """The clinic that a request names."""
    return (request.hospital, request.clinic) if isinstance(request, Register) else None


def _reply(decision: _Decision, shown: MomentsShown) -> Reply | EncodedReply:
    if isinstance(decision.refusal, Problem | EncodedReply):
        return decision.refusal
    assert decision.shown is not None
    ticket = shown.ticket(decision.shown)
    if decision.refusal is ProblemCode.ALREADY_REGISTERED:
        return problems.already_registered(ticket)
    if decision.refusal is ProblemCode.NOT_CANCELLABLE:
        return problems.not_cancellable(ticket)
    return ticket
