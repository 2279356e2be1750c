"""The lanes that a clinic has: in which of them somebody waits, and how they take turns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from common.domain.lanes import ByLane, Lane
from common.domain.tickets import LaneReason, PriorityReason

USUAL_REASONS: Final[dict[Lane, tuple[PriorityReason, ...]]] = {
    Lane.EMERGENCY: (PriorityReason.EMERGENCY,),
    Lane.URGENT: (PriorityReason.URGENT,),
    Lane.PRIORITY: (
        PriorityReason.AGE,
        PriorityReason.DISABILITY,
        PriorityReason.PREGNANCY,
        PriorityReason.INFANT,
    ),
}
"""What leads to which lane where a clinic does not say otherwise."""

_USUAL_LANES = {reason: lane for lane, reasons in USUAL_REASONS.items() for reason in reasons}

_NOT_ITS_OWN_RATIO = 1
"""Of a lane that the clinic no longer has, in which some still wait."""


class LaneRule(NamedTuple):
    """A lane above the regular one: up to `ratio` of it are called per one of the lanes below it, and these
    reasons lead there."""

    lane: Lane
    ratio: int
    reasons: tuple[PriorityReason, ...]


@dataclass(frozen=True, slots=True)
class ClinicLanes:
    """The lanes of a clinic above the regular one, the most urgent first."""

    rules: tuple[LaneRule, ...]
    ratios: ByLane = field(init=False, repr=False, compare=False)
    """How the lanes take turns."""

    def __post_init__(self) -> None:
        ratios = dict.fromkeys(ByLane._fields, _NOT_ITS_OWN_RATIO) | {
            rule.lane.value: rule.ratio for rule in self.rules
        }
        object.__setattr__(self, "ratios", ByLane(**ratios))

    @classmethod
    def parse(cls, rules: Iterable[Mapping[str, Any]]) -> "ClinicLanes":
        """The lanes that `format` wrote."""
        return cls(
            tuple(
                LaneRule(Lane(each["lane"]), each["ratio"], tuple(map(PriorityReason, each["reasons"])))
                for each in rules
            )
        )

    def format(self) -> list[dict[str, Any]]:
        """As they are stored and shown: `lane`, `ratio` and `reasons` of each."""
        return [
            {"lane": lane.value, "ratio": ratio, "reasons": [reason.value for reason in reasons]}
            for lane, ratio, reasons in self.rules
        ]

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """All of them, the regular one at the end."""
        return (*(rule.lane for rule in self.rules), Lane.REGULAR)

    @property
    def priority_ratio(self) -> int | None:
        """The ratio where there are the priority lane and the regular one only, as by default."""
        [rule] = self.rules if len(self.rules) == 1 else (None,)
        return rule.ratio if rule is not None and rule.lane is Lane.PRIORITY else None

    def lane_of(self, reason: PriorityReason) -> Lane | None:
        """The lane to which a reason leads; None where the clinic has none for it."""
        return next((rule.lane for rule in self.rules if reason in rule.reasons), None)

    def lane_for(self, reason: LaneReason | None) -> Lane:
        """The lane of somebody who comes with this reason from another queue: where the clinic has none for
        it, the most urgent of those that are less urgent than the usual one."""
        if not isinstance(reason, PriorityReason):
            return Lane.REGULAR
        usual = _USUAL_LANES[reason].rank
        return self.lane_of(reason) or next(lane for lane in self.lanes if lane.rank > usual)


def two_lanes(ratio: int) -> ClinicLanes:
    """The priority lane and the regular one."""
    return ClinicLanes((LaneRule(Lane.PRIORITY, ratio, USUAL_REASONS[Lane.PRIORITY]),))


TWO_LANES: Final = two_lanes(2)
"""What a clinic has where its catalog says nothing else."""
