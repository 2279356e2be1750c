"""How long it takes from the start of a process to its use: workers until they consume, the patient's command
until it prints a ticket."""

import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from antrean_client.connection import blocking_connection
from benchmarks.catalogs import Place, places
from benchmarks.findings import Cell, Findings, Table, Target, middle
from benchmarks.lab import CLINICS, Lab
from benchmarks.system import MODULES, QUEUES, BenchSystem, WorkerFailed
from common.settings import Role
from local_stack.child import environment_with

_STARTS = 10
_POLL_SECONDS = 0.005
_START_SECONDS_MAX = 30
_patients = count(90_000_001)
_ROLES: Sequence[Role] = ("registrar", "ticker", "status")


def measure(lab: Lab) -> Findings:
    """Each worker alone on an idle system; then the command and a bare script, with a registrar there."""
    system = lab.shared_system("postgresql")
    starts = lab.share(_STARTS)
    found: dict[str, list[float]] = {}
    for role in _ROLES:
        lab.say(f"start of a {role}")
        found[MODULES[role]] = [_seconds_until_consuming(system, role) for _ in range(starts)]
    place = places(CLINICS)[0]
    workers = system.start("registrar")
    lab.say("start of `antrean register`")
    ours, bare = "antrean register", "bare pika script"
    found |= {ours: [], bare: []}
    for _ in range(starts):  # in turn: what else the machine does is the same for both
        found[ours].append(_seconds_until_ticket(_command(place), system))
        found[bare].append(_seconds_until_ticket(_script(system.urls["patient"], place), system))
    system.stop(workers)
    return _findings(found, [MODULES[role] for role in _ROLES], ours)


def _findings(found: dict[str, list[float]], workers: Sequence[str], ours: str) -> Findings:
    targets = [Target(f"{name} consumes after, s", middle(found[name]), most=1.0) for name in workers]
    targets.append(Target(f"`{ours}` prints a ticket after, s", middle(found[ours]), most=0.3))
    rows: list[list[Cell]] = [
        [name, middle(seconds), min(seconds), max(seconds)] for name, seconds in found.items()
    ]
    return Findings(
        "start", "Start", targets, [Table("From process start", ["", "median s", "least s", "most s"], rows)]
    )


def _seconds_until_consuming(system: BenchSystem, role: Role) -> float:
    """Until the broker has the consumer of a worker that was just started."""
    connection = blocking_connection(system.urls["deploy"], "antrean benchmark")
    channel = connection.channel()
    started = time.perf_counter()
    worker = system.launch(role, [MODULES[role]], {})
    try:
        while not channel.queue_declare(QUEUES[role], passive=True).method.consumer_count:
            if time.perf_counter() - started > _START_SECONDS_MAX:
                raise WorkerFailed(f"A worker does not consume: {worker.child.last_words()}")
            time.sleep(_POLL_SECONDS)
        return time.perf_counter() - started
    finally:
        system.stop([worker])
        connection.close()


def _seconds_until_ticket(command: Sequence[str], system: BenchSystem) -> float:
    """Until the first of what a program prints is there, which is the ticket."""
    variables = {
        "ANTREAN_AMQP_URL": system.urls["patient"],
        "ANTREAN_DATA_DIR": str(system.directory / "patient"),
    }
    started = time.perf_counter()
    with subprocess.Popen(command, env=environment_with(variables), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        printed = process.stdout.read(1)
        elapsed = time.perf_counter() - started
        process.stdout.read()
    if not printed or process.returncode != 0:
        raise WorkerFailed(f"{command[0]} printed no ticket and ended with {process.returncode}.")
    return elapsed


def _command(place: Place) -> list[str]:
    program = str(Path(sys.executable).with_name("antrean"))
    patient = ["--mrn", str(next(_patients)), "--name", "Siti Aminah", "--dob", "1990-01-31"]
    return [program, "register", *place, *patient]


def _script(url: str, place: Place) -> list[str]:
    return [sys.executable, "-m", "benchmarks.references.bare_request", url, *place, str(next(_patients))]
