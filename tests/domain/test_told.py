"""What a patient was told, and what a call makes of it."""

from datetime import timedelta

import pytest

from common.domain.told import ToldInterval, Verdict
from tests.builders import in_bandung

TOLD = ToldInterval(
    in_bandung("09:00:00"), in_bandung("09:10:00"), in_bandung("09:20:00"), in_bandung("09:40:00")
)


@pytest.mark.parametrize(
    ("called_at", "verdict"),
    [
        ("09:00:00", Verdict.MISSED),
        ("09:09:59", Verdict.MISSED),
        ("09:10:00", Verdict.HELD),
        ("09:40:00", Verdict.HELD),
        ("09:40:01", Verdict.LATE),
    ],
)
def test_the_ends_of_an_interval_belong_to_it(called_at: str, verdict: Verdict) -> None:
    assert TOLD.verdict(in_bandung(called_at)) is verdict


def test_a_second_counts_to_its_end() -> None:
    almost = timedelta(microseconds=999_999)

    assert TOLD.verdict(TOLD.latest + almost) is Verdict.HELD
    assert TOLD.verdict(TOLD.earliest - timedelta(microseconds=1)) is Verdict.MISSED
