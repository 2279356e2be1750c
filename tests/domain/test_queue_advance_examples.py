"""Single days of a queue that properties do not show: the desk's mode, fewer rooms, the end of the day."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from common.domain.catalog import QueueMode
from common.domain.lanes import NONE, Lane
from common.domain.queue_advance import (
    Advance,
    Occupant,
    Serving,
    Transition,
    Waiter,
    advance,
    end_of_day,
    rooms_held,
)
from common.domain.ticket_states import TicketStatus
from tests.domain.queue_runs import MORNING

CALLED, IN_SERVICE = TicketStatus.CALLED, TicketStatus.IN_SERVICE
SERVED, EXPIRED = TicketStatus.SERVED, TicketStatus.EXPIRED

DAY_END = MORNING + timedelta(hours=16)


def minute(minutes: int) -> datetime:
    """So many minutes after the morning began."""
    return MORNING + timedelta(minutes=minutes)


@pytest.fixture
def one_room() -> Serving:
    """One room, ten minutes for each patient."""
    return Serving(QueueMode.CLOCK, 1, timedelta(minutes=10), MORNING, DAY_END)


def test_one_late_tick_moves_several_patients_at_their_moments(one_room: Serving) -> None:
    moved = advance(one_room, [], [Waiter(1, minute(0)), Waiter(2, minute(3))], minute(25))
    assert moved == Advance(
        (
            Transition(1, CALLED, minute(0), 1),
            Transition(1, SERVED, minute(10)),
            Transition(2, CALLED, minute(10), 1),
            Transition(2, SERVED, minute(20)),
        ),
        None,
    )


def test_patients_take_the_lowest_free_room(one_room: Serving) -> None:
    three_rooms = replace(one_room, rooms=3)
    moved = advance(three_rooms, [Occupant(1, 2, CALLED, minute(0))], [Waiter(2, minute(1))], minute(1))
    assert moved.transitions == (Transition(2, CALLED, minute(1), 1),)


def test_who_is_back_in_an_earlier_place_holds_nobody_up_before(one_room: Serving) -> None:
    """Number 1 was not there when called, and came back after number 2 was called."""
    back, second = Waiter(1, minute(2)), Waiter(2, minute(1))
    third = Waiter(3, minute(1))

    at_once = advance(one_room, [], [back, second, third], minute(15)).transitions

    assert at_once == (
        Transition(2, CALLED, minute(1), 1),
        Transition(2, SERVED, minute(11)),
        Transition(1, CALLED, minute(11), 1),
    )


def test_the_lanes_take_turns_by_the_ratio(one_room: Serving) -> None:
    """Three regular patients came first, then four of the priority lane, all before the room was free."""
    waiters = [Waiter(number, minute(0)) for number in (1, 2, 3)]
    waiters += [Waiter(number, minute(0), Lane.PRIORITY) for number in (4, 5, 6, 7)]

    moved = advance(one_room, [], waiters, minute(65))

    calls = [each.number for each in moved.transitions if each.status is CALLED]
    assert calls == [4, 5, 1, 6, 7, 2, 3]
    assert moved.streaks == NONE


def test_whoever_comes_later_takes_no_earlier_turn(one_room: Serving) -> None:
    """Seen from later: who was in the priority lane only at 8:05 is not called to a room free at 8:00."""
    waiters = [Waiter(1, minute(0)), Waiter(2, minute(1)), Waiter(3, minute(5), Lane.PRIORITY)]

    calls = [e.number for e in advance(one_room, [], waiters, minute(25)).transitions if e.status is CALLED]

    assert calls == [1, 3, 2]


def test_a_room_given_up_is_free_from_that_moment(one_room: Serving) -> None:
    freed = replace(one_room, rooms_freed={1: minute(4)})
    moved = advance(freed, [], [Waiter(2, minute(1))], minute(30))
    assert moved.transitions[0] == Transition(2, CALLED, minute(4), 1)


def test_rooms_given_up_one_after_the_other_are_taken_one_after_the_other(one_room: Serving) -> None:
    freed = replace(one_room, rooms=2, rooms_freed={1: minute(8), 2: minute(4)})
    moved = advance(freed, [], [Waiter(3, minute(1)), Waiter(4, minute(1))], minute(9))
    assert moved.transitions == (
        Transition(3, CALLED, minute(4), 2),
        Transition(4, CALLED, minute(8), 1),
    )


def test_a_new_arrangement_does_not_reach_into_the_past(one_room: Serving) -> None:
    """A room more since minute 30: whoever has waited since minute 1 is called at minute 30."""
    two_rooms = replace(one_room, rooms=2, mean_service=timedelta(hours=2), since=minute(30))
    moved = advance(two_rooms, [Occupant(1, 1, CALLED, minute(0))], [Waiter(2, minute(1))], minute(40))
    assert moved.transitions == (Transition(2, CALLED, minute(30), 2),)


def test_a_shorter_service_time_ends_nothing_before_it_was_decided(one_room: Serving) -> None:
    shorter = replace(one_room, mean_service=timedelta(minutes=1), since=minute(8))
    moved = advance(shorter, [Occupant(1, 1, CALLED, minute(0))], [], minute(9))
    assert moved.transitions == (Transition(1, SERVED, minute(8)),)


def test_nobody_is_called_to_a_room_that_was_closed(one_room: Serving) -> None:
    """Rooms 2 and 3 were closed while patients were in them: these are served, and nobody follows."""
    occupants = [Occupant(number, number, CALLED, minute(number)) for number in (1, 2, 3)]
    moved = advance(one_room, occupants, [Waiter(4, minute(4))], minute(13))
    assert moved.transitions == (
        Transition(1, SERVED, minute(11)),
        Transition(4, CALLED, minute(11), 1),
        Transition(2, SERVED, minute(12)),
        Transition(3, SERVED, minute(13)),
    )


def test_the_end_of_the_day_expires_who_waits_or_was_only_called() -> None:
    occupants = [Occupant(1, 1, IN_SERVICE, minute(0)), Occupant(2, 2, CALLED, minute(0))]
    assert end_of_day(occupants, [Waiter(3, minute(1))], DAY_END) == [
        Transition(1, SERVED, DAY_END),
        Transition(2, EXPIRED, DAY_END),
        Transition(3, EXPIRED, DAY_END),
    ]


def test_a_service_that_ends_with_the_day_is_served_and_nobody_follows(one_room: Serving) -> None:
    last = Occupant(1, 1, CALLED, DAY_END - timedelta(minutes=10))
    moved = advance(one_room, [last], [Waiter(2, minute(0))], DAY_END + timedelta(hours=3))
    assert moved.transitions == (Transition(1, SERVED, DAY_END),)


def test_a_service_that_does_not_end_with_the_day_goes_on(one_room: Serving) -> None:
    last = Occupant(1, 1, CALLED, DAY_END - timedelta(minutes=4))
    moved = advance(one_room, [last], [Waiter(2, minute(0))], DAY_END + timedelta(hours=3))
    assert moved == Advance((), DAY_END)
    assert rooms_held(one_room, [last]) == {1: DAY_END + timedelta(minutes=6)}


def test_the_next_day_calls_to_a_room_when_it_is_no_longer_held(one_room: Serving) -> None:
    held = {1: DAY_END + timedelta(minutes=6)}
    next_day = replace(one_room, day_end=DAY_END + timedelta(days=1), rooms_freed=held)
    waiter = Waiter(1, DAY_END)
    assert advance(next_day, [], [waiter], DAY_END) == Advance((), held[1])
    moved = advance(next_day, [], [waiter], DAY_END + timedelta(minutes=6))
    assert moved.transitions == (Transition(1, CALLED, held[1], 1),)


def test_by_the_desk_nothing_moves_by_itself(one_room: Serving) -> None:
    by_desk = replace(one_room, mode=QueueMode.DESK)
    waiters, occupants = [Waiter(2, minute(0))], [Occupant(1, 1, IN_SERVICE, minute(0))]
    assert advance(by_desk, occupants, waiters, minute(600)) == Advance((), DAY_END)
    assert advance(by_desk, occupants, waiters, DAY_END).transitions == ()
    assert rooms_held(by_desk, occupants) == {}


def test_an_empty_queue_has_nothing_to_come(one_room: Serving) -> None:
    assert advance(one_room, [], [], minute(60)) == Advance((), None)
