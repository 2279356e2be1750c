"""Whether a clinic's queue moves, and if not, why."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from admin_cli.database.slow_clinics import SlowClinic

_STILL_MIN: Final = timedelta(minutes=10)
_STILL_SERVICES: Final = 3
"""So many services without a call are more than slow ones."""


class Standing(StrEnum):
    """How a clinic's queue stands."""

    OVERDUE = "overdue"
    """No ticker has done what is due."""
    STILL = "still"
    """Patients wait, somebody should be there, and nobody is called."""
    CLOSED = "closed"
    AWAY = "away"
    """Its staff said so, or there is a pause."""
    MOVES = "moves"


def still_since(slow: SlowClinic, now: datetime) -> datetime | None:
    """Since when somebody could have been called, and nobody was; None where nobody waits."""
    if not slow.waiting or slow.oldest_since is None:
        return None
    session = slow.clinic.session_at(now)
    moments = [slow.oldest_since, slow.last_called_at, None if session is None else session.opens_at]
    return max(each for each in moments if each is not None)


def standing_of(slow: SlowClinic, now: datetime) -> Standing:
    """How it stands at the moment `now`."""
    clinic = slow.clinic.as_of(now)
    if slow.overdue:
        return Standing.OVERDUE
    if not clinic.is_open(now):
        return Standing.CLOSED
    whole_clinic_away = any(each.room is None for each in clinic.absences_at(now))
    if whole_clinic_away or clinic.pause_at(now) is not None:
        return Standing.AWAY
    since = still_since(slow, now)
    patience = max(_STILL_MIN, _STILL_SERVICES * clinic.mean_service / max(clinic.rooms, 1))
    return Standing.STILL if since is not None and now - since > patience else Standing.MOVES
