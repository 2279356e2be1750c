"""Everything that can be wrong with a run: planted in a consistent one, and what the checker has to say."""

from tests.chaos.violations import (
    desks,
    events,
    faults,
    handovers,
    order,
    queues,
    requests,
    undoings,
    visits,
)
from tests.chaos.violations.plants import PLANTS, Plant

__all__ = [
    "PLANTS",
    "Plant",
    "desks",
    "events",
    "faults",
    "handovers",
    "order",
    "queues",
    "requests",
    "undoings",
    "visits",
]
