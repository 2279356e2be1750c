"""How often a family's intervals held, and how far off every estimate was."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from calibration.observer import Prediction
from calibration.scenarios import Family

RIVALS = ("configured", "per_room", "fixed", "last_wait")


@dataclass(frozen=True)
class Findings:
    """What was found in one family: shares of 1, and mean absolute errors in minutes.

    `early` and `late` are the shares of patients who were called before or after the interval.
    """

    family: Family
    predictions: int
    coverage: float
    coverage_at_registration: float
    coverage_at_look_up: float
    early: float
    late: float
    error: float
    rivals: dict[str, float]

    @property
    def is_calibrated(self) -> bool:
        """Whether 75 to 85 % of the intervals hold the true call."""
        return 0.75 <= self.coverage <= 0.85

    @property
    def is_best(self) -> bool:
        """Whether no rival comes as close."""
        return all(self.error < rival for rival in self.rivals.values())


def summarise(family: Family, predictions: Sequence[Prediction]) -> Findings:
    """The findings, from all predictions."""
    holds = [
        each.estimate.earliest_call_at <= each.called_at <= each.estimate.latest_call_at
        for each in predictions
    ]
    both = list(zip(predictions, holds, strict=True))
    return Findings(
        family=family,
        predictions=len(predictions),
        coverage=_share(holds),
        coverage_at_registration=_share(held for each, held in both if each.at_registration),
        coverage_at_look_up=_share(held for each, held in both if not each.at_registration),
        early=_share(each.called_at < each.estimate.earliest_call_at for each in predictions),
        late=_share(each.called_at > each.estimate.latest_call_at for each in predictions),
        error=fmean(_minutes_off(each.estimate.call_at, each) for each in predictions),
        rivals={
            rival: fmean(_minutes_off(getattr(each, rival), each) for each in predictions) for rival in RIVALS
        },
    )


def _share(held: Iterable[bool]) -> float:
    return fmean(map(float, held))


def _minutes_off(guess: datetime, prediction: Prediction) -> float:
    return abs((guess - prediction.called_at).total_seconds()) / 60
