"""Where scenarios measure: systems that several of them share, and one way to measure a load."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.catalogs import open_clinics
from benchmarks.load_client import Load, LoadResult, run_loads
from benchmarks.machine import server_versions
from benchmarks.system import BenchSystem, Database, WorkerProcess

CLINICS = 30

PROCESSES = ("worker", "broker", "database", "client")
"""Whose processor time is told apart: all workers together, and each server with all that belongs to it."""

_QUICK_SHARE = 4


@dataclass(frozen=True)
class Measured:
    """The results of loads that ran at once, and the processor time that each kind of process used
    meanwhile (see `PROCESSES`)."""

    results: Sequence[LoadResult]
    cpu_seconds: dict[str, float]

    @property
    def result(self) -> LoadResult:
        """The result of the only, or the first, load."""
        return self.results[0]

    def cpu_per_thousand(self, process: str) -> float:
        """Seconds of processor time for a thousand answers."""
        return self.cpu_seconds[process] * 1000 / max(sum(len(each.latencies_ms) for each in self.results), 1)


class Lab:
    """Gives scenarios their systems, and ends them all; a context manager. With `quick`, everything is to
    be short. `say` tells who waits what is being done;
    `server_versions` are those of the brokers and databases that were started."""

    def __init__(self, *, quick: bool, say: Callable[[str], None]) -> None:
        self.quick = quick
        self.say = say
        self.server_versions: dict[str, str] = {}
        self._shared: dict[Database, BenchSystem] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._shared.clear()
        self._open.close()

    @property
    def rounds(self) -> Sequence[int]:
        """The numbers of the rounds in which each contender has its turn; the median round counts."""
        return [1] if self.quick else [1, 2, 3]

    def share(self, requests: int) -> int:
        """How many of so many requests to send: all, or in a quick run a part."""
        return requests // _QUICK_SHARE if self.quick else requests

    def shared_system(self, database: Database) -> BenchSystem:
        """The system of all scenarios that need nothing special, with `CLINICS` clinics, and empty. Who gets
        it stops the workers that it starts."""
        if database not in self._shared:
            self._shared[database] = self._open.enter_context(self.own_system(database))
            self._shared[database].apply(open_clinics(CLINICS))
        self._shared[database].purge()
        return self._shared[database]

    @contextmanager
    def own_system(self, database: Database) -> Iterator[BenchSystem]:
        """A system for one scenario, without a catalog."""
        self.say(f"starting RabbitMQ and {database}")
        directory = tempfile.TemporaryDirectory(prefix="antrean-bench-", ignore_cleanup_errors=True)
        with directory as name, BenchSystem(Path(name), database) as system:
            self.server_versions |= server_versions(system)
            yield system


def measure_loads(system: BenchSystem, workers: Sequence[WorkerProcess], loads: Sequence[Load]) -> Measured:
    """Carries out all loads at once while these workers serve; raises LoadFailed."""

    def used() -> dict[str, float]:
        return {"worker": sum(each.cpu_seconds() for each in workers), **system.server_cpu_seconds()}

    before: dict[str, float] = {}
    results = run_loads(loads, at_start=lambda: before.update(used()))
    cpu_seconds = {process: seconds - before[process] for process, seconds in used().items()}
    return Measured(results, {**cpu_seconds, "client": sum(each.cpu_seconds for each in results)})
