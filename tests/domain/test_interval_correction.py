"""The ends of intervals go where the calls miss them in one case of ten, and no day moves them far."""

from datetime import date, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from common.domain.interval_correction import NO_CORRECTION, Correction, Levels
from common.domain.told import ToldInterval
from tests.domain.clinics import in_bandung

NOON = in_bandung(23, 12)
FIRST = date(2026, 3, 23)


def told(moment: int = 1) -> ToldInterval:
    """An hour from then, half an hour sooner or later."""
    hour, half = timedelta(hours=1), timedelta(minutes=30)
    return ToldInterval(NOON, NOON + half, NOON + hour, NOON + hour + half, moment)


def after(calls: list[float], day: date = FIRST, correction: Correction = NO_CORRECTION) -> Correction:
    """With calls that come so many minutes from noon."""
    for minutes in calls:
        correction, _ = correction.after(NOON + timedelta(minutes=minutes), day, told())
    return correction


def test_ends_are_where_they_were_before_anything_was_told() -> None:
    """80 % of a normal distribution."""
    assert NO_CORRECTION.levels(3) == Levels(-1.2816, 0.0, 1.2816)


def test_calls_that_come_late_move_the_upper_end() -> None:
    """The lower one comes nearer, since no call misses it."""
    levels = after([100] * 10).levels(1)
    assert levels.upper > 1.6
    assert levels.lower > -1.2816


def test_what_is_told_in_one_moment_is_no_correction_of_another_that_is_known() -> None:
    """The whole clinic's stands for a moment in which nothing was told yet."""
    correction, _ = after([100] * 10).after(NOON + timedelta(hours=1), FIRST, told(2))
    assert correction.levels(2).upper < correction.levels(1).upper
    assert correction.levels(3) == correction.levels(0)


def test_one_day_moves_an_end_by_one_standard_deviation_at_most() -> None:
    """However many calls came late on it; the next day may move it further."""
    first = after([300] * 500)
    second = after([300] * 500, FIRST + timedelta(days=1), first)
    assert first.levels(1).upper == 1.2816 + 1
    assert second.levels(1).upper == 1.2816 + 2


def test_one_call_in_ten_misses_an_end_that_rests() -> None:
    """The interval is told by the correction itself, of waits that are normal with twice the deviation."""
    rng, correction, held = Random(7), NO_CORRECTION, []
    hour = NOON + timedelta(hours=1)

    def at(deviations: float) -> datetime:
        return hour + timedelta(minutes=10 * deviations)

    for number in range(2000):
        levels = correction.levels(1)
        interval = ToldInterval(NOON, at(levels.lower), at(levels.median), at(levels.upper), 1)
        called_at = at(rng.gauss(0, 2))
        held.append(interval.earliest <= called_at <= interval.latest)
        correction, _ = correction.after(called_at, FIRST + timedelta(days=number // 50), interval)
    assert 0.77 < sum(held[200:]) / len(held[200:]) < 0.83


@given(st.lists(st.integers(-60, 240)))
def test_a_correction_is_kept_without_loss(minutes: list[int]) -> None:
    """As it is written, it is read."""
    correction = after([*map(float, minutes)], FIRST, after([100.0]))
    assert Correction.of_sums(correction.as_sums(), FIRST) == correction
