"""Whatever the ticks, the queue is the same: properties of `advance` over invented days."""

from collections import Counter
from copy import deepcopy
from datetime import datetime, timedelta
from heapq import heapify, heapreplace

from hypothesis import given, settings
from hypothesis import strategies as st

from common.domain.lanes import Lane
from common.domain.queue_advance import Transition
from common.domain.ticket_states import TicketStatus
from tests.domain.queue_runs import (
    MORNING,
    SECONDS_MAX,
    Day,
    Queue,
    TickAt,
    after,
    days,
    moments_in_service,
    run,
    tick_times,
)


@settings(max_examples=150)
@given(days(), tick_times())
def test_any_ticks_leave_the_queue_of_one_late_tick(day: Day, ticks: list[TickAt]) -> None:
    ticked, late = run(day, ticks), run(day)
    assert ticked.log == late.log
    assert ticked.occupants == late.occupants
    assert ticked.waiters == late.waiters


@given(days(), tick_times(), st.booleans())
def test_no_room_has_two_patients_at_a_time(day: Day, ticks: list[TickAt], told_first: bool) -> None:
    queue = run(day, ticks, told_first=told_first)
    stays = moments_in_service(queue.log).values()
    for room, called_at, _ in stays:
        assert 1 <= room <= day.rooms
        others = [stay for stay in stays if stay[0] == room and stay[1] <= called_at < stay[2]]
        assert len(others) <= 1


@given(days(), tick_times(), st.booleans())
def test_patients_are_called_once_and_in_each_lane_in_the_order_of_their_numbers(
    day: Day, ticks: list[TickAt], told_first: bool
) -> None:
    log = run(day, ticks, told_first=told_first).log
    calls = [each for each in log if each.status is TicketStatus.CALLED]
    came = sorted((each for each in day.happenings if each.gives_up is None), key=lambda each: each.second)
    for lane in Lane:
        numbers = [each.number for each in calls if came[each.number - 1].lane is lane]
        assert numbers == sorted(set(numbers))
    assert [each.at for each in calls] == sorted(each.at for each in calls)


@given(days(), tick_times())
def test_what_happened_is_told_in_order_and_never_before_a_patient_came(
    day: Day, ticks: list[TickAt]
) -> None:
    log = run(day, ticks).log
    came = sorted(each.second for each in day.happenings if each.gives_up is None)
    assert [each.at for each in log] == sorted(each.at for each in log)
    assert all(each.at >= after(came[each.number - 1]) for each in log)


@given(days(), tick_times())
def test_at_the_end_of_the_day_every_ticket_is_final_and_nothing_follows(
    day: Day, ticks: list[TickAt]
) -> None:
    queue = run(day, ticks)
    final = Counter(each.number for each in queue.log if each.status is not TicketStatus.CALLED)
    assert set(final.values()) <= {1}
    assert not queue.occupants
    assert not queue.waiters
    assert all(each.at <= after(day.day_end) for each in queue.log)
    assert queue.tick(after(2 * SECONDS_MAX)).transitions == ()
    called_late = [e for e in queue.log if e.status is TicketStatus.CALLED and e.at >= after(day.day_end)]
    assert called_late == []


@given(days(), st.integers(0, SECONDS_MAX), st.just(0) | st.integers(0, 900))
def test_next_change_is_the_moment_at_which_something_happens(day: Day, second: int, behind: int) -> None:
    """Also where the ticker's clock is behind those of the registrars."""
    queue = Queue(day.serving)
    for each in sorted(day.happenings, key=lambda each: each.second):
        if each.second > second:
            break
        if each.gives_up is None:
            queue.arrive(after(each.second), each.lane)
        else:
            queue.tick(after(each.second))
            queue.give_up(each.gives_up, after(each.second))
    now = after(second - behind)
    next_change_at = queue.tick(now).next_change_at
    if next_change_at is None:
        assert not _transitions(queue, after(10_000 * SECONDS_MAX))
        return
    assert next_change_at > now
    assert not _transitions(queue, next_change_at - timedelta.resolution)
    assert _transitions(queue, next_change_at)


@given(days(give_up=False, ends_early=False, lanes=False), tick_times())
def test_calls_follow_the_textbook_recursion_for_equal_service_times(day: Day, ticks: list[TickAt]) -> None:
    free_at = [MORNING] * day.rooms
    heapify(free_at)
    expected: dict[int, datetime] = {}
    for number, came in enumerate(sorted(each.second for each in day.happenings), start=1):
        expected[number] = max(free_at[0], after(came))
        heapreplace(free_at, expected[number] + day.mean_service)
    queue = run(day, ticks)
    called = {each.number: each.at for each in queue.log if each.status is TicketStatus.CALLED}
    assert called == expected


def _transitions(queue: Queue, now: datetime) -> tuple[Transition, ...]:
    return deepcopy(queue).tick(now).transitions
