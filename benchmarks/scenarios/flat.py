"""Whether costs grow with what was done before: with the tickets ever issued, with the length of a queue."""

import random
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count

from sqlalchemy import text

from benchmarks.bodies import LookUps, Registrations
from benchmarks.catalogs import Place
from benchmarks.findings import Cell, Findings, Table, Target, middle
from benchmarks.lab import Lab, Measured, measure_loads
from benchmarks.load_client import Bodies, Load
from benchmarks.seeding import Clinics, Patients, Seeded, seeding
from benchmarks.system import BenchSystem, WorkerProcess
from benchmarks.verify import verify_answered
from benchmarks.watch import Meter
from common.clock import SystemClock
from common.messaging.topology import PATIENT_EXCHANGE
from common.settings import clock_environment

_CLINICS = Clinics(hospitals=5, each=20)
_TODAY = Patients(waiting=10)
_PAST_DAYS, _SERVED_A_DAY = 200, 50  # 1,000,000 tickets in those clinics
_PLACES = [place for place in _CLINICS.places() if place[0] != "H0001"]
_SHORT_QUEUE, _LONG_QUEUE = ("H0001", "C01"), ("H0001", "C02")
_SHORT, _LONG = Patients(in_rooms=True, waiting=50), Patients(in_rooms=True, waiting=5000)
_WARM_UP_REQUESTS = 600

# Of the ticks: so many clinics with such queues, whose clock runs so many times as fast as the real one.
_TICKED = Clinics(hospitals=2, each=20)
_TICK_SPEED = 120
_TICK_SECONDS = 120
_TICK_WARM_UP_SECONDS = 5

_FEW, _MANY = "1,000 tickets", "1,000,000 tickets"
_COSTS = ("worker", "database")
_patients = count(1, 100_000)  # every load has patients of its own


@dataclass(frozen=True)
class _Store:
    """A system with its workers, and the codes of who waits in it: everywhere in short queues, and in the two
    clinics of which one has a long one."""

    system: BenchSystem
    registrar: Sequence[WorkerProcess]
    responder: Sequence[WorkerProcess]
    codes: Sequence[str]
    short: Sequence[str]
    long: Sequence[str]


@dataclass(frozen=True)
class _Compared:
    """The same under two conditions, `base` and `other`, in turn: what must not cost much more under the
    second. A cost is the processor time of workers and database for a thousand."""

    what: str
    base: str
    other: str
    most: float
    costs: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    medians_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    per_second: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, condition: str, measured: Measured) -> None:
        self.costs[condition].append(sum(measured.cpu_per_thousand(each) for each in _COSTS))
        self.medians_ms[condition].append(measured.result.percentile_ms(50))
        self.per_second[condition].append(measured.result.per_second)

    @property
    def target(self) -> Target:
        ratio = middle(self.costs[self.other]) / middle(self.costs[self.base])
        return Target(f"{self.what}: {self.other} / {self.base}", ratio, most=self.most)

    def rows(self) -> list[list[Cell]]:
        return [
            [
                f"{self.what}, {condition}",
                middle(self.costs[condition]),
                *(
                    middle(values[condition]) if values[condition] else None
                    for values in (self.per_second, self.medians_ms)
                ),
            ]
            for condition in (self.base, self.other)
        ]


def measure(lab: Lab) -> Findings:
    """Registrations, look-ups and ticks, each with little and with much in the database."""
    compared = [*_measure_stores(lab), _measure_ticks(lab)]
    columns = ["", "CPU s/1,000 worker + database", "per second", "p50 ms"]
    table = Table("Costs as the database fills", columns, [row for each in compared for row in each.rows()])
    return Findings("flat", "Flat", [each.target for each in compared], [table])


# --- registrations and look-ups -------------------------------------------------------------------------


