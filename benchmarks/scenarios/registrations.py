"""Registrations with 128 outstanding on PostgreSQL: our registrars beside other ways of doing the same."""

from collections import defaultdict

from benchmarks.catalogs import places
from benchmarks.contenders import (
    AIO,
    ECHO,
    INSERT,
    ONE_REGISTRAR,
    TUTORIAL,
    TWO_REGISTRARS,
    Runs,
    cpu_table,
    measure_contender,
    speed_table,
    speeds,
)
from benchmarks.findings import Findings, Target, middle
from benchmarks.lab import CLINICS, Lab

_WINDOW = 128
_ONE_CLINIC = ", one clinic"


def measure(lab: Lab) -> Findings:
    """All contenders in turn, as often as there are rounds."""
    system = lab.shared_system("postgresql")
    everywhere = places(CLINICS)
    turns = [
        *((each, "", everywhere) for each in (ECHO, INSERT, TUTORIAL, AIO, ONE_REGISTRAR, TWO_REGISTRARS)),
        *((each, _ONE_CLINIC, everywhere[:1]) for each in (ONE_REGISTRAR, TWO_REGISTRARS)),
    ]
    runs: Runs = defaultdict(list)
    for round_number in lab.rounds:
        for contender, where, its_places in turns:
            name = contender.name + where
            lab.say(f"registrations, round {round_number}: {name}")
            requests = lab.share(contender.requests)
            measured = measure_contender(system, contender, its_places, window=_WINDOW, requests=requests)
            runs[name].append(measured)
    return _findings(runs)


def _findings(runs: Runs) -> Findings:
    speed = speeds(runs)
    one, two = speed[ONE_REGISTRAR.name], speed[TWO_REGISTRARS.name]
    one_clinic = (speed[ONE_REGISTRAR.name + _ONE_CLINIC], speed[TWO_REGISTRARS.name + _ONE_CLINIC])
    cpu = middle([each.cpu_per_thousand("worker") for each in runs[ONE_REGISTRAR.name]])
    targets = [
        Target("one registrar / L2", one / speed[INSERT.name], least=0.6),
        Target("one registrar / P", one / speed[AIO.name], least=1.7),
        Target("two registrars / one", two / one, least=1.0),
        Target("two registrars / one, in one clinic", one_clinic[1] / one_clinic[0], least=0.8),
        Target("registrar's CPU seconds for 1,000", cpu, most=0.25),
    ]
    where = f"{_WINDOW} outstanding, PostgreSQL"
    tables = [speed_table(f"Registrations, {where}", runs, INSERT), cpu_table(runs)]
    return Findings("registrations", "Registrations", targets, tables, bars=[*speed.items()])
