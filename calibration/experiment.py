"""One family's clinics, day after day."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from calibration.findings import Findings, summarise
from calibration.observer import ObservedClinic, Prediction
from calibration.scenarios import Family, draw_nature
from calibration.simulator import simulate_day

LEARNING_DAYS = 5
"""Days from which is learned before estimates count."""


@dataclass(frozen=True)
class Extent:
    """How much of each family is simulated."""

    clinics: int
    days: int


def examine(family: Family, extent: Extent, seed: int) -> Findings:
    """Simulates the family's clinics, and compares the predictions for patients with the true calls."""
    return summarise(family, list(_run(family, extent, seed)))


def _run(family: Family, extent: Extent, seed: int) -> Iterator[Prediction]:
    rng = Random(f"{seed} {family.name} {family.rooms}")
    for _ in range(extent.clinics):
        observed = ObservedClinic(draw_nature(family, rng))
        for day in range(LEARNING_DAYS + extent.days):
            predictions = observed.observe(simulate_day(observed.nature, rng.getrandbits(32)), rng)
            if day < LEARNING_DAYS:
                for _ in predictions:
                    pass
            else:
                yield from predictions
