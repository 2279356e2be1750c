"""A worker with an emitter emits in time, also while its handler waits or a queue refuses ticks."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Thread
from uuid import uuid4

import pytest

from admin_cli.broker.event_publisher import EventPublisher
from common.errors import StoreUnavailable
from common.messages.events import Event as CloudEvent
from common.messages.events import Tick, encode_tick
from common.messaging.delivery import Delivery, Outcome
from common.messaging.topology import EVENTS_EXCHANGE, TICKER_QUEUE
from common.messaging.worker import Worker
from common.messaging.worker_options import WorkerOptions
from tests.broker import RunningBroker
from tests.builders import MONDAY
from tests.deployment import connected
from tests.processes import SECONDS_MAX, eventually

EMIT_SECONDS = 0.02
MANY = 20
REFUSING = "antrean.sub.refusing"


@dataclass
class GatedHandler:
    """A handler that fails until `possible` is set, and an emitter of `due`; it counts the calls of both."""

    possible: Event = field(default_factory=Event)
    due: list[CloudEvent] = field(default_factory=list)
    refused: int = 0
    handled: list[str] = field(default_factory=list)
    emit_count: int = 0

    def handle(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """Handles the deliveries, or raises StoreUnavailable until `possible` is set."""
        if not self.possible.is_set():
            self.refused += 1
            raise StoreUnavailable("not now")
        self.handled += [each.message_id or "" for each in deliveries]
        return [Outcome() for _ in deliveries]

    def emit(self) -> Sequence[CloudEvent]:
        """Emits `due`, the same events each time."""
        self.emit_count += 1
        return self.due


@contextmanager
def running(broker: RunningBroker, handler: GatedHandler) -> Iterator[None]:
    """A worker in a thread of this process, on the ticker's queue."""
    options = WorkerOptions(
        "test", lambda: broker.url("ticker"), TICKER_QUEUE, 8, 30, emit_seconds=EMIT_SECONDS
    )
    worker = Worker(options, handler, handler)
    thread = Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        handler.possible.set()
        worker.stop()
        thread.join(SECONDS_MAX)
        assert not thread.is_alive()
        worker._loop.close()  # as the end of the process does


@pytest.fixture(autouse=True)
def _emptied(broker: RunningBroker) -> Iterator[None]:
    broker.purge()
    yield
    broker.purge()


def a_tick() -> CloudEvent:
    """A tick."""
    return encode_tick(Tick(str(uuid4()), "RSHS", "GIG", MONDAY), datetime.now(UTC))


def test_a_worker_emits_while_its_deliveries_wait(broker: RunningBroker) -> None:
    tick, handler = a_tick(), GatedHandler()
    with running(broker, handler):
        with EventPublisher(broker.url("ticker")) as publisher:
            publisher.publish([tick])
        _await(lambda: handler.refused > 0)
        emitted = handler.emit_count
        _await(lambda: handler.emit_count > emitted + MANY)
        assert handler.handled == [], "the delivery still waits"
        handler.possible.set()
        _await(lambda: handler.handled == [tick.id])


def test_a_full_queue_that_refuses_ticks_does_not_delay_the_others(broker: RunningBroker) -> None:
    """The full queue may be an integrator's: every other queue gets the tick."""
    handler = GatedHandler(due=[a_tick()])
    handler.possible.set()
    with connected(broker.url("deploy")) as connection:
        channel = connection.channel()
        arguments = {"x-max-length": 1, "x-overflow": "reject-publish"}
        channel.queue_declare(REFUSING, durable=True, arguments=arguments)
        try:
            channel.queue_bind(REFUSING, EVENTS_EXCHANGE, "*.*.clinic.tick")
            with running(broker, handler):
                _await(lambda: channel.queue_declare(REFUSING, passive=True).method.message_count == 1)
                emitted = handler.emit_count
                _await(lambda: handler.emit_count > emitted + MANY)
                _await(lambda: len(handler.handled) > MANY)
        finally:
            channel.queue_delete(REFUSING)


def _await(reached: Callable[[], bool]) -> None:
    eventually(reached, "the worker emits, or is refused")
