"""The parts of a clinic's day: without gaps, apart at a session's beginning, and with its pauses."""

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from common.domain.catalog import ClinicState
from common.domain.day_parts import day_parts, part_at
from tests.domain.clinics import JAKARTA, clinic, in_bandung

MONDAY, TUESDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 22)


@given(
    st.dates(date(2026, 11, 1), date(2026, 11, 29)),
    st.sampled_from(ClinicState),
    st.none() | st.integers(0, 28 * 24 * 60).map(lambda minute: in_bandung(1, 0) + timedelta(minutes=minute)),
)
def test_a_day_has_no_gaps_and_ends_with_service(
    day: date, state: ClinicState, forced_until: datetime | None
) -> None:
    parts = day_parts(clinic(state=state, forced_until=forced_until), day)
    moments = [parts[0].begins_at, *(each.ends_at for each in parts)]
    assert moments == sorted(set(moments))
    assert [each.begins_at for each in parts[1:]] == moments[1:-1]
    assert parts[0].begins_at.astimezone(JAKARTA).date() == day
    assert parts[-1].ends_at - parts[0].begins_at == timedelta(days=1)
    assert not parts[-1].is_pause


def test_the_parts_of_a_day_with_two_sessions() -> None:
    shown = [
        (f"{each.begins_at.astimezone(JAKARTA):%H:%M}", each.part, each.is_pause, each.open_hours)
        for each in day_parts(clinic(), MONDAY)
    ]
    assert shown == [
        ("00:00", 0, True, 0),
        ("08:00", 9, False, 0.5),
        ("08:30", 8, False, 1.5),
        ("10:00", 10, False, 2),
        ("12:00", 12, True, 0),
        ("13:00", 13, False, 0.5),
        ("13:30", 12, False, 0.5),
        ("14:00", 14, False, 1),
        ("15:00", 14, False, 0),
    ]


def test_a_clinic_that_was_forced_open_does_not_pause() -> None:
    assert not any(each.is_pause for each in day_parts(clinic(state=ClinicState.OPEN), MONDAY))
    assert not any(each.is_pause for each in day_parts(clinic(state=ClinicState.OPEN), SUNDAY))


def test_the_part_of_a_moment() -> None:
    assert part_at(clinic(), TUESDAY, in_bandung(24, 8, 29)) == 9
    assert part_at(clinic(), TUESDAY, in_bandung(24, 8, 30)) == 8
    assert part_at(clinic(), TUESDAY, in_bandung(24, 20)) == 12
    assert part_at(clinic(), TUESDAY, in_bandung(25, 1)) == 12


def test_what_the_staff_forced_ends_and_the_clinic_pauses_by_schedule_again() -> None:
    forced = clinic(state=ClinicState.OPEN, forced_until=in_bandung(23, 12, 20))
    pauses = [(each.begins_at, each.ends_at) for each in day_parts(forced, MONDAY) if each.is_pause]
    assert pauses == [(in_bandung(23, 12, 20), in_bandung(23, 13))]
