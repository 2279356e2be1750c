"""Everything that can be wrong with a run: planted in a consistent one, and what the checker has to say."""

from tests.chaos.violations import desks, events, faults, handovers, queues, requests, undoings
from tests.chaos.violations.plants import PLANTS, Plant

__all__ = ["PLANTS", "Plant", "desks", "events", "faults", "handovers", "queues", "requests", "undoings"]
