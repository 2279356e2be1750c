"""Where faults take place: the system, what of it is under a fault, and what can be seen of it."""

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
from tests.chaos.history import Asked, History
from tests.chaos.plan import Fault
from tests.chaos.registrations import registration
from tests.chaos.system import ROOMS, System
from tests.chaos.workers import ChaosWorker
from tests.tcp_proxy import Link

GROUND = "ground"
"""What broker, database and clock are together: one of them is under a fault at a time."""

_CONSUME_OK = b"\x00\x3c\x00\x15"  # class 60, method 21
_REFUSED_SECONDS_MAX = 1.0
_TRYING_SECONDS_MAX = 120.0
_TRY_AGAIN_SECONDS = 0.5


class Scene:
    """One worker is under one fault at a time, and so is the `GROUND` that all stand on."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.history = History(system.directory, "planted", system.clock)
        self._random = Random("planted")
        self._claimed: set[str] = set()
        # For what may block. They start no processes, which would end with them.
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="faults")

    def close(self) -> None:
        """Ends the threads, when they have done what they have begun."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.history.close()

    def registration(self, fault: Fault) -> Asked:
        """Somebody new asks for a ticket, in the clinic that the fault is about."""
        return registration(self.system.hospital, clinic(fault), self.system.clock, self._random)

    def aside(self, call: Callable[[], T], seconds_max: float = SEEN_SECONDS_MAX) -> Waiting[T]:
        """What `call` returns, or raises; it may block meanwhile."""
        future: Future[T] = self._threads.submit(call)
        yield from until(future.done, "a call of the injector returned", seconds_max)
        return future.result()

    def persistently(self, call: Callable[[], T]) -> Waiting[T]:
        """What `call` returns; it is called again where broker or database cannot be reached just then."""
        began_at = time.monotonic()
        while True:
            try:
                found = yield from self.aside(call)
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
        """No other fault takes these while the block runs; see `free`."""
        self._claimed.update(names)
        try:
            yield
        finally:
            self._claimed.difference_update(names)

    def free(self, name: str) -> Waiting[None]:
        """Waits until `name` is under no fault."""
        yield from until(lambda: name not in self._claimed, f"{name} is under no other fault", 120)

    def sound_worker(self, fault: Fault, not_these: set[str]) -> Waiting[ChaosWorker]:
        """The worker that a fault is meant for, or another of that role that works and is under no fault."""
        assert fault.target is not None
        role = fault.target.rpartition("-")[0]
        names = sorted(name for name in self.system.workers if name.rpartition("-")[0] == role)
        in_turn = [fault.target, *(name for name in names if name != fault.target)]
        wanted = [name for name in in_turn if name not in not_these] or in_turn
        found: list[ChaosWorker] = []

        def one_is_sound() -> bool:
            found[:] = [
                self.system.workers[name]
                for name in wanted
                if name not in self._claimed and consumes(self.system.workers[name])
            ]
            return bool(found)

        # Where the one it is meant for is only starting, that one.
        first = self.system.workers[wanted[0]]
        yield from seen(lambda: wanted[0] not in self._claimed and consumes(first), 5)
        yield from until(one_is_sound, f"a {role} works and is under no other fault", 120)
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
    """Whether the worker lives, and the broker has told it that it consumes, on a connection that is up."""
    return worker.alive() and any(_CONSUME_OK in link.to_client.beginning for link in consumer_links(worker))


def consumer_links(worker: ChaosWorker) -> list[Link]:
    """The worker's connections to the broker that are up at both ends, and there to consume."""
    links = worker.broker_way.links
    return [link for link in links if link.name.endswith("consumer") and not link.server_has_closed]


def refuses(url: str) -> bool:
    """Whether nobody takes connections at the host and port of `url`."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    try:
        socket.create_connection((parts.hostname, parts.port), _REFUSED_SECONDS_MAX).close()
    except OSError:
        return True
    return False
