"""What the clock costs: every clinic of the country at work, and nothing but ticks."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from benchmarks.findings import Cell, Findings, Table, Target
from benchmarks.lab import Lab
from benchmarks.seeding import Clinics, Patients, Seeded, seeding
from benchmarks.system import BenchSystem, WorkerProcess
from benchmarks.watch import Meter, QueueWatch, peak_mebibytes
from common.clock import SystemClock
from common.messaging.topology import TICKER_QUEUE

TICK_SECONDS = 10
"""The ticker's default interval."""

_SEEDING_SECONDS = 30
_WARM_UP_SECONDS = 15


@dataclass(frozen=True)
class Lateness:
    """How long after their moments changes by the clock were recorded, in seconds.

    What is due waits for the next emission of ticks, up to one interval. So `late` counts what was recorded
    more than one interval after that: more than two after its moment.
    """

    changes: int
    median_seconds: float
    longest_seconds: float
    late: int


@dataclass(frozen=True)
class _Run:
    tickers: int
    seconds: float
    cores: dict[str, float]
    peak_mebibytes: float
    longest_queue: int
    lateness: Lateness


def measure(lab: Lab) -> Findings:
    """One ticker serves the country, then two do."""
    clinics = country(lab)
    with lab.own_system("postgresql") as system:
        lab.say("filling the database with the country's clinics")
        seed_country(system, clinics)
        tickers: list[WorkerProcess] = []
        runs = []
        for count in (1, 2):
            lab.say(f"ticks of {clinics.count} clinics, tickers: {count}")
            tickers += system.start("ticker")
            runs.append(_run(system, tickers, 20 if lab.quick else 60))
        system.stop(tickers)
    return _findings(clinics, runs)


def country(lab: Lab) -> Clinics:
    """3,100 hospitals with 20 clinics each; a tenth of them in a quick run."""
    return Clinics(hospitals=310 if lab.quick else 3100, each=20)


def seed_country(system: BenchSystem, clinics: Clinics, waiting: int = 3) -> Seeded:
    """Fills a system without a catalog: each clinic serves in all its rooms and has so many waiting.

    Returns when the moment has come at which all that is true: nothing is overdue when a ticker starts then.
    """
    as_of = SystemClock().now() + timedelta(seconds=_SEEDING_SECONDS * clinics.count / 62_000)
    patients = Patients(in_rooms=True, waiting=waiting)
    with seeding(system.database_url, as_of) as seed:
        seed.clinics(clinics)
        seed.today(patients)
    time.sleep(max((as_of - SystemClock().now()).total_seconds(), 0))
    return Seeded(clinics.places(), seed.service_date, patients)


def lateness(system: BenchSystem, since: datetime) -> Lateness:
    """Of what tickers have recorded since then, on PostgreSQL."""
    with system.engine.connect() as connection:
        row = connection.execute(_LATENESS, {"since": since, "two_intervals": 2 * TICK_SECONDS}).one()
    return Lateness(row.changes, row.median or 0.0, row.longest or 0.0, row.late)


_LATENESS = text("""
    SELECT count(*) AS changes, percentile_cont(0.5) WITHIN GROUP (ORDER BY delay) AS median,
        max(delay) AS longest, count(*) FILTER (WHERE delay > :two_intervals) AS late
    FROM (
        SELECT extract(epoch FROM recorded_at - occurred_at)::float8 AS delay FROM journal
        WHERE recorded_at >= :since AND event_name IN ('ticket.called', 'ticket.served')
    ) AS recorded
""")


def _run(system: BenchSystem, tickers: list[WorkerProcess], seconds: float) -> _Run:
    time.sleep(_WARM_UP_SECONDS)
    began = SystemClock().now()
    meter = Meter(system, {"ticker": tickers})
    with QueueWatch(system.urls["deploy"]) as queues:
        time.sleep(seconds)
    return _Run(
        tickers=len(tickers),
        seconds=seconds,
        cores=meter.cores(),
        peak_mebibytes=peak_mebibytes(tickers),
        longest_queue=queues.longest[TICKER_QUEUE],
        lateness=lateness(system, began),
    )


def _findings(clinics: Clinics, runs: list[_Run]) -> Findings:
    one = runs[0]
    targets = [
        Target("cores that one ticker uses", one.cores["ticker"], most=0.5),
        Target("ticks late, one ticker", one.lateness.late, most=0, shown="{:.0f}"),
        Target("a ticker's memory, MiB", one.peak_mebibytes, most=120, shown="{:.0f}"),
    ]
    columns = ["tickers", "changes per second", "delay p50 s", "longest delay s", "late", "longest queue"]
    columns += [f"cores {process}" for process in one.cores] + ["MiB of a ticker"]
    rows: list[list[Cell]] = [
        [
            str(run.tickers),
            run.lateness.changes / run.seconds,
            run.lateness.median_seconds,
            run.lateness.longest_seconds,
            run.lateness.late,
            run.longest_queue,
            *run.cores.values(),
            run.peak_mebibytes,
        ]
        for run in runs
    ]
    title = f"Ticks of {clinics.count:,} active clinics, every {TICK_SECONDS} s"
    notes = ["The delay is from a change's moment to its record; up to 10 s of it is the ticks' interval."]
    return Findings("ticks", "Ticks", targets, [Table(title, columns, rows)], notes)
