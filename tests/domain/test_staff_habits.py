"""What calls teach of the staff: gaps, rooms that do not serve, absences; and what patients are told then."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from common.domain.catalog import QueueMode
from common.domain.clinic_outlook import clinic_outlook, expected_call
from common.domain.clinic_records import NO_RECORDS, ClinicRecords
from common.domain.habit_sums import GAPS, Gaps, HalfHour
from common.domain.lanes import NONE, Lane, Standing
from common.domain.learning import learn, unlearn
from common.domain.queue_advance import Occupant
from common.domain.service_times import EndedCall
from common.domain.serving_rooms import ServingRooms
from common.domain.staff_habits import Call, Habits
from common.domain.ticket_states import TicketStatus
from common.domain.told import ToldInterval
from common.domain.waiting_time import Estimate
from tests.domain.clinics import clinic, in_bandung

MONDAY = date(2026, 11, 23)
GIGI = clinic(mode=QueueMode.DESK)
OPENS = in_bandung(23, 8)


def minutes(count: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=count)


def a_day(
    records: ClinicRecords, day: date, gap: float, rooms: int = 2, hours: tuple[int, int] = (0, 4)
) -> ClinicRecords:
    """Two rooms are said, so many serve: ten minutes each, and the next call so many minutes later; from and
    to so many hours after the opening somebody waits all the time."""
    opens = OPENS + (day - MONDAY)
    at = opens + timedelta(hours=hours[0])
    while at < opens + timedelta(hours=hours[1]):
        for room in range(1, rooms + 1):
            records, _ = learn(GIGI, records, day, Call(room, opens, at, waiting=1))
        for room in range(1, rooms + 1):
            ended = EndedCall(opens, at, at + minutes(10), Lane.REGULAR, room=room)
            records, _ = learn(GIGI, records, day, ended)
        at += minutes(10 + gap)
    return records


def told(records: ClinicRecords, now: datetime, since: datetime, rooms: tuple[int, ...] = ()) -> Estimate:
    """What the only one is told who waits since then, with these rooms taken for a minute."""
    occupants = [Occupant(room, room, TicketStatus.CALLED, now - minutes(1)) for room in rooms]
    place = Standing(Lane.REGULAR.rank, 0, [0, 0, 0, 1], NONE, GIGI.lanes.ratios)
    return expected_call(clinic_outlook(GIGI, records, occupants, now), place, since).call


def a_day_of_batches(records: ClinicRecords, day: date, count: int) -> ClinicRecords:
    """So many are called into room 1 at once, and need ten minutes each; 40 wait all the time."""
    at = opens = OPENS + (day - MONDAY)
    while at < opens + timedelta(hours=4):
        for place in range(count):
            called = at + timedelta(seconds=5 * place)
            records, _ = learn(GIGI, records, day, Call(1, opens, called, waiting=40))
            ended = called + timedelta(seconds=5) if place < count - 1 else at + count * minutes(10)
            records, _ = learn(GIGI, records, day, EndedCall(opens, called, ended, Lane.REGULAR, room=1))
        at += count * minutes(10)
    return records


def half_hour(habits: Habits, hour: float) -> HalfHour:
    """What is known of the half hour that begins then."""
    return HalfHour(*habits.sums_of(f"at {int(hour * 2)}"))


def test_the_gap_until_the_next_call_is_learned() -> None:
    gaps = Gaps(*a_day(NO_RECORDS, MONDAY, gap=1).habits.sums_of(GAPS))
    assert gaps.absences == 0
    assert gaps.cycle_seconds == 60 * gaps.cycles
    assert 45 < gaps.cycle_gap < 60


def test_where_rooms_call_at_once_all_of_them_serve() -> None:
    habits = a_day(NO_RECORDS, MONDAY, gap=0).habits
    assert all(
        HalfHour(*sums).served == HalfHour(*sums).said
        for key, sums in habits.today.items()
        if key.startswith("at ")
    )
    assert ServingRooms(2, habits).share(18) == 1


def test_a_room_that_never_calls_does_not_serve() -> None:
    habits = a_day(NO_RECORDS, MONDAY, gap=0, rooms=1).habits
    assert half_hour(habits, 9).said == 2 * half_hour(habits, 9).waited
    assert half_hour(habits, 9).served == half_hour(habits, 9).waited
    assert ServingRooms(2, habits).share(18) < 0.7


def test_how_many_rooms_serve_is_learned_by_the_half_hour() -> None:
    records = NO_RECORDS
    for days in range(5, 0, -1):
        day = MONDAY - timedelta(weeks=days)
        records = a_day(records, day, gap=0, rooms=1, hours=(0, 1))
        records = a_day(records, day, gap=0, rooms=2, hours=(2, 3))
    rooms = ServingRooms(2, records.habits.on(MONDAY))
    assert rooms.share(16) < 0.65 < 0.9 < rooms.share(20)


def test_the_first_in_line_is_not_told_this_minute_for_ever() -> None:
    """Nobody was left at the last call, and since then the doctors have been away."""
    records = a_day(NO_RECORDS, MONDAY, gap=0.2, hours=(0, 1))
    last = OPENS + minutes(62)
    records, _ = learn(GIGI, records, MONDAY, Call(1, OPENS, last, waiting=0))
    ended = EndedCall(OPENS, last, last + minutes(5), Lane.REGULAR, room=1)
    records, _ = learn(GIGI, records, MONDAY, ended)
    since = OPENS + minutes(70)
    calls = [told(records, now, since) for now in (since, since + minutes(2), since + minutes(60))]
    assert calls[0].call_at - since < minutes(1)
    assert calls[1].call_at - since > minutes(5)
    assert calls[2].latest_call_at - calls[2].earliest_call_at > minutes(8)


def test_no_interval_is_a_moment_where_staff_call() -> None:
    records = a_day(NO_RECORDS, MONDAY, gap=0)
    for rooms in ((), (1,), (1, 2)):
        call = told(records, OPENS + minutes(250), OPENS + minutes(249), rooms)
        assert call.earliest_call_at < call.call_at < call.latest_call_at


def test_habits_are_kept_without_loss() -> None:
    habits = a_day(NO_RECORDS, MONDAY, gap=1).habits.on(MONDAY + timedelta(weeks=1))
    kept = json.loads(json.dumps(habits.as_sums()))
    assert Habits.of_sums(kept, MONDAY + timedelta(weeks=1)) == habits


moments = st.integers(0, 6 * 3600).map(lambda seconds: OPENS + timedelta(seconds=seconds))


@given(st.lists(st.tuples(st.integers(1, 3), moments, moments, st.booleans()), max_size=8), st.data())
def test_what_was_learned_is_unlearned_exactly(
    calls: list[tuple[int, datetime, datetime, bool]], data: st.DataObject
) -> None:
    """Also how the rooms were used, and how the ends of intervals were moved; the last first."""
    records = a_day(NO_RECORDS, MONDAY - timedelta(weeks=1), gap=1, hours=(0, 1))
    records, _ = learn(GIGI, records, MONDAY, Call(1, OPENS, OPENS, waiting=1))
    before, lessons = records, []
    for room, since, at, others_wait in calls:
        told = ToldInterval(since, since, since, since + timedelta(hours=1), room)
        call: Call | EndedCall = Call(room, min(since, at), at, 7 * others_wait, told)
        if data.draw(st.booleans()):
            call = EndedCall(min(since, at), min(since, at), at, Lane.REGULAR, room=room)
        records, lesson = learn(GIGI, records, MONDAY, call)
        lessons.append(lesson)
    for lesson in reversed(lessons):
        records = unlearn(records, MONDAY, lesson)
    assert records.habits == before.habits
    assert records.correction == before.correction


def test_a_desk_that_calls_several_at_once_is_seen_to_do_so() -> None:
    """Those of the next batch are expected at one time, those of the one after it a batch later."""
    records = NO_RECORDS
    for number in range(4):
        records = a_day_of_batches(records, MONDAY + timedelta(days=number), count=5)
    assert Gaps(*records.habits.sums_of(GAPS)).at_once == 5
    day = MONDAY + timedelta(days=4)
    now = OPENS + timedelta(days=4, hours=1)
    records, _ = learn(GIGI, records, day, Call(1, now - minutes(30), now - minutes(5), waiting=10))
    in_room = [Occupant(1, 1, TicketStatus.CALLED, now - minutes(5))]
    waits = []
    for ahead in (0, 4, 5, 9):
        place = Standing(Lane.REGULAR.rank, ahead, [0, 0, 0, 10], NONE, GIGI.lanes.ratios)
        outlook = clinic_outlook(replace(GIGI, rooms=1), records, in_room, now)
        waits.append(expected_call(outlook, place, now - minutes(20)).call.call_at - now)
    assert waits[0] == waits[1]
    assert waits[2] == waits[3]
    assert minutes(35) < waits[2] - waits[0] < minutes(60)
