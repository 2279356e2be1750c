"""Which openings and closings are announced, and which service day comes next."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.catalog import Clinic, ClinicState
from common.domain.opening_hours import MINUTES_PER_DAY, WEEKDAYS, OpeningHours, parse_day_end
from tests.domain.clinics import clinic, in_bandung
from ticker_worker.rules.schedule import Announcement, announcements, next_service_date

MONDAY = date(2026, 11, 23)
TUESDAY = date(2026, 11, 24)
LONG_AFTER = in_bandung(29, 0)


def told(
    of: Clinic, after: datetime, now: datetime = LONG_AFTER, day: date = MONDAY, was_open: bool | None = None
) -> list[Announcement]:
    """What is announced of a day."""
    return announcements(of, day, was_open, after, now).due


def hours(**by_day: list[str]) -> OpeningHours:
    """Opening hours by day."""
    return OpeningHours.parse(by_day)


def test_every_session_of_the_day_is_announced_in_order() -> None:
    assert told(clinic(), in_bandung(23, 0)) == [
        Announcement(in_bandung(23, 8), True),
        Announcement(in_bandung(23, 12), False),
        Announcement(in_bandung(23, 13), True),
        Announcement(in_bandung(23, 15), False),
    ]


def test_what_was_announced_is_not_announced_again() -> None:
    assert told(clinic(), in_bandung(23, 12)) == [
        Announcement(in_bandung(23, 13), True),
        Announcement(in_bandung(23, 15), False),
    ]
    assert told(clinic(), in_bandung(23, 15)) == []


def test_what_comes_later_is_known_and_not_announced_yet() -> None:
    found = announcements(clinic(), MONDAY, None, in_bandung(23, 0), in_bandung(23, 8))
    assert found == ([Announcement(in_bandung(23, 8), True)], True, in_bandung(23, 12))
    assert announcements(clinic(), MONDAY, False, in_bandung(23, 15), in_bandung(23, 16)).next_at is None


def test_closing_at_midnight_is_announced_on_the_day_that_ends() -> None:
    late = clinic(opening_hours=hours(mon=["20:00-24:00"]))
    assert told(late, in_bandung(23, 21)) == [Announcement(in_bandung(24, 0), False)]
    assert told(late, in_bandung(24, 0), day=TUESDAY) == []


def test_opening_at_midnight_is_announced_on_the_day_that_begins() -> None:
    early = clinic(opening_hours=hours(tue=["00:00-06:00"]))
    assert told(early, in_bandung(23, 0)) == []
    found = announcements(early, TUESDAY, None, in_bandung(24, 0), in_bandung(24, 0))
    assert found == ([Announcement(in_bandung(24, 0), True)], True, in_bandung(24, 6))
    assert told(early, in_bandung(24, 0), day=TUESDAY, was_open=True) == [
        Announcement(in_bandung(24, 6), False)
    ]


def test_sessions_that_adjoin_at_midnight_are_neither_closed_nor_opened_in_between() -> None:
    night = clinic(opening_hours=hours(mon=["20:00-24:00"], tue=["00:00-06:00"]))
    assert told(night, in_bandung(23, 0)) == [Announcement(in_bandung(23, 20), True)]
    assert told(night, in_bandung(24, 0), day=TUESDAY, was_open=True) == [
        Announcement(in_bandung(24, 6), False)
    ]


def test_an_opening_that_nobody_announced_on_the_day_before_is_announced_as_the_day_begins() -> None:
    night = clinic(opening_hours=hours(mon=["20:00-24:00"], tue=["00:00-06:00"]))
    assert told(night, in_bandung(24, 0), day=TUESDAY) == [
        Announcement(in_bandung(24, 0), True),
        Announcement(in_bandung(24, 6), False),
    ]
    # Within a day, it is as the catalog had it when it was applied.
    assert told(night, in_bandung(24, 1), day=TUESDAY) == [Announcement(in_bandung(24, 6), False)]


def test_a_clinic_that_never_closes_announces_nothing() -> None:
    always = clinic(opening_hours=hours(**{day: ["00:00-24:00"] for day in WEEKDAYS}))
    for now in (in_bandung(23, 9), in_bandung(24, 0)):
        assert announcements(always, MONDAY, True, in_bandung(23, 0), now) == ([], True, None)
        assert announcements(always, MONDAY, None, in_bandung(23, 6), now) == ([], True, None)


@pytest.mark.parametrize("state", [ClinicState.OPEN, ClinicState.CLOSED])
def test_a_clinic_that_was_forced_open_or_closed_follows_no_schedule(state: ClinicState) -> None:
    is_open = state is ClinicState.OPEN
    assert told(clinic(state=state), in_bandung(23, 0), was_open=is_open) == []


def test_a_clinic_forced_open_past_midnight_closes_when_that_ends() -> None:
    forced = clinic(state=ClinicState.OPEN, forced_until=in_bandung(24, 2))
    assert told(forced, in_bandung(23, 22), was_open=True) == []
    assert told(forced, in_bandung(24, 0), day=TUESDAY, was_open=True)[0] == Announcement(
        in_bandung(24, 2), False
    )


def test_a_clinic_forced_closed_through_the_beginning_of_a_session_opens_when_that_ends() -> None:
    forced = clinic(state=ClinicState.CLOSED, forced_until=in_bandung(23, 10))
    assert told(forced, in_bandung(23, 0))[:2] == [
        Announcement(in_bandung(23, 10), True),
        Announcement(in_bandung(23, 12), False),
    ]
    assert told(replace(forced, forced_until=in_bandung(23, 18)), in_bandung(23, 0)) == []


def test_what_the_catalog_changed_is_announced_when_it_is_seen() -> None:
    now = in_bandung(23, 9, 30)
    assert told(clinic(), in_bandung(23, 9), now, was_open=False) == [Announcement(now, True)]
    assert told(clinic(retired=True), in_bandung(23, 9), now, was_open=True) == [Announcement(now, False)]


def test_a_clock_that_is_behind_takes_back_nothing() -> None:
    assert told(clinic(), in_bandung(23, 8), in_bandung(23, 7, 59), was_open=True) == []


def test_a_retired_clinic_announces_nothing_and_has_no_next_day() -> None:
    retired = clinic(retired=True)
    assert told(retired, in_bandung(23, 0)) == []
    assert next_service_date(retired, in_bandung(23, 0)) is None


def test_today_is_the_next_service_day_as_long_as_the_clinic_opens_today_at_all() -> None:
    assert next_service_date(clinic(), in_bandung(23, 0)) == MONDAY
    assert next_service_date(clinic(), in_bandung(23, 23)) == MONDAY


def test_on_a_day_off_the_next_service_day_is_that_of_the_next_opening() -> None:
    assert next_service_date(clinic(), in_bandung(25, 0)) == date(2026, 11, 27)
    assert next_service_date(clinic(), in_bandung(28, 0)) == date(2026, 11, 30)


def test_an_opening_in_the_small_hours_is_on_the_service_day_before() -> None:
    late = clinic(opening_hours=OpeningHours.parse({"mon": ["01:00-02:00"]}, parse_day_end("03:00")))
    assert next_service_date(late, in_bandung(22, 12)) == MONDAY
    assert next_service_date(late, in_bandung(24, 2, 30)) == MONDAY


def test_a_clinic_without_hours_has_no_next_service_day() -> None:
    assert next_service_date(clinic(opening_hours=hours()), in_bandung(23, 0)) is None


# --- whatever the hours, the forced state and the moments of ticks --------------------------------------

_START = in_bandung(22, 12).astimezone(UTC)
_quarters = st.integers(0, 5 * 96).map(lambda quarters: _START + timedelta(minutes=15 * quarters))


@st.composite
def _clinics(draw: st.DrawFn) -> Clinic:
    day_ends = MINUTES_PER_DAY + 60 * draw(st.integers(0, 12))
    begins = day_ends - MINUTES_PER_DAY
    quarter = st.integers(0, 96).map(lambda quarters: begins + 15 * quarters)
    bounds = st.just([begins, day_ends]) | st.lists(quarter, max_size=6, unique=True).map(sorted)
    weekdays = [draw(bounds) for _ in WEEKDAYS]
    pairs = tuple(tuple(zip(each[::2], each[1::2], strict=False)) for each in weekdays)
    return clinic(
        opening_hours=OpeningHours(pairs, day_ends),
        state=draw(st.sampled_from(ClinicState)),
        forced_until=draw(st.none() | _quarters),
    )


@given(_clinics(), st.integers(0, 5))
def test_a_queue_expires_where_the_clinic_is_not_open_when_the_day_ends(of: Clinic, days: int) -> None:
    day = of.service_date(_START) + timedelta(days=days)
    day_end = of.day_end(day)
    assert of.expires_at(day) == (None if of.is_open(day_end) else day_end)


@given(_clinics(), st.sets(_quarters | _quarters.map(lambda at: at + timedelta(seconds=7)), max_size=30))
def test_openings_and_closings_take_turns_and_are_those_of_the_hours(
    of: Clinic, ticks: set[datetime]
) -> None:
    """Day by day, however the ticks fall, each is announced once, and what was announced is so."""
    day, was_open, after = of.service_date(_START), of.is_open(_START), _START
    found: list[Announcement] = []
    for now in sorted(ticks):
        while True:
            due, was_open, next_at = announcements(of, day, was_open, after, now)
            found += due
            assert next_at is None or now < next_at < of.day_end(day) or not of.is_open(next_at)
            if now < of.day_end(day):
                break
            day, after = day + timedelta(days=1), of.day_end(day)
        after = now
        assert was_open == of.is_open(now)
    end = max(ticks, default=_START)
    minutes = [
        _START + timedelta(minutes=minute) for minute in range(int((end - _START).total_seconds()) // 60 + 1)
    ]
    states = [of.is_open(minute) for minute in minutes]
    changes = [
        Announcement(minute, state)
        for minute, before, state in zip(minutes[1:], states, states[1:], strict=False)
        if before != state
    ]
    assert found == changes
