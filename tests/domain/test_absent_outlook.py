"""What is expected of a clinic's queue while a room, or the whole clinic, is away."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from common.domain.absences import Absence, AbsenceReason
from common.domain.catalog import Clinic, ClinicState, QueueMode
from common.domain.clinic_outlook import ClinicOutlook, clinic_outlook
from common.domain.clinic_records import NO_RECORDS, ClinicRecords
from common.domain.queue_advance import Occupant
from common.domain.staff_habits import Habits, RoomUse
from common.domain.ticket_states import TicketStatus
from common.domain.waiting_time import Outlook
from tests.domain.clinics import clinic, in_bandung

NOW = in_bandung(23, 9)


def away(room: int | None, until: datetime | None, since: datetime = NOW) -> Absence:
    """Somebody is on a break."""
    return Absence(room, until, AbsenceReason.BREAK, since)


def clinic_with(*absences: Absence, **changes: object) -> Clinic:
    """The clinic, moved by its staff, with two rooms."""
    return clinic(mode=QueueMode.DESK, absences=absences, **changes)


def calls(outlook: ClinicOutlook | Outlook, people: int) -> list[datetime]:
    """When those who wait are expected to be called, the first of them first."""
    return [outlook.estimate(ahead).call_at for ahead in range(people)]


def just_called(now: datetime) -> ClinicRecords:
    """What is known of a clinic that has just called the last who waited: its staff are there."""
    moment = now.timestamp()
    rooms = {room: RoomUse(moment - 60, moment) for room in (1, 2)}
    return ClinicRecords(habits=Habits(now.date(), rooms=rooms, last_call=moment))


def soon_after(moment: datetime) -> Any:
    """A moment within three minutes, or a little before: nobody comes back by the clock."""
    return pytest.approx(moment + timedelta(seconds=60), abs=timedelta(seconds=120))


def test_nobody_is_called_before_the_clinic_is_back_and_then_as_ever() -> None:
    back_at = in_bandung(23, 9, 30)
    late = clinic_outlook(clinic_with(away(None, back_at)), NO_RECORDS, [], NOW)
    on_time = clinic_outlook(clinic_with(), just_called(back_at), [], back_at)

    for one, other in zip(calls(late, 6), calls(on_time, 6), strict=True):
        assert one == soon_after(other)
    assert calls(late, 1) == [soon_after(back_at)]


def test_an_absence_over_the_pause_by_schedule_ends_with_the_pause() -> None:
    into_the_pause = clinic_with(away(None, in_bandung(23, 12, 15)))

    assert calls(clinic_outlook(into_the_pause, NO_RECORDS, [], NOW), 1) == [soon_after(in_bandung(23, 13))]


def test_to_a_room_that_is_away_nobody_is_called_before_it_is_back() -> None:
    back_at = in_bandung(23, 9, 45)
    one_away = clinic_outlook(clinic_with(away(2, back_at)), NO_RECORDS, [], NOW)
    one_room = clinic_outlook(clinic_with(rooms=1), just_called(NOW), [], NOW)
    both = clinic_outlook(clinic_with(), just_called(NOW), [], NOW)

    assert calls(one_away, 1) == [soon_after(NOW)]
    for ahead in (1, 2, 3):
        slow, mixed, quick = (each.estimate(ahead).call_at for each in (one_room, one_away, both))
        assert quick < mixed <= slow
    last = [each.estimate(12).call_at for each in (one_room, one_away, both)]
    assert last[2] < last[1] < last[0] - timedelta(minutes=20)


def test_where_all_rooms_are_away_the_first_that_is_back_calls() -> None:
    both = clinic_with(away(1, in_bandung(23, 10)), away(2, in_bandung(23, 9, 40)))

    assert calls(clinic_outlook(both, NO_RECORDS, [], NOW), 1) == [soon_after(in_bandung(23, 9, 40))]


def test_whoever_is_still_served_in_a_room_that_is_away_is_followed_by_nobody_before_it_is_back() -> None:
    back_at = in_bandung(23, 9, 45)
    served = [Occupant(1, 1, TicketStatus.IN_SERVICE, NOW)]
    one_room = clinic_with(away(1, back_at), rooms=1)

    assert calls(clinic_outlook(one_room, NO_RECORDS, served, NOW), 1) == [soon_after(back_at)]


def test_the_longer_an_absence_lasts_whose_end_nobody_knows_the_longer_it_will() -> None:
    unknown = clinic_with(away(None, None))
    soon, later, much_later = (
        calls(clinic_outlook(unknown, NO_RECORDS, [], now), 1)[0] - now
        for now in (NOW, in_bandung(23, 9, 20), in_bandung(23, 10))
    )
    assert timedelta() < soon < later < much_later


def test_where_no_room_serves_nobody_is_called_soon() -> None:
    empty = clinic_with(rooms=0, serving_since=in_bandung(23, 8))

    assert calls(clinic_outlook(empty, NO_RECORDS, [], NOW), 1)[0] > in_bandung(23, 9, 15)


def test_an_absence_until_after_the_day_leaves_no_call_on_it() -> None:
    all_day = clinic_with(away(None, in_bandung(24, 1)))

    assert calls(clinic_outlook(all_day, NO_RECORDS, [], NOW), 1)[0] > in_bandung(24, 0, 50)


@pytest.mark.parametrize("state", [ClinicState.SCHEDULE, ClinicState.CLOSED])
def test_a_clinic_that_takes_no_registrations_any_more_keeps_its_pause(state: ClinicState) -> None:
    closed = clinic_with(state=state, forced_until=in_bandung(24, 0))

    assert calls(clinic_outlook(closed, NO_RECORDS, [], in_bandung(23, 12, 10)), 1) == [
        soon_after(in_bandung(23, 13))
    ]
