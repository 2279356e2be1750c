"""How staff may write numbers and times of day."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from clinic_desk.inputs import moment_of, parse_until
from common.domain.tickets import parse_number

JAKARTA = ZoneInfo("Asia/Jakarta")
NOW = datetime.fromisoformat("2026-11-23T02:00:00+00:00")
"""Nine in Jakarta."""


@pytest.mark.parametrize("text", ["17", "017", "GIG-017", "gig-17", " GIG-0017 "])
def test_a_number_as_it_is_called_or_typed(text: str) -> None:
    assert parse_number(text, "GIG") == 17


@pytest.mark.parametrize("text", ["", "0", "-1", "INT-017", "GIG", "GIG-", "17a", "1.5", "²", "9" * 30])
def test_what_is_no_number_of_this_clinic(text: str) -> None:
    with pytest.raises(ValueError, match="a number is written as"):
        parse_number(text, "GIG")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("14:00", "2026-11-23T14:00:00+07:00"),
        ("14.30", "2026-11-23T14:30:00+07:00"),
        ("8:00", "2026-11-24T08:00:00+07:00"),
        ("2026-11-25T08:00", "2026-11-25T08:00:00+07:00"),
        ("2026-11-23T14:00:00+09:00", "2026-11-23T14:00:00+09:00"),
    ],
)
def test_until_when(text: str, moment: str) -> None:
    assert moment_of(parse_until(text), NOW, JAKARTA).isoformat() == moment


@pytest.mark.parametrize("text", ["", "25:00", "14:60", "soon", "14"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - Python's own, in several places
        parse_until(text)


def test_a_time_of_day_is_one() -> None:
    assert parse_until("9:05") == time(9, 5)
