"""Where the processor time of a registrar and of a responder goes, by part of their work."""

import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.bodies import LookUps
from benchmarks.catalogs import places
from benchmarks.contenders import register
from benchmarks.findings import Cell, Findings, Table
from benchmarks.lab import CLINICS, Lab, Measured, measure_loads
from benchmarks.scenarios.lookups import look_up_load, registered
from benchmarks.system import MODULES, BenchSystem, WorkerProcess
from common.settings import Role

_WINDOW = 128
_WARM_UP_REQUESTS = 1000
_REQUESTS = 20_000
_LOOK_UPS = 50_000
_PLACES_SHOWN = 15

# The first that a place begins with says which part it is of.
_PARTS = {
    "common/storage/": "SQL: begin, commit, connection",
    "common/messaging/worker.py:Worker.run readable": "read from the broker",
    "common/messaging/worker.py:Worker.run writable": "write to the broker",
    "common/messaging/worker.py": "loop and batches",
    "common/messaging/handling.py": "loop and batches",
    "common/messaging/stopwatch.py": "loop and batches",
    "common/messaging/publisher.py": "publish and take confirms",
    "common/messaging/outgoing.py": "publish and take confirms",
    "common/messaging/broker_connection.py:BrokerConnection": "publish and take confirms",
    "common/messaging/fast_pika.py:FastConnection.publish": "publish and take confirms",
    "common/messaging/fast_pika.py:_JoinedWrites": "publish and take confirms",
    "common/messaging/reply_address.py": "publish and take confirms",
    "common/messaging/received_requests.py": "validate requests",
    "common/messaging/": "decode deliveries",
    "common/messages/events.py": "encode events",
    "common/messages/message.py": "write replies",
    "common/messages/": "validate requests",
    "common/patient_tickets.py": "write replies",
    "common/domain/ticket_codes.py": "decide",
    "common/domain/": "opening hours and estimate",
    "registrar_worker/handler.py:_read": "validate requests",
    "registrar_worker/": "decide",
    "status_responder/store.py": "SQL: begin, commit, connection",
    "status_responder/handler.py:_read": "validate requests",
    "status_responder/": "write replies",
}
_REST = "the rest"


def measure(lab: Lab) -> Findings:
    """Each of them under a full load, sampled."""
    system = lab.shared_system("postgresql")
    everywhere = places(CLINICS)

    def registrations(workers: Sequence[WorkerProcess], count: int) -> Measured:
        return register(system, workers, everywhere, window=_WINDOW, requests=count)

    lab.say("profile of a registrar")
    tables = _profile(system, "registrar", registrations, lab.share(_REQUESTS))
    system.purge()
    bodies = LookUps(registered(system))

    def look_ups(workers: Sequence[WorkerProcess], count: int) -> Measured:
        return measure_loads(system, workers, [look_up_load(system, bodies, count)])

    lab.say("profile of a responder")
    tables += _profile(system, "status", look_ups, lab.share(_LOOK_UPS))
    return Findings("profile", "Where the CPU goes", tables=tables)


def _profile(
    system: BenchSystem,
    role: Role,
    run: Callable[[Sequence[WorkerProcess], int], Measured],
    requests: int,
) -> list[Table]:
    file = system.directory / f"samples-{role}.json"
    workers = system.start(role, program=["benchmarks.sampled", MODULES[role], str(file)])
    try:
        run(workers, _WARM_UP_REQUESTS)
        os.kill(workers[0].pid, signal.SIGUSR1)
        cpu_seconds = run(workers, requests).cpu_per_thousand("worker")
    finally:
        system.stop(workers)
    counts: Mapping[str, int] = json.loads(file.read_text())
    total = sum(counts.values())
    parts: Counter[str] = Counter()
    for place, count in counts.items():
        parts[_part(place)] += count
    title = f"{MODULES[role]}: {cpu_seconds:.3f} s of CPU for 1,000 requests ({total:,} samples)"
    return [
        Table(title, ["part", "%", "ms for 1,000"], _rows(parts.most_common(), total, cpu_seconds)),
        Table(
            f"{MODULES[role]}: the places where most of it is spent",
            ["place", "%", "ms for 1,000"],
            _rows(Counter(counts).most_common(_PLACES_SHOWN), total, cpu_seconds),
        ),
    ]


def _rows(counts: list[tuple[str, int]], total: int, cpu_seconds: float) -> list[list[Cell]]:
    return [[name, 100 * count / total, 1000 * cpu_seconds * count / total] for name, count in counts]


def _part(place: str) -> str:
    if place.startswith("SQL "):
        file, _, function = place.partition(":")
        return f"SQL: {Path(file).stem}.{function}"
    return next((part for beginning, part in _PARTS.items() if place.startswith(beginning)), _REST)
