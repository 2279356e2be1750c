"""Which faults a chaos run injects, and when: a plan that follows from its seed alone.

How the driver injects them (all of it in one thread, and nothing of it blocks):
1. `injector = Injector(system)` once, from `tests.chaos.faults`.
2. From `fault.starts_after` seconds on it writes the phase "injected"; then `steps = injector.inject(fault)`.
3. About 20 times a second it calls `next(steps)` of each: None means "again at the next turn", a `Note` is a
   phase ("fired", when the effect was seen; "healed"; "failed") with a detail, to be written with its time.
4. A fault is over at StopIteration, soon after "healed" or "failed". Each bounds itself: the driver goes on
   until all are over, past `duration_seconds` if need be, and then calls `injector.close()`.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count
from typing import Any

from tests.chaos.database import EngineKind

WORKERS = {
    "registrar": ("registrar-1", "registrar-2", "registrar-3"),
    "ticker": ("ticker-1", "ticker-2"),
    "responder": ("responder-1", "responder-2"),
}
"""The workers of a run by their role."""

FULL_SECONDS = 330
"""A plan of so many seconds holds every kind at least once."""

_SETTLE_SECONDS = 4.0  # at the end of a plan, so that its last fault heals within it
_GAP_FACTORS = (1.0, 0.8, 0.6, 0.4, 0.2, 0.05)
_SHORT_PLANS_TRIED = 60
_SHORT_GAP_SECONDS = 2.0

_SYSTEM = "system"  # broker, database, clock: at most one of these at a time
_CLIENTS = "clients"
_LANES = (*WORKERS, _CLIENTS, _SYSTEM)
_ANY_ROLE = "any role"

_POINTS = ("before_transaction", "before_commit", "committed", "replied", "confirmed")
_BREAKS = {"cut": 4.0, "reset": 4.0, "delayed": 6.0, "cut_after_bytes": 5.0, "half_open": 14.0}


@dataclass(frozen=True)
class Kind:
    """A kind of fault. Two faults in one lane do not overlap in a plan.

    `seconds` is how long it takes from its injection until it is healed, on a machine with much to do.
    """

    name: str
    family: str
    lanes: tuple[str, ...]
    seconds: float
    engines: tuple[EngineKind, ...] = ("sqlite", "postgresql")
    plan_seconds_min: float = 0.0


@dataclass(frozen=True)
class Fault:
    """One fault of a plan; `starts_after` counts from the start of the run in seconds.

    `target` is the worker that it is meant for, where it is meant for one; another worker of that role may
    take its place. `variety` is a random number in [0, 1) for the details of the fault.
    """

    id: str
    kind: str
    family: str
    starts_after: float
    seconds: float
    target: str | None
    variety: float


@dataclass(frozen=True)
class Plan:
    """All faults of a run in the order of their start."""

    seed: int
    duration_seconds: float
    engine_kind: EngineKind
    faults: tuple[Fault, ...]

    def as_json(self) -> dict[str, Any]:
        """What `plan.json` holds."""
        return {"seed": self.seed, "faults": [asdict(fault) for fault in self.faults]}


def kinds(engine_kind: EngineKind) -> list[Kind]:
    """Every kind of fault that a run on such a database knows."""
    return [kind for kind in _all_kinds() if engine_kind in kind.engines]


def make_plan(seed: int, duration_seconds: float, engine_kind: EngineKind) -> Plan:
    """The plan of that seed.

    From `FULL_SECONDS` on every kind occurs, on longer runs again and again; a shorter plan is a sample with
    at least one kind of each family, as far as they fit.
    """
    dice = random.Random(f"{seed} {duration_seconds} {engine_kind}")
    known = [kind for kind in kinds(engine_kind) if kind.plan_seconds_min <= duration_seconds]
    rounds = int(duration_seconds // FULL_SECONDS)
    if rounds:
        faults = _full(dice, known * rounds, duration_seconds)
    else:
        faults = _sample(dice, known, duration_seconds)
    ordered = sorted(faults, key=lambda fault: fault.starts_after)
    numbered = (replace(fault, id=f"f{number:03}") for number, fault in zip(count(1), ordered, strict=False))
    return Plan(seed, duration_seconds, engine_kind, tuple(numbered))


def _all_kinds() -> Iterator[Kind]:
    for role in WORKERS:
        points = (*_POINTS, "claimed") if role == "ticker" else _POINTS
        for point in points:
            yield Kind(f"kill_{point}:{role}", "kill", (role,), 6)
        yield Kind(f"kill_at_random:{role}", "kill", (role,), 5)
    yield Kind("broker_kill", "broker", (_SYSTEM,), 18)
    yield Kind("broker_restart", "broker", (_SYSTEM,), 20)
    yield Kind("resource_alarm", "broker", (_SYSTEM,), 10)
    yield Kind("database_restart", "database", (_SYSTEM,), 9, engines=("postgresql",))
    yield Kind("database_locked", "database", (_SYSTEM,), 10, engines=("sqlite",))
    yield Kind("database_locked_briefly", "database", (_SYSTEM,), 4, engines=("sqlite",))
    for role in ("registrar", "ticker"):
        # A worker frozen before its commit holds the locks that all others wait for.
        for point, lanes in (("before_transaction", (role,)), ("before_commit", (role, _SYSTEM))):
            yield Kind(f"zombie_timeout_{point}:{role}", "zombie", lanes, 18)
            yield Kind(f"zombie_cut_{point}:{role}", "zombie", lanes, 8)
    for way, lane in (("worker_broker", _ANY_ROLE), ("client_broker", _CLIENTS)):
        for name, seconds in _BREAKS.items():
            yield Kind(f"connection_{name}:{way}", "connection", (lane,), seconds)
    for name, seconds in _BREAKS.items():
        yield Kind(
            f"connection_{name}:worker_database", "connection", (_ANY_ROLE,), seconds, engines=("postgresql",)
        )
    for name in ("request_100_times", "call_100_times", "tick_told_twice", "tick_replayed"):
        yield Kind(name, "duplicates", (_CLIENTS,), 4)
    yield Kind("clients_reconnect", "clients", (_CLIENTS,), 12)
    yield Kind("clients_die", "clients", (_CLIENTS,), 4)
    yield Kind("tap_killed", "clients", (_CLIENTS,), 8)
    yield Kind("midnight", "clock", (_SYSTEM,), 20)
    # It kills the registrars 21 times over, at the growing delays of their supervisor.
    yield Kind("poison", "poison", ("registrar",), 75, plan_seconds_min=120)
    yield Kind("bad_tick", "poison", (_CLIENTS,), 4)


class _Timetable:
    """Puts faults into lanes one after the other, each with a random gap before it."""

    def __init__(self, dice: random.Random, duration_seconds: float, gaps: dict[str, float]) -> None:
        self._dice = dice
        self._end = duration_seconds - _SETTLE_SECONDS
        self._gaps = gaps
        self._free = dict.fromkeys(_LANES, 1.0)
        self._turns = {role: dice.randrange(len(names)) for role, names in WORKERS.items()}
        self.faults: list[Fault] = []

    def place(self, kind: Kind) -> bool:
        """Whether `kind` still fits; it is in the timetable then."""
        lanes = [self._freest_role() if lane == _ANY_ROLE else lane for lane in kind.lanes]
        gap = self._dice.uniform(0.2, 1.8) * max(self._gaps[lane] for lane in lanes)
        start = max(self._free[lane] for lane in lanes) + gap
        if start + kind.seconds > self._end:
            return False
        self._free |= dict.fromkeys(lanes, start + kind.seconds)
        target = next((self._target(lane) for lane in lanes if lane in WORKERS), None)
        variety = self._dice.random()
        self.faults.append(
            Fault("", kind.name, kind.family, round(start, 2), kind.seconds, target, round(variety, 4))
        )
        return True

    def _freest_role(self) -> str:
        return min(WORKERS, key=lambda role: self._free[role])

    def _target(self, role: str) -> str:
        # In turns, so that each worker has time to become sound again.
        self._turns[role] += 1
        return WORKERS[role][self._turns[role] % len(WORKERS[role])]


def _full(dice: random.Random, wanted: Sequence[Kind], duration_seconds: float) -> list[Fault]:
    """All that are wanted, as far apart as they fit."""
    for factor in _GAP_FACTORS:
        gaps = {lane: factor * gap for lane, gap in _mean_gaps(wanted, duration_seconds).items()}
        timetable = _Timetable(dice, duration_seconds, gaps)
        if all(timetable.place(kind) for kind in _deck(dice, wanted)):
            return timetable.faults
    raise AssertionError("FULL_SECONDS is too short for all kinds")


def _sample(dice: random.Random, known: Sequence[Kind], duration_seconds: float) -> list[Fault]:
    """The best of many samples: the most families, then the most faults."""
    best: list[Fault] = []
    for _ in range(_SHORT_PLANS_TRIED):
        deck = _deck(dice, known)
        timetable = _Timetable(dice, duration_seconds, dict.fromkeys(_LANES, _SHORT_GAP_SECONDS))
        families: set[str] = set()
        later = []
        for kind in deck:
            if kind.family in families or not timetable.place(kind):
                later.append(kind)
            else:
                families.add(kind.family)
        for kind in later:
            timetable.place(kind)
        best = max(best, timetable.faults, key=_worth)
    return best


def _worth(faults: Sequence[Fault]) -> tuple[int, int]:
    return len({fault.family for fault in faults}), len(faults)


def _deck(dice: random.Random, wanted: Iterable[Kind]) -> list[Kind]:
    """In random order, but what takes longest comes early, and what needs two lanes before they fill."""
    shuffled = dice.sample(list(wanted), len(list(wanted)))
    return sorted(shuffled, key=lambda kind: kind.name != "poison")


def _mean_gaps(wanted: Iterable[Kind], duration_seconds: float) -> dict[str, float]:
    """The slack of each lane, shared out among its faults."""
    busy: dict[str, list[float]] = {lane: [] for lane in _LANES}
    for kind in wanted:
        for lane in kind.lanes:
            for each in WORKERS if lane == _ANY_ROLE else (lane,):
                share = len(WORKERS) if lane == _ANY_ROLE else 1
                busy[each].append(kind.seconds / share)
    return {
        lane: max(0.0, duration_seconds - _SETTLE_SECONDS - sum(each)) / max(1, len(each))
        for lane, each in busy.items()
    }
