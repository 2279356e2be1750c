"""Opening hours: what can be written, what a day's sessions are in a zone, and when a clinic opens next."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.opening_hours import (
    DAY_ENDS_LATEST,
    MINUTES_PER_DAY,
    WEEKDAYS,
    OpeningHours,
    Session,
    format_day_end,
    midnight,
    parse_day_end,
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
DAY_ENDS = st.integers(MINUTES_PER_DAY, DAY_ENDS_LATEST)


@given(HOURS)
def test_hours_are_written_as_they_are_read(hours: dict[str, list[str]]) -> None:
    assert OpeningHours.parse(hours).format() == hours


@given(st.lists(_minutes, min_size=7, max_size=7), DAY_ENDS)
def test_hours_of_days_that_end_late_are_read_as_they_are_written(days: list[list[int]], ends: int) -> None:
    begins = ends - MINUTES_PER_DAY
    weekdays = tuple(
        tuple((begins + opens, begins + closes) for opens, closes in zip(day[::2], day[1::2], strict=False))
        for day in days
    )
    hours = OpeningHours(weekdays, ends)
    assert OpeningHours.parse(hours.format(), ends) == hours


@pytest.mark.parametrize(
    ("text", "minutes"), [("24:00", 1440), ("00:00", 1440), ("03:00", 1620), ("12:00", DAY_ENDS_LATEST)]
)
def test_a_service_day_ends_at_midnight_or_in_the_hours_after_it(text: str, minutes: int) -> None:
    assert parse_day_end(text) == minutes
    assert parse_day_end(format_day_end(minutes)) == minutes


@pytest.mark.parametrize(
    "text", ["", "3:00", "12:01", "23:00", "24:01", "25:00", "03:00\n", "noon", "-03:00"]
)
def test_a_service_day_ends_at_no_other_time(text: str) -> None:
    with pytest.raises(ValueError, match="is not 24:00, or a time from 00:00 to 12:00"):
        parse_day_end(text)


@pytest.mark.parametrize(
    ("session", "opens", "closes"),
    [
        ("20:00-02:00", (23, 20), (24, 2)),
        ("20:00-03:00", (23, 20), (24, 3)),
        ("20:00-24:00", (23, 20), (24, 0)),
        ("00:00-02:30", (24, 0), (24, 2, 30)),
        ("03:00-08:00", (23, 3), (23, 8)),
        ("03:00-03:00", (23, 3), (24, 3)),
        ("00:00-24:00", (23, 3), (24, 3)),
    ],
)
def test_where_days_end_at_three_the_small_hours_belong_to_the_day_before(
    session: str, opens: tuple[int, ...], closes: tuple[int, ...]
) -> None:
    hours = OpeningHours.parse({"mon": [session]}, parse_day_end("03:00"))
    [found] = hours.sessions_on(MONDAY, ZONES[0])
    assert found == Session(*(_at(*at) for at in (opens, closes)))


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONES[0])


@pytest.mark.parametrize("session", ["20:00-04:00", "02:00-04:00", "05:00-05:00"])
def test_a_session_does_not_run_across_the_end_of_its_service_day(session: str) -> None:
    with pytest.raises(ValueError, match="within a service day that ends at 03:00"):
        OpeningHours.parse({"mon": [session]}, parse_day_end("03:00"))


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
        ({"thu": ["20:00-24:30"]}, "is not of the form"),
        ({"thu": ["20:00-04:00"]}, "within a service day that ends at 24:00; what lies behind it belongs to"),
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
