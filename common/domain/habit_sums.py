"""The sums that are kept of what a clinic's staff do between services, and what they say of usual gaps."""

from collections.abc import Mapping
from typing import NamedTuple

HALF_HOUR = 1800.0
"""The parts of the day by which the serving rooms are learned, in seconds on the hospital's clock."""

FADING = 0.9
"""As of service times: so much of a day's weight is left a day of service later."""

_GAP_SECONDS = 10.0
_GAP_WEIGHT = 5.0
"""How long it usually takes until the next is called, before anything is known of it; and the calls that
count as much."""

_GAPS_MAX = 5.0
_USUAL_GAP_MIN = 150.0
"""A gap of so many usual ones, and of so many seconds, is none: the room was away."""

_BATCH_WEIGHT = 2.0
"""The batches that count as much as the supposition that patients are called one by one."""

Sums = Mapping[str, tuple[float, ...]]
"""Sums by what they are of: `GAPS`, a half hour (`at 16`: from 8:00), or a room (`room 1`)."""

GAPS, AT, ROOM = "gaps", "at ", "room "


class Gaps(NamedTuple):
    """Until the next call while somebody waited: gaps after a service (`cycles`) and after somebody came to
    a room that was free (`notices`), absences, and the first calls of `days`, from the opening on, of which
    some were late. Seconds, their squares, and how many there were. Of batches, called into a room at once:
    the calls, the squares of their numbers, and how many batches were `full`, since others were left."""

    cycles: float = 0.0
    cycle_seconds: float = 0.0
    notices: float = 0.0
    notice_seconds: float = 0.0
    absences: float = 0.0
    absence_seconds: float = 0.0
    absence_squares: float = 0.0
    days: float = 0.0
    late_days: float = 0.0
    late_seconds: float = 0.0
    late_squares: float = 0.0
    batch_calls: float = 0.0
    batch_squares: float = 0.0
    full: float = 0.0
    full_calls: float = 0.0

    @property
    def at_once(self) -> int:
        """How many are usually called into a room at once."""
        return max(round((self.full_calls + _BATCH_WEIGHT) / (self.full + _BATCH_WEIGHT)), 1)

    @property
    def batch_share(self) -> float:
        """How many are called in the batch of somebody who is called, on average."""
        return (self.batch_squares + _BATCH_WEIGHT) / (self.batch_calls + _BATCH_WEIGHT)

    @property
    def cycle_gap(self) -> float:
        """The usual seconds from the end of a service, or of a batch, to the next call of the room."""
        cycles = self.cycles / self.at_once
        return (self.cycle_seconds + _GAP_SECONDS * _GAP_WEIGHT) / (cycles + _GAP_WEIGHT)

    @property
    def notice_gap(self) -> float:
        """The usual seconds until somebody is called who came while a room was free."""
        return (self.notice_seconds + _GAP_SECONDS * _GAP_WEIGHT) / (self.notices + _GAP_WEIGHT)

    @property
    def longest(self) -> float:
        """A longer gap is an absence."""
        return max(_USUAL_GAP_MIN, _GAPS_MAX * max(self.cycle_gap, self.notice_gap))


class HalfHour(NamedTuple):
    """Of a half hour of the day: for how many seconds somebody waited; for how many, added up over the rooms,
    a room served meanwhile, and should have served by what the desk said."""

    waited: float = 0.0
    served: float = 0.0
    said: float = 0.0


class RoomServices(NamedTuple):
    """The services in one room: how many, their seconds and squared seconds."""

    served: float = 0.0
    seconds: float = 0.0
    squares: float = 0.0


def half_hour_key(half: int) -> str:
    """The key of a half hour of the day, counted from midnight."""
    return f"{AT}{half}"


def room_key(room: int) -> str:
    """The key of a room's services."""
    return f"{ROOM}{room}"


def rounded(values: tuple[float, ...]) -> tuple[float, ...]:
    """To tenths, as sums are kept."""
    return tuple(round(each, 1) for each in values)


def faded(sums: Sums) -> Sums:
    """What is left of them a day of service later."""
    return {key: tuple(round(FADING * each, 1) for each in values) for key, values in sums.items()}


def added(some: Sums, others: Sums) -> dict[str, tuple[float, ...]]:
    """Both together."""
    found = {key: tuple(values) for key, values in some.items()}
    for key, values in others.items():
        own = found.get(key)
        if not own or not values:
            found[key] = own or tuple(values)
        else:
            found[key] = tuple(mine + theirs for mine, theirs in zip(own, values, strict=True))
    return found


def subtracted(sums: Sums, part: Sums) -> Sums:
    """Without a part of them; what nothing is left of is left out."""
    left = {key: _without(values, part[key]) if key in part else values for key, values in sums.items()}
    return {key: values for key, values in left.items() if any(values)}


def _without(values: tuple[float, ...], part: tuple[float, ...]) -> tuple[float, ...]:
    return rounded(tuple(max(mine - taken, 0.0) for mine, taken in zip(values, part, strict=True)))
