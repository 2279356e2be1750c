"""What a run prints at its end: faults and counts, how much memory the workers took, and the verdict."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.chaos.run import Outcome

Record = Mapping[str, Any]

_MEBIBYTE = 1024 * 1024
_PHASES = ("fired", "healed", "late", "failed")
_THIRDS = ("first third", "middle third", "last third")


def print_report(console: Console, directory: Path, outcome: Outcome) -> None:
    """Prints the report of the run in `directory`."""
    about = json.loads((directory / "run.json").read_text())
    console.print(_faults(directory))
    console.print(_operations(directory))
    console.print(_memory(directory))
    for line in _totals(directory, about):
        console.print(line, highlight=False)
    console.print(outcome.checker_said.rstrip(), highlight=False, markup=False, soft_wrap=True)
    for what in outcome.late:
        console.print(f"LATE: {what}", highlight=False, markup=False, soft_wrap=True)
    for failure in outcome.failures:
        console.print(f"FAILED: {failure}", highlight=False, markup=False, soft_wrap=True)


def _faults(directory: Path) -> Table:
    """One row for each kind of fault."""
    planned = Counter(fault["kind"] for fault in json.loads((directory / "plan.json").read_text())["faults"])
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for line in _lines([directory / "faults.jsonl"]):
        seen[line["kind"]][line["phase"]] += 1
    table = Table("fault", "planned", "fired", "healed", "late", "failed", title="Faults")
    for kind in sorted(planned):
        counts = [seen[kind][phase] for phase in _PHASES]
        table.add_row(kind, str(planned[kind]), *map(str, counts))
    sums = [sum(each[phase] for each in seen.values()) for phase in _PHASES]
    table.add_row("all", str(planned.total()), *map(str, sums), style="bold")
    return table


def _operations(directory: Path) -> Table:
    """How the operations of all clients ended; an operation is one attempt at a request."""
    ended: dict[str, Counter[str]] = defaultdict(Counter)
    requests: dict[str, set[str]] = defaultdict(set)
    for line in _lines(sorted(directory.glob("history-*.jsonl"))):
        ended[line["op"]][line["phase"]] += 1
        requests[line["op"]].add(line["request_id"])
    phases = ("invoked", "confirmed", "ok", "refused", "unknown")
    table = Table("operation", "requests", *phases, title="Operations of the clients")
    for operation in sorted(ended):
        counts = (str(ended[operation][phase]) for phase in phases)
        table.add_row(operation, str(len(requests[operation])), *counts)
    return table


def _memory(directory: Path) -> Table:
    """The most memory that each worker took in each third of the run, in MiB."""
    samples = list(_lines([directory / "memory.jsonl"]))
    start, end = samples[0]["at"], samples[-1]["at"]
    third = (end - start) / len(_THIRDS)
    peaks: dict[str, list[int]] = defaultdict(lambda: [0] * len(_THIRDS))
    processes: dict[str, set[int]] = defaultdict(set)
    for line in samples:
        part = min(int((line["at"] - start) / third), len(_THIRDS) - 1)
        peaks[line["worker"]][part] = max(peaks[line["worker"]][part], line["rss_bytes"])
        processes[line["worker"]].add(line["pid"])
    table = Table("worker", "processes", *_THIRDS, title="Peak memory of the workers (MiB)")
    for worker in sorted(peaks):
        parts = (f"{peak / _MEBIBYTE:.1f}" for peak in peaks[worker])
        table.add_row(worker, str(len(processes[worker])), *parts)
    return table


def _totals(directory: Path, about: Record) -> Iterator[str]:
    tickets = {
        line["ticket"]["ticket_code"]
        for line in _lines(sorted(directory.glob("history-*.jsonl")))
        if line["op"] == "register" and line["phase"] == "ok"
    }
    events = [line["event"]["id"] for line in _lines([directory / "events.jsonl"])]
    in_stream = [line["event"]["id"] for line in _lines([directory / "stream.jsonl"])]
    dead = len(list(_lines([directory / "dead.jsonl"])))
    planted = len(list(_lines([directory / "poison.jsonl"])))
    drained = about["drained_at"] and f"{about['drained_at'] - about['healed_at']:.1f} s"
    yield f"tickets that clients were given: {len(tickets)}"
    yield f"events delivered: {len(set(events))}, with repetitions {len(events)}"
    yield f"events in the journal's stream: {len(set(in_stream))}, with repetitions {len(in_stream)}"
    yield f"dead letters: {dead}, planted poison: {planted}"
    yield f"queues drained after the last fault: {drained or 'not in time'}"
    yield f"took {about['finished_at'] - about['started_at']:.0f} s on RabbitMQ {about['rabbitmq_version']}"


def _lines(paths: Iterable[Path]) -> Iterator[Record]:
    for path in paths:
        if path.exists():
            with path.open() as file:
                # The last line of a client that was killed may be cut off.
                yield from (json.loads(line) for line in file if line.endswith("\n"))
