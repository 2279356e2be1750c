"""Opening hours: what can be written, what a day's sessions are in a zone, and when a clinic opens next."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.opening_hours import (
    MINUTES_PER_DAY,
    WEEKDAYS,
    OpeningHours,
    Session,
    midnight,
)

MONDAY = date(2026, 11, 23)
ZONES = [ZoneInfo("Asia/Jakarta"), ZoneInfo("Asia/Makassar"), ZoneInfo("Asia/Jayapura")]

_minutes = st.lists(st.integers(0, MINUTES_PER_DAY), max_size=8, unique=True).map(sorted)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _sessions(minutes: list[int]) -> list[str]:
    pairs = zip(minutes[::2], minutes[1::2], strict=False)
    return [f"{_clock(opens)}-{_clock(closes)}" for opens, closes in pairs]


HOURS = st.dictionaries(st.sampled_from(WEEKDAYS), _minutes.map(_sessions)).map(
    lambda hours: {day: sessions for day, sessions in hours.items() if sessions}
)


@given(HOURS)
def test_hours_are_written_as_they_are_read(hours: dict[str, list[str]]) -> None:
    assert OpeningHours.parse(hours).format() == hours


@pytest.mark.parametrize(
    ("hours", "sentence"),
    [
        ({"monday": ["08:00-12:00"]}, "'monday' is not one of mon, tue"),
        ({"Mon": ["08:00-12:00"]}, "'Mon' is not one of"),
        ({"mon": ["8:00-12:00"]}, "mon: '8:00-12:00' is not of the form 08:00-12:00"),
        ({"tue": ["08:00 - 12:00"]}, "tue: '08:00 - 12:00' is not of the form"),
        ({"tue": ["08:00"]}, "tue: '08:00' is not of the form"),
        ({"wed": ["08:60-12:00"]}, "wed: '08:60-12:00' is not of the form"),
        ({"wed": ["25:00-26:00"]}, "is not of the form"),
        ({"wed": ["08:00-12:00\n"]}, "is not of the form"),
        ({"wed": ["0٨:00-12:00"]}, "is not of the form"),
        ({"wed": [""]}, "is not of the form"),
        ({"thu": ["12:00-08:00"]}, "thu: '12:00-08:00' does not end after it begins"),
        ({"thu": ["12:00-12:00"]}, "does not end after it begins"),
        ({"thu": ["20:00-24:30"]}, "does not end after it begins, on the same day"),
        ({"fri": ["08:00-12:00", "11:00-15:00"]}, "fri: '11:00-15:00' does not begin after the session"),
        ({"fri": ["08:00-12:00", "12:00-15:00"]}, "does not begin after the session before it has ended"),
        ({"fri": ["13:00-15:00", "08:00-12:00"]}, "does not begin after the session before it has ended"),
    ],
)
def test_hours_that_cannot_be_meant_are_refused_in_one_sentence(
    hours: dict[str, list[str]], sentence: str
) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$") as refused:
        OpeningHours.parse(hours)
    assert sentence in str(refused.value)


def test_a_clinic_may_be_open_around_the_clock() -> None:
    hours = OpeningHours.parse({"mon": ["00:00-24:00"]})
    start = midnight(MONDAY, ZONES[0])
    assert hours.sessions_on(MONDAY, ZONES[0]) == [Session(start, start + timedelta(days=1))]


@pytest.mark.parametrize(("zone", "opens_hour_utc"), list(zip(ZONES, (1, 0, 23), strict=True)))
def test_eight_o_clock_is_another_moment_in_each_zone(zone: ZoneInfo, opens_hour_utc: int) -> None:
    [session] = OpeningHours.parse({"mon": ["08:00-12:00"]}).sessions_on(MONDAY, zone)
    assert session.opens_at.astimezone(zone) == datetime(2026, 11, 23, 8, 0, tzinfo=zone)
    assert session.opens_at.tzinfo is UTC
    assert session.opens_at.hour == opens_hour_utc
    assert session.closes_at - session.opens_at == timedelta(hours=4)


@given(HOURS, st.sampled_from(ZONES), st.integers(0, 14 * MINUTES_PER_DAY))
def test_the_next_opening_is_the_first_one_later_than_now(
    hours: dict[str, list[str]], zone: ZoneInfo, minutes: int
) -> None:
    opening_hours = OpeningHours.parse(hours)
    now = midnight(MONDAY, zone) + timedelta(minutes=minutes)
    found = opening_hours.next_opening(now, zone)
    days = [MONDAY + timedelta(days=ahead) for ahead in range(30)]
    openings = [s.opens_at for day in days for s in opening_hours.sessions_on(day, zone)]
    later = [opens_at for opens_at in openings if opens_at > now]
    assert found == (min(later) if hours else None)


def test_after_friday_s_last_session_a_clinic_opens_on_monday() -> None:
    hours = OpeningHours.parse({"mon": ["08:00-12:00"], "fri": ["08:00-11:30", "13:00-15:00"]})
    zone = ZONES[2]
    friday = datetime(2026, 11, 27, tzinfo=zone)
    assert hours.next_opening(friday.replace(hour=12), zone) == friday.replace(hour=13)
    assert hours.next_opening(friday.replace(hour=13), zone) == datetime(2026, 11, 30, 8, tzinfo=zone)


def test_a_clinic_without_hours_has_no_next_opening() -> None:
    assert OpeningHours.parse({}).next_opening(datetime(2026, 11, 23, tzinfo=UTC), ZONES[0]) is None


def test_eight_o_clock_is_what_the_clocks_show_on_the_day_they_change() -> None:
    hours = OpeningHours.parse({"sun": ["08:00-12:00"]})
    (session,) = hours.sessions_on(date(2026, 3, 29), ZoneInfo("Europe/Berlin"))
    assert session.opens_at == datetime(2026, 3, 29, 6, tzinfo=UTC)
