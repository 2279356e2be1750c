"""Runs a worker: deliveries in batches to its handler, replies and events out, acknowledgements back.

One thread and one I/O loop carry two connections: one consumes and acknowledges, the other publishes, so
that neither a resource alarm nor a poisonous reply address keeps a worker from acknowledging. A handler
blocks the loop for at most one transaction, whose statements are bounded well below a heartbeat.
"""

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Protocol

import pika
import structlog
from pika.adapters.select_connection import IOLoop

from antrean_client.connection import connection_parameters
from common.errors import StoreUnavailable
from common.messaging.consumer import Batch, Consumer
from common.messaging.delivery import Delivery, Handler, Outcome
from common.messaging.fast_pika import connection_class
from common.messaging.handling import Handling, given_up
from common.messaging.health import Health
from common.messaging.link import Backoff, Parameters
from common.messaging.observer import Observer, WorkerFigures
from common.messaging.outgoing import SetAside
from common.messaging.publisher import Publisher
from common.messaging.quarantine import Quarantine
from common.messaging.stopwatch import Stopwatch
from common.messaging.surplus import Surplus
from common.messaging.topology import DEAD_QUEUE
from common.messaging.worker_options import Emitter, WorkerOptions

STOP_SECONDS_MAX = 10
"""How long a stopping worker waits for the confirmations of what it holds."""

CLOSE_SECONDS_MAX = 3
"""How long it then waits for the broker's goodbye, which does not come from one that is frozen or blocks."""

_PREFETCH_BATCHES = 4

_QUIET_SECONDS = 0.05
"""How often it is looked whether suspects can be taken, besides whenever something was settled."""

_OLDEST_SECONDS = 1.0
"""How often it is looked how long requests have waited, where somebody observes the worker."""

_log = structlog.get_logger()


class _Source(Protocol):
    """Where batches come from."""

    @property
    def waiting(self) -> int:
        """Deliveries that wait to be taken."""
        ...

    def take(self, batch_size: int) -> Batch | None:
        """The next batch, None where nothing waits."""
        ...

    def put_back(self, batch: Batch) -> None:
        """The batch could not be done now."""
        ...


