"""Watches a running system: who uses how much of the processor and of memory, and how long the queues get."""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from antrean_client.connection import blocking_connection
from benchmarks.system import BenchSystem, WorkerProcess
from common.messaging import topology

Workers = Mapping[str, Sequence[WorkerProcess]]
"""The running workers by role."""


class Meter:
    """Processor time of workers, broker and database since it was made, or since `restart`."""

    def __init__(self, system: BenchSystem, workers: Workers) -> None:
        self._system = system
        self._workers = workers
        self.restart()

    def restart(self) -> None:
        """Forgets what was used before."""
        self._before, self._started = self._used(), time.monotonic()

    def cpu_seconds(self) -> dict[str, float]:
        """Seconds by role, and of `broker` and `database`."""
        return {name: used - self._before[name] for name, used in self._used().items()}

    def cores(self) -> dict[str, float]:
        """Cores in use on average, by role, and of `broker` and `database`."""
        elapsed = time.monotonic() - self._started
        return {name: used / elapsed for name, used in self.cpu_seconds().items()}

    def _used(self) -> dict[str, float]:
        of_workers = {
            role: sum(worker.cpu_seconds() for worker in workers) for role, workers in self._workers.items()
        }
        return of_workers | self._system.server_cpu_seconds()


def peak_mebibytes(workers: Sequence[WorkerProcess]) -> float:
    """The most memory that one of the workers has occupied since its start, in MiB."""
    return max(map(_peak_kibibytes, workers)) / 1024


def _peak_kibibytes(worker: WorkerProcess) -> int:
    lines = Path(f"/proc/{worker.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


class _Watch:
    """Takes a sample every `seconds`, in a thread of its own, within a `with` block."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(self._seconds):
            self._sample()

    def _sample(self) -> None:
        raise NotImplementedError


class QueueWatch(_Watch):
    """How many messages wait in each queue: at the `longest`, and by the `latest` sample."""

    def __init__(self, amqp_url: str, seconds: float = 1.0) -> None:
        super().__init__(seconds)
        self._amqp_url = amqp_url
        self.longest: dict[str, int] = dict.fromkeys(topology.queues(), 0)
        self.latest: dict[str, int] = {}

    def _watch(self) -> None:
        connection = blocking_connection(self._amqp_url, "antrean benchmark")
        self._channel = connection.channel()
        super()._watch()
        connection.close()

    def _sample(self) -> None:
        for name in self.longest:
            length = self._channel.queue_declare(name, passive=True).method.message_count
            self.latest[name] = length
            self.longest[name] = max(length, self.longest[name])


class MemoryWatch(_Watch):
    """The memory that the workers of each role occupy, in MiB: `samples` in order, the largest worker's."""

    def __init__(self, workers: Workers, seconds: float) -> None:
        super().__init__(seconds)
        self._workers = workers
        self.samples: dict[str, list[float]] = defaultdict(list)

    def _sample(self) -> None:
        for role, workers in self._workers.items():
            self.samples[role].append(max(worker.rss_bytes() for worker in workers) / 2**20)
