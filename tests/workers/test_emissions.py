"""A worker with an emitter emits in time, whatever else it has to do, and whoever refuses what it emits."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Thread
from uuid import uuid4

import pytest

from common.errors import StoreUnavailable
from common.messages.events import Event as CloudEvent
from common.messages.events import Tick, encode_tick
from common.messaging.delivery import Delivery, Outcome
from common.messaging.event_publisher import EventPublisher
from common.messaging.topology import EVENTS_EXCHANGE, TICKER_QUEUE
from common.messaging.worker import Worker, WorkerOptions
from tests.broker import RunningBroker
from tests.builders import MONDAY
from tests.deployment import connected
from tests.processes import SECONDS_MAX, eventually

EMIT_SECONDS = 0.02
MANY = 20
REFUSING = "antrean.sub.refusing"


@dataclass
class Work:
    """A handler that can do nothing until `possible`, and an emitter of `due`; both are noted."""

    possible: Event = field(default_factory=Event)
    due: list[CloudEvent] = field(default_factory=list)
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
        """The same again and again."""
        self.emissions += 1
        return self.due


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


def a_tick() -> CloudEvent:
    """A tick."""
    return encode_tick(Tick(str(uuid4()), "RSHS", "GIG", MONDAY), datetime.now(UTC))


def test_it_is_emitted_while_what_came_before_waits_to_be_handled(broker: RunningBroker) -> None:
    tick, work = a_tick(), Work()
    with running(broker, work):
        with EventPublisher(broker.url("ticker")) as publisher:
            publisher.publish([tick])
        _await(lambda: work.refused > 0)
        emitted = work.emissions
        _await(lambda: work.emissions > emitted + MANY)
        assert work.handled == [], "it waits still"
        work.possible.set()
        _await(lambda: work.handled == [tick.id])


def test_a_full_queue_that_refuses_ticks_holds_no_others_up(broker: RunningBroker) -> None:
    """It may be an integrator's: every other queue has the tick."""
    work = Work(due=[a_tick()])
    work.possible.set()
    with connected(broker.url("deploy")) as connection:
        channel = connection.channel()
        arguments = {"x-max-length": 1, "x-overflow": "reject-publish"}
        channel.queue_declare(REFUSING, durable=True, arguments=arguments)
        try:
            channel.queue_bind(REFUSING, EVENTS_EXCHANGE, "*.*.clinic.tick")
            with running(broker, work):
                _await(lambda: channel.queue_declare(REFUSING, passive=True).method.message_count == 1)
                emitted = work.emissions
                _await(lambda: work.emissions > emitted + MANY)
                _await(lambda: len(work.handled) > MANY)
        finally:
            channel.queue_delete(REFUSING)


def _await(reached: Callable[[], bool]) -> None:
    eventually(reached, "the worker emits, or is refused")
