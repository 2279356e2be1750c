"""What is to be expected of a clinic's queue, from its catalog entry and what was learned of it.

What patients are told, and what the calibration holds against the truth, is made by these two functions.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from common.domain.catalog import Clinic, QueueMode
from common.domain.clinic_records import ClinicRecords
from common.domain.day_parts import DayPart, day_parts
from common.domain.lanes import Standing
from common.domain.queue_advance import Occupant
from common.domain.service_times import PartRecord, ServiceTimes
from common.domain.staffed_rooms import staffed_rooms
from common.domain.waiting_time import Estimate, Outlook, ServiceTime, Stretch


class Expected(NamedTuple):
    """How many of those who wait are called before a patient, and when the patient will be."""

    people_ahead: int
    call: Estimate


def clinic_outlook(
    clinic: Clinic, records: ClinicRecords, occupants: Sequence[Occupant], now: datetime
) -> Outlook:
    """The outlook of today's queue; `records` are what was learned.

    A clinic that is moved by the clock serves exactly by the catalog, whatever was learned.
    """
    if clinic.mode is QueueMode.CLOCK:
        return Outlook(clinic.rooms, occupants, ServiceTime(clinic.mean_service, timedelta()), now)
    course = _course(clinic, records.parts, clinic.service_date(now))
    first = next(index for index, part in enumerate(course.parts) if part.ends_at > now)
    part, rest, serving = course.parts[first], course.rests[first], first
    # A pause that the staff do not keep is none.
    if part.is_pause and any(each.called_at >= part.begins_at for each in occupants):
        kept_on = course.stretches[first]._replace(mean_seconds=course.times.mean(part.part))
        rest = (kept_on, *course.rests[first + 1])
    else:
        serving = course.serving(first)
    absences = clinic.absences_at(now)
    if not absences:
        return Outlook(clinic.rooms, occupants, course.service(serving), now, rest)
    staffed = staffed_rooms(clinic, absences, now)
    if staffed.begins_at > now:
        later = (index for index, part in enumerate(course.parts) if part.ends_at > staffed.begins_at)
        serving = course.serving(next(later, len(course.parts) - 1))
    there, rest = staffed.occupants(occupants), staffed.course(rest)
    return Outlook(len(staffed.rooms), there, course.service(serving), now, rest)


class _Course(NamedTuple):
    """How one day of a clinic goes as far as it is known, and what it was made of. Of each part there is the
    stretch, and the rest of the day from it on, in which neighbours alike are one stretch."""

    clinic: Clinic
    records: Mapping[int, PartRecord]
    day: date
    times: ServiceTimes
    parts: Sequence[DayPart]
    stretches: Sequence[Stretch]
    rests: Sequence[Sequence[Stretch]]
    services: dict[int, ServiceTime]

    def serving(self, first: int) -> int:
        """The place of the first part from `first` on in which patients are called."""
        return next(at for at in range(first, len(self.parts)) if self.stretches[at].mean_seconds)

    def service(self, at: int) -> ServiceTime:
        """For how long somebody who is called in the part at this place is in a room."""
        found = self.services.get(at)
        if found is None:
            found = self.services[at] = self.times.service(self.parts[at].part)
        return found


_COURSES_MAX = 512
_courses: dict[tuple[str, str], _Course] = {}


def _course(clinic: Clinic, records: Mapping[int, PartRecord], day: date) -> _Course:
    """The course of a day, with the pauses by schedule. It is remembered, since most queues are asked for
    again before anything more was learned of them."""
    known = _courses.get(clinic.key)
    if known and known.clinic is clinic and known.day == day and known.records == records:
        return known
    times, parts = ServiceTimes(clinic, records, day), day_parts(clinic, day)
    stretches = tuple(
        Stretch(
            part.ends_at,
            None if part.is_pause else times.mean(part.part),
            times.overtaking_patients(part.part, part.open_hours),
        )
        for part in parts
    )
    course = _Course(clinic, dict(records), day, times, parts, stretches, _rests(stretches), {})
    if len(_courses) >= _COURSES_MAX:
        _courses.clear()
    _courses[clinic.key] = course
    return course


def _rests(stretches: Sequence[Stretch]) -> Sequence[Sequence[Stretch]]:
    """From each stretch on, what is left of the day; and nothing after the last."""
    rests: list[Sequence[Stretch]] = [()]
    for stretch in reversed(stretches):
        rest = rests[-1]
        goes_on = rest and stretch.mean_seconds is not None and stretch[1:] == rest[0][1:]
        rests.append(rest if goes_on else (stretch, *rest))
    return rests[::-1]


def expected_call(outlook: Outlook, standing: Standing) -> Expected:
    """What somebody who stands there in the lanes has to expect."""
    ahead = standing.people_ahead
    return Expected(ahead, outlook.estimate(ahead, standing))
