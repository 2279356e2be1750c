"""Dates of birth, as far as they are known."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.admission import is_birth_possible
from common.domain.partial_dates import PartialDate
from common.domain.tickets import is_of_age

TODAY = date(2026, 11, 23)

days = st.dates(date(1, 1, 1), date(9999, 12, 31))
partial_dates = st.builds(
    lambda day, known: PartialDate(*(day.year, day.month, day.day)[:known]), days, st.integers(1, 3)
)


@given(partial_dates)
def test_what_is_written_is_read_again(born: PartialDate) -> None:
    assert PartialDate.parse(str(born)) == born


@given(days)
def test_a_day_that_is_known_is_written_as_the_calendar_has_it(day: date) -> None:
    born = PartialDate.of(day)
    assert str(born) == day.isoformat()
    assert born.earliest == born.latest == day


@given(partial_dates, partial_dates)
def test_two_are_equal_exactly_where_they_are_written_alike(one: PartialDate, other: PartialDate) -> None:
    assert (one == other) == (str(one) == str(other))


@given(days)
def test_a_day_lies_within_its_month_and_year(day: date) -> None:
    born = PartialDate.of(day)
    for wider in (PartialDate(day.year, day.month), PartialDate(day.year)):
        assert wider.earliest <= day <= wider.latest
        assert wider != born
        if wider.earliest > date(1, 1, 1):
            before = PartialDate.of(wider.earliest - timedelta(days=1))
            assert str(before)[: len(str(wider))] != str(wider)
        if wider.latest < date(9999, 12, 31):
            after = PartialDate.of(wider.latest + timedelta(days=1))
            assert str(after)[: len(str(wider))] != str(wider)


@given(partial_dates, st.integers(0, 130), days)
def test_somebody_is_of_age_only_where_every_day_that_it_can_be_says_so(
    born: PartialDate, age: int, on: date
) -> None:
    ends = [is_of_age(PartialDate.of(day), age, on) for day in (born.earliest, born.latest)]
    assert is_of_age(born, age, on) == all(ends)


@given(partial_dates, st.integers(0, 50_000))
def test_a_birth_is_possible_where_one_day_that_it_can_be_is(born: PartialDate, after: int) -> None:
    on = date(1950, 1, 1) + timedelta(days=after)
    span = (born.latest - born.earliest).days
    can_be = (born.earliest + timedelta(days=day) for day in range(span + 1))
    assert is_birth_possible(born, on) == any(is_birth_possible(PartialDate.of(day), on) for day in can_be)


@pytest.mark.parametrize(
    ("written", "latest"),
    [("1960", "1960-12-31"), ("1960-02", "1960-02-29"), ("1961-02", "1961-02-28"), ("1960-12", "1960-12-31")],
)
def test_the_last_day_that_it_can_be(written: str, latest: str) -> None:
    assert PartialDate.parse(written).latest == date.fromisoformat(latest)


def test_somebody_born_in_a_year_is_of_age_when_it_has_ended() -> None:
    assert not is_of_age(PartialDate(1966), 60, date(2026, 12, 30))
    assert is_of_age(PartialDate(1966), 60, date(2026, 12, 31))
    assert is_of_age(PartialDate(1966, 5), 60, date(2026, 5, 31))


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            "60",
            "196",
            "19600",
            "0000",
            "1960-",
            "1960-5",
            "1960-13",
            "1960-00",
            "1960-05-",
            "1960-05-32",
        ),
        *("1960-05-1", "05-1960", "1960-02-30", "1961-02-29", "1960/05", " 1960", "1960\n", "١٩٦٠", "+196"),
    ],
)
def test_what_is_no_date_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"written as|no such day"):
        PartialDate.parse(written)


def test_a_day_without_its_month_is_none() -> None:
    with pytest.raises(ValueError, match="with its month"):
        PartialDate(1960, None, 5)
