"""Dates are read in every form in which people write them, where it can mean one day only."""

from collections.abc import Callable
from datetime import date
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.translation import languages
from common.words import written_dates
from common.words.moments import MONTHS
from common.words.texts import Texts

Cased = Callable[[str], str]

NAMES: Final = [Texts(language)(MONTHS).split() for language in languages()]
FORMS: Final = (
    "{year}-{month:02}-{day:02}",
    "{year}-{month}-{day}",
    *(f"{{day}}{mark}{{month}}{mark}{{year}}" for mark in "-/."),
    *(f"{{day:02}}{mark}{{month:02}}{mark}{{year}}" for mark in "-/."),
    "{day:02}{month:02}{year}",
    *(f"{{day}}{mark}{{name}}{mark}{{year}}" for mark in ("-", "/", ".", " ", "  ", "")),
    "{day} {name}, {year}",
    "{day:02} {name}. {year}",
)
DAYS: Final = st.dates(date(1300, 1, 1))


@given(DAYS, st.sampled_from(NAMES), st.booleans(), st.sampled_from([str.upper, str.lower, str.title]))
def test_a_day_is_read_in_every_form(day: date, names: list[str], is_short: bool, cased: Cased) -> None:
    name = cased(names[day.month - 1][: 3 if is_short else None])
    for form in FORMS:
        written = form.format(year=day.year, month=day.month, day=day.day, name=name)
        assert written_dates.parse_birth_date(f" {written} ") == day.isoformat()


@given(DAYS, st.sampled_from(NAMES))
def test_a_year_of_two_digits_is_never_guessed(day: date, names: list[str]) -> None:
    for form in FORMS[2:]:
        written = form.format(
            year=f"{day.year % 100:02}", month=day.month, day=day.day, name=names[day.month - 1]
        )
        with pytest.raises(ValueError, match=r"."):
            written_dates.parse_birth_date(written)


@given(st.dates())
def test_eight_digits_with_the_year_first_are_never_guessed(day: date) -> None:
    written = f"{day.year:04}{day.month:02}{day.day:02}"
    try:
        read = date.fromisoformat(written_dates.parse_date(written))
    except ValueError:
        return
    assert f"{read.day:02}{read.month:02}{read.year}" == written
    assert day.year < 1300 or read == day


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("17 Agt 1961", "1961-08-17"),
        ("17 Ags 1961", "1961-08-17"),
        ("1 Sept 1961", "1961-09-01"),
        ("1 Pebruari 1961", "1961-02-01"),
        ("1 nopember 1961", "1961-11-01"),
        ("Agustus 1961", "1961-08"),
        ("aug-1961", "1961-08"),
    ],
)
def test_months_are_read_by_their_other_names_and_without_a_day(written: str, read: str) -> None:
    assert written_dates.parse_birth_date(written) == read


@pytest.mark.parametrize(
    "written",
    ["1990-01-31", "31-01-1990", " 31-01-1990 ", "31/01/1990", "31.01.1990", "31/1/1990", "1990-1-31"],
)
def test_a_date_of_birth_is_read_in_every_form(written: str) -> None:
    assert written_dates.parse_date(written) == "1990-01-31"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "31-02-1990",
        "1990-13-01",
        "12/31/1990",
        "31/01-1990",
        "0/1/1990",
        "001/1/1990",
        "90-01-31",
        "31/01/90",
        "٣١-٠١-١٩٩٠",
        "0000-01-01",
        "31021990",
        "00011990",
        "20011201",
        "1711961",
        "30 Februari 1990",
        "0 Mei 1990",
        "31 Janu 1990",
        "31 Jan Feb 1990",
        "Januari 31 1990",
        "31 Jan 0000",
    ],
)
def test_what_is_no_date_of_birth_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        written_dates.parse_date(written)


def test_the_day_comes_first() -> None:
    assert written_dates.parse_date("05/02/1980") == "1980-02-05"
    assert written_dates.parse_date("1/2/1990") == "1990-02-01"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1990-01-31", "1990-01-31"),
        ("31/1/1990", "1990-01-31"),
        (" 1990-01 ", "1990-01"),
        ("1990-1", "1990-01"),
        ("1/1990", "1990-01"),
        ("01-1990", "1990-01"),
        ("12.1990", "1990-12"),
        ("1990", "1990"),
    ],
)
def test_a_date_of_birth_may_be_known_in_part(written: str, read: str) -> None:
    assert written_dates.parse_birth_date(written) == read


@pytest.mark.parametrize(
    "written", ["", "90", "0000", "13/1990", "1990-00", "1990-", "1/90", "31-02-1990", "١٩٩٠"]
)
def test_a_part_of_no_date_of_birth_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        written_dates.parse_birth_date(written)


@pytest.mark.parametrize("written", ["12/31/1990", "1-13-1990", "2.29.2000", "12311990"])
def test_a_month_before_its_day_is_told_as_such(written: str) -> None:
    with pytest.raises(written_dates.MonthFirst) as raised:
        written_dates.parse_date(written)
    assert written_dates.date_complaint(raised.value, "...").startswith("Write the day first")


@pytest.mark.parametrize("written", ["31/12/90", "31-12-90", "1.2.90", "31 Des 90", "31-dec-90"])
def test_a_year_of_two_digits_is_told_as_such(written: str) -> None:
    with pytest.raises(written_dates.ShortYear) as raised:
        written_dates.parse_date(written)
    assert written_dates.date_complaint(raised.value, "...").startswith("Write the year with four digits")
