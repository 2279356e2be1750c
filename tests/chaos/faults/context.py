"""What a fault works with: the system, which parts of it are under a fault, and its observable state."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from urllib.parse import urlsplit

from pika.exceptions import AMQPError

from common.errors import BrokerUnavailable, StoreUnavailable
from tests.chaos.faults.steps import (
    NEVER_SECONDS,
    SEEN_SECONDS_MAX,
    NotSeen,
    T,
    Waiting,
    late,
    pause,
    seen,
    until,
)
from tests.chaos.history import History, Request
from tests.chaos.plan import Fault
from tests.chaos.registrations import new_request_id, registration
from tests.chaos.staff import Seat
from tests.chaos.system import ROOMS, System
from tests.chaos.workers import ChaosWorker
from tests.tcp_proxy import Link

INFRASTRUCTURE = "infrastructure"
"""Broker, database and clock together: at most one of them is under a fault at a time."""

_CONSUME_OK = b"\x00\x3c\x00\x15"  # class 60, method 21
_REFUSED_SECONDS_MAX = 1.0
_TRYING_SECONDS_MAX = 120.0
_TRY_AGAIN_SECONDS = 0.5


class FaultContext:
    """Each worker, and the `INFRASTRUCTURE` of all, is under at most one fault at a time."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.history = History(system.directory, "planted", system.clock)
        self._random = Random("planted")
        self._claimed: set[str] = set()
        # For calls that may block. These start no processes: a child would end with its thread.
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="faults")

    def close(self) -> None:
        """Ends the threads when their calls have returned."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.history.close()

    def registration(self, fault: Fault) -> Request:
        """A registration of a new patient, in the clinic that the fault is about."""
        return registration(self.system.hospital, clinic(fault), self.system.clock, self._random)

    def call_next(self, seat: Seat) -> Request:
        """A desk's call of the next patient to its room."""
        body = {"hospital": self.system.hospital, "clinic": seat.clinic, "room": seat.room}
        return Request.new("call_next", body, self.system.clock, new_request_id(self._random))

    def in_thread(self, call: Callable[[], T], seconds_max: float = SEEN_SECONDS_MAX) -> Waiting[T]:
        """Runs `call`, which may block, in a thread; returns or raises what it does."""
        future: Future[T] = self._threads.submit(call)
        yield from until(future.done, "a call of the injector returned", seconds_max)
        return future.result()

    def with_retries(self, call: Callable[[], T]) -> Waiting[T]:
        """What `call` returns; it is called again while broker or database cannot be reached."""
        began_at = time.monotonic()
        while True:
            try:
                found = yield from self.in_thread(call)
            except (OSError, AMQPError, BrokerUnavailable, StoreUnavailable) as error:
                if time.monotonic() > began_at + NEVER_SECONDS:
                    raise NotSeen(f"{type(error).__name__} for too long: {error}") from error
            else:
                if (seconds := time.monotonic() - began_at) > _TRYING_SECONDS_MAX:
                    yield late("broker and database could be reached", seconds, _TRYING_SECONDS_MAX)
                return found
            yield from pause(_TRY_AGAIN_SECONDS)

    @contextmanager
    def claimed(self, *names: str) -> Iterator[None]:
        """Keeps other faults away from these names while the block runs; see `free`."""
        self._claimed.update(names)
        try:
            yield
        finally:
            self._claimed.difference_update(names)

    def free(self, name: str) -> Waiting[None]:
        """Waits until `name` is under no fault."""
        yield from until(lambda: name not in self._claimed, f"{name} is under no other fault", 120)

    def healthy_worker(self, fault: Fault, not_these: set[str]) -> Waiting[ChaosWorker]:
        """The fault's target, or another worker of its role that consumes and is under no fault."""
        assert fault.target is not None
        role = fault.target.rpartition("-")[0]
        names = sorted(name for name in self.system.workers if name.rpartition("-")[0] == role)
        in_turn = [fault.target, *(name for name in names if name != fault.target)]
        wanted = [name for name in in_turn if name not in not_these] or in_turn
        found: list[ChaosWorker] = []

        def one_is_healthy() -> bool:
            found[:] = [
                self.system.workers[name]
                for name in wanted
                if name not in self._claimed and consumes(self.system.workers[name])
            ]
            return bool(found)

        # Prefers the target if it is only starting.
        first = self.system.workers[wanted[0]]
        yield from seen(lambda: wanted[0] not in self._claimed and consumes(first), 5)
        yield from until(one_is_healthy, f"a {role} works and is under no other fault", 120)
        return found[0]

    def works_again(self, worker: ChaosWorker) -> Waiting[None]:
        """Waits until the worker lives and consumes."""
        yield from until(lambda: consumes(worker), f"{worker.name} consumes again", 120)

    def all_work_again(self) -> Waiting[None]:
        """Waits until every worker that is under no fault of its own lives and consumes."""

        def all_consume() -> bool:
            others = (each for name, each in self.system.workers.items() if name not in self._claimed)
            return all(consumes(worker) for worker in others)

        yield from until(all_consume, "all workers consume again", 120)


def clinic(fault: Fault) -> str:
    """The clinic that a fault is about."""
    return sorted(ROOMS)[int(fault.variety * len(ROOMS))]


def consumes(worker: ChaosWorker) -> bool:
    """Whether the worker is alive and has a confirmed consumer on a connection that is up."""
    return worker.alive() and any(_CONSUME_OK in link.to_client.beginning for link in consumer_links(worker))


def consumer_links(worker: ChaosWorker) -> list[Link]:
    """The worker's consumer connections that are up at both ends."""
    links = worker.broker_proxy.links
    return [link for link in links if link.name.endswith("consumer") and not link.server_has_closed]


def refuses(url: str) -> bool:
    """Whether connections to the host and port of `url` are refused."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    try:
        socket.create_connection((parts.hostname, parts.port), _REFUSED_SECONDS_MAX).close()
    except OSError:
        return True
    return False
