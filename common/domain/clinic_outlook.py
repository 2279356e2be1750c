"""What is to be expected of a clinic's queue, from its catalog entry and what was learned of it.

What patients are told, and what the calibration holds against the truth, is made by these two functions.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import erf, sqrt
from typing import NamedTuple

from common.domain.catalog import Clinic, QueueMode
from common.domain.clinic_course import course_of
from common.domain.clinic_moment import ClinicMoment
from common.domain.clinic_records import ClinicRecords
from common.domain.gamma import Gamma
from common.domain.interval_correction import (
    ALL_FREE,
    ALL_FREE_LATER,
    ROOM_FREE,
    ROOM_FREE_LATER,
    Correction,
    Levels,
)
from common.domain.lanes import Standing
from common.domain.queue_advance import Occupant
from common.domain.waiting_time import Estimate, Outlook, ServiceTime

_CERTAIN = 0.02
"""What is less probable is left out."""

_STEPS_MAX = 10
_NEAR_SECONDS = 5.0
"""The place of a quantile of two outlooks is looked for in so many steps, or until it is known to so much."""

_NO_CALL_YET, _FIRST, _NEXT, _SOON, _LATER = 1, 2, 3, 4, 5
"""The codes of moments, by which intervals are corrected: nobody was called yet today; all rooms serve, and
nobody comes before, or less than one, than three rounds of them, or more. While a room is free, or all are,
less than one round of those that serve comes before, or more (`_LATER`)."""


class Expected(NamedTuple):
    """How many of those who wait are called before a patient, and when the patient will be."""

    people_ahead: int
    call: Estimate


class ClinicOutlook:
    """The outlook of a queue that its staff move, at `now`."""

    def __init__(self, now: datetime, moment: ClinicMoment, correction: Correction) -> None:
        self._now = now
        self._moment = moment
        self._correction = correction
        self._levels: dict[int, Levels] = {}
        self._presences: dict[int, float] = {}

    def estimate(
        self, people_ahead: int, standing: Standing | None = None, since: datetime | None = None
    ) -> Estimate:
        """The estimate for a patient with so many before them, who stands there in the lanes, and waits
        since then."""
        moment, free, announced = self._moment, self._moment.free, self._moment.announced
        code = self._code(people_ahead)
        levels = self._levels.get(code)
        if levels is None:
            levels = self._levels[code] = self._correction.levels(code)
        if announced is not None:
            return announced.estimate(people_ahead, standing, levels, code)
        others = people_ahead if standing is None else max(sum(standing.waiting) - 1, people_ahead)
        serves = 1.0
        if free is not None:
            waited = free.waited(None if since is None else since.timestamp(), others)
            serves = self._presences.get(waited, -1.0)
            if serves < 0:
                serves = self._presences[waited] = free.any_serves(waited)
        if serves > 1 - _CERTAIN:
            return moment.serving.estimate(people_ahead, standing, levels, code)
        if serves < _CERTAIN:
            return moment.absent.estimate(people_ahead, standing, levels, code)
        cases = ((serves, moment.serving), (1 - serves, moment.absent))
        mixed = _Mixed([(chance, each, each.wait(people_ahead, standing)) for chance, each in cases])
        earliest, median, latest = sorted(self._now + timedelta(0, each) for each in mixed.quantiles(levels))
        return Estimate(median, earliest, latest, code)

    def _code(self, people_ahead: int) -> int:
        moment = self._moment
        if moment.announced is not None:
            return ROOM_FREE
        if moment.free is not None:
            if not moment.has_called:
                return _NO_CALL_YET
            if people_ahead >= max(moment.rooms_taken, 1):
                return ROOM_FREE_LATER if moment.rooms_taken else ALL_FREE_LATER
            return ROOM_FREE if moment.rooms_taken else ALL_FREE
        if not people_ahead:
            return _FIRST
        rounds = people_ahead / moment.round
        return _NEXT if rounds < 1 else _SOON if rounds < 3 else _LATER


class _Mixed:
    """The time until a call in several cases, each with its chance, in seconds on the clock."""

    def __init__(self, cases: Sequence[tuple[float, Outlook, Gamma]]) -> None:
        self._cases = cases
        self._levels = [(chance, outlook.served_seconds, wait.levels()) for chance, outlook, wait in cases]

    def quantiles(self, levels: Levels) -> list[float]:
        """What it stays below as probably as a standard normal variable stays below each level: it lies
        between the quantiles of the cases, and is found by the Illinois method."""
        by_case = [
            [outlook.clock_seconds(served) for served in wait.quantiles(levels)]
            for _, outlook, wait in self._cases
        ]
        ends = zip(*by_case, strict=True)
        return [
            self._quantile(_below(level), min(each), max(each))
            for level, each in zip(levels, ends, strict=True)
        ]

    def _quantile(self, chance: float, least: float, most: float) -> float:
        below, above = self._chance_until(least) - chance, self._chance_until(most) - chance
        at = least if below >= 0 else most
        for _ in range(_STEPS_MAX if below < 0 < above else 0):
            if most - least < _NEAR_SECONDS:
                break
            at = least - below * (most - least) / (above - below)
            off = self._chance_until(at) - chance
            if off < 0:
                least, below, above = at, off, above / 2
            else:
                most, above, below = at, off, below / 2
        return at

    def _chance_until(self, seconds: float) -> float:
        # A loop, in two thirds of the time of a sum: this is asked for thirty times an estimate.
        until = 0.0
        for chance, served_seconds, level in self._levels:
            until += chance * (1 + erf(level(served_seconds(seconds)) / _SQRT_2)) / 2
        return until


_SQRT_2 = sqrt(2)


def _below(level: float) -> float:
    return (1 + erf(level / _SQRT_2)) / 2


def clinic_outlook(
    clinic: Clinic, records: ClinicRecords, occupants: Sequence[Occupant], now: datetime
) -> ClinicOutlook | Outlook:
    """The outlook of today's queue; `records` are what was learned.

    A clinic that is moved by the clock serves exactly by the catalog, whatever was learned.
    """
    if clinic.mode is QueueMode.CLOCK:
        # Whoever leaves a room that was closed meanwhile is followed by nobody.
        in_rooms = [each for each in occupants if each.room <= clinic.rooms]
        return Outlook(max(clinic.rooms, 1), in_rooms, ServiceTime(clinic.mean_service, timedelta()), now)
    course = course_of(clinic, records, clinic.service_date(now))
    return ClinicOutlook(now, ClinicMoment(clinic, course, occupants, now), records.correction)


def expected_call(
    outlook: ClinicOutlook | Outlook, standing: Standing, since: datetime | None = None
) -> Expected:
    """What somebody who stands there in the lanes has to expect, and waits since then (None: from now on)."""
    ahead = standing.people_ahead
    if isinstance(outlook, Outlook):
        return Expected(ahead, outlook.estimate(ahead, standing))
    return Expected(ahead, outlook.estimate(ahead, standing, since))
