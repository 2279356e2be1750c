"""Moves the ends of a clinic's intervals by what they missed lately, so that they hold as often as they say.

Staff have habits that no law foresees: calls come earlier or later than was told. So each call moves the
ends for those who are told later, by the interval that its patient was told, and by those that somebody
would have been told meanwhile (`Probe`): an end that it missed outwards by nine steps, one that it did not
miss inwards by one. An end rests where one call in ten misses it; while a room is free the lower one where
fewer do. (The median is not moved: it would follow chance more than habits.) This is adaptive conformal
inference (I. Gibbs, E. Candès, Adaptive Conformal Inference Under Distribution Shift, NeurIPS 2021), on the
scale of a standard normal distribution, for the clinic as a whole and for each kind of moment by itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, Self

from common.domain.told import ToldInterval, Verdict

Z_80_PERCENT = 1.2816
"""Standard deviations to each side of the mean that hold 80 % of a normal distribution."""

ROOM_FREE, ROOM_FREE_LATER, ALL_FREE, ALL_FREE_LATER = 6, 7, 8, 9
"""The codes of the moments in which a room is free while somebody waits."""

_MISSED_SHARE = 0.1
"""Of the calls, those that should miss an end."""

_MISSED_SHARE_FREE = 0.06
"""While a room is free, those that should come before the lower end: many are told the same then, and when
somebody comes back to the room all of them are called too early together."""

_MISSED_SHARES = dict.fromkeys((ROOM_FREE, ROOM_FREE_LATER, ALL_FREE, ALL_FREE_LATER), _MISSED_SHARE_FREE)

_STEP = 0.06
_FIRST_STEPS = 0.5
"""By so much of the calls' difference from what is aimed at an end moves; the first moves more, the n-th by
its n-th part, until that is less than the usual step."""

_PROBE_WEIGHT = 0.5
"""What would have been told moves an end by so much of what was told does."""

_PROBES_MAX = 30
"""So many are kept until they are judged; of more, the latest."""

_ALL = 0
"""The code of the clinic as a whole."""

_DAY_MAX = 1.0
"""So far one day moves an end at most: a day that was unlike all others is soon made good."""

_ALL_DAYS_MAX, _NARROWER_MAX = 3.0, 0.6
"""So far all days together move it outwards, and inwards: who misses a call loses more than who waits."""

_DIGITS = 6
"""Of a shift: so exactly it is kept."""

_APART = 0.25
"""No end comes nearer to the median."""


class Levels(NamedTuple):
    """Where the interval's ends and its median lie, in standard deviations of a normal distribution."""

    lower: float = -Z_80_PERCENT
    median: float = 0.0
    upper: float = Z_80_PERCENT


USUAL_LEVELS = Levels()
"""Before anything was told."""


class Probe(NamedTuple):
    """The interval that somebody would have been told in such a `moment` of the queue, in seconds since 1970;
    so many are still called before the call that judges it."""

    ahead: int
    earliest: int
    latest: int
    moment: int

    def verdict(self, called_at: datetime) -> Verdict:
        """What a call makes of it."""
        called = int(called_at.timestamp())
        if called < self.earliest:
            return Verdict.MISSED
        return Verdict.LATE if called > self.latest else Verdict.HELD


class Shift(NamedTuple):
    """By how much the ends are moved outwards, as so many calls have told."""

    lower: float = 0.0
    upper: float = 0.0
    calls: float = 0.0

    def after(self, verdict: Verdict, weight: float, start: "Shift", missed_share: float) -> "Shift":
        """With what a call made of an interval; `start` is how it was when the day began, `missed_share` the
        share of calls that should miss the lower end."""
        step = weight * max(_STEP, _FIRST_STEPS / (self.calls + 5))
        missed, late = verdict is Verdict.MISSED, verdict is Verdict.LATE
        return Shift(
            _moved(self.lower, step * (missed - missed_share), start.lower),
            _moved(self.upper, step * (late - _MISSED_SHARE), start.upper),
            self.calls + weight,
        )

    def minus(self, other: "Shift") -> "Shift":
        """Without what a call has moved; rounded as it is kept, so that nothing of it stays."""
        return Shift(*[round(mine - others, _DIGITS) for mine, others in zip(self, other, strict=True)])


NO_SHIFT = Shift()


class Moved(NamedTuple):
    """What one call has moved, by the code of the moment; and the probes that were open before it."""

    shifts: Mapping[int, Shift]
    probes: tuple[Probe, ...] = ()


