"""One family's clinics, day after day."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from calibration.findings import Findings, summarise
from calibration.observer import ObservedClinic, Prediction
from calibration.scenarios import Family, draw_nature
from calibration.simulator import simulate_day
from calibration.staffed_day import simulate_staffed_day


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
        for day in range(family.learning_days + extent.days):
            simulate = simulate_day if family.habits is None else simulate_staffed_day
            predictions = observed.observe(simulate(observed.nature, day, rng.getrandbits(32)), rng)
            if day < family.learning_days:
                for _ in predictions:
                    pass
            else:
                yield from predictions
