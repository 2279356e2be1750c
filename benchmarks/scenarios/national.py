"""The national morning: every clinic of the country at work, its patients registering and looking, in real
time, everything on this machine. Then more, step by step, until it bends."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from benchmarks.bodies import LookUps, Registrations
from benchmarks.findings import Cell, Findings, Table, Target
from benchmarks.lab import Lab
from benchmarks.load_client import Load, LoadResult, run_loads
from benchmarks.scenarios.ticks import Lateness, country, lateness, seed_country
from benchmarks.seeding import Clinics, Seeded
from benchmarks.system import BenchSystem, WorkerProcess
from benchmarks.watch import Meter, QueueWatch, Workers, peak_mebibytes
from common.clock import SystemClock
from common.messaging.topology import PATIENT_EXCHANGE
from common.settings import Role

_REGISTRATION_P99_MS_MAX = 150.0
_LOOK_UP_P99_MS_MAX = 100.0

_WORKERS: dict[Role, int] = {"registrar": 1, "status": 1, "ticker": 1}
_LOOKING = 150_000  # patients, each once a minute
_DRAIN_SECONDS_MAX = 30
_patients = count(1, 200_000)  # every load has patients of its own


@dataclass(frozen=True)
class _Stage:
    """So many registrations and look-ups a second, for so long."""

    name: str
    registrations: float
    look_ups: float
    seconds: float


_WARM_UP = _Stage("warm-up", 25, 500, 12)
_MORNING = _Stage("a morning", 25, 2500, 60)
_VACCINATION = _Stage("a vaccination day", 250, 2500, 30)
_STEP_SECONDS = 15
_MORE_REGISTRATIONS = [
    _Stage("more registrations", each, 2500, _STEP_SECONDS) for each in (400, 600, 800, 1000, 1500, 2000)
]
_MORE_LOOK_UPS = [_Stage("more look-ups", 25, each, _STEP_SECONDS) for each in (3000, 3500, 4000, 5000, 6000)]


@dataclass(frozen=True)
class _Run:
    """What was seen in a stage. `queues` are the longest that each became, `cores` what is in use on average
    by workers, servers and the load's `clients`."""

    stage: _Stage
    registrations: LoadResult
    look_ups: LoadResult
    cores: dict[str, float]
    queues: dict[str, int]
    ticks: Lateness

    @property
    def bent(self) -> str | None:
        """What was not as it should be; None where all was well."""
        found = {
            "registrations refused or unanswered": _refused(self.registrations) > 0,
            "look-ups refused or unanswered": _refused(self.look_ups) > 0,
            "slow registrations": self.registrations.percentile_ms(99) > _REGISTRATION_P99_MS_MAX,
            "slow look-ups": self.look_ups.percentile_ms(99) > _LOOK_UP_P99_MS_MAX,
            "late ticks": self.ticks.late > 0,
        }
        return ", ".join(what for what, seen in found.items() if seen) or None


def measure(lab: Lab) -> Findings:
    """The morning, the vaccination day, then steps upward of each kind until it bends."""
    clinics = country(lab)
    with lab.own_system("postgresql") as system:
        lab.say("filling the database with the country's clinics")
        seeded = seed_country(system, clinics)
        workers: dict[str, list[WorkerProcess]] = {
            role: system.start(role, processes) for role, processes in _WORKERS.items()
        }
        nation = _Nation(lab, system, workers, clinics, seeded)
        nation.run(_WARM_UP)
        morning, vaccination = nation.run(_MORNING), nation.run(_VACCINATION)
        more = [*nation.until_it_bends(_MORE_REGISTRATIONS), *nation.until_it_bends(_MORE_LOOK_UPS)]
        peaks = {role: peak_mebibytes(some) for role, some in workers.items()}
        for some in workers.values():
            system.stop(some)
    return _findings(clinics, morning, [vaccination, *more], peaks)