class Worker:
    """Consumes `options.queue` with `handler`, and publishes what `emitter` has, until it is stopped.

    `ask_store` asks the database whether it is there, and raises StoreUnavailable. `stopwatch` is the one on
    which the handler marks its parts.
    """

    def __init__(
        self,
        options: WorkerOptions,
        handler: Handler,
        emitter: Emitter | None = None,
        ask_store: Callable[[], object] = lambda: None,
        stopwatch: Stopwatch | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._options = options
        self._handling = Handling(handler, stopwatch or Stopwatch(), observer)
        self._observer = observer
        self._parameters("look")()  # an address that cannot be used ends the program at its start
        self._emitter = emitter
        self._loop = IOLoop()
        self._connect = connection_class(fast_path=options.fast_path)
        self._store_backoff = Backoff()
        self._work_scheduled = False
        self._look_scheduled = False
        self._stopping = False
        self._emitted_unconfirmed = False
        self._dead_letters = self._store_retries = 0
        self._oldest_waiting: Mapping[str, datetime | None] = {}
        self._publisher = Publisher(
            self._loop,
            self._parameters("publisher"),
            self._connect,
            self._schedule,
            self._link_closed,
            drops_refused=True,
            needs_queue=DEAD_QUEUE,
            nodes=options.nodes,
        )
        self._batch_sizes = {options.queue: options.batch_size, **options.other_queues}
        self._intakes = [
            self._consumer(
                "consumer" if queue == options.queue else f"consumer of {queue}",
                queue,
                batch_size * _PREFETCH_BATCHES,
            )
            for queue, batch_size in self._batch_sizes.items()
        ]
        self._surplus = Surplus(self._finish)
        self._consumers = [*self._intakes]
        self._sources: list[_Source] = [*self._consumers]
        self._suspects: Quarantine | None = None
        self._alone: list[_Source] = []
        if options.quarantine is not None:
            # One at a time: what kills has nothing beside it then that would come back with it.
            quarantine = self._consumer("quarantine", options.quarantine, prefetch=1)
            self._suspects = Quarantine(self._publisher, quarantine, self._settle, self._schedule)
            self._consumers.append(quarantine)
            self._alone = [quarantine, self._suspects]
            self._sources += self._alone
        self._open_links = len(self._consumers) + 1
        # Not the loop's own way to be woken: a signal may come while it is being woken, holding a lock.
        self._stop_request, self._stop_requests = socket.socketpair()
        for each in (self._stop_request, self._stop_requests):
            each.setblocking(False)
        self._loop.add_handler(self._stop_requests.fileno(), self._stop_requested, IOLoop.READ)
        self._health = Health(self._loop, self._is_up, ask_store, options.health_file)

    def _parameters(self, purpose: str) -> Parameters:
        options = self._options
        name = f"{options.name} {purpose}"
        where = {"host": socket.gethostname(), "pid": os.getpid()}
        observed = {} if self._observer is None else self._observer.client_properties

        def described() -> pika.connection.Parameters:
            parameters = connection_parameters(options.amqp_url(), name, options.heartbeat_seconds)
            parameters.client_properties = {**(parameters.client_properties or {}), **where, **observed}
            return parameters

        return described

    def _consumer(self, purpose: str, queue: str, prefetch: int) -> Consumer:
        parameters = self._parameters(purpose)
        return Consumer(
            self._loop,
            parameters,
            self._connect,
            queue,
            prefetch,
            self._schedule,
            self._link_closed,
            self._publisher.reply_nodes.knows,
        )

    def run(self) -> None:
        """Works until `stop` has been called and all that was held is done."""
        self._publisher.open()
        for consumer in self._consumers:
            consumer.open()
        if self._emitter is not None:
            self._loop.call_later(0, self._emit)
        self._health.look()
        if self._observer is not None:
            self._look_at_oldest()
            self._observer.begin(self.figures)
        try:
            self._loop.start()
        finally:
            if self._observer is not None:
                self._observer.end()
            self._loop.remove_handler(self._stop_requests.fileno())
            self._stop_request.close()
            self._stop_requests.close()

    def stop(self) -> None:
        """Asks for an ordered stop; may be called from a signal handler, more than once."""
        with suppress(OSError):  # it has ended, or was asked often enough
            self._stop_request.send(b"s")

    def figures(self) -> WorkerFigures:
        """How the worker is now; may be called in any thread."""
        return WorkerFigures(
            trouble=self._health.trouble,
            looked_seconds_ago=self._health.looked_seconds_ago,
            unsettled={consumer.queue: consumer.unsettled for consumer in self._consumers},
            unconfirmed=self._publisher.pending,
            dead_letters=self._dead_letters,
            dead_letters_held=self._publisher.kept,
            quarantined=0 if self._suspects is None else self._suspects.isolated,
            events_dropped=self._publisher.events_dropped,
            links_lost={"publisher": self._publisher.links_lost}
            | {consumer.queue: consumer.links_lost for consumer in self._consumers},
            store_retries=self._store_retries,
            taken_apart=self._handling.taken_apart,
            surplus_refused=self._surplus.refused.copy(),
            oldest_waiting=self._oldest_waiting,
        )

    def _look_at_oldest(self) -> None:
        # Here and not in `figures`: what waits must not change meanwhile.
        self._oldest_waiting = {consumer.queue: consumer.oldest_waiting for consumer in self._consumers}
        self._loop.call_later(_OLDEST_SECONDS, self._look_at_oldest)

    def _is_up(self) -> bool:
        return self._publisher.is_up and all(consumer.is_up for consumer in self._consumers)

    # --- work -------------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        # After the I/O at hand, so that a batch holds all that has arrived, and waits for nothing more.
        if not self._work_scheduled:
            self._work_scheduled = True
            self._loop.call_later(0, self._work)

    def _work(self) -> None:
        self._work_scheduled = False
        if not self._publisher.is_up or self._publisher.is_congested:
            return  # its `on_up` schedules work again
        if self._surplus.refuse(self._intakes):
            self._look_again_later()
            return
        taken = self._take()
        if taken is None:
            return
        source, batch = taken
        if self._sort_out(source, batch):
            self._schedule()
            return
        try:
            outcomes = self._handling.handle(batch.deliveries)
        except StoreUnavailable as error:
            self._retry_later(source, batch, error)
            return
        self._store_backoff.reset()
        self._sources.remove(source)
        self._sources.append(source)
        self._finish(batch, outcomes)
        self._handling.published(batch.consumer.queue, batch.deliveries, outcomes)
        self._schedule()

    def _take(self) -> tuple[_Source, Batch] | None:
        """The next batch, and where it is from. All take turns, so that none waits for ever; but suspects
        wait until all that was taken before is settled, for one may be the last thing that is done here."""
        for source in self._sources:
            if source in self._alone and source.waiting and not self._is_quiet():
                self._look_again_later()
                return None
            batch = source.take(self._batch_size(source))
            if batch is not None:
                return source, batch
        return None

    def _is_quiet(self) -> bool:
        return all(intake.is_quiet for intake in self._intakes)

    def _look_again_later(self) -> None:
        # One timer at a time: else each delivery that arrives meanwhile begins timers of its own.
        if not self._look_scheduled:
            self._look_scheduled = True
            self._loop.call_later(_QUIET_SECONDS, self._look_again)

    def _look_again(self) -> None:
        self._look_scheduled = False
        self._schedule()

    def _batch_size(self, source: _Source) -> int:
        return self._batch_sizes.get(source.queue, 1) if isinstance(source, Consumer) else 1

    def _sort_out(self, source: _Source, batch: Batch) -> bool:
        """Takes what is not to be tried here out of a batch, and puts the rest back, if there is any."""
        hopeless = [each for each in batch.deliveries if each.is_hopeless]
        suspects: list[Delivery] = []
        if self._suspects is not None and source in self._intakes:
            suspects = [each for each in batch.deliveries if each.is_suspect and not each.is_hopeless]
        out = {each.tag for each in (*hopeless, *suspects)}
        if not out:
            return False
        if others := [each for each in batch.deliveries if each.tag not in out]:
            source.put_back(batch.of(*others))
        if hopeless:
            self._finish(batch.of(*hopeless), [given_up(each) for each in hopeless])
        if suspects and self._suspects is not None:
            self._suspects.isolate(batch.of(*suspects))
        return True

    def _retry_later(self, source: _Source, batch: Batch, error: StoreUnavailable) -> None:
        if self._stopping:
            self._close()  # what cannot be done now is delivered again, to somebody who can
            return
        source.put_back(batch)
        self._store_retries += 1
        wait_seconds = self._store_backoff.next_seconds()
        _log.warning("store unavailable", reason=str(error), retry_in_seconds=round(wait_seconds, 2))
        self._work_scheduled = True
        self._loop.call_later(wait_seconds, self._work)

    def _finish(self, batch: Batch, outcomes: Sequence[Outcome]) -> None:
        done = list(zip(batch.deliveries, outcomes, strict=True))
        dead = [(delivery, outcome.dead_letter) for delivery, outcome in done if outcome.dead_letter]
        rest = batch
        if dead:
            rest = batch.of(*(delivery for delivery, outcome in done if not outcome.dead_letter))
        self._publisher.publish(
            [event for outcome in outcomes for event in outcome.events],
            lambda: self._settle(rest),
            replies=[(delivery, outcome.reply) for delivery, outcome in done if outcome.reply is not None],
        )
        for delivery, reason in dead:
            self._set_aside(batch.of(delivery), reason)

    def _set_aside(self, alone: Batch, reason: str) -> None:
        """Sets a delivery aside for the operators. Where that is refused, it stays this worker's."""
        self._dead_letters += 1
        self._publisher.set_aside(
            SetAside(alone.deliveries[0], DEAD_QUEUE, reason),
            lambda: self._settle(alone),
            lambda: self._hold(alone),
            insists=True,
            is_void=lambda: alone.is_void,
        )

    def _hold(self, alone: Batch) -> None:
        alone.consumer.hold(alone)
        self._schedule()
        self._stop_if_done()

    def _settle(self, batch: Batch) -> None:
        batch.consumer.settle(batch)
        self._schedule()
        self._stop_if_done()

    def _emit(self) -> None:
        if self._stopping or self._emitter is None:
            return
        self._loop.call_later(self._options.emit_seconds, self._emit)
        # One batch of events at a time: what is unconfirmed does not grow while the broker takes nothing.
        if not self._publisher.is_up or self._emitted_unconfirmed:
            return
        try:
            events = self._emitter.emit()
        except StoreUnavailable as error:
            _log.warning("store unavailable", reason=str(error))
            return
        self._emitted_unconfirmed = True
        self._publisher.publish(events, self._emitted_confirmed)

    def _emitted_confirmed(self) -> None:
        self._emitted_unconfirmed = False
        self._stop_if_done()

    # --- stop -------------------------------------------------------------------------------------------

    def _stop_requested(self, _fd: int, _events: int) -> None:
        with suppress(OSError):
            self._stop_requests.recv(64)
        self._begin_stop()

    def _begin_stop(self) -> None:
        if self._stopping:
            return
        self._stopping = True
        _log.info("stopping", unsettled=self._unsettled())
        for consumer in self._consumers:
            consumer.cancel()
        self._loop.call_later(STOP_SECONDS_MAX, self._close)
        self._stop_if_done()

    def _stop_if_done(self) -> None:
        if self._stopping and not self._unsettled() and not self._publisher.pending:
            self._close()

    def _unsettled(self) -> int:
        return sum(consumer.unsettled for consumer in self._consumers)

    def _close(self) -> None:
        self._loop.call_later(CLOSE_SECONDS_MAX, self._loop.stop)
        for consumer in self._consumers:
            consumer.close()
        self._publisher.close()

    def _link_closed(self) -> None:
        self._open_links -= 1
        if self._open_links == 0:
            self._loop.stop()
