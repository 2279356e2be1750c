"""When a clinic is open, and to which service day a moment belongs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.catalog import ClinicState
from common.domain.opening_hours import (
    DAY_ENDS_LATEST,
    MINUTES_PER_DAY,
    WEEKDAYS,
    OpeningHours,
    parse_day_end,
)
from common.domain.partial_dates import PartialDate
from common.domain.tickets import LaneReason, PriorityReason, StaffChoice
from tests.domain.clinics import JAYAPURA, clinic, in_bandung

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (in_bandung(23, 7, 59), False),
        (in_bandung(23, 8), True),
        (in_bandung(23, 11, 59), True),
        (in_bandung(23, 12), False),
        (in_bandung(23, 13), True),
        (in_bandung(23, 15), False),
        (in_bandung(25, 9), False),
    ],
)
def test_a_clinic_is_open_from_its_opening_until_just_before_its_closing(
    moment: datetime, is_open: bool
) -> None:
    assert clinic().is_open(moment) is is_open


def test_staff_can_force_a_clinic_open_and_closed() -> None:
    night, morning = in_bandung(23, 3), in_bandung(23, 9)
    assert clinic(state=ClinicState.OPEN).is_open(night)
    assert not clinic(state=ClinicState.CLOSED).is_open(morning)


def test_a_retired_clinic_is_never_open_and_opens_no_more() -> None:
    retired = clinic(state=ClinicState.OPEN, retired=True)
    assert not retired.is_open(in_bandung(23, 9))
    assert retired.next_opening(in_bandung(23, 7)) is None


def test_the_hospital_s_zone_decides_the_service_day() -> None:
    bandung = clinic()
    jayapura = replace(bandung, hospital=replace(bandung.hospital, time_zone=JAYAPURA))
    evening_utc = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)  # 23:30 in Bandung, 01:30 in Jayapura
    assert bandung.service_date(evening_utc) == MONDAY
    assert jayapura.service_date(evening_utc) == TUESDAY


@pytest.mark.parametrize(("day_ends_at", "hour"), [("24:00", 0), ("03:00", 3), ("12:00", 12)])
def test_a_service_day_ends_when_its_clinic_says(day_ends_at: str, hour: int) -> None:
    late = clinic(opening_hours=OpeningHours.parse({}, parse_day_end(day_ends_at)))
    assert late.day_start(MONDAY) == in_bandung(23, hour)
    assert late.day_end(MONDAY) == in_bandung(24, hour) == late.day_start(TUESDAY)
    assert late.service_date(late.day_start(MONDAY)) == MONDAY
    assert late.service_date(late.day_end(MONDAY) - datetime.resolution) == MONDAY
    assert late.service_date(late.day_end(MONDAY)) == TUESDAY


@given(
    st.sampled_from(["Asia/Jakarta", "Europe/Berlin", "America/New_York", "Asia/Beirut", "America/Havana"]),
    st.integers(MINUTES_PER_DAY, DAY_ENDS_LATEST),
    st.integers(0, 365 * 24 * 3600).map(
        lambda second: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(0, second)
    ),
)
def test_every_moment_lies_in_its_service_day(zone: str, day_ends: int, moment: datetime) -> None:
    """Also where the clocks change."""
    hospital = replace(clinic().hospital, time_zone=ZoneInfo(zone))
    late = clinic(hospital=hospital, opening_hours=OpeningHours.parse({}, day_ends))
    day = late.service_date(moment)
    assert late.day_start(day) <= moment < late.day_end(day)


def test_who_still_waits_at_the_end_of_the_day_has_waited_in_vain_unless_the_clinic_is_open_then() -> None:
    assert clinic().expires_at(MONDAY) == in_bandung(24, 0)
    around_the_clock = OpeningHours.parse({day: ["00:00-24:00"] for day in WEEKDAYS})
    assert clinic(opening_hours=around_the_clock).expires_at(MONDAY) is None
    forced = clinic(state=ClinicState.OPEN, forced_until=in_bandung(24, 2))
    assert forced.expires_at(MONDAY) is None
    assert replace(forced, forced_until=in_bandung(24, 0)).expires_at(MONDAY) == in_bandung(24, 0)
    assert replace(forced, retired=True).expires_at(MONDAY) == in_bandung(24, 0)


# --- priority by age ------------------------------------------------------------------------------------

ELDERLY, YOUNG = PartialDate(1950, 1, 31), PartialDate(1990, 1, 31)


@pytest.mark.parametrize("is_confirmed", [True, False])
@pytest.mark.parametrize(
    ("before", "born", "reason"),
    [
        (PriorityReason.PREGNANCY, YOUNG, PriorityReason.PREGNANCY),
        (StaffChoice.REGULAR, ELDERLY, StaffChoice.REGULAR),
        (PriorityReason.AGE, ELDERLY, PriorityReason.AGE),  # it was confirmed when it was given
        (PriorityReason.AGE, YOUNG, None),
        (None, YOUNG, None),
    ],
)
def test_a_lane_reason_goes_along_as_far_as_the_clinic_has_it(
    before: LaneReason | None, born: PartialDate, reason: LaneReason | None, is_confirmed: bool
) -> None:
    assert clinic().lane_reason(before, born, MONDAY, is_confirmed=is_confirmed) is reason


def test_only_a_confirmed_date_of_birth_gives_priority() -> None:
    assert clinic().lane_reason(None, ELDERLY, MONDAY, is_confirmed=True) is PriorityReason.AGE
    assert clinic().lane_reason(None, ELDERLY, MONDAY, is_confirmed=False) is None
    assert clinic(priority_age=None).lane_reason(None, ELDERLY, MONDAY, is_confirmed=True) is None
