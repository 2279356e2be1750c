"""How soon a subscriber that fell behind by an hour has caught up, while the morning goes on."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from benchmarks.accounting import tree_cpu_seconds
from benchmarks.findings import Cell, Findings, Table, Target
from benchmarks.lab import Lab
from benchmarks.stream import fill, publish, registrations
from benchmarks.system import BenchSystem, WorkerFailed
from local_stack.child import environment_with

_PER_SECOND = 28
_BEHIND_SECONDS = 3600
_CAUGHT_UP_WITHIN = 1.0
"""Behind by no more than what is published in so many seconds."""
_FOLLOWED_SECONDS = 10
_SECONDS_MAX = 300
_LOOK_SECONDS = 0.05


@dataclass
class _Morning:
    """Goes on at its pace, each event by itself, until it is stopped; `count` events by now."""

    amqp_url: str
    count: int
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Publishes."""
        begun, first = time.monotonic(), self.count
        coming = registrations(_SECONDS_MAX * _PER_SECOND, begin=first)
        for _ in publish(self.amqp_url, coming, one_by_one=True):
            self.count += 1
            if self.stopped.wait(max(begun + (self.count - first) / _PER_SECOND - time.monotonic(), 0)):
                return


def measure(lab: Lab) -> Findings:
    """`antrean-events tail --state` with an hour before it, and then with the morning."""
    backlog = lab.share(_PER_SECOND * _BEHIND_SECONDS)
    with lab.own_system("sqlite") as system:
        lab.say(f"publishing {backlog:,} events, one by one")
        fill(system, registrations(backlog), one_by_one=True)
        output = system.directory / "events.jsonl"
        morning = _Morning(system.urls["deploy"], backlog)
        with _going_on(morning), _following(system, output) as process, output.open("rb") as written:
            lab.say("catching up")
            begun, broker_before = time.monotonic(), system.server_cpu_seconds()["broker"]
            lines = _until(written, 0, lambda: morning.count - _CAUGHT_UP_WITHIN * _PER_SECOND)
            seconds, broker = time.monotonic() - begun, system.server_cpu_seconds()["broker"] - broker_before
            cpu = tree_cpu_seconds(process.pid)
            time.sleep(_FOLLOWED_SECONDS)
            morning.stopped.set()
            _until(written, lines, lambda: morning.count)
        _verify(output, morning.count)
    row: list[Cell] = [
        f"{backlog:,} events",
        seconds,
        lines / seconds,
        cpu / lines * 1e6,
        broker / lines * 1e6,
    ]
    columns = ["", "seconds", "events/s", "CPU µs each", "broker's CPU µs each"]
    caption = f"Behind by an hour of {_PER_SECOND} events a second, which go on"
    target = Target(
        "a subscriber that was away for an hour has caught up, s", seconds, most=60, shown="{:.0f}"
    )
    return Findings("catching_up", "Catching up", [target], [Table(caption, columns, [row])])


@contextmanager
def _going_on(morning: _Morning) -> Iterator[None]:
    thread = threading.Thread(target=morning.run)
    thread.start()
    try:
        yield
    finally:
        morning.stopped.set()
        thread.join()


@contextmanager
def _following(system: BenchSystem, output: Path) -> Iterator[subprocess.Popen[bytes]]:
    words = [str(Path(sys.executable).with_name("antrean-events")), "tail", "--from", "first"]
    words += ["--state", str(system.directory / "state.json"), "-o", str(output)]
    output.touch()
    environment = environment_with({"ANTREAN_AMQP_URL": system.urls["integrator"]})
    with subprocess.Popen(words, env=environment) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)


def _until(written: BinaryIO, lines: int, wanted: Callable[[], float]) -> int:
    """Waits for so many lines, of which `lines` were there before; how many there are."""
    until = time.monotonic() + _SECONDS_MAX
    while lines < wanted():
        if time.monotonic() > until:
            raise WorkerFailed("antrean-events does not catch up.")
        time.sleep(_LOOK_SECONDS)
        lines += written.read().count(b"\n")
    return lines


def _verify(output: Path, count: int) -> None:
    """Each event is there once, in the order of its queue."""
    last: dict[str, int] = {}
    for line in output.open("rb"):
        event = json.loads(line)
        if event["sequence"] != last.get(event["clinic"], 0) + 1:
            raise WorkerFailed(f"antrean-events has written {event} out of order.")
        last[event["clinic"]] = event["sequence"]
    if sum(last.values()) != count:
        raise WorkerFailed(f"antrean-events has written {sum(last.values())} events of {count}.")
