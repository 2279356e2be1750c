"""Whose turn it is, as docs/waiting-time.md has it: the lanes take turns by their ratios, and within a lane a
ticket waits where the staff have put it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.chaos.checker.states import HAS_ANOTHER_PLACE, LANES

SKIP_PLACES = 3
"""Behind so many somebody is put who is late, or comes back, where the clinic has no other number."""


class _Behind(NamedTuple):
    """Those who waited when a ticket was put behind some of them and have stayed where they were since; and
    how many of these may wait still when it is called."""

    others: set[int]
    left_max: int


@dataclass
class Places:
    """The lanes of one queue. `ratios` are those of its clinic, None where they are not known; `waiting` the
    lanes of those who wait, by number. `before` are the calls of the day before, whose queue was handed over
    to this one, and `handed_over` those that count on in the next day."""

    ratios: Mapping[str, int] | None
    before: list[tuple[int, str]] = field(default_factory=list)
    handed_over: list[tuple[int, str]] = field(default_factory=list)
    waiting: dict[int, str] = field(default_factory=dict)
    calls: list[tuple[int, str]] = field(default_factory=list)  # in turn, that stand
    front: dict[str, int] = field(default_factory=dict)
    behind: dict[int, _Behind] = field(default_factory=dict)

    def call(self, number: int) -> str | None:
        """A call in turn, of one who waits: what is wrong with it, if anything."""
        lane = self.waiting[number]
        wrong = self._turn(lane) or self._place(number, lane)
        self.calls.append((number, lane))
        return wrong

    def take_back_call(self, number: int) -> None:
        """The last call in turn of this number counts no more."""
        for index in reversed(range(len(self.calls))):
            if self.calls[index][0] == number:
                del self.calls[index]
                return

    def hand_over(self) -> None:
        """Somebody who waits goes over to the next day, and the turns of the lanes with them."""
        self.handed_over = [*self.before, *self.calls]

    def move(self, number: int, verb: str, lane: str | None, *, is_placed: bool) -> None:
        """After an event: the lane in which the ticket waits, None where it does not. `is_placed`: it comes
        from another queue, with the place that it had."""
        for each in self.behind.values():
            each.others.discard(number)
        self.behind.pop(number, None)
        self.front = {where: first for where, first in self.front.items() if first != number}
        self.waiting.pop(number, None)
        if lane is not None:
            self.waiting[number] = lane
            if verb in HAS_ANOTHER_PLACE or is_placed:
                self.front.pop(lane, None)
            if verb == "unparked":
                self.front[lane] = number

    def put_behind(self, number: int, lane: str, places: int, *, may_be_fewer: bool) -> str | None:
        """A ticket of this lane is put behind so many: what is wrong with that, if anything. `may_be_fewer`:
        it waited already, and some of the others stood before it."""
        others = {each for each, where in self.waiting.items() if where == lane and each != number}
        self.behind[number] = _Behind(others, len(others) - places)
        most = min(SKIP_PLACES, len(others))
        if places == most or (may_be_fewer and 1 <= places < most):
            return None
        return f"was put behind {places}, with {len(others)} others in its lane"

    def _turn(self, lane: str) -> str | None:
        if self.ratios is None:
            return None
        for index, each in enumerate(LANES):
            if each not in self.waiting.values():
                continue
            waits_below = any(where in LANES[index + 1 :] for where in self.waiting.values())
            if not waits_below or self._streak(index) < self.ratios.get(each, 0):
                return None if each == lane else f"calls from the lane {lane}, when it is the turn of {each}"
        return None

    def _streak(self, index: int) -> int:
        """How many of this lane were called since the last call of one below it."""
        found = 0
        for _, lane in reversed([*self.before, *self.calls]):
            if lane in LANES[index + 1 :]:
                break
            found += lane == LANES[index]
        return found

    def _place(self, number: int, lane: str) -> str | None:
        first = self.front.get(lane, number)
        if first != number:
            return f"calls {number}, though {first} waits at the front of its lane"
        behind = self.behind.get(number)
        if behind is not None and len(behind.others) > behind.left_max:
            left = sorted(behind.others)
            return f"calls {number} before those behind whom it was put: {left} wait still"
        return None
