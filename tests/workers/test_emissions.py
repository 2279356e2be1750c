"""A worker with an emitter: when it emits, and when it has enough to do already."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Thread
from uuid import uuid4

import pytest

from common.errors import StoreUnavailable
from common.events import Event as CloudEvent
from common.events import Tick, encode_tick
from common.messaging.delivery import Delivery, Outcome
from common.messaging.event_publisher import EventPublisher
from common.messaging.topology import TICKER_QUEUE
from common.messaging.worker import Worker, WorkerOptions
from tests.broker import RunningBroker
from tests.builders import MONDAY
from tests.processes import SECONDS_MAX, eventually

EMIT_SECONDS = 0.02


@dataclass
class Work:
    """A handler that can do nothing until `possible`, and an emitter that has nothing; both are noted."""

    possible: Event = field(default_factory=Event)
    refused: int = 0
    handled: list[str] = field(default_factory=list)
    emissions: int = 0

    def handle(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """Takes the deliveries, if that is possible."""
        if not self.possible.is_set():
            self.refused += 1
            raise StoreUnavailable("not now")
        self.handled += [each.message_id or "" for each in deliveries]
        return [Outcome() for _ in deliveries]

    def emit(self) -> Sequence[CloudEvent]:
        """Nothing is due."""
        self.emissions += 1
        return []


@contextmanager
def running(broker: RunningBroker, work: Work) -> Iterator[None]:
    """A worker in a thread of this process, on the ticker's queue."""
    options = WorkerOptions("test", broker.url("ticker"), TICKER_QUEUE, 8, 30, emit_seconds=EMIT_SECONDS)
    worker = Worker(options, work, work)
    thread = Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        work.possible.set()
        worker.stop()
        thread.join(SECONDS_MAX)
        assert not thread.is_alive()
        worker._loop.close()  # which the end of a process does


@pytest.fixture(autouse=True)
def _emptied(broker: RunningBroker) -> Iterator[None]:
    broker.purge()
    yield
    broker.purge()


def test_nothing_is_emitted_while_what_came_before_waits_to_be_handled(broker: RunningBroker) -> None:
    tick = encode_tick(Tick(str(uuid4()), "RSHS", "GIG", MONDAY), datetime.now(UTC))
    work = Work()
    with running(broker, work):
        _await(lambda: work.emissions > 0)
        with EventPublisher(broker.url("ticker")) as publisher:
            publisher.publish([tick])
        _await(lambda: work.refused > 0)
        emitted, refused = work.emissions, work.refused
        _await(lambda: work.refused > refused)  # which is many emissions later
        assert work.emissions <= emitted + 1  # one may have been on its way
        work.possible.set()
        _await(lambda: work.emissions > emitted + 1)
        assert work.handled == [tick.id]


def _await(reached: Callable[[], bool]) -> None:
    eventually(reached, "the worker emits, or is refused")
