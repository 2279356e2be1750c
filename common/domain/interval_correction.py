"""Moves the ends of a clinic's intervals by what they missed lately, so that they hold as often as they say.

Staff have habits that no law foresees: calls come earlier or later than was told. So each call whose patient
was told an interval moves its ends for those who are told later: an end that the call missed outwards by nine
steps, one that it did not miss inwards by one. An end rests where one call in ten misses it. (The median is
not moved: it would follow chance more than habits.) This is adaptive conformal inference (I. Gibbs, E.
Candès, Adaptive Conformal Inference Under Distribution Shift, NeurIPS 2021), on the scale of a standard
normal distribution, for the clinic as a whole and for each kind of moment by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, Self

from common.domain.told import ToldInterval, Verdict

Z_80_PERCENT = 1.2816
"""Standard deviations to each side of the mean that hold 80 % of a normal distribution."""

_MISSED_SHARE = 0.1
"""Of the calls, those that should miss an end."""

_STEP = 0.06
_FIRST_STEPS = 0.5
"""By so much of the calls' difference from what is aimed at an end moves; the first moves more, the n-th by
its n-th part, until that is less than the usual step."""

_ALL = 0
"""The code of the clinic as a whole."""

_DAY_MAX = 1.0
"""So far one day moves an end at most: a day that was unlike all others is soon made good."""

_ALL_DAYS_MAX, _NARROWER_MAX = 3.0, 0.6
"""So far all days together move it outwards, and inwards: who misses a call loses more than who waits."""

_APART = 0.25
"""No end comes nearer to the median."""


class Levels(NamedTuple):
    """Where the interval's ends and its median lie, in standard deviations of a normal distribution."""

    lower: float = -Z_80_PERCENT
    median: float = 0.0
    upper: float = Z_80_PERCENT


USUAL_LEVELS = Levels()
"""Before anything was told."""


class _Shift(NamedTuple):
    """By how much the ends are moved outwards, as so many calls have told."""

    lower: float = 0.0
    upper: float = 0.0
    calls: float = 0.0

    def after(self, missed: bool, late: bool, start: "_Shift") -> "_Shift":
        step = max(_STEP, _FIRST_STEPS / (self.calls + 5))
        return _Shift(
            _moved(self.lower, step * (missed - _MISSED_SHARE), start.lower),
            _moved(self.upper, step * (late - _MISSED_SHARE), start.upper),
            self.calls + 1,
        )


def _moved(shift: float, by: float, at_start_of_day: float) -> float:
    lowest = max(at_start_of_day - _DAY_MAX, -_NARROWER_MAX)
    highest = min(at_start_of_day + _DAY_MAX, _ALL_DAYS_MAX)
    return min(max(shift + by, lowest), highest)


@dataclass(frozen=True, slots=True)
class Correction:
    """What the calls of a clinic have told of its intervals until `day`: by the code of the moment in which
    the patients were told, and as it was when that day began."""

    day: date | None = None
    shifts: Mapping[int, _Shift] = field(default_factory=dict)
    at_start: Mapping[int, _Shift] = field(default_factory=dict)

    def after(self, told: ToldInterval, called_at: datetime, day: date) -> Self:
        """With what a call on the service day `day` makes of what its patient was told."""
        verdict = told.verdict(called_at)
        missed, late = verdict is Verdict.MISSED, verdict is Verdict.LATE
        at_start = self.at_start if self.day is not None and day <= self.day else self.shifts
        moved = {
            code: self.shifts.get(code, _Shift()).after(missed, late, at_start.get(code, _Shift()))
            for code in {_ALL, told.moment}
        }
        return type(self)(max(day, self.day or day), {**self.shifts, **moved}, at_start)

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
        }

    @classmethod
    def of_sums(cls, sums: Mapping[str, Any], day: date) -> Self:
        """From what is kept, last changed on the service day `day`."""
        return cls(day, _shifts(sums["shifts"]), _shifts(sums["at_start"]))


NO_CORRECTION = Correction()
"""Before anything was told."""


def _shifts(written: Mapping[str, Any]) -> dict[int, _Shift]:
    return {int(code): _Shift(*shift) for code, shift in written.items()}
