"""What the journal keeps of a change that the staff can take back, and of one that took something back.

A JSON object: of what can be taken back, how the ticket was `before`, its `place` if it was moved and what
its patient had been `told` then, the `lesson` and the `habits` that were learned from it, how the room was
used before (`room_before`), and whether it was a call `out_of_turn`; what a call was `judged`, by what it
`moved` the ends of intervals, and the `probes` that were open before it; of an undoing, the id of the request
that it `takes_back`. Nothing of it is about a person.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from common.domain.accuracy import Accuracy, Judged
from common.domain.changes import Change, TicketBefore
from common.domain.interval_correction import Moved, Probe, Shift
from common.domain.lanes import ByLane
from common.domain.learning import NO_LESSON, Lesson
from common.domain.places import Place
from common.domain.service_times import Tally
from common.domain.staff_habits import RoomBefore
from common.domain.ticket_states import TicketStatus
from common.storage.column_types import told_in, told_text

Record = Mapping[str, Any]


def undo_record(change: Change) -> Record | None:
    """What is kept of a change; None where it is neither."""
    if change.takes_back is not None:
        return {"takes_back": change.takes_back}
    if change.before is None:
        return None
    *values, place, told = change.before
    record: dict[str, Any] = {"before": [_written(each) for each in values]}
    if place is not None:
        record["place"] = [_written(each) for each in place]
    if told is not None:
        record["told"] = told_text(told)
    if change.out_of_turn is not None:
        record["out_of_turn"] = True
    if change.judged is not None:
        record["judged"] = [change.judged.width_minutes, *change.judged.sums]
    return record


def with_lesson(record: Record | None, lesson: Lesson) -> Record | None:
    """The record of a change from which this was learned."""
    if record is None or lesson == NO_LESSON:
        return record
    parts = {str(part): list(tally) for part, tally in lesson.parts.items()}
    learned: dict[str, Any] = {"lesson": parts, "habits": dict(lesson.habits)}
    if lesson.before is not None:
        learned["room_before"] = list(lesson.before)
    if lesson.moved is not None:
        learned["moved"] = {str(code): list(shift) for code, shift in lesson.moved.shifts.items()}
        learned["probes"] = lesson.moved.probes
    return {**record, **learned}


def before_of(record: Record | None) -> TicketBefore | None:
    """How the ticket was before; None where the change cannot be taken back."""
    if record is None or "before" not in record:
        return None
    status, room, streaks, *moments = record["before"]
    by_lane = None if streaks is None else ByLane(*streaks)
    names = TicketBefore._fields[3:]
    found = dict(zip(names, map(_moment, moments), strict=False))  # an earlier version kept fewer
    place, told = _place(record.get("place")), told_in(record.get("told"))
    return TicketBefore(TicketStatus(status), room, by_lane, **found, place=place, told=told)


def is_out_of_turn(record: Record | None) -> bool:
    """Whether the change was a call out of turn."""
    return record is not None and record.get("out_of_turn", False)


def lesson_of(record: Record | None) -> Lesson | None:
    """What was learned from the change; None where nothing was."""
    if record is None or "lesson" not in record:
        return None
    parts = {int(part): Tally(*tally) for part, tally in record["lesson"].items()}
    habits = record.get("habits", {})  # an earlier version learned nothing of them
    before = RoomBefore(*record["room_before"]) if "room_before" in record else None
    return Lesson(parts, {key: tuple(sums) for key, sums in habits.items()}, before, _moved(record))


def _moved(record: Record) -> Moved | None:
    if "moved" not in record:
        return None
    shifts = {int(code): Shift(*shift) for code, shift in record["moved"].items()}
    return Moved(shifts, tuple(Probe(*each) for each in record["probes"]))


def judged_of(record: Record | None) -> Judged | None:
    """What the call made of what its patient was told; None where it was not judged."""
    found = None if record is None else record.get("judged")
    return None if found is None else Judged(found[0], Accuracy(*found[1:]))


def taken_back(record: Record | None) -> str | None:
    """The id of the request that was taken back, if the change is an undoing."""
    return None if record is None else record.get("takes_back")


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _place(written: list[Any] | None) -> Place | None:
    return None if written is None else Place(datetime.fromisoformat(written[0]), written[1])


def _moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)
