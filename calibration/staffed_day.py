"""The truth of a clinic whose staff have habits: one day, by simpy, with a process for each doctor."""

from collections import deque
from collections.abc import Generator
from random import Random
from typing import Any

import simpy

from calibration.arrivals import draw_arrivals
from calibration.habits import DAYS_OF_WEEK, RESULTS_SHARE, Doctor, Habits
from calibration.scenarios import Nature, Patient
from common.domain.lanes import Lane

_CALLS_APART_SECONDS = 5.0
"""Between the calls of several who are called at once."""

_RESULTS_SECONDS = (1800.0, 5400.0)
"""After how long somebody is back with results, from and to."""

_BACK_SECONDS = (600.0, 2400.0)
"""After how long somebody comes back who was sent on, or parked."""

_PARKED_SECONDS = (60.0, 180.0)
"""For how long somebody is waited for who is then parked."""

Steps = Generator[simpy.Event, Any, None]


def simulate_staffed_day(nature: Nature, day: int, seed: int) -> list[Patient]:
    """The patients of the day with this number who were called, in the order in which they registered."""
    rng = Random(seed)
    staffed = _Day(nature, day, draw_arrivals(nature, day, rng), rng)
    staffed.environment.run()
    return sorted(staffed.called, key=lambda each: each.registered)


class _Day:
    """The clinic on one day. Who is not called before the last doctor leaves is left out."""

    def __init__(self, nature: Nature, day: int, arrivals: list[float], rng: Random) -> None:
        assert nature.family.habits is not None
        self.environment = simpy.Environment()
        self.called: list[Patient] = []
        self._nature = nature
        self._habits: Habits = nature.family.habits
        self._rng = rng
        self._day = day
        self._waiting: deque[tuple[float, bool]] = deque()
        self._results: list[float] = []
        self._to_come = len(arrivals)
        self._newcomer = self.environment.event()
        self.environment.process(self._arrive(arrivals))
        for doctor in self._habits.doctors:
            self.environment.process(self._serve(doctor))

    def _arrive(self, arrivals: list[float]) -> Steps:
        for at in arrivals:
            yield self.environment.timeout(at - self.environment.now)
            self._waiting.append((self.environment.now, False))
            self._to_come -= 1
            self._notify()

    def _notify(self) -> None:
        self._newcomer.succeed()
        self._newcomer = self.environment.event()

    def _come_back(self) -> Steps:
        yield self.environment.timeout(self._rng.uniform(*_BACK_SECONDS))
        self._waiting.appendleft((self.environment.now, True))
        self._to_come -= 1
        self._notify()

    def _serve(self, doctor: Doctor) -> Steps:
        now = self.environment
        if self._day % DAYS_OF_WEEK in doctor.off:
            return
        late = self._rng.uniform(0, doctor.late) if self._rng.random() < doctor.late_share else 0.0
        yield now.timeout(doctor.comes + late)
        leaves = self._habits.leaves(doctor, self._day)
        while leaves is None or now.now < leaves:
            if away := self._habits.lunch_left(now.now):
                yield now.timeout(away)
            elif due := [at for at in self._results if at <= now.now]:
                self._results.remove(min(due))
                yield now.timeout(RESULTS_SHARE * self._service(doctor))
            elif self._waiting and self._habits.calls_ahead:
                yield from self._serve_ahead(doctor)
            elif self._waiting:
                yield from self._serve_batch(doctor)
                yield now.timeout(self._about(self._habits.mean_gap))
                share, away = self._habits.breaks
                if self._rng.random() < share:
                    yield now.timeout(self._about(away))
            elif self._to_come:
                yield self._newcomer
                yield now.timeout(self._about(self._habits.mean_notice))
            else:
                return

    def _serve_batch(self, doctor: Doctor) -> Steps:
        """Calls as many as are called at once. The desk completes each by the next call, the last when all
        of them were served."""
        now = self.environment
        calls: list[tuple[float, bool, float]] = []
        while self._waiting and len(calls) < self._habits.batch:
            calls.append((*self._waiting.popleft(), float(now.now)))
            yield now.timeout(_CALLS_APART_SECONDS)
        goes = not calls[0][1] and self._rng.random() < self._habits.back_share
        came = self._habits.sent or not goes
        if goes:
            self._to_come += 1
            now.process(self._come_back())
        services = sum(self._service(doctor) for _ in calls) if came else self._rng.uniform(*_PARKED_SECONDS)
        services *= RESULTS_SHARE if calls[0][1] and self._habits.sent else 1.0
        yield now.timeout(services)
        ends = [*(called for _, _, called in calls[1:]), float(now.now)]
        for (registered, back, called), ended in zip(calls, ends, strict=True):
            self.called.append(Patient(registered, called, ended, Lane.REGULAR, came, doctor.room, back))
        if self._rng.random() < self._habits.return_share:
            self._results.append(now.now + self._rng.uniform(*_RESULTS_SECONDS))

    def _serve_ahead(self, doctor: Doctor) -> Steps:
        """Serves one after the other, as long as somebody waits, who is called before the end of each."""
        now = self.environment
        following: tuple[float, float] | None = self._waiting.popleft()[0], float(now.now)
        while following is not None:
            (registered, called), following = following, None
            service = self._service(doctor)
            ahead = min(self._habits.calls_ahead, service / 2)
            yield now.timeout(service - ahead)
            ended = float(now.now) + ahead
            if self._waiting:
                ended = float(now.now)
                following = self._waiting.popleft()[0], ended
            yield now.timeout(ahead)
            self.called.append(Patient(registered, called, ended, Lane.REGULAR, came=True, room=doctor.room))

    def _service(self, doctor: Doctor) -> float:
        return doctor.slowness * self._nature.draw_service(self._rng, self.environment.now, pace=1.0)

    def _about(self, mean: float) -> float:
        return self._rng.expovariate(1 / mean) if mean else 0.0
