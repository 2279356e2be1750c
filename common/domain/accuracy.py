"""How the intervals that patients were told turn out: counted by the call, or by the end of the day.

Of all intervals `PROMISED` are to hold the call; docs/waiting-time.md says what is counted, and what is not.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import reduce
from math import ceil
from typing import Final, NamedTuple

from common.domain.told import ToldInterval

PROMISED: Final = 0.80
"""The share of the intervals that are to hold the call."""

_KEPT_FROM, _KEPT_UNTIL = 0.75, 0.85
"""Within these bounds the promise is kept; beyond the second, the intervals are wider than they need be."""

JUDGED_MIN: Final = 100
"""Intervals below which chance alone may lead out of these bounds."""

_WIDTH_STEP_SECONDS: Final = 300


class Accuracy(NamedTuple):
    """Counts of intervals, and sums of seconds. An interval held the call, or was `missed` or `late` by it
    (`Verdict`), or it ended and nobody was called that day (`uncalled`). The calls `apart` are not judged.

    `width_seconds` sums the widths of all that are judged; of those whose patient was called, `wait_seconds`
    sums the time from being told to the call, and `error_seconds` how far the expected call was from it.
    """

    held: int = 0
    missed: int = 0
    late: int = 0
    uncalled: int = 0
    apart: int = 0
    width_seconds: int = 0
    wait_seconds: int = 0
    error_seconds: int = 0

    def plus(self, other: "Accuracy") -> "Accuracy":
        """Both together."""
        return Accuracy(*[mine + others for mine, others in zip(self, other, strict=True)])

    def negated(self) -> "Accuracy":
        """What takes this out of a sum again."""
        return Accuracy(*[-each for each in self])

    @property
    def called(self) -> int:
        """The intervals that are judged and whose patient was called."""
        return self.held + self.missed + self.late

    @property
    def judged(self) -> int:
        """All intervals of which some are to hold."""
        return self.called + self.uncalled


class Judged(NamedTuple):
    """What one interval adds to the sums; its width in minutes is rounded up to a multiple of five."""

    width_minutes: int
    sums: Accuracy

    def negated(self) -> "Judged":
        """What takes it out again."""
        return Judged(self.width_minutes, self.sums.negated())


APART: Final = Judged(0, Accuracy(apart=1))
"""A call out of turn, or of a patient whose place was changed since, or who was told no interval."""


def judged_call(told: ToldInterval | None, called_at: datetime, *, in_turn: bool) -> Judged:
    """What a call makes of the interval that its patient was told, if there was one."""
    if told is None or not in_turn:
        return APART
    minutes, width = _width(told)
    called_at = called_at.replace(microsecond=0)
    wait = _seconds(told.at, called_at)
    error = abs(_seconds(told.call, called_at))
    sums = Accuracy(width_seconds=width, wait_seconds=wait, error_seconds=error)
    return Judged(minutes, sums._replace(**{told.verdict(called_at).value: 1}))


def judged_day_end(told: ToldInterval, day_end: datetime) -> Judged:
    """What the end of the service day makes of the interval of a patient who still waits. Where it reaches
    beyond, its reply said that the day may end first (`day_may_end_first`)."""
    if told.latest >= day_end:
        return APART
    minutes, width = _width(told)
    return Judged(minutes, Accuracy(uncalled=1, width_seconds=width))


def _width(told: ToldInterval) -> tuple[int, int]:
    seconds = _seconds(told.earliest, told.latest)
    return ceil(seconds / _WIDTH_STEP_SECONDS) * _WIDTH_STEP_SECONDS // 60, seconds


def _seconds(begin: datetime, end: datetime) -> int:
    return int((end - begin).total_seconds())


class Promise(StrEnum):
    """Whether as many intervals held as are to: `fewer`, `more` (they are wider than they need be), or
    `too_few` were told to say."""

    KEPT = "kept"
    FEWER = "fewer"
    MORE = "more"
    TOO_FEW = "too_few"


def promise_of(sums: Accuracy) -> Promise:
    """Whether the promise was kept in these intervals."""
    if sums.judged < JUDGED_MIN:
        return Promise.TOO_FEW
    share = sums.held / sums.judged
    if share < _KEPT_FROM:
        return Promise.FEWER
    return Promise.MORE if share > _KEPT_UNTIL else Promise.KEPT


def total_of(by_width: Mapping[int, Accuracy]) -> Accuracy:
    """All of them together."""
    return reduce(Accuracy.plus, by_width.values(), Accuracy())


def median_width(by_width: Mapping[int, Accuracy]) -> int | None:
    """The width in minutes that half of the judged intervals do not exceed; None where there are none."""
    total = total_of(by_width).judged
    seen = 0
    for minutes, each in sorted(by_width.items()):
        seen += each.judged
        if total and 2 * seen >= total:
            return minutes
    return None
