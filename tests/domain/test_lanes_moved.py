"""The rule of the lanes where the staff move tickets: out of turn, further back, or before others."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from tests.domain.test_lanes import Lanes, bound, queues


@dataclass
class Wait:
    """Of a ticket that waits: its lane, how many were before it there at first, how many the staff have put
    before it since, and how many were called in turn meanwhile."""

    lane: int
    ahead: int
    put_before: int = 0
    calls: int = 0


@dataclass
class Desk:
    """The staff at a queue; of each ticket that waits, what has happened since."""

    queue: Lanes
    waits: dict[int, Wait] = field(default_factory=dict)

    def before(self) -> dict[int, list[int]]:
        """Of each ticket that waits, which are before it in its lane."""
        return {number: [*lane][:at] for lane in self.queue.waiting for at, number in enumerate(lane)}

    def act(self, act: str, which: int, places: int) -> None:
        """One act of the staff, or some who come; of tickets with which it can be done."""
        before, calls = self.before(), len(self.queue.called)
        waiting, gone = sorted(before), sorted({*self.queue.lane_of} - before.keys())
        if act == "come":
            self.queue.come([which % len(self.queue.waiting)])
        elif act == "call":
            self.queue.call()
        elif act == "call out of turn" and waiting:
            number = waiting[which % len(waiting)]
            self.queue.waiting[self.queue.lane_of[number]].remove(number)
            self.queue.called.append(number)
        elif act == "skip" and waiting:
            number = waiting[which % len(waiting)]
            self.put(number, len(before[number]) + places)
        elif act == "put back" and gone:
            # Skipped or parked when it was called, a no-show, or from another clinic by its time of arrival.
            self.put(gone[which % len(gone)], places)
        for number in self.queue.called[calls:]:
            self.counts(number, act)
        self.looks(before)

    def put(self, number: int, places: int) -> None:
        """The ticket waits behind so many of its lane."""
        lane = self.queue.waiting[self.queue.lane_of[number]]
        if number in lane:
            lane.remove(number)
        lane.insert(places, number)

    def counts(self, called: int, act: str) -> None:
        """A ticket was called, not later than was promised."""
        wait = self.waits.pop(called)
        assert wait.calls <= bound(self.queue.ratios, wait.lane, wait.ahead + wait.put_before)
        for other in self.waits.values():
            other.calls += act == "call"

    def looks(self, before: dict[int, list[int]]) -> None:
        """What has changed for whom."""
        for number, ahead in self.before().items():
            if number in self.waits:
                self.waits[number].put_before += len({*ahead} - {*before[number]})
            else:
                self.waits[number] = Wait(self.queue.lane_of[number], len(ahead))


ACTS = ("come", "call", "call out of turn", "skip", "put back")
acts = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 50), st.integers(0, 5)), max_size=60)


@given(queues(), acts)
def test_nobody_starves_whatever_the_staff_do(queue: Lanes, asked: list[tuple[str, int, int]]) -> None:
    """Whoever is put before somebody in the lane counts as if they had been there before; a call out of turn
    is one call more."""
    desk = Desk(queue)
    desk.looks({})
    for each in asked:
        desk.act(*each)
    queue.come([lane for lane in range(len(queue.waiting)) for _ in range(50)])
    desk.looks(desk.before())
    waiting = {*desk.waits}
    while waiting & desk.waits.keys():
        queue.call()
        desk.counts(queue.called[-1], "call")
