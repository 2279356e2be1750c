"""How the staff say that a room, or the whole clinic, is away for a while, and back."""

from datetime import datetime, timedelta

from common.domain.absences import Absence, AbsenceReason
from common.domain.catalog import Clinic, QueueMode
from common.domain.changes import Change
from common.domain.event_names import EventName
from common.domain.queue import Queue
from common.domain.refusals import NotPermitted, NotPermittedReason, UntilImpossible
from ticker_worker.rules.action_results import ActionResult, require_desk_mode, require_room


def away(clinic: Clinic, queue: Queue, said: Absence, now: datetime) -> ActionResult:
    """The room, or the clinic, calls nobody from now on; what was said of it before counts no longer. Raises
    UntilImpossible."""
    require_desk_mode(clinic)
    if said.room is not None:
        require_room(clinic, said.room)
    if said.until is not None and not now < said.until <= _latest(clinic, queue):
        raise UntilImpossible
    before = _of_room(clinic, said.room)
    if before is not None and (before.until, before.reason) == (said.until, said.reason):
        raise NotPermitted(NotPermittedReason.ALREADY_SO, f"{_shown(clinic, said.room)} is away until then.")
    return _result(EventName.CLINIC_AWAY, clinic, queue, said, now)


def back(clinic: Clinic, queue: Queue, room: int | None, now: datetime) -> ActionResult:
    """The room, or the clinic, is there again."""
    if (over := _of_room(clinic, room)) is None:
        raise NotPermitted(NotPermittedReason.ALREADY_SO, f"{_shown(clinic, room)} is not away.")
    return _result(EventName.CLINIC_BACK, clinic, queue, over, now)


def with_caller_back(
    called: ActionResult, clinic: Clinic, queue: Queue, room: int, now: datetime
) -> ActionResult:
    """Whoever calls is back, and so is the clinic, whatever was said."""
    if not any(each.event is EventName.TICKET_CALLED for each in called.changes):
        return called
    for over in [each for each in clinic.absences if each.room in (None, room)]:
        called = _also(called, EventName.CLINIC_BACK, clinic, queue, over, now)
    return called


def with_pause(
    closed: ActionResult, clinic: Clinic, queue: Queue, until: datetime, now: datetime
) -> ActionResult:
    """A clinic that is closed until a time of the same service day, and keeps those who wait, calls nobody
    until then. An absence for a reason of its own that lasts longer stays."""
    if until >= clinic.day_end(queue.key.service_date):
        return without_pause(closed, clinic, queue, now)
    before = _of_room(clinic, None)
    is_own = before is not None and before.reason is not AbsenceReason.CLOSED
    lasts = before is not None and (before.until is None or before.until >= until)
    if clinic.mode is QueueMode.CLOCK or (is_own and lasts):
        return closed
    pause = Absence(None, until, AbsenceReason.CLOSED, now)
    return _also(closed, EventName.CLINIC_AWAY, clinic, queue, pause, now)


def without_pause(opened: ActionResult, clinic: Clinic, queue: Queue, now: datetime) -> ActionResult:
    """A clinic that is opened calls again, unless it is away for a reason of its own."""
    over = _of_room(clinic, None)
    if over is None or over.reason is not AbsenceReason.CLOSED:
        return opened
    return _also(opened, EventName.CLINIC_BACK, clinic, queue, over, now)


def _latest(clinic: Clinic, queue: Queue) -> datetime:
    """Until when somebody can be away at the longest: until the service day ends, and those who wait with it;
    where they go over to the next one, until that ends."""
    day = queue.key.service_date
    return clinic.expires_at(day) or clinic.day_end(day + timedelta(days=1))


def _of_room(clinic: Clinic, room: int | None) -> Absence | None:
    return next((each for each in clinic.absences if each.room == room), None)


def _shown(clinic: Clinic, room: int | None) -> str:
    return clinic.name if room is None else f"Room {room}"


def _result(event: EventName, clinic: Clinic, queue: Queue, absence: Absence, now: datetime) -> ActionResult:
    return _also(ActionResult([queue], []), event, clinic, queue, absence, now)


def _also(
    result: ActionResult, event: EventName, clinic: Clinic, queue: Queue, absence: Absence, now: datetime
) -> ActionResult:
    """The result, with an absence that begins, or is over."""
    values = result.clinic_values or {}
    left = [each for each in values.get("absences", clinic.absences) if each.room != absence.room]
    if event is EventName.CLINIC_AWAY:
        left.append(absence)
    queues = {each.key: each for each in result.queues}
    changed, change = queues.get(queue.key, queue).change_absence(event, absence, now)
    changes: list[Change] = [*result.changes, change]
    queues[queue.key] = changed
    return result._replace(
        queues=[*queues.values()], changes=changes, clinic_values={**values, "absences": tuple(left)}
    )
