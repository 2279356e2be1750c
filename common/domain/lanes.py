"""The lanes of a clinic's queue, and the rule by which they take turns.

Lanes are degrees of urgency, the most urgent first. The rule is a ratio, not a jump to the front: of each
lane, up to its R are called per one of all lanes below it; the last, the regular one, has none below. Within
a lane, tickets are called by their places. So no ticket starves: **with k before it in its own lane, it is
called after at most (1 + k + b) x (1 + R') x (1 + R'') ... - 1 others**, a factor for each lane above its
own, however many patients come to these meanwhile; b is how often the lanes below its own come first: at most
1 + k div R times, and never where there are none. (In the regular lane below one other: R(k + 1) + k.)

What a queue has to remember for it is each lane's `streak`: how many of it were called since the last one of
the lanes below, counted up to R. The proof is in docs/waiting-time.md.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class Lane(StrEnum):
    """Where a ticket waits: among those whose state is an emergency, or urgent; among the elderly, the
    disabled and the pregnant; or among everybody. The most urgent first."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    PRIORITY = "priority"
    REGULAR = "regular"

    @property
    def rank(self) -> int:
        """Where it stands in all that is given by lane, from 0: the more urgent, the lower."""
        return _RANKS[self]


LANES = tuple(Lane)
_RANKS = {lane: rank for rank, lane in enumerate(LANES)}


class ByLane(NamedTuple):
    """A number for each lane above the regular one: its streak, its ratio, or how many wait there."""

    emergency: int = 0
    urgent: int = 0
    priority: int = 0

    def plus(self, lane: Lane, count: int) -> "ByLane":
        """With so many more, or fewer, in a lane; the regular one is not counted here."""
        return self if lane is Lane.REGULAR else self._replace(**{lane.value: self[lane.rank] + count})

    def after_call(self, lane: Lane, ratios: "ByLane") -> "ByLane":
        """The streaks, now that a ticket of `lane` was called."""
        return ByLane(*after_call(lane.rank, self, ratios))


NONE = ByLane()

# --- whose turn it is, of any number of lanes ------------------------------------------------------------
#
# A lane is its rank, from 0; `waiting` tells how many wait in each. The last lane has neither streak nor
# ratio.

Numbers = Sequence[int]


def next_turn(waiting: Numbers, streaks: Numbers, ratios: Numbers) -> int | None:
    """The lane whose first ticket is called next; None where no ticket waits."""
    below = sum(waiting)
    for lane, (count, streak, ratio) in enumerate(zip(waiting, streaks, ratios, strict=False)):
        below -= count
        if count and (streak < ratio or not below):
            return lane
    return len(ratios) if below else None


def after_call(lane: int, streaks: Numbers, ratios: Numbers) -> list[int]:
    """The streaks, now that a ticket of `lane` was called."""
    own = [min(streaks[lane] + 1, ratios[lane])] if lane < len(ratios) else []
    return [*[0] * lane, *own, *streaks[lane + 1 :]]


class Standing(NamedTuple):
    """How somebody stands in a queue: so many are ahead in the same lane, and the lanes stand like this."""

    lane: int
    ahead_in_lane: int
    waiting: Numbers
    streaks: Numbers
    ratios: Numbers

    @property
    def people_ahead(self) -> int:
        """How many of those who wait now are called before."""
        return int(self._ahead(self.waiting))

    def overtaking(self, coming: Sequence[float]) -> float:
        """How many are called before of those who come later to more urgent lanes, so many to each: as far as
        those who wait now leave them turns, also where their number is infinite. (By those who come to the
        lanes below, hardly anybody is overtaken.)"""
        waiting = [now + later for now, later in zip(self.waiting[: self.lane], coming, strict=False)]
        return self._ahead(waiting) - self.people_ahead

    def _ahead(self, above: Sequence[float]) -> float:
        """How many are called before where so many wait in the lanes above."""
        ahead: float = self.ahead_in_lane
        if self.lane < len(self.ratios):
            ahead += min(sum(self.waiting[self.lane + 1 :]), self._turns_below)
        # Each lane above takes its turns between the calls of all that are below it.
        for lane in range(self.lane - 1, -1, -1):
            if coming := above[lane]:
                ratio = self.ratios[lane]
                ahead += min(coming, max(ratio - self.streaks[lane], 0) + ratio * ahead)
        return ahead

    @property
    def _turns_below(self) -> int:
        """How many of the lanes below are called before, if they are never empty."""
        streak, ratio = self.streaks[self.lane], self.ratios[self.lane]
        left = max(ratio - streak, 0)
        return 0 if self.ahead_in_lane < left else 1 + (self.ahead_in_lane - left) // ratio
