"""Moments and dates as patients read and write them."""

import pytest

from common.words import moments
from common.words.texts import Texts

INDONESIAN, ENGLISH = Texts("id"), Texts("en")


@pytest.mark.parametrize(
    ("written", "shown"),
    [("1990-05-31", "31 Mei 1990"), ("1990-05", "Mei 1990"), ("1990", "1990")],
)
def test_a_date_of_birth_is_shown_as_far_as_it_is_known(written: str, shown: str) -> None:
    assert moments.birth_date(written, INDONESIAN) == shown


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2026-11-23T09:40:00+07:00", "09.40 WIB"),
        ("2026-11-23T09:40:00+08:00", "09.40 WITA"),
        ("2026-11-23T09:40:00+09:00", "09.40 WIT"),
        ("2026-11-23T09:40:00+05:30", "09.40 UTC+0530"),
        ("2026-11-23T09:40:00Z", "09.40 UTC+0000"),
    ],
)
def test_a_clock_time_names_its_zone(moment: str, shown: str) -> None:
    assert moments.clock_time_with_zone(moment, INDONESIAN) == shown


def test_an_estimate_says_when_and_how_surely() -> None:
    given = ("2026-11-23T09:40:00+07:00", "2026-11-23T09:25:00+07:00", "2026-11-23T10:05:00+07:00")
    assert moments.estimate(*given, 1500, INDONESIAN) == "sekitar pukul 09.40 WIB, antara 09.25 dan 10.05"
    assert moments.estimate(*given, 60, ENGLISH) == "around 09:40 WIB, between 09:25 and 10:05"


@pytest.mark.parametrize(
    ("wait_seconds", "shown"),
    [
        (0, "sebentar lagi, sekitar pukul 09.40 WIB"),
        (180, "sebentar lagi, sekitar pukul 09.40 WIB"),
        (181, "sekitar pukul 09.40 WIB"),
        (1800, "sekitar pukul 09.40 WIB"),
        (None, "sekitar pukul 09.40 WIB"),
    ],
)
def test_shortly_is_said_only_of_a_call_that_is_near(wait_seconds: float | None, shown: str) -> None:
    at = "2026-11-23T09:40:00+07:00"
    assert moments.estimate(at, at, at, wait_seconds, INDONESIAN) == shown


def test_dates_have_the_language_s_own_names() -> None:
    moment = "2026-11-24T08:00:00+07:00"
    assert moments.date_and_time(moment, INDONESIAN) == "Selasa, 24 November 2026 pukul 08.00 WIB"
    assert moments.date_and_time(moment, ENGLISH) == "Tuesday, 24 November 2026 at 08:00 WIB"
    assert moments.brief_date_and_time(moment, INDONESIAN) == "Sel 24 Nov 08.00 WIB"
    assert moments.short_date("2026-08-17", INDONESIAN) == "17 Agu 2026"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "< 1 menit"),
        (90, "2 menit"),
        (1500, "25 menit"),
        (3570, "1 jam 0 mnt"),
        (3900, "1 jam 5 mnt"),
    ],
)
def test_durations_are_in_minutes(seconds: float, shown: str) -> None:
    assert moments.duration(seconds, INDONESIAN) == shown
