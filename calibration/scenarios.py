"""What the experiment is about: families of clinics that are alike, a clinic's true nature, its patients."""

from dataclasses import dataclass, replace
from enum import StrEnum
from math import exp, log, sqrt
from random import Random

from calibration.habits import Habits
from common.domain.clinic_lanes import USUAL_REASONS, LaneRule
from common.domain.lanes import Lane

RATIOS = {Lane.EMERGENCY: 10, Lane.PRIORITY: 2}
"""Patients of these lanes per one of the lanes below."""

RULES = tuple(LaneRule(lane, ratio, USUAL_REASONS[lane]) for lane, ratio in RATIOS.items())
"""The same, as a clinic's catalog entry has it."""

LEARNING_DAYS = 5
"""Days from which is learned before estimates count."""

_MORNING = (0.0, 4 * 3600.0)
_AFTERNOON = (5 * 3600.0, 7 * 3600.0)


class Law(StrEnum):
    """How service times are distributed."""

    GAMMA = "gamma"
    LOGNORMAL = "lognormal"


@dataclass(frozen=True)
class Family:
    """Clinics that are alike. `irregularity` is the services' standard deviation as a part of their mean.

    `drift`: by how much the mean service changes from a day's beginning to its end, either way; `pace`: by
    how much the days differ (standard deviation); `burst`: the share of patients who come within 20 minutes
    of the opening; `catalog_error`: by how much the configured mean is off (standard deviation), and
    `catalog_factor`: what it is multiplied by besides. All are relative. `learning_days` pass before
    estimates count. Without `habits` the staff call whenever a room is free.
    """

    name: str
    rooms: int
    law: Law = Law.GAMMA
    irregularity: float = 0.6
    drift: float = 0.0
    pace: float = 0.0
    burst: float = 0.0
    no_shows: float = 0.0
    priority: float = 0.0
    emergency: float = 0.0
    has_pause: bool = False
    forgets_rooms: bool = False
    catalog_error: float = 0.2
    catalog_factor: float = 1.0
    habits: Habits | None = None
    learning_days: int = LEARNING_DAYS


@dataclass(frozen=True)
class Nature:
    """One clinic as it truly is, which the estimates never see; times are in seconds."""

    family: Family
    mean_service: float
    configured_mean: float
    drift: float
    no_shows: float
    load: float

    @property
    def sessions(self) -> tuple[tuple[float, float], ...]:
        """When patients can register and are called, from the day's opening on."""
        return (_MORNING, _AFTERNOON) if self.family.has_pause else ((0.0, _AFTERNOON[1]),)

    @property
    def rooms_said(self) -> tuple[tuple[float, int], ...]:
        """How many rooms the desk says that serve, and from when on."""
        return () if self.family.habits is None else self.family.habits.desk_says

    @property
    def away_said(self) -> tuple[tuple[float, float], ...]:
        """From when to when the desk says that the clinic is away."""
        habits = self.family.habits
        return (habits.lunch,) if habits is not None and habits.lunch_said and habits.lunch else ()

    @property
    def rooms_at_opening(self) -> int:
        """How many rooms the catalog and the desk say that serve when the day begins."""
        return dict(self.rooms_said).get(0.0, self.family.rooms)

    def services_possible(self, day: int) -> float:
        """How many services the staff have time for on the day with this number."""
        opened, closed = sum(closes - opens for opens, closes in self.sessions), self.sessions[-1][1]
        habits = self.family.habits
        if habits is None:
            return self.family.rooms * opened / self.mean_service
        return habits.load(day) * sum(
            habits.seconds_at_work(doctor, day, closed) / habits.seconds_each(doctor, self.mean_service)
            for doctor in habits.doctors
        )

    def mean_at(self, second: float) -> float:
        """The mean of a service that begins at `second`, on a day of the usual pace."""
        return self.mean_service * (1 + self.drift * (min(second / self.sessions[-1][1], 1) - 0.5))

    def draw_service(self, rng: Random, second: float, pace: float) -> float:
        """How long one service takes."""
        mean, irregularity = pace * self.mean_at(second), self.family.irregularity
        if self.family.law is Law.LOGNORMAL:
            variance = log(1 + irregularity**2)
            return rng.lognormvariate(log(mean) - variance / 2, sqrt(variance))
        shape = irregularity**-2
        return rng.gammavariate(shape, mean / shape)


@dataclass(frozen=True)
class Patient:
    """What happened to a patient, in seconds from the opening; `came` unless called in vain. Without `room`
    any free one. Who is `back` waits in front of all others."""

    registered: float
    called: float
    ended: float
    lane: Lane
    came: bool
    room: int | None = None
    back: bool = False


def draw_nature(family: Family, rng: Random) -> Nature:
    """A clinic of this family."""
    mean = rng.uniform(5, 15) * 60
    configured = mean * exp(rng.gauss(0, family.catalog_error)) if family.catalog_error else mean
    configured *= family.catalog_factor
    return Nature(
        family=family,
        mean_service=mean,
        configured_mean=round(configured) if family.catalog_error else configured,
        drift=family.drift * rng.choice((-1, 1)),
        no_shows=family.no_shows * rng.uniform(0.5, 1.5),
        load=rng.uniform(0.85, 1.05),
    )


_EVERYTHING = Family(
    "everything",
    1,
    drift=0.5,
    pace=0.1,
    burst=0.35,
    no_shows=0.1,
    priority=0.25,
    has_pause=True,
    forgets_rooms=True,
)

_LAWS = (
    ("exponential", Law.GAMMA, 1.0),
    ("gamma, cv 0.3", Law.GAMMA, 0.3),
    ("gamma, cv 0.6", Law.GAMMA, 0.6),
    ("lognormal, cv 0.8", Law.LOGNORMAL, 0.8),
)

_TRAITS = (
    Family("mean drifts by 50 % during the day", 1, drift=0.5),
    Family("days differ by 10 %", 1, pace=0.1),
    Family("35 % come at the opening", 1, burst=0.35),
    Family("10 % do not show up", 1, no_shows=0.1),
    Family("two lanes, 25 % priority", 1, priority=0.25),
    Family("two lanes, 25 % priority, 35 % come at the opening", 1, priority=0.25, burst=0.35),
    Family("three lanes, 10 % emergencies, 25 % priority", 1, priority=0.25, emergency=0.1),
    Family(
        "three lanes, 10 % emergencies, 25 % priority, 35 % come at the opening",
        1,
        priority=0.25,
        emergency=0.1,
        burst=0.35,
    ),
    Family("pause at noon", 1, has_pause=True),
    Family("rooms forgotten overnight", 1, forgets_rooms=True),
    Family("exact catalog", 1, catalog_error=0.0),
)

FAMILIES = (
    *(Family(name, rooms, law, irregularity) for name, law, irregularity in _LAWS for rooms in (1, 2, 3, 4)),
    *(replace(each, rooms=rooms) for each in _TRAITS for rooms in (1, 3)),
    *(replace(_EVERYTHING, rooms=rooms) for rooms in (1, 2, 3, 4)),
    *(
        replace(_EVERYTHING, name=f"everything, {name}", rooms=2, law=law, irregularity=irregularity)
        for name, law, irregularity in _LAWS
        if irregularity != _EVERYTHING.irregularity
    ),
)
"""What must hold in every one."""
