"""How fast `antrean-events replay` writes what the stream of events holds, and with how much memory."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.findings import Cell, Findings, Table, Target, middle, spread
from benchmarks.lab import Lab
from benchmarks.stream import fill, registrations
from benchmarks.system import BenchSystem, WorkerFailed
from local_stack.child import environment_with

_EVENTS = 100_000
_FEW = _EVENTS // 5
_ALONE = "published one by one"
_MIB = 1024  # of the kilobytes in which Linux tells it


@dataclass(frozen=True)
class _Replay:
    """One run, from the start of its process to its end."""

    per_second: float
    cpu_us: float
    broker_cpu_us: float
    most_mib: float


def measure(lab: Lab) -> Findings:
    """Replays of a fifth of the events, and of all, to a file: memory must not grow with them; and of events
    each of which the broker has written by itself."""
    count, few = lab.share(_EVENTS), lab.share(_FEW)
    with lab.own_system("sqlite") as system:
        lab.say(f"publishing {count:,} events")
        begin, end = fill(system, registrations(count))
        alone = fill(system, registrations(few, "RSUD"), one_by_one=True)
        parts = {f"{few:,} events": (begin, begin + few), f"{count:,} events": (begin, end)}
        parts[f"{few:,} events, {_ALONE}"] = alone
        runs: dict[str, list[_Replay]] = {name: [] for name in parts}
        for _ in lab.rounds:
            for name, part in parts.items():
                lab.say(f"replay of {name}")
                runs[name].append(_replay(system, *part))
    small, all_of_them, _ = runs.values()
    memory = [middle([each.most_mib for each in found]) for found in (small, all_of_them)]
    rows: list[list[Cell]] = [
        [
            name,
            middle([each.per_second for each in found]),
            spread([each.per_second for each in found]),
            middle([each.cpu_us for each in found]),
            middle([each.broker_cpu_us for each in found]),
            middle([each.most_mib for each in found]),
        ]
        for name, found in runs.items()
    ]
    columns = ["", "events/s", "range", "CPU µs each", "broker's CPU µs each", "most MiB"]
    rate = middle([each.per_second for each in all_of_them])
    targets = [
        Target("`antrean-events replay`, events/s", rate, least=20_000, shown="{:,.0f}"),
        Target("memory of a replay of five times as many events, ratio", memory[1] / memory[0], most=1.1),
    ]
    return Findings(
        "replay", "Replay", targets, [Table("From process start to end, to a file", columns, rows)]
    )


def _replay(system: BenchSystem, begin: int, end: int) -> _Replay:
    events = end - begin
    output = system.directory / "events.jsonl"
    output.unlink(missing_ok=True)
    words = [str(Path(sys.executable).with_name("antrean-events")), "replay"]
    words += ["--from", str(begin), "--until", str(end)]
    variables = {"ANTREAN_AMQP_URL": system.urls["integrator"]}
    broker_before = system.server_cpu_seconds()["broker"]
    started = time.perf_counter()
    process = subprocess.Popen([*words, "-o", str(output)], env=environment_with(variables))
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or sum(1 for _ in output.open("rb")) != events:
        raise WorkerFailed(f"antrean-events ended with {process.returncode}.")
    broker = system.server_cpu_seconds()["broker"] - broker_before
    own = used.ru_utime + used.ru_stime
    return _Replay(events / seconds, own / events * 1e6, broker / events * 1e6, used.ru_maxrss / _MIB)