class _Nation:
    """A running system, and its people."""

    def __init__(
        self, lab: Lab, system: BenchSystem, workers: Workers, clinics: Clinics, seeded: Seeded
    ) -> None:
        self._lab = lab
        self._system = system
        self._workers = workers
        chance = random.Random(1)  # noqa: S311 - keeps no secret
        self._places = clinics.places()
        chance.shuffle(self._places)
        self._codes = seeded.waiting_codes()
        chance.shuffle(self._codes)
        del self._codes[_LOOKING:]

    def run(self, stage: _Stage) -> _Run:
        """Carries out a stage, a sixth of it in a quick run."""
        seconds = stage.seconds / 6 if self._lab.quick else stage.seconds
        self._lab.say(f"{stage.name}: {stage.registrations:g} registrations/s, {stage.look_ups:g} look-ups/s")
        bodies = Registrations(self._places, next(_patients))
        loads = [
            self._load("register", bodies, stage.registrations, seconds, seed=1),
            self._load("ticket_status", LookUps(self._codes), stage.look_ups, seconds, seed=2),
        ]
        meter = Meter(self._system, self._workers)
        with QueueWatch(self._system.urls["deploy"]) as queues:
            began = SystemClock().now()

            def start() -> None:
                nonlocal began
                began = SystemClock().now()
                meter.restart()

            registrations, look_ups = run_loads(loads, at_start=start)
            cores = meter.cores()
        clients = (registrations.cpu_seconds + look_ups.cpu_seconds) / seconds
        ticks = lateness(self._system, began)
        return _Run(stage, registrations, look_ups, {**cores, "clients": clients}, queues.longest, ticks)

    def until_it_bends(self, stages: Sequence[_Stage]) -> list[_Run]:
        """Carries out the stages up to the first one that bends, and lets the queues run empty."""
        runs = []
        for stage in stages:
            runs.append(self.run(stage))
            if runs[-1].bent:
                break
        with QueueWatch(self._system.urls["deploy"]) as queues:
            end = time.monotonic() + _DRAIN_SECONDS_MAX
            time.sleep(2)
            while any(queues.latest[queue] for queue in _QUEUES.values()) and time.monotonic() < end:
                time.sleep(1)
        return runs

    def _load(
        self, name: str, bodies: Registrations | LookUps, rate: float, seconds: float, seed: int
    ) -> Load:
        return Load(
            url=self._system.urls["patient"],
            exchange=PATIENT_EXCHANGE,
            type=name,
            bodies=bodies,
            rate=rate,
            seconds=seconds,
            seed=seed,
        )


def _refused(result: LoadResult) -> int:
    return sum(result.problems.values()) + result.not_taken + result.unanswered


def _findings(clinics: Clinics, morning: _Run, more: Sequence[_Run], peaks: dict[str, float]) -> Findings:
    refused = _refused(morning.registrations) + _refused(morning.look_ups)
    targets = [
        Target("refused or unanswered", refused, most=0, shown="{:.0f}"),
        Target(
            "p99 of a registration, ms", morning.registrations.percentile_ms(99), most=150, shown="{:.0f}"
        ),
        Target("p99 of a look-up, ms", morning.look_ups.percentile_ms(99), most=100, shown="{:.0f}"),
        Target("ticks late", morning.ticks.late, most=0, shown="{:.0f}"),
        *(Target(f"memory of a {role}, MiB", peak, most=120, shown="{:.0f}") for role, peak in peaks.items()),
    ]
    runs = [morning, *more]
    shown = list(morning.cores)
    columns = ["", "registrations/s", "p50 ms", "p99 ms", "look-ups/s", "p50 ms", "p99 ms", "not answered"]
    columns += ["longest tick delay s", "late ticks"]
    loads = Table(f"{clinics.count:,} clinics being served", columns, [_load_row(run) for run in runs])
    used = Table(
        "Cores in use, and the longest queues",
        ["", *shown, "all", *(f"{name} queue" for name in _QUEUES)],
        [_used_row(run, shown) for run in runs],
    )
    notes = [_told(run, shown) for run in runs if run.bent]
    return Findings("national", "The national morning", targets, [loads, used], notes)


_QUEUES = {"registrar": "antrean.registrar", "status": "antrean.status", "ticker": "antrean.ticker"}


def _name(run: _Run) -> str:
    return f"{run.stage.name}: {run.stage.registrations:g} + {run.stage.look_ups:g}"


def _load_row(run: _Run) -> list[Cell]:
    row: list[Cell] = [_name(run)]
    for result in (run.registrations, run.look_ups):
        row += [result.per_second, result.percentile_ms(50), result.percentile_ms(99)]
    not_answered = _refused(run.registrations) + _refused(run.look_ups)
    return [*row, not_answered, run.ticks.longest_seconds, run.ticks.late]


def _used_row(run: _Run, shown: Sequence[str]) -> list[Cell]:
    queues = [run.queues[queue] for queue in _QUEUES.values()]
    return [_name(run), *(run.cores[name] for name in shown), sum(run.cores.values()), *queues]


def _told(run: _Run, shown: Sequence[str]) -> str:
    busiest = max(shown, key=lambda name: run.cores[name])
    return (
        f"It bends at {run.stage.registrations:g} registrations and {run.stage.look_ups:g} look-ups a second"
        f" ({run.bent}): {sum(run.cores.values()):.1f} cores are in use, most of them by the {busiest},"
        f" {run.cores[busiest]:.2f}."
    )
