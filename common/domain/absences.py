"""Who of a clinic is away for a while, as its staff say: a room, or the whole clinic."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AbsenceReason(StrEnum):
    """Why nobody is called: a closed list, since patients read it in their own language. `CLOSED` is not said
    by itself: the clinic was closed until a time of the same day, and those who wait were kept."""

    LATE = "late"
    BREAK = "break"
    PRAYER = "prayer"
    ROUNDS = "rounds"
    EMERGENCY = "emergency"
    MEETING = "meeting"
    OTHER = "other"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Absence:
    """A room, or the whole clinic (`room` None), calls nobody since `since`, and probably goes on at `until`
    (None: the staff do not know when)."""

    room: int | None
    until: datetime | None
    reason: AbsenceReason
    since: datetime
