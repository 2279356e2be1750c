"""When a clinic is open, and to which service day a moment belongs."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from common.domain.catalog import ClinicState
from tests.domain.clinics import JAYAPURA, clinic, in_bandung


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
    bandung = clinic().hospital
    jayapura = replace(bandung, time_zone=JAYAPURA)
    evening_utc = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)  # 23:30 in Bandung, 01:30 in Jayapura
    assert bandung.service_date(evening_utc) == date(2026, 11, 23)
    assert jayapura.service_date(evening_utc) == date(2026, 11, 24)


def test_a_service_day_ends_at_the_hospital_s_midnight() -> None:
    hospital = clinic().hospital
    day_end = hospital.day_end(date(2026, 11, 23))
    assert day_end == in_bandung(24, 0)
    assert hospital.service_date(day_end) == date(2026, 11, 24)
    assert hospital.service_date(day_end - datetime.resolution) == date(2026, 11, 23)
