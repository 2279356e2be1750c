"""The rule of the lanes where the staff move tickets: out of turn, further back, or to the front."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from tests.domain.test_lanes import Lanes, bound, comings, queues

ACTS = st.tuples(st.sampled_from(["call", "out_of_turn", "skip", "front"]), st.integers(0, 50))


@dataclass
class Moved:
    """What the staff did to whom: tickets that were skipped themselves, how many were put before each, and
    how many were called out of turn while it waited."""

    skipped: set[int] = field(default_factory=set)
    put_before: dict[int, int] = field(default_factory=dict)
    out_of_turn: list[int] = field(default_factory=list)


def act(queue: Lanes, moved: Moved, what: str, which: int) -> None:
    """One act of the staff, on some ticket that waits."""
    waiting = [(lane, number) for lane, numbers in enumerate(queue.waiting) for number in numbers]
    if what == "call":
        queue.call()
    if what == "call" or not waiting:
        return
    lane, number = waiting[which % len(waiting)]
    numbers = queue.waiting[lane]
    place = numbers.index(number)
    if what == "out_of_turn":
        numbers.remove(number)
        queue.called.append(number)
        moved.out_of_turn.append(number)
    elif what == "skip":
        numbers.remove(number)
        numbers.insert(place + 3, number)
        moved.skipped.add(number)
    else:  # it was called, was not ready, and comes back to the front
        numbers.remove(number)
        for each in list(numbers)[:place]:
            moved.put_before[each] = moved.put_before.get(each, 0) + 1
        numbers.appendleft(number)


@given(queues(lanes_max=4), st.lists(ACTS, max_size=30), st.data())
def test_nobody_starves_but_for_those_whom_the_staff_put_before(
    queue: Lanes, acts: list[tuple[str, int]], data: st.DataObject
) -> None:
    """Of those who are called in turn, no more than the bound come before: it counts those ahead at first,
    and whoever was put before. Calls out of turn come on top, one each."""
    places, moved, first = queue.places(), Moved(), len(queue.called)
    for what, which in acts:
        act(queue, moved, what, which)
        queue.come(data.draw(comings(queue)))
    queue.come([lane for lane in range(len(queue.waiting)) for _ in range(100)])
    queue.call_all()
    called = queue.called[first:]
    for number, place in places.items():
        if number in moved.skipped or number in moved.out_of_turn:
            continue
        before = called[: called.index(number)]
        in_turn = [each for each in before if each not in moved.out_of_turn]
        ahead = place.ahead_in_lane + moved.put_before.get(number, 0)
        assert len(in_turn) <= bound(queue.ratios, place.lane, ahead)


@given(queues(), st.lists(ACTS, max_size=20))
def test_people_ahead_is_the_real_order_once_nobody_intervenes(
    queue: Lanes, acts: list[tuple[str, int]]
) -> None:
    moved = Moved()
    for what, which in acts:
        act(queue, moved, what, which)
    told, first = {number: place.people_ahead for number, place in queue.places().items()}, len(queue.called)
    queue.call_all()
    assert told == {number: ahead for ahead, number in enumerate(queue.called[first:])}
