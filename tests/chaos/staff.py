"""The staff of a run: who they are at the broker, what they may do, and at which desks they sit."""

from typing import Final, NamedTuple

DESK_ROOMS: Final = {"D01": 3, "D02": 1}
"""The clinics that their desks move, and the rooms that they begin with. Patients can always register there,
but for a moment after a manager has closed one."""

DESK_LANES: Final = {"D01": {"emergency": 3, "priority": 2}, "D02": {"emergency": 10, "priority": 1}}
"""Their lanes above the regular one, the most urgent first, and how many of each are called per one below."""

ROLES: Final = {
    "siti": ("caller", ["D01"]),
    "budi": ("reception", [*DESK_ROOMS]),
    "dewi": ("manager", [*DESK_ROOMS]),
}
"""By the users of the broker (of local_stack/staff.py): role and clinics."""


class Seat(NamedTuple):
    """A desk: who sits there, in which clinic, at the door of which room."""

    user: str
    clinic: str
    room: int


SEATS: Final = (
    Seat("siti", "D01", 1),
    Seat("siti", "D01", 2),
    Seat("dewi", "D01", 3),
    Seat("dewi", "D02", 1),
    Seat("dewi", "D02", 1),
    Seat("budi", "D01", 1),
    Seat("budi", "D02", 1),
)
"""All desks: several at the same time in each clinic, and several of one user."""

CALLERS: Final = tuple(seat for seat in SEATS if ROLES[seat.user][0] != "reception")
"""The desks that call patients."""
