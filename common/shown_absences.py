"""Who of a clinic is away, as replies show it: what its staff said, and the pause by its schedule."""

from collections.abc import Iterable
from datetime import datetime

from common.domain.absences import Absence
from common.domain.catalog import Clinic
from common.messages.patients import ABSENCES_SHOWN_MAX, ClinicAbsence


def present_absences(clinic: Clinic, calls: Iterable[datetime | None], now: datetime) -> list[Absence]:
    """The whole clinic's first, then those of its rooms. A pause by schedule in which somebody was called is
    none: `calls` are the moments at which those in the rooms were."""
    away = sorted(clinic.absences_at(now), key=lambda each: each.room or 0)
    if not any(each.room is None for each in away):
        pause = clinic.pause_at(now)
        if pause is not None and not any(at is not None and at >= pause.since for at in calls):
            away.insert(0, pause)
    return away


def shown_to_patients(
    clinic: Clinic, calls: Iterable[datetime | None], now: datetime
) -> list[ClinicAbsence] | None:
    """As many as patients are shown; None where nobody is away, as in most replies."""
    away = present_absences(clinic, calls, now)[:ABSENCES_SHOWN_MAX]
    return [_shown(clinic, each) for each in away] or None


def _shown(clinic: Clinic, absence: Absence) -> ClinicAbsence:
    local_time, room, until = clinic.hospital.local_time, absence.room, absence.until
    return ClinicAbsence(
        room=room,
        room_name=None if room is None else clinic.room_name(room),
        reason=absence.reason,
        since=local_time(absence.since),
        until=None if until is None else local_time(until),
    )
