"""What each call of the staff teaches, when it is made and when it ends; and how it is unlearned."""

from dataclasses import replace
from datetime import date
from typing import NamedTuple

from common.domain.catalog import Clinic
from common.domain.clinic_records import ClinicRecords
from common.domain.service_times import EndedCall, PartTallies, tallies_of, with_tallies, without_tallies
from common.domain.staff_habits import Call, RoomBefore, Sums, after_call, after_end


class Lesson(NamedTuple):
    """What is added to the sums of the parts of a day, and to those of the staff's habits; and how the room
    was used before."""

    parts: PartTallies
    habits: Sums
    before: RoomBefore | None = None


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
        return replace(records, habits=habits), Lesson({}, sums, before)
    tallies = tallies_of(clinic, records.parts, day, call)
    parts = with_tallies(records.parts, day, tallies)
    if call.room is None:
        return replace(records, parts=parts), Lesson(tallies, {})
    seconds = sum(each.seconds for each in tallies.values())
    habits, sums = after_end(known, day, call.room, call, seconds)
    lesson = Lesson(tallies, sums, known.room_before(call.room))
    return replace(records, parts=parts, habits=habits), lesson


def unlearn(records: ClinicRecords, day: date, lesson: Lesson) -> ClinicRecords:
    """The records without what was added on the service day `day`."""
    parts = without_tallies(records.parts, day, lesson.parts)
    habits = records.habits.minus(lesson.habits, lesson.before, day)
    return replace(records, parts=parts, habits=habits)
