"""The ends of intervals go where the calls miss them in one case of ten, and no day moves them far."""

from datetime import date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.interval_correction import (
    ALL_FREE_LATER,
    NO_CORRECTION,
    ROOM_FREE,
    Correction,
    Levels,
)
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


@pytest.mark.parametrize(("moment", "missed"), [(1, 0.1), (ROOM_FREE, 0.06), (ALL_FREE_LATER, 0.06)])
def test_an_end_rests_where_its_share_of_calls_misses_it(moment: int, missed: float) -> None:
    """The interval is told by the correction itself, of waits that are normal with twice the deviation."""
    rng, correction, early, late = Random(7), NO_CORRECTION, 0, 0
    hour = NOON + timedelta(hours=1)

    def at(deviations: float) -> datetime:
        return hour + timedelta(minutes=10 * deviations)

    for number in range(2000):
        levels = correction.levels(moment)
        interval = ToldInterval(NOON, at(levels.lower), at(levels.median), at(levels.upper), moment)
        called_at = at(rng.gauss(0, 2))
        if number >= 200:
            early += called_at < interval.earliest
            late += called_at > interval.latest
        correction, _ = correction.after(called_at, FIRST + timedelta(days=number // 50), interval)
    assert early / 1800 == pytest.approx(missed, abs=0.02)
    assert late / 1800 == pytest.approx(0.1, abs=0.02)


@given(st.lists(st.integers(-60, 240)))
def test_a_correction_is_kept_without_loss(minutes: list[int]) -> None:
    """As it is written, it is read."""
    correction = after([*map(float, minutes)], FIRST, after([100.0]))
    assert Correction.of_sums(correction.as_sums(), FIRST) == correction
