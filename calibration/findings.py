"""How often a family's intervals held, and how far off every estimate was."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import nan
from statistics import fmean, median
from typing import NamedTuple

from calibration.observer import Moment, Prediction
from calibration.scenarios import Family

RIVALS = ("configured", "per_room", "fixed", "last_wait", "last_services")


_ENOUGH_ESTIMATES = 500
"""In one moment, so that the share of those that held says something."""


class Held(NamedTuple):
    """Of so many estimates, the shares whose interval held the call, and whose patient was called before; and
    the interval's width, relative to the wait (the median)."""

    estimates: int
    held: float
    missed: float
    width: float

    @property
    def is_enough(self) -> bool:
        """Whether there are so many that the shares say something."""
        return self.estimates >= _ENOUGH_ESTIMATES

    @property
    def is_right(self) -> bool:
        """Whether 70 to 90 % held, and no more than 15 % were missed."""
        return 0.7 <= self.held <= 0.9 and self.missed <= 0.15


@dataclass(frozen=True)
class Findings:
    """What was found in one family: shares of 1, and mean absolute errors in minutes.

    `early` and `late` are the shares of estimates whose patient was called before or after the interval: who
    is called before it misses the call. `width` is the interval's, relative to the wait (the median).
    """

    family: Family
    predictions: int
    coverage: float
    coverage_at_registration: float
    coverage_at_look_up: float
    early: float
    late: float
    error: float
    width: float
    rivals: dict[str, float]
    by_moment: dict[Moment, Held]

    @property
    def is_calibrated(self) -> bool:
        """Whether 75 to 85 % of the intervals hold the true call."""
        return 0.75 <= self.coverage <= 0.85

    @property
    def moments_off(self) -> dict[Moment, Held]:
        """The moments with enough estimates of which not 70 to 90 % held, or more than 15 % were missed."""
        return {
            moment: found
            for moment, found in self.by_moment.items()
            if found.is_enough and not found.is_right
        }

    @property
    def holds_by_habit(self) -> bool:
        """What is asked of a family of habits: calibrated as a whole and in every moment, no more than 15 %
        missed, and the best, on the first day no more than 5 % behind."""
        off = min(self.rivals.values()) * (1.0 if self.family.learning_days else 1.05)
        return self.is_calibrated and not self.moments_off and self.early <= 0.15 and self.error < off

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
        width=median(_relative_width(each) for each in predictions),
        by_moment={
            moment: _held([each for each in predictions if moment in each.moments]) for moment in Moment
        },
        rivals={
            rival: fmean(_minutes_off(getattr(each, rival), each) for each in predictions) for rival in RIVALS
        },
    )


def _held(predictions: Sequence[Prediction]) -> Held:
    estimates = [(each.estimate, each.called_at) for each in predictions]
    return Held(
        len(predictions),
        _share(told.earliest_call_at <= called_at <= told.latest_call_at for told, called_at in estimates),
        _share(called_at < told.earliest_call_at for told, called_at in estimates),
        median(_relative_width(each) for each in predictions) if predictions else nan,
    )


def _relative_width(prediction: Prediction) -> float:
    wait = prediction.called_at - prediction.at
    return (prediction.estimate.latest_call_at - prediction.estimate.earliest_call_at) / wait


def _share(held: Iterable[bool]) -> float:
    found = list(map(float, held))
    return fmean(found) if found else nan


def _minutes_off(guess: datetime, prediction: Prediction) -> float:
    return abs((guess - prediction.called_at).total_seconds()) / 60
