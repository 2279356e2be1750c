"""Registrations on SQLite: one registrar on one file, beside the ceiling on PostgreSQL."""

from collections import defaultdict

from benchmarks.catalogs import places
from benchmarks.contenders import (
    INSERT,
    ONE_REGISTRAR,
    Runs,
    cpu_table,
    measure_contender,
    speed_table,
    speeds,
)
from benchmarks.findings import Findings, Target
from benchmarks.lab import CLINICS, Lab

_WINDOW = 128
_ON_SQLITE = f"{ONE_REGISTRAR.name}, SQLite"


def measure(lab: Lab) -> Findings:
    """Both in turn."""
    on_postgresql, on_sqlite = lab.shared_system("postgresql"), lab.shared_system("sqlite")
    everywhere = places(CLINICS)
    runs: Runs = defaultdict(list)
    for round_number in lab.rounds:
        for system, contender, name in (
            (on_postgresql, INSERT, INSERT.name),
            (on_sqlite, ONE_REGISTRAR, _ON_SQLITE),
        ):
            lab.say(f"SQLite, round {round_number}: {name}")
            requests = lab.share(contender.requests)
            runs[name].append(
                measure_contender(system, contender, everywhere, window=_WINDOW, requests=requests)
            )
    speed = speeds(runs)
    targets = [Target("one registrar on SQLite / L2", speed[_ON_SQLITE] / speed[INSERT.name], least=0.4)]
    tables = [speed_table(f"Registrations, {_WINDOW} outstanding, SQLite", runs, INSERT), cpu_table(runs)]
    return Findings("sqlite", "SQLite", targets, tables, bars=[(_ON_SQLITE, speed[_ON_SQLITE])])
