"""Which openings and closings are announced, and which service day comes next."""

from datetime import date

import pytest

from common.domain.catalog import ClinicState
from common.domain.opening_hours import OpeningHours
from common.domain.schedule import Announcement, announcements, next_service_date
from tests.domain.clinics import clinic, in_bandung

MONDAY = date(2026, 11, 23)


def test_every_session_of_the_day_is_announced_in_order() -> None:
    assert announcements(clinic(), MONDAY, in_bandung(23, 0)) == [
        Announcement(in_bandung(23, 8), True),
        Announcement(in_bandung(23, 12), False),
        Announcement(in_bandung(23, 13), True),
        Announcement(in_bandung(23, 15), False),
    ]


def test_what_was_announced_is_not_announced_again() -> None:
    assert announcements(clinic(), MONDAY, in_bandung(23, 12)) == [
        Announcement(in_bandung(23, 13), True),
        Announcement(in_bandung(23, 15), False),
    ]
    assert announcements(clinic(), MONDAY, in_bandung(23, 15)) == []


def test_closing_at_midnight_is_announced_on_the_day_that_ends() -> None:
    late = clinic(opening_hours=OpeningHours.parse({"mon": ["20:00-24:00"]}))
    assert announcements(late, MONDAY, in_bandung(23, 21)) == [Announcement(in_bandung(24, 0), False)]


@pytest.mark.parametrize("state", [ClinicState.OPEN, ClinicState.CLOSED])
def test_a_clinic_that_was_forced_open_or_closed_follows_no_schedule(state: ClinicState) -> None:
    assert announcements(clinic(state=state), MONDAY, in_bandung(23, 0)) == []


def test_a_retired_clinic_announces_nothing_and_has_no_next_day() -> None:
    retired = clinic(retired=True)
    assert announcements(retired, MONDAY, in_bandung(23, 0)) == []
    assert next_service_date(retired, in_bandung(23, 0)) is None


def test_today_is_the_next_service_day_as_long_as_the_clinic_opens_today_at_all() -> None:
    assert next_service_date(clinic(), in_bandung(23, 0)) == MONDAY
    assert next_service_date(clinic(), in_bandung(23, 23)) == MONDAY


def test_on_a_day_off_the_next_service_day_is_that_of_the_next_opening() -> None:
    assert next_service_date(clinic(), in_bandung(25, 0)) == date(2026, 11, 27)
    assert next_service_date(clinic(), in_bandung(28, 0)) == date(2026, 11, 30)


def test_a_clinic_without_hours_has_no_next_service_day() -> None:
    assert next_service_date(clinic(opening_hours=OpeningHours.parse({})), in_bandung(23, 0)) is None
