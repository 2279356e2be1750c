"""What is counted of the intervals that were told, and whether the promise was kept."""

from datetime import timedelta

import pytest

from common.domain.accuracy import (
    APART,
    JUDGED_MIN,
    Accuracy,
    Promise,
    judged_call,
    judged_day_end,
    median_width,
    promise_of,
)
from common.domain.told import ToldInterval
from tests.builders import in_bandung

TOLD = ToldInterval(in_bandung("09:00"), in_bandung("09:10"), in_bandung("09:20"), in_bandung("09:41"))


@pytest.mark.parametrize(
    ("called_at", "sums"),
    [
        ("09:05", Accuracy(missed=1, width_seconds=1860, wait_seconds=300, error_seconds=900)),
        ("09:30", Accuracy(held=1, width_seconds=1860, wait_seconds=1800, error_seconds=600)),
        ("09:50", Accuracy(late=1, width_seconds=1860, wait_seconds=3000, error_seconds=1800)),
    ],
)
def test_a_call_counts_once_with_its_width_rounded_up(called_at: str, sums: Accuracy) -> None:
    assert judged_call(TOLD, in_bandung(called_at), in_turn=True) == (35, sums)


def test_a_call_out_of_turn_or_without_an_interval_is_not_judged() -> None:
    assert judged_call(TOLD, in_bandung("09:30"), in_turn=False) == APART
    assert judged_call(None, in_bandung("09:30"), in_turn=True) == APART


def test_who_is_never_called_was_told_what_did_not_hold_if_it_has_passed_by() -> None:
    after = TOLD.latest + timedelta(seconds=1)

    assert judged_day_end(TOLD, after) == (35, Accuracy(uncalled=1, width_seconds=1860))
    assert judged_day_end(TOLD, TOLD.latest) == APART


def test_what_is_taken_out_of_the_sums_leaves_nothing() -> None:
    judged = judged_call(TOLD, in_bandung("09:30"), in_turn=True)

    assert judged.sums.plus(judged.negated().sums) == Accuracy()


@pytest.mark.parametrize(
    ("held", "late", "uncalled", "promise"),
    [
        (0, 0, 0, Promise.TOO_FEW),
        (JUDGED_MIN - 1, 0, 0, Promise.TOO_FEW),
        (74, 26, 0, Promise.FEWER),
        (75, 25, 0, Promise.KEPT),
        (85, 15, 0, Promise.KEPT),
        (86, 14, 0, Promise.MORE),
        (80, 0, 40, Promise.FEWER),
    ],
)
def test_the_promise_is_held_against_all_that_are_judged(
    held: int, late: int, uncalled: int, promise: Promise
) -> None:
    assert promise_of(Accuracy(held=held, late=late, uncalled=uncalled, apart=500)) is promise


def test_the_median_width_is_that_of_the_interval_in_the_middle() -> None:
    assert median_width({}) is None
    assert median_width({0: Accuracy(apart=9)}) is None
    assert median_width({10: Accuracy(held=2), 20: Accuracy(late=1), 60: Accuracy(uncalled=2)}) == 20
    assert median_width({60: Accuracy(held=1), 10: Accuracy(held=1, apart=3)}) == 10
