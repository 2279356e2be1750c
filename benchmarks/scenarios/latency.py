"""One request at a time: how long a patient waits for a ticket when nobody else asks."""

from collections import defaultdict

from benchmarks.catalogs import places
from benchmarks.contenders import ECHO, ONE_REGISTRAR, Runs, measure_contender
from benchmarks.findings import Cell, Findings, Table, Target, middle
from benchmarks.lab import CLINICS, Lab

_REQUESTS = 900


def measure(lab: Lab) -> Findings:
    """The raw echo and a registrar in turn."""
    system = lab.shared_system("postgresql")
    everywhere = places(CLINICS)
    runs: Runs = defaultdict(list)
    for round_number in lab.rounds:
        for contender in (ECHO, ONE_REGISTRAR):
            lab.say(f"latency, round {round_number}: {contender.name}")
            requests = lab.share(_REQUESTS)
            runs[contender.name].append(
                measure_contender(system, contender, everywhere, window=1, requests=requests)
            )
    latency = {
        (name, percent): middle([each.result.percentile_ms(percent) for each in measured])
        for name, measured in runs.items()
        for percent in (50, 95, 99)
    }
    ratio = {
        percent: latency[ONE_REGISTRAR.name, percent] / latency[ECHO.name, percent] for percent in (50, 99)
    }
    targets = [
        Target("p50 of a registration / of the raw echo", ratio[50], most=2.5),
        Target("p99 of a registration / of the raw echo", ratio[99], most=5.0),
    ]
    rows: list[list[Cell]] = [[name, *(latency[name, percent] for percent in (50, 95, 99))] for name in runs]
    table = Table("One request at a time, PostgreSQL", ["", "p50 ms", "p95 ms", "p99 ms"], rows)
    return Findings("latency", "Latency", targets, [table])
