"""Look-ups of tickets with 128 outstanding: one responder beside a raw echo on the same queue."""

from collections import defaultdict
from collections.abc import Sequence

from benchmarks.bodies import LookUps
from benchmarks.catalogs import places
from benchmarks.contenders import ECHO, Contender, Runs, cpu_table, register, speed_table, speeds
from benchmarks.findings import Findings, Target, middle
from benchmarks.lab import CLINICS, Lab, Measured, measure_loads
from benchmarks.load_client import Load
from benchmarks.system import BenchSystem
from benchmarks.verify import verify_answered
from common.messaging.topology import PATIENT_EXCHANGE

_WINDOW = 128
_TICKETS = 1500
_WARM_UP_REQUESTS = 1000
_CODES = 10

_ECHO = Contender(ECHO.name, 16_000, program=["benchmarks.references.echo", "status"])
_RESPONDER = Contender("one responder", 12_000)
_RESPONDER_MANY = Contender(f"one responder, {_CODES} codes", 5_000)


def measure(lab: Lab) -> Findings:
    """All in turn, over the same tickets."""
    system = lab.shared_system("postgresql")
    codes = registered(system)
    runs: Runs = defaultdict(list)
    for round_number in lab.rounds:
        for contender, codes_per_request in ((_ECHO, 1), (_RESPONDER, 1), (_RESPONDER_MANY, _CODES)):
            lab.say(f"look-ups, round {round_number}: {contender.name}")
            bodies = LookUps(codes, codes_per_request)
            runs[contender.name].append(_measure(system, contender, bodies, lab.share(contender.requests)))
    speed = speeds(runs)
    cost = {
        name: middle(
            [each.cpu_per_thousand("worker") + each.cpu_per_thousand("database") for each in measured]
        )
        for name, measured in runs.items()
    }
    targets = [
        Target("one responder / L1", speed[_RESPONDER.name] / speed[_ECHO.name], least=0.7),
        Target(
            f"CPU of responder and database, {_CODES} codes / one code",
            cost[_RESPONDER_MANY.name] / cost[_RESPONDER.name],
            most=2.0,
        ),
    ]
    where = f"{_WINDOW} outstanding, PostgreSQL, {_TICKETS:,} tickets in {CLINICS} clinics"
    tables = [speed_table(f"Look-ups, {where}", runs, _ECHO), cpu_table(runs)]
    return Findings("lookups", "Look-ups", targets, tables, bars=[*speed.items()])


def registered(system: BenchSystem) -> Sequence[str]:
    """The codes of new tickets."""
    workers = system.start("registrar")
    result = register(system, workers, places(CLINICS), window=_WINDOW, requests=_TICKETS).result
    system.stop(workers)
    verify_answered([result])
    return [code for _hospital, _clinic, _number, code in result.tickets]


def _measure(system: BenchSystem, contender: Contender, bodies: LookUps, requests: int) -> Measured:
    workers = system.start("status", program=contender.program)
    try:
        warm_up, measured = (
            measure_loads(system, workers, [look_up_load(system, bodies, count)])
            for count in (_WARM_UP_REQUESTS, requests)
        )
    finally:
        system.stop(workers)
    verify_answered([warm_up.result, measured.result])
    return measured


def look_up_load(system: BenchSystem, bodies: LookUps, count: int) -> Load:
    """So many look-ups, as many outstanding as in this scenario."""
    return Load(
        url=system.urls["patient"],
        exchange=PATIENT_EXCHANGE,
        type="ticket_status",
        bodies=bodies,
        window=_WINDOW,
        count=count,
    )
