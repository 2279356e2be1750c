"""How the staff change the way in which their clinic works: its hours and rooms, and who moves its queue."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from common.domain.catalog import Clinic, ClinicState, QueueMode
from common.domain.event_names import EventName
from common.domain.queue import Queue
from common.domain.refusals import NotPermitted, NotPermittedReason, UntilImpossible
from ticker_worker.rules.absences import with_pause, without_pause
from ticker_worker.rules.action_results import ActionResult, require_desk_mode, require_room

FORCED_MAX: Final = timedelta(days=31)
"""For so long ahead a clinic can be forced open or closed."""


def open_clinic(
    clinic: Clinic, queue: Queue, until: datetime | None, reason: str | None, now: datetime
) -> ActionResult:
    """Opens the clinic: within its opening hours it follows them again, outside it is forced open. Raises
    UntilImpossible."""
    forced: dict[str, Any]
    if clinic.session_at(now) is not None and until is None:
        forced = {"state": ClinicState.SCHEDULE, "forced_until": None, "forced_reason": None}
    else:
        forced = _forced(ClinicState.OPEN, clinic, queue, until, reason, now)
    if clinic.is_open(now) and clinic == replace(clinic, **forced):
        raise NotPermitted(NotPermittedReason.ALREADY_SO, f"{clinic.name} is open.")
    opened = _change_clinic(clinic, queue, EventName.CLINIC_HOURS_CHANGED, forced, now)
    return without_pause(opened, clinic, queue, now)


def close_clinic(
    clinic: Clinic, queue: Queue, until: datetime | None, reason: str | None, now: datetime, *, cancels: bool
) -> ActionResult:
    """Forces the clinic closed; `cancels` says that the tickets of those who wait are cancelled then, which
    is not done here, else they wait until it opens. Raises UntilImpossible."""
    forced = _forced(ClinicState.CLOSED, clinic, queue, until, reason, now)
    if clinic == replace(clinic, **forced) and not (cancels and queue.waiting):
        raise NotPermitted(NotPermittedReason.ALREADY_SO, f"{clinic.name} is closed.")
    closed = _change_clinic(clinic, queue, EventName.CLINIC_HOURS_CHANGED, forced, now)
    return closed if cancels else with_pause(closed, clinic, queue, forced["forced_until"], now)


def set_rooms(clinic: Clinic, queue: Queue, rooms: int, now: datetime) -> ActionResult:
    """So many rooms serve from now on."""
    if rooms == 0:
        require_desk_mode(clinic)
    if rooms == clinic.rooms:
        raise NotPermitted(NotPermittedReason.ALREADY_SO, f"{clinic.name} has {rooms} rooms.")
    values = {"rooms": rooms, "serving_since": now}
    return _change_clinic(clinic, queue, EventName.CLINIC_ROOMS_CHANGED, values, now)


def set_mode(clinic: Clinic, queue: Queue, mode: QueueMode, now: datetime) -> ActionResult:
    """From now on the clock, or the desk, moves the queue."""
    if mode is QueueMode.CLOCK:
        require_room(clinic, 1)
    if mode is clinic.mode:
        raise NotPermitted(NotPermittedReason.ALREADY_SO, f"{clinic.name} is in this mode.")
    values = {"mode": mode, "serving_since": now, "absences": ()}
    return _change_clinic(clinic, queue, EventName.CLINIC_MODE_CHANGED, values, now)


def _forced(
    state: ClinicState,
    clinic: Clinic,
    queue: Queue,
    until: datetime | None,
    reason: str | None,
    now: datetime,
) -> dict[str, Any]:
    until = until or clinic.day_end(queue.key.service_date)
    if not now < until <= now + FORCED_MAX:
        raise UntilImpossible
    return {"state": state, "forced_until": until, "forced_reason": reason}


def _change_clinic(
    clinic: Clinic, queue: Queue, event: EventName, values: dict[str, Any], now: datetime
) -> ActionResult:
    queue, change = queue.change_clinic(event, replace(clinic, **values).is_open(now), now)
    return ActionResult([queue], [change], clinic_values=values)
