"""What each call of the staff teaches, when it is made and when it ends; and how it is unlearned."""

from dataclasses import replace
from datetime import date
from typing import NamedTuple

from common.domain.catalog import Clinic
from common.domain.clinic_records import ClinicRecords
from common.domain.habit_sums import Sums
from common.domain.interval_correction import Correction, Moved
from common.domain.interval_probes import probes_before
from common.domain.service_times import EndedCall, PartTallies, tallies_of, with_tallies, without_tallies
from common.domain.staff_habits import Call, RoomBefore, after_call, after_end


class Lesson(NamedTuple):
    """What is added to the sums of the parts of a day, and to those of the staff's habits; how the room was
    used before; and, of a call, by what it has moved the ends of intervals."""

    parts: PartTallies
    habits: Sums
    before: RoomBefore | None = None
    moved: Moved | None = None


NO_LESSON = Lesson({}, {})


def learn(
    clinic: Clinic, records: ClinicRecords, day: date, call: Call | EndedCall
) -> tuple[ClinicRecords, Lesson]:
    """The clinic's records, now that a call was made or has ended on the service day `day`; and what was
    added to them."""
    known = records.habits.on(day)
    if isinstance(call, Call):
        before = known.room_before(call.room, call.called_at.timestamp())
        habits, sums = after_call(clinic, known, day, call)
        correction, moved = _corrected(clinic, records, day, call)
        return replace(records, habits=habits, correction=correction), Lesson({}, sums, before, moved)
    tallies = tallies_of(clinic, records.parts, day, call)
    parts = with_tallies(records.parts, day, tallies)
    if call.room is None:
        return replace(records, parts=parts), Lesson(tallies, {})
    seconds = sum(each.seconds for each in tallies.values())
    habits, sums = after_end(known, day, call.room, call, seconds)
    lesson = Lesson(tallies, sums, known.room_before(call.room))
    return replace(records, parts=parts, habits=habits), lesson


def _corrected(clinic: Clinic, records: ClinicRecords, day: date, call: Call) -> tuple[Correction, Moved]:
    probes = probes_before(clinic, records, day, call)
    return records.correction.after(call.called_at, day, call.told, probes, others_wait=call.waiting > 0)


def unlearn(records: ClinicRecords, day: date, lesson: Lesson) -> ClinicRecords:
    """The records without what was added on the service day `day`."""
    parts = without_tallies(records.parts, day, lesson.parts)
    habits = records.habits.minus(lesson.habits, lesson.before, day)
    correction = records.correction
    if lesson.moved is not None and lesson.before is not None:
        is_last = lesson.before.call_at == records.habits.last_call
        correction = correction.without(lesson.moved, day, is_last=is_last)
    return replace(records, parts=parts, habits=habits, correction=correction)
