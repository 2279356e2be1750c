"""The truth of a clinic whose staff have habits: one day, by simpy, with a process for each doctor."""

from collections import deque
from collections.abc import Generator
from random import Random
from typing import Any

import simpy

from calibration.arrivals import draw_arrivals
from calibration.habits import RESULTS_SHARE, Doctor, Habits
from calibration.scenarios import Nature, Patient
from common.domain.lanes import Lane

_CALLS_APART_SECONDS = 5.0
"""Between the calls of several who are called at once."""

_RESULTS_SECONDS = (1800.0, 5400.0)
"""After how long somebody is back with results, from and to."""

Steps = Generator[simpy.Event, Any, None]


def simulate_staffed_day(nature: Nature, day: int, seed: int) -> list[Patient]:
    """The patients of the day with this number who were called, in the order in which they registered."""
    rng = Random(seed)
    staffed = _Day(nature, draw_arrivals(nature, day, rng), rng)
    staffed.environment.run()
    return sorted(staffed.called, key=lambda each: each.registered)


class _Day:
    """The clinic on one day. Who is not called before the last doctor leaves is left out."""

    def __init__(self, nature: Nature, arrivals: list[float], rng: Random) -> None:
        assert nature.family.habits is not None
        self.environment = simpy.Environment()
        self.called: list[Patient] = []
        self._nature = nature
        self._habits: Habits = nature.family.habits
        self._rng = rng
        self._waiting: deque[float] = deque()
        self._results: list[float] = []
        self._to_come = len(arrivals)
        self._newcomer = self.environment.event()
        self.environment.process(self._arrive(arrivals))
        for doctor in self._habits.doctors:
            self.environment.process(self._serve(doctor))

    def _arrive(self, arrivals: list[float]) -> Steps:
        for at in arrivals:
            yield self.environment.timeout(at - self.environment.now)
            self._waiting.append(self.environment.now)
            self._to_come -= 1
            self._newcomer.succeed()
            self._newcomer = self.environment.event()

    def _serve(self, doctor: Doctor) -> Steps:
        now = self.environment
        yield now.timeout(doctor.comes + self._rng.uniform(0, doctor.late))
        while doctor.leaves is None or now.now < doctor.leaves:
            if away := self._habits.lunch_left(now.now):
                yield now.timeout(away)
            elif due := [at for at in self._results if at <= now.now]:
                self._results.remove(min(due))
                yield now.timeout(RESULTS_SHARE * self._service(doctor))
            elif self._waiting:
                yield from self._serve_batch(doctor)
                yield now.timeout(self._about(self._habits.mean_gap))
            elif self._to_come:
                yield self._newcomer
                yield now.timeout(self._about(self._habits.mean_notice))
            else:
                return

    def _serve_batch(self, doctor: Doctor) -> Steps:
        """Calls as many as are called at once. The desk completes each by the next call, the last when all
        of them were served."""
        now = self.environment
        calls: list[tuple[float, float]] = []
        while self._waiting and len(calls) < self._habits.batch:
            calls.append((self._waiting.popleft(), float(now.now)))
            yield now.timeout(_CALLS_APART_SECONDS)
        yield now.timeout(sum(self._service(doctor) for _ in calls))
        ends = [*(called for _, called in calls[1:]), float(now.now)]
        for (registered, called), ended in zip(calls, ends, strict=True):
            patient = Patient(registered, called, ended, Lane.REGULAR, came=True, room=doctor.room)
            self.called.append(patient)
        if self._rng.random() < self._habits.return_share:
            self._results.append(now.now + self._rng.uniform(*_RESULTS_SECONDS))

    def _service(self, doctor: Doctor) -> float:
        return doctor.slowness * self._nature.draw_service(self._rng, self.environment.now, pace=1.0)

    def _about(self, mean: float) -> float:
        return self._rng.expovariate(1 / mean) if mean else 0.0
