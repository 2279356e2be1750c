"""Who can take registrations: our registrars and the references, each measured and shown in the same way."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from benchmarks.bodies import Registrations
from benchmarks.catalogs import Place
from benchmarks.findings import Cell, Table, middle, spread
from benchmarks.lab import PROCESSES, Measured, measure_loads
from benchmarks.load_client import Load
from benchmarks.system import BenchSystem, WorkerProcess
from benchmarks.verify import verify_answered, verify_registrations
from common.messaging.topology import PATIENT_EXCHANGE

Runs = dict[str, list[Measured]]
"""By the name of what ran, its rounds."""

_WARM_UP_REQUESTS_MAX = 1000
_WARM_UP_SHARE = 4  # of the measured requests, where they are few
_patients = count(1, 100_000)  # every load has patients of its own


@dataclass(frozen=True)
class Contender:
    """So many processes of `program` (a module and its arguments), or of our registrar without one.

    `requests` is how many it gets, which at its speed take a few seconds; with the warm-up's, those of a
    registrar fit into one clinic's day.
    """

    name: str
    requests: int
    processes: int = 1
    program: Sequence[str] = ()
    stores: bool = True


ONE_REGISTRAR = Contender("one registrar", 7_000)
TWO_REGISTRARS = Contender("two registrars", 7_000, processes=2)
ECHO = Contender("L1 raw echo", 12_000, program=["benchmarks.references.echo", "registrar"], stores=False)
INSERT = Contender("L2 one INSERT per batch", 9_000, program=["benchmarks.references.insert"])
TUTORIAL = Contender("T tutorial", 800, program=["benchmarks.references.tutorial"])
AIO = Contender("P aio-pika and asyncpg", 2_500, program=["benchmarks.references.aio"])


def measure_contender(
    system: BenchSystem, contender: Contender, places: Sequence[Place], *, window: int, requests: int
) -> Measured:
    """Lets the contender take `requests` registrations in `places`, from empty queues and tables and shortly
    after a warm-up, and verifies what it did. Raises VerificationFailed, LoadFailed and WorkerFailed."""
    system.purge()
    workers = system.start("registrar", contender.processes, program=contender.program)
    try:
        few = min(requests // _WARM_UP_SHARE, _WARM_UP_REQUESTS_MAX)
        warm_up = register(system, workers, places, window=window, requests=few)
        measured = register(system, workers, places, window=window, requests=requests)
    finally:
        system.stop(workers)
    results = [warm_up.result, measured.result]
    if contender.stores:
        verify_registrations(system.engine, results, ours=not contender.program)
    else:
        verify_answered(results)
    return measured


def register(
    system: BenchSystem,
    workers: Sequence[WorkerProcess],
    places: Sequence[Place],
    *,
    window: int,
    requests: int,
) -> Measured:
    """Lets new patients register, in turn in each of `places`, while these workers serve."""
    load = Load(
        url=system.urls["patient"],
        exchange=PATIENT_EXCHANGE,
        type="register",
        bodies=Registrations(places, next(_patients)),
        window=window,
        count=requests,
    )
    return measure_loads(system, workers, [load])


def speeds(runs: Runs) -> dict[str, float]:
    """Answers a second of each, in the median round."""
    return {name: middle([each.result.per_second for each in rounds]) for name, rounds in runs.items()}


def speed_table(title: str, runs: Runs, measure: Contender) -> Table:
    """How fast each was, also in comparison to `measure`."""
    speed = speeds(runs)
    short = measure.name.split()[0]
    columns = ["", "a second", "spread", f"x {short}", "p50 ms", "p99 ms"]
    rows: list[list[Cell]] = [
        [
            name,
            speed[name],
            spread([each.result.per_second for each in rounds]),
            speed[name] / speed[measure.name],
            *(middle([each.result.percentile_ms(percent) for each in rounds]) for percent in (50, 99)),
        ]
        for name, rounds in runs.items()
    ]
    return Table(title, columns, rows)


def cpu_table(runs: Runs) -> Table:
    """What each cost, in the median round."""
    rows: list[list[Cell]] = [
        [name, *(middle([each.cpu_per_thousand(process) for each in rounds]) for process in PROCESSES)]
        for name, rounds in runs.items()
    ]
    return Table("CPU seconds for 1,000 answers", ["", *PROCESSES], rows)