def _moved(shift: float, by: float, at_start_of_day: float) -> float:
    lowest = max(at_start_of_day - _DAY_MAX, -_NARROWER_MAX)
    highest = min(at_start_of_day + _DAY_MAX, _ALL_DAYS_MAX)
    return round(min(max(shift + by, lowest), highest), _DIGITS)


@dataclass(frozen=True, slots=True)
class Correction:
    """What the calls of a clinic have told of its intervals until `day`: by the code of the moment in which
    they were told, and as it was when that day began. The `probes` of that day are still to be judged."""

    day: date | None = None
    shifts: Mapping[int, Shift] = field(default_factory=dict)
    at_start: Mapping[int, Shift] = field(default_factory=dict)
    probes: tuple[Probe, ...] = ()

    def after(
        self,
        called_at: datetime,
        day: date,
        told: ToldInterval | None,
        probes: Iterable[Probe] = (),
        *,
        others_wait: bool = True,
    ) -> tuple[Self, Moved]:
        """With what a call on the service day `day` makes of what its patient was told, and of the probes, of
        which some were made since the call before; and what it has moved. Where nobody waits any more, the
        next call comes when somebody does, and judges nothing."""
        known = self._on(day)
        pending = [*known.probes, *probes]
        shifts = dict(known.shifts)
        for moment, verdict, weight in _verdicts(called_at, told, pending):
            for code in {_ALL, moment}:
                start, share = known.at_start.get(code, NO_SHIFT), _MISSED_SHARES.get(code, _MISSED_SHARE)
                shifts[code] = shifts.get(code, NO_SHIFT).after(verdict, weight, start, share)
        left = [each._replace(ahead=each.ahead - 1) for each in pending if each.ahead and others_wait]
        moved = {
            code: shift.minus(known.shifts.get(code, NO_SHIFT))
            for code, shift in shifts.items()
            if shift != known.shifts.get(code)
        }
        after = type(self)(known.day, shifts, known.at_start, tuple(left[-_PROBES_MAX:]))
        return after, Moved(moved, known.probes)

    def without(self, moved: Moved, day: date, *, is_last: bool) -> Self:
        """Without what a call on the service day `day` has moved. Unless it was the last one, those after it
        have judged what it would have: the probes that are open now judge another call, and are given up."""
        shifts = _without(self.shifts, moved.shifts)
        at_start = self.at_start if day == self.day else _without(self.at_start, moved.shifts)
        probes = moved.probes if is_last and day == self.day else ()
        return type(self)(self.day, shifts, at_start, probes)

    def _on(self, day: date) -> Self:
        """As it is known on `day`, on which nobody may have been called yet."""
        if self.day is not None and day <= self.day:
            return self
        return type(self)(day, self.shifts, self.shifts)

    def levels(self, moment: int) -> Levels:
        """Where the ends and the median lie for whoever is told in such a moment."""
        own = self.shifts.get(moment) or self.shifts.get(_ALL)
        if own is None:
            return USUAL_LEVELS
        lower, upper = Z_80_PERCENT + own.lower, Z_80_PERCENT + own.upper
        return Levels(-max(lower, _APART), 0.0, max(upper, _APART))

    def as_sums(self) -> dict[str, Any]:
        """As it is kept, in JSON."""
        return {
            "shifts": {str(code): list(shift) for code, shift in self.shifts.items()},
            "at_start": {str(code): list(shift) for code, shift in self.at_start.items()},
            "probes": self.probes,
        }

    @classmethod
    def of_sums(cls, sums: Mapping[str, Any], day: date) -> Self:
        """From what is kept, last changed on the service day `day`."""
        probes = tuple(Probe(*each) for each in sums["probes"])
        return cls(day, _shifts(sums["shifts"]), _shifts(sums["at_start"]), probes)


NO_CORRECTION = Correction()
"""Before anything was told."""


def _verdicts(
    called_at: datetime, told: ToldInterval | None, probes: Iterable[Probe]
) -> Iterator[tuple[int, Verdict, float]]:
    """What a call makes of intervals, of which moments, and how much each counts."""
    if told is not None:
        yield told.moment, told.verdict(called_at), 1.0
    for each in probes:
        if not each.ahead:
            yield each.moment, each.verdict(called_at), _PROBE_WEIGHT


def _without(shifts: Mapping[int, Shift], moved: Mapping[int, Shift]) -> dict[int, Shift]:
    left = {code: shift.minus(moved.get(code, NO_SHIFT)) for code, shift in shifts.items()}
    return {code: shift for code, shift in left.items() if shift.calls > 0}


def _shifts(written: Mapping[str, Any]) -> dict[int, Shift]:
    return {int(code): Shift(*shift) for code, shift in written.items()}
