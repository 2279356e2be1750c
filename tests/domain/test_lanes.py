"""The rule by which the lanes take turns: nobody starves, and everybody's place is the true one."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from common.domain.lanes import Lane, after_call, next_lane, people_ahead


@dataclass
class Lanes:
    """A queue of tickets that are called by the rule."""

    ratio: int
    streak: int
    waiting: dict[Lane, deque[int]] = field(default_factory=lambda: {lane: deque() for lane in Lane})
    called: list[int] = field(default_factory=list)

    def come(self, lanes: Sequence[Lane]) -> None:
        """Tickets of these lanes come, with the next numbers."""
        first = len(self.called) + sum(map(len, self.waiting.values()))
        for number, lane in enumerate(lanes, start=first):
            self.waiting[lane].append(number)

    def call(self) -> bool:
        """Calls whose turn it is; False where nobody waits."""
        priority, regular = self.waiting[Lane.PRIORITY], self.waiting[Lane.REGULAR]
        lane = next_lane(
            self.streak, self.ratio, priority_waiting=bool(priority), regular_waiting=bool(regular)
        )
        if lane is None:
            return False
        self.called.append(self.waiting[lane].popleft())
        self.streak = after_call(lane, self.streak, self.ratio)
        return True

    def call_all(self) -> None:
        """Calls until nobody waits."""
        while self.call():
            pass

    def people_ahead(self, lane: Lane, ahead_in_lane: int) -> int:
        """What the ticket with so many before it in its lane is told."""
        other = Lane.PRIORITY if lane is Lane.REGULAR else Lane.REGULAR
        return people_ahead(lane, ahead_in_lane, len(self.waiting[other]), self.streak, self.ratio)


ratios = st.integers(1, 5)
comings = st.lists(st.sampled_from(Lane), max_size=40)


@st.composite
def queues(draw: st.DrawFn) -> Lanes:
    """A queue in which some wait, in the middle of its day."""
    ratio = draw(ratios)
    queue = Lanes(ratio, draw(st.integers(0, ratio)))
    queue.come(draw(comings))
    return queue


@given(queues(), st.lists(comings, max_size=10))
def test_everybody_is_called_exactly_once_and_in_order_within_a_lane(
    queue: Lanes, later: list[list[Lane]]
) -> None:
    lanes: dict[int, Lane] = {number: lane for lane in Lane for number in queue.waiting[lane]}
    for lot in later:
        lanes |= dict(enumerate(lot, start=len(lanes)))
        queue.come(lot)
        queue.call()
    queue.call_all()
    assert sorted(queue.called) == list(range(len(lanes)))
    for lane in Lane:
        called = [number for number in queue.called if lanes[number] is lane]
        assert called == sorted(called)


@given(queues(), st.lists(comings, max_size=60))
def test_nobody_starves(queue: Lanes, later: list[list[Lane]]) -> None:
    """A regular ticket with k regulars before it is called after at most R(k+1)+k others."""
    regulars = list(queue.waiting[Lane.REGULAR])
    for lot in later:
        queue.call()
        queue.come(lot)
    queue.come([Lane.PRIORITY] * 300)
    queue.call_all()
    for before, number in enumerate(regulars):
        assert queue.called.index(number) <= queue.ratio * (before + 1) + before


@given(queues())
def test_the_bound_is_reached_where_priority_patients_never_cease(queue: Lanes) -> None:
    queue.streak = 0
    regulars = list(queue.waiting[Lane.REGULAR])
    queue.come([Lane.PRIORITY] * 300)
    queue.call_all()
    for before, number in enumerate(regulars):
        assert queue.called.index(number) == queue.ratio * (before + 1) + before


@given(queues())
def test_people_ahead_is_the_real_order_of_calls_when_nobody_cancels_or_comes(queue: Lanes) -> None:
    told = {
        number: queue.people_ahead(lane, before)
        for lane in Lane
        for before, number in enumerate(queue.waiting[lane])
    }
    queue.call_all()
    assert told == {number: ahead for ahead, number in enumerate(queue.called)}


@given(queues(), comings)
def test_who_comes_later_never_moves_a_priority_patient_back_but_by_whole_turns(
    queue: Lanes, later: list[Lane]
) -> None:
    """At most one more regular patient for each R of the own lane."""
    priority = list(queue.waiting[Lane.PRIORITY])
    queue.come(later)
    queue.call_all()
    for before, number in enumerate(priority):
        assert queue.called.index(number) <= before + (before + queue.ratio) // queue.ratio


def test_two_priority_patients_per_regular_one() -> None:
    queue = Lanes(ratio=2, streak=0)
    queue.come([*[Lane.REGULAR] * 3, *[Lane.PRIORITY] * 5])
    queue.call_all()
    assert queue.called == [3, 4, 0, 5, 6, 1, 7, 2]


def test_a_ratio_that_was_lowered_meanwhile_gives_the_turn_to_the_regular_lane() -> None:
    assert next_lane(4, 2, priority_waiting=True, regular_waiting=True) is Lane.REGULAR
    assert people_ahead(Lane.REGULAR, 0, 5, streak=4, ratio=2) == 0
    assert people_ahead(Lane.PRIORITY, 0, 5, streak=4, ratio=2) == 1
    assert after_call(Lane.PRIORITY, 4, 2) == 2
