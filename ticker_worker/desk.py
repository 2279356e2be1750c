"""What the staff of a clinic ask for: loaded, decided and saved on locked queues, at one moment."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from common.domain.accuracy import judged_call
from common.domain.admission import Admission, AdmissionRefused
from common.domain.catalog import Clinic
from common.domain.changes import Change
from common.domain.clinic_day import ClinicDay
from common.domain.event_names import EventName
from common.domain.learning import Lesson
from common.domain.queue import Queue
from common.domain.refusals import (
    ActionRefused,
    DateOfBirthImpossible,
    DestinationUnknown,
    NoNewborn,
    NotPermitted,
    NumberNotGivenOut,
    PatientElsewhere,
    RecordNumberUnfit,
    RoleMissing,
    UntilImpossible,
)
from common.domain.service_times import EndedCall
from common.domain.staff_habits import Call
from common.domain.told import ToldInterval
from common.messages import problems
from common.messages.desk_requests import DeskRequest
from common.messages.problems import Problem
from common.messaging.received_requests import ReceivedRequest
from common.storage.accuracy import add_judged
from common.storage.catalog import CatalogCache
from common.storage.engine import Connection
from common.storage.journal import Cause, JournalEntry, entries_of
from common.storage.lane_places import write_places
from common.storage.new_tickets import insert_tickets
from ticker_worker import store
from ticker_worker.cancelling_waiting import CancelWaiting, cancels_waiting
from ticker_worker.desk_subjects import Subjects, decide
from ticker_worker.rules.action_results import ActionResult


class StaffCall(NamedTuple):
    """A call that the staff made or ended, in a clinic as it was and on this service day; `ordinal` is which
    change of the request `cause_id` it was."""

    clinic: Clinic
    day: date
    call: Call | EndedCall
    cause_id: str
    ordinal: int


@dataclass
class Desk:
    """Carries out requests in one transaction at the moment `now`; all their `queues` are locked, and moved
    to that moment. What was changed is in `entries`, in order; the queues are still to be written.

    `clinic_values` are changed attributes of clinics; `closings` cancel those who wait, and may have to go on
    in transactions of their own, by the request's id; `calls` are what there is to learn from,
    and `unlearned` is what is no longer learned.
    """

    connection: Connection
    catalog: CatalogCache
    now: datetime
    queues: dict[ClinicDay, Queue]
    entries: list[JournalEntry] = field(default_factory=list)
    changed_clinics: dict[tuple[str, str], Clinic] = field(default_factory=dict)
    clinic_values: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    closings: dict[str, CancelWaiting] = field(default_factory=dict)
    calls: list[StaffCall] = field(default_factory=list)
    unlearned: list[tuple[Clinic, date, Lesson]] = field(default_factory=list)

    def carry_out(self, received: ReceivedRequest, key: ClinicDay) -> list[JournalEntry]:
        """What a request for this queue changes; raises ActionRefused."""
        request = received.request
        assert isinstance(request, DeskRequest)
        subjects = Subjects(self.connection, self.catalog, self.now, self.queues, self.changed_clinics)
        subject = subjects.load(request, received.user, key)
        decided = decide(request, subject, self.now)
        changes, told = self._save(decided, subject.clinic)
        cause = Cause(received.request_id, received.digest, received.user)
        entries = entries_of(changes, cause, self.clinic_of)
        self.calls += [
            StaffCall(
                *(subject.clinic, entries[place].service_date, _with_told(call, told[place])),
                *(cause.id, entries[place].ordinal),
            )
            for place, call in decided.calls
        ]
        self.unlearned += [(subject.clinic, day, lesson) for day, lesson in decided.unlearned]
        if cancels_waiting(request):
            closing = CancelWaiting(list(entries), request.reason)
            self.queues[key], cancelled = closing.step(
                self.connection, self.queues[key], self.clinic_of, self.now
            )
            self.closings[received.request_id] = closing
            entries += cancelled
        self.entries += entries
        return entries

    def clinic_of(self, day: ClinicDay) -> Clinic:
        """The clinic of a service day, as this transaction has left it until now."""
        return self.changed_clinics.get(day.clinic_key) or self.catalog.clinic_of(day)

    def _save(self, decided: ActionResult, clinic: Clinic) -> tuple[list[Change], list[ToldInterval | None]]:
        """Saves what was decided but the queues, and judges the calls: the changes, with that, and what was
        told to those who were called in turn."""
        written = [self._write(change) for change in decided.changes]
        changes, told = [change for change, _ in written], [told for _, told in written]
        judged = [(each.clinic_day, each.judged) for each in changes if each.judged is not None]
        add_judged(self.connection, [*judged, *decided.unjudged])
        insert_tickets(self.connection, decided.new_tickets)
        write_places(self.connection, decided.moved)
        if decided.clinic_values is not None:
            self.changed_clinics[clinic.key] = replace(clinic, **decided.clinic_values)
            self.clinic_values.setdefault(clinic.key, {}).update(decided.clinic_values)
        self.queues |= {queue.key: queue for queue in decided.queues}
        return changes, told

    def _write(self, change: Change) -> tuple[Change, ToldInterval | None]:
        told = store.write_ticket(self.connection, change)
        if change.event is not EventName.TICKET_CALLED:
            return change, None
        in_turn = change.out_of_turn is None
        judged = judged_call(told, change.at, in_turn=in_turn)
        return change._replace(judged=judged), told if in_turn else None


def _with_told(call: Call | EndedCall, told: ToldInterval | None) -> Call | EndedCall:
    """A call that was made, with what its patient was told."""
    return call._replace(told=told) if isinstance(call, Call) else call


def problem_of(refused: ActionRefused, clinic: Clinic, now: datetime) -> Problem:
    """The answer to a request that is not carried out."""
    match refused:
        case NotPermitted():
            return problems.not_permitted_now(refused)
        case PatientElsewhere():
            return problems.patient_elsewhere(refused.display_number, refused.elsewhere)
        case RoleMissing():
            return problems.not_permitted(clinic, refused.roles)
        case NumberNotGivenOut():
            return problems.number_not_given_out()
        case DateOfBirthImpossible():
            return problems.date_of_birth_impossible()
        case NoNewborn():
            return problems.no_newborn()
        case RecordNumberUnfit():
            return problems.record_number_unfit(clinic.hospital)
        case UntilImpossible():
            return problems.until_impossible()
        case DestinationUnknown():
            return problems.clinic_not_found()
        case AdmissionRefused(verdict=Admission.CLINIC_CLOSED):
            return problems.clinic_closed(refused.clinic, now)
        case AdmissionRefused(verdict=Admission.QUOTA_REACHED):
            return problems.quota_reached(refused.clinic, now)
    raise NotImplementedError(type(refused).__name__) from refused