def _measure_stores(lab: Lab) -> list[_Compared]:
    registrations = _Compared("registration", _FEW, _MANY, most=1.3)
    look_ups = _Compared("look-up", _FEW, _MANY, most=1.3)
    queues = {
        128: _Compared("look-up, 128 outstanding", "50 waiting", "5,000 waiting", most=2.0),
        1: _Compared("look-up, 1 outstanding", "50 waiting", "5,000 waiting", most=2.0),
    }
    with lab.own_system("postgresql") as one, lab.own_system("postgresql") as other:
        lab.say("filling databases with 1,000 and with 1,000,000 tickets")
        few = _fill(one, past_days=0)
        many = _fill(other, past_days=_PAST_DAYS // 10 if lab.quick else _PAST_DAYS)
        for store in (few, many):
            _register(store, _WARM_UP_REQUESTS)
            _look_up(store, store.codes, 128, _WARM_UP_REQUESTS)
        for turn in lab.rounds:
            lab.say(f"costs as the database fills, round {turn}")
            for store, condition in ((few, _FEW), (many, _MANY)):
                registrations.add(condition, _register(store, lab.share(4000)))
                look_ups.add(condition, _look_up(store, store.codes, 128, lab.share(6000)))
            for window, requests in ((128, lab.share(6000)), (1, lab.share(600))):
                for condition, codes in (("50 waiting", many.short), ("5,000 waiting", many.long)):
                    queues[window].add(condition, _look_up(many, codes, window, requests))
    return [registrations, look_ups, *queues.values()]


def _fill(system: BenchSystem, past_days: int) -> _Store:
    with seeding(system.database_url, SystemClock().now()) as seed:
        seed.clinics(_CLINICS)
        if past_days:
            seed.past(past_days, _SERVED_A_DAY)
            seed.today(_SHORT, _SHORT_QUEUE)
            seed.today(_LONG, _LONG_QUEUE)
        seed.today(_TODAY)
    return _Store(
        system,
        system.start("registrar"),
        system.start("status"),
        _codes(seed.service_date, _TODAY, _PLACES),
        _codes(seed.service_date, _SHORT, [_SHORT_QUEUE]),
        _codes(seed.service_date, _LONG, [_LONG_QUEUE]),
    )


def _codes(service_date: date, patients: Patients, places: Sequence[Place]) -> list[str]:
    """The codes of all who wait there, in no order."""
    codes = Seeded(places, service_date, patients).waiting_codes()
    random.Random(1).shuffle(codes)  # noqa: S311 - keeps no secret
    return codes


def _register(store: _Store, requests: int) -> Measured:
    bodies = Registrations(_PLACES, next(_patients))
    return _measure_load(store, store.registrar, "register", bodies, 128, requests)


def _look_up(store: _Store, codes: Sequence[str], window: int, requests: int) -> Measured:
    return _measure_load(store, store.responder, "ticket_status", LookUps(codes), window, requests)


def _measure_load(
    store: _Store, workers: Sequence[WorkerProcess], name: str, bodies: Bodies, window: int, requests: int
) -> Measured:
    load = Load(
        url=store.system.urls["patient"],
        exchange=PATIENT_EXCHANGE,
        type=name,
        bodies=bodies,
        window=window,
        count=requests,
    )
    measured = measure_loads(store.system, workers, [load])
    verify_answered(measured.results)
    return measured


# --- ticks ----------------------------------------------------------------------------------------------


def _measure_ticks(lab: Lab) -> _Compared:
    """Both at once: what else the machine does meanwhile is the same for both."""
    ticks = _Compared("change by the clock", "50 waiting", "5,000 waiting", most=1.5)
    with lab.own_system("postgresql") as short, lab.own_system("postgresql") as long:
        lab.say("filling databases with short and with long queues")
        moment = SystemClock().now()
        # Some of the 50 will have been called by the middle of the run.
        queues = [(short, "50 waiting", replace(_SHORT, waiting=66)), (long, "5,000 waiting", _LONG)]
        for system, _condition, patients in queues:
            with seeding(system.database_url, moment) as seed:
                seed.clinics(_TICKED)
                seed.today(patients)
        lab.say("ticks in short and in long queues")
        settings = clock_environment(moment, SystemClock().now(), _TICK_SPEED)
        settings["ANTREAN_TICK_SECONDS"] = str(_TICK_SECONDS)
        tickers = [
            system.start("ticker", 1, program=(), **settings) for system, _condition, _patients in queues
        ]
        time.sleep(_TICK_WARM_UP_SECONDS)
        for _ in lab.rounds:
            meters = [Meter(system, {"worker": of}) for (system, *_), of in zip(queues, tickers, strict=True)]
            before = [_changes(system) for system, *_ in queues]
            time.sleep(5 if lab.quick else 8)
            for (system, condition, _), meter, changes in zip(queues, meters, before, strict=True):
                used = sum(meter.cpu_seconds()[each] for each in _COSTS)
                ticks.costs[condition].append(used * 1000 / (_changes(system) - changes))
        for (system, *_), workers in zip(queues, tickers, strict=True):
            system.stop(workers)
    return ticks


def _changes(system: BenchSystem) -> int:
    """What tickers have changed, ever (with the few that were seeded as called)."""
    with system.engine.connect() as connection:
        changes: int = connection.execute(
            text("SELECT count(*) FROM journal WHERE event_name <> 'ticket.registered'")
        ).scalar_one()
    return changes
