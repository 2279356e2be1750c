"""Who of a clinic is away, and until when that holds."""

from datetime import datetime

import pytest

from common.domain.absences import Absence, AbsenceReason
from common.domain.catalog import QueueMode
from tests.domain.clinics import clinic, in_bandung

LATE = Absence(None, in_bandung(23, 9, 30), AbsenceReason.LATE, in_bandung(23, 8))
BREAK = Absence(2, None, AbsenceReason.BREAK, in_bandung(23, 11))


@pytest.mark.parametrize(
    ("moment", "away"),
    [
        (in_bandung(23, 8, 1), [LATE, BREAK]),
        (in_bandung(23, 9, 29), [LATE, BREAK]),
        (in_bandung(23, 9, 30), [BREAK]),
        (in_bandung(23, 23, 59), [BREAK]),
        (in_bandung(24, 0), []),
    ],
)
def test_an_absence_ends_by_itself_at_its_time_or_with_its_service_day(
    moment: datetime, away: list[Absence]
) -> None:
    both = clinic(mode=QueueMode.DESK, absences=(LATE, BREAK))

    assert [*both.absences_at(moment)] == away
    assert [*both.as_of(moment).absences] == away


def test_who_stays_beyond_the_day_is_away_until_then() -> None:
    all_night = Absence(None, in_bandung(24, 1), AbsenceReason.EMERGENCY, in_bandung(23, 23))

    assert clinic(mode=QueueMode.DESK, absences=(all_night,)).absences_at(in_bandung(24, 0, 30)) == (
        all_night,
    )


def test_nothing_is_said_of_rooms_that_do_not_serve() -> None:
    assert clinic(mode=QueueMode.DESK, rooms=1, absences=(BREAK,)).absences_at(in_bandung(23, 12)) == ()


def test_a_clinic_in_which_no_room_serves_is_away_as_a_whole() -> None:
    since = in_bandung(23, 9)

    empty = clinic(mode=QueueMode.DESK, rooms=0, serving_since=since, absences=(BREAK,))

    assert empty.absences_at(in_bandung(25, 9)) == (Absence(None, None, AbsenceReason.OTHER, since),)
