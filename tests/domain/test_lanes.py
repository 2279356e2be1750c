"""The rule by which any number of lanes take turns: nobody starves, and everybody's place is the true one."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from math import inf, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.domain.lanes import LANES, NONE, ByLane, Lane, Standing, after_call, next_turn


@dataclass
class Lanes:
    """A queue of tickets that are called by the rule; a lane is its place."""

    ratios: list[int]
    streaks: list[int]
    waiting: list[deque[int]] = field(default_factory=list)
    called: list[int] = field(default_factory=list)
    lane_of: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.waiting = [deque() for _ in range(len(self.ratios) + 1)]

    def come(self, lanes: Sequence[int]) -> None:
        """Tickets of these lanes come, with the next numbers."""
        for number, lane in enumerate(lanes, start=len(self.lane_of)):
            self.waiting[lane].append(number)
            self.lane_of[number] = lane

    def call(self) -> bool:
        """Calls whose turn it is; False where nobody waits."""
        lane = next_turn([*map(len, self.waiting)], self.streaks, self.ratios)
        if lane is None:
            return False
        self.called.append(self.waiting[lane].popleft())
        self.streaks = after_call(lane, self.streaks, self.ratios)
        return True

    def call_all(self) -> None:
        """Calls until nobody waits."""
        while self.call():
            pass

    def place(self, lane: int, ahead_in_lane: int) -> Standing:
        """The place of the ticket with so many before it in its lane."""
        return Standing(lane, ahead_in_lane, [*map(len, self.waiting)], self.streaks, self.ratios)

    def places(self) -> dict[int, Standing]:
        """The places of all who wait, by number."""
        return {
            number: self.place(lane, ahead)
            for lane, numbers in enumerate(self.waiting)
            for ahead, number in enumerate(numbers)
        }


def bound(ratios: Sequence[int], lane: int, ahead: int) -> int:
    """How many others can be called before a ticket with so many before it in its lane, at most."""
    below = 1 + ahead // ratios[lane] if lane < len(ratios) else 0
    return (1 + ahead + below) * prod(1 + ratio for ratio in ratios[:lane]) - 1


@st.composite
def queues(draw: st.DrawFn, lanes_max: int = 5) -> Lanes:
    """A queue of any number of lanes in which some wait, in the middle of its day."""
    ratios = draw(st.lists(st.integers(1, 5), max_size=lanes_max - 1))
    queue = Lanes(ratios, [draw(st.integers(0, ratio)) for ratio in ratios])
    queue.come(draw(comings(queue)))
    return queue


def comings(queue: Lanes) -> st.SearchStrategy[list[int]]:
    """The lanes of some who come."""
    return st.lists(st.integers(0, len(queue.ratios)), max_size=20)


@given(queues(), st.data())
def test_everybody_is_called_exactly_once_and_in_order_within_a_lane(
    queue: Lanes, data: st.DataObject
) -> None:
    for lot in data.draw(st.lists(comings(queue), max_size=10)):
        queue.come(lot)
        queue.call()
    queue.call_all()
    assert sorted(queue.called) == list(range(len(queue.lane_of)))
    for lane in range(len(queue.waiting)):
        called = [number for number in queue.called if queue.lane_of[number] == lane]
        assert called == sorted(called)


@given(queues(lanes_max=4), st.data())
def test_nobody_starves(queue: Lanes, data: st.DataObject) -> None:
    """However many come while somebody waits, to whichever lane, no more than the bound are called before."""
    places = queue.places()
    asked = data.draw(st.lists(comings(queue), max_size=30))
    for lot in asked:
        queue.call()
        queue.come(lot)
    queue.come([lane for lane in range(len(queue.waiting)) for _ in range(100)])
    queue.call_all()
    for number, place in places.items():
        assert queue.called.index(number) <= bound(queue.ratios, place.lane, place.ahead_in_lane)


@given(queues(lanes_max=4))
def test_the_bound_is_reached_in_the_last_lane_where_the_lanes_above_are_never_empty(queue: Lanes) -> None:
    queue.streaks = [0] * len(queue.ratios)
    last = len(queue.ratios)
    waiting = list(queue.waiting[last])[:3]
    most = bound(queue.ratios, last, len(waiting))
    queue.come([lane for lane in range(last) for _ in range(most)])
    queue.call_all()
    for ahead, number in enumerate(waiting):
        assert queue.called.index(number) == bound(queue.ratios, last, ahead)


@pytest.mark.parametrize("ratios", [[1], [3], [2, 2], [4, 1], [1, 3, 2]])
def test_the_bound_is_the_least_that_holds_from_any_streaks(ratios: list[int]) -> None:
    """Some streaks and some who come make each ticket wait for as many as the bound says."""
    for lane, ahead in product(range(len(ratios) + 1), range(4)):
        longest = 0
        for streaks in product(*(range(ratio + 1) for ratio in ratios)):
            queue = Lanes([*ratios], [*streaks])
            queue.come([lane] * (ahead + 1))
            queue.come([other for other in range(len(ratios) + 1) if other != lane for _ in range(400)])
            while ahead not in queue.called:
                queue.call()
            longest = max(longest, queue.called.index(ahead))
        assert longest == bound(ratios, lane, ahead)


@given(queues())
def test_people_ahead_is_the_real_order_of_calls_when_nobody_cancels_or_comes(queue: Lanes) -> None:
    told = {number: place.people_ahead for number, place in queue.places().items()}
    queue.call_all()
    assert told == {number: ahead for ahead, number in enumerate(queue.called)}


@given(queues(), st.data())
def test_whoever_comes_to_the_lanes_above_is_foreseen_in_the_real_order_too(
    queue: Lanes, data: st.DataObject
) -> None:
    coming = [data.draw(st.integers(0, 9)) for _ in queue.ratios]
    places = queue.places()
    lanes_come = [lane for lane, count in enumerate(coming) for _ in range(count)]
    for number, place in places.items():
        later = Lanes(queue.ratios, queue.streaks)
        later.waiting, later.lane_of = [deque(each) for each in queue.waiting], {**queue.lane_of}
        later.come([lane for lane in lanes_come if lane < place.lane])
        later.call_all()
        assert later.called.index(number) == place.people_ahead + place.overtaking(coming)
        most = place.overtaking([inf] * len(coming))
        assert place.overtaking(coming) <= most == place.overtaking([1e6] * len(coming))


@given(st.integers(1, 5), st.data())
def test_two_lanes_take_turns_as_they_did_before_there_were_more(ratio: int, data: st.DataObject) -> None:
    streak, priority, regular = (data.draw(st.integers(0, most)) for most in (ratio, 30, 30))
    ahead = data.draw(st.integers(0, 30))
    waiting, streaks, ratios = [0, 0, priority, regular], ByLane(priority=streak), ByLane(9, 9, ratio)
    is_priority = priority and (streak < ratio or not regular)
    lane = Lane.PRIORITY if is_priority else Lane.REGULAR if regular else None
    assert next_turn(waiting, streaks, ratios) == (None if lane is None else lane.rank)
    assert NONE._replace(priority=streak).after_call(Lane.REGULAR, ratios).priority == 0
    assert streaks.after_call(Lane.PRIORITY, ratios) == ByLane(priority=min(streak + 1, ratio))
    left = ratio - streak
    turns = left + ratio * ahead
    of_regular = Standing(Lane.REGULAR.rank, ahead, waiting, streaks, ratios)
    assert of_regular.people_ahead == ahead + min(priority, turns)
    assert of_regular.overtaking([0, 0, inf]) == max(turns - priority, 0)
    assert of_regular.overtaking([0, 0, 7]) == min(7, max(turns - priority, 0))
    of_priority = Standing(Lane.PRIORITY.rank, ahead, waiting, streaks, ratios)
    regular_turns = 0 if ahead < left else 1 + (ahead - left) // ratio
    assert of_priority.people_ahead == ahead + min(regular, regular_turns)


def test_two_priority_patients_per_regular_one() -> None:
    queue = Lanes(ratios=[2], streaks=[0])
    queue.come([*[1] * 3, *[0] * 5])
    queue.call_all()
    assert queue.called == [3, 4, 0, 5, 6, 1, 7, 2]


def test_emergencies_come_before_priority_and_these_before_regular_patients() -> None:
    """Three emergencies per one of the others, of whom two have priority per regular one."""
    queue = Lanes(ratios=[3, 2], streaks=[0, 0])
    queue.come([2, 2, 1, 1, 1, 0, 0, 0, 0])
    queue.call_all()
    assert queue.called == [5, 6, 7, 2, 8, 3, 0, 4, 1]


def test_a_ratio_that_was_lowered_meanwhile_gives_the_turn_to_the_lanes_below() -> None:
    assert next_turn([5, 5], [4], [2]) == 1
    assert Standing(1, 0, [5, 5], [4], [2]).people_ahead == 0
    assert Standing(0, 0, [5, 5], [4], [2]).people_ahead == 1
    assert after_call(0, [4], [2]) == [2]


def test_the_most_urgent_lane_is_the_first() -> None:
    assert [lane.rank for lane in LANES] == [0, 1, 2, 3]
    assert LANES[-1] is Lane.REGULAR
    assert ByLane._fields == tuple(lane.value for lane in LANES[:-1])
