"""Who gets a place in a queue: one rule for registrations, transfers, handovers and reinstated tickets."""

from datetime import date, datetime, timedelta
from enum import Enum, auto
from typing import Final, NamedTuple

from common.domain.catalog import Clinic, QueueMode
from common.domain.clinic_day import ClinicDay
from common.domain.lanes import Lane
from common.domain.partial_dates import PartialDate
from common.domain.person_names import Person, is_same_person
from common.domain.queue import Queue
from common.domain.record_numbers import PatientKey
from common.domain.refusals import ActionRefused
from common.domain.tickets import LaneReason
from common.domain.visits import Station

_PATIENT_YEARS_MAX: Final = 130
_PATIENT_AGE_MAX: Final = timedelta(days=_PATIENT_YEARS_MAX * 365.25)


class Admission(Enum):
    """Whether a patient gets a place in a queue, or why not."""

    ADMITTED = auto()
    ALREADY_HELD = auto()
    """The patient holds an active ticket of this queue."""
    HELD_BY_ANOTHER = auto()
    """Another person holds an active ticket of this queue, with the patient's medical record number."""
    CLINIC_CLOSED = auto()
    QUOTA_REACHED = auto()
    MISMATCHES_USED_UP = auto()
    """Too often today, data did not match the patient's medical record number."""
    NOT_REGISTERED = auto()
    """The hospital registers only whom it knows, and does not know the patient."""
    REGISTRY_UNUSABLE = auto()
    """The hospital registers only whom it knows, and nobody can tell now who that is."""
    REGISTRATIONS_USED_UP = auto()
    """Too many tickets of this queue were given out for the patient's medical record number."""


class AdmissionRefused(ActionRefused):
    """A patient gets no place in the queue of `clinic`, as `verdict` says."""

    def __init__(self, verdict: Admission, clinic: Clinic) -> None:
        super().__init__(verdict.name)
        self.verdict = verdict
        self.clinic = clinic


def check_admission(
    queue: Queue, patient: Person, holder: Person | None, *, is_open: bool = True, quota: int | None = None
) -> Admission:
    """Whether a patient whom the staff, or the end of a service day, send to a queue gets a place in it.
    `holder` holds an active ticket of it with the patient's medical record number.

    Where the place is one that the patient had before (reinstated, or handed over from the day before), it
    depends neither on opening hours nor on the day's quota: those are left out. The ticket that is held comes
    first: the staff find it for whoever has lost its code, when the clinic is closed or full, too.
    """
    held = _held(patient, holder)
    return held or _no_room(queue, is_open=is_open, quota=quota) or Admission.ADMITTED


class Attempts(NamedTuple):
    """What was tried with one medical record number on a service day: how often data did not match it at the
    hospital, and how many tickets of the queue were given out for it, those that are held no more among them.
    """

    mismatches: int = 0
    registrations: int = 0


def check_registration(
    queue: Queue,
    patient: Person,
    holder: Person | None,
    attempts: Attempts,
    clinic: Clinic,
    *,
    is_open: bool,
    is_known: bool | None = True,
) -> Admission:
    """Whether somebody who sends a patient's data, whoever that is, gets a place in the queue of `clinic`.

    The order tells strangers as little as it can. Where there is no place for anybody, they do not learn who
    has one; and what was tried too often is answered in one way, whatever the data are. `is_known` is whether
    the hospital's registry knows the patient, None where nobody can tell, True where it need not.
    """
    no_room = _no_room(queue, is_open=is_open, quota=clinic.daily_quota)
    if no_room is not None:
        return no_room
    if attempts.mismatches >= clinic.hospital.mismatches_max:
        return Admission.MISMATCHES_USED_UP
    if not is_known:
        return Admission.REGISTRY_UNUSABLE if is_known is None else Admission.NOT_REGISTERED
    held = _held(patient, holder)
    if held is not None:
        return held
    if attempts.registrations >= clinic.hospital.registrations_max:
        return Admission.REGISTRATIONS_USED_UP
    return Admission.ADMITTED


def _held(patient: Person, holder: Person | None) -> Admission | None:
    if holder is None:
        return None
    return Admission.ALREADY_HELD if is_same_person(holder, patient) else Admission.HELD_BY_ANOTHER


def _no_room(queue: Queue, *, is_open: bool, quota: int | None) -> Admission | None:
    if not is_open:
        return Admission.CLINIC_CLOSED
    return Admission.QUOTA_REACHED if quota is not None and queue.given_out >= quota else None


def is_birth_possible(date_of_birth: PartialDate, on: date) -> bool:
    """Whether somebody who comes on that day can have been born then: in the past 130 years."""
    if 0 < on.year - date_of_birth.year < _PATIENT_YEARS_MAX:
        return True
    return date_of_birth.earliest <= on and on - date_of_birth.latest <= _PATIENT_AGE_MAX


def due_after_registration(queue: Queue, clinic: Clinic, now: datetime) -> datetime:
    """When something can happen next because somebody comes. To an empty queue the patient may be called at
    once; else the queue's next change is known."""
    if queue.waiting or clinic.mode is QueueMode.DESK:
        return clinic.day_end(queue.key.service_date)
    return now


class NewTicket(NamedTuple):
    """A ticket that is given out. Its place is that of `place_at` (left out: of `arrived_at`) and its number;
    from `waiting_since` on it can be called."""

    ticket_code: str
    key: ClinicDay
    number: int
    lane: Lane
    priority_reason: LaneReason | None
    patient: PatientKey
    patient_name: str
    date_of_birth: PartialDate
    date_of_birth_confirmed: bool
    registered_at: datetime
    arrived_at: datetime
    waiting_since: datetime
    place_at: datetime | None = None
    station: Station | None = None
