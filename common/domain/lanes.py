"""The two lanes of a clinic's queue, and the rule by which they take turns.

The rule is a ratio, not a jump to the front: up to R priority patients are called per regular one. So
no ticket starves: **a regular ticket with k regular ones before it is called after at most R(k + 1) + k
others**, however many priority patients come meanwhile. A priority ticket with j before it waits for at
most (j + R) div R regular ones. Within a lane, tickets are called by time of arrival.

What a queue has to remember for it is its `streak`: how many priority tickets were called since the last
regular one, counted up to R.
"""

from enum import StrEnum

from common.domain.tickets import LaneReason, PriorityReason


class Lane(StrEnum):
    """Where a ticket waits: among everybody, or among the elderly, the disabled and the pregnant."""

    REGULAR = "regular"
    PRIORITY = "priority"


def lane_for(reason: LaneReason | None) -> Lane:
    """The lane in which somebody waits for this reason."""
    return Lane.PRIORITY if isinstance(reason, PriorityReason) else Lane.REGULAR


def next_lane(streak: int, ratio: int, *, priority_waiting: bool, regular_waiting: bool) -> Lane | None:
    """The lane whose first ticket is called next; None where no ticket waits."""
    if priority_waiting and (streak < ratio or not regular_waiting):
        return Lane.PRIORITY
    return Lane.REGULAR if regular_waiting else None


def after_call(lane: Lane, streak: int, ratio: int) -> int:
    """The streak, now that a ticket of `lane` was called."""
    return min(streak + 1, ratio) if lane is Lane.PRIORITY else 0


def people_ahead(lane: Lane, ahead_in_lane: int, waiting_in_other_lane: int, streak: int, ratio: int) -> int:
    """How many of those who wait now are called before a ticket with so many before it in its own lane."""
    if lane is Lane.REGULAR:
        return ahead_in_lane + min(waiting_in_other_lane, turns_of_priority(ahead_in_lane, streak, ratio))
    return ahead_in_lane + min(waiting_in_other_lane, turns_of_regular(ahead_in_lane, streak, ratio))


def turns_of_priority(regular_ahead: int, streak: int, ratio: int) -> int:
    """How many priority tickets are called before a regular one with so many regular ones before it, if
    the priority lane is never empty."""
    return max(ratio - streak, 0) + ratio * regular_ahead


def turns_of_regular(priority_ahead: int, streak: int, ratio: int) -> int:
    """How many regular tickets are called before a priority one with so many priority ones before it, if
    the regular lane is never empty."""
    left = max(ratio - streak, 0)
    return 0 if priority_ahead < left else 1 + (priority_ahead - left) // ratio


def overtaking_max(
    lane: Lane, ahead_in_lane: int, waiting_in_other_lane: int, streak: int, ratio: int
) -> int:
    """How many of those who come later can be called before a ticket: priority patients before a regular
    one, as far as those who wait now leave them turns. (Whoever has priority is hardly ever overtaken.)"""
    if lane is Lane.PRIORITY:
        return 0
    return max(turns_of_priority(ahead_in_lane, streak, ratio) - waiting_in_other_lane, 0)
