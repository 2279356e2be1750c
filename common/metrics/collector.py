"""A worker's counts and figures as Prometheus reads them, made when it asks."""

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import Metric as Family
from prometheus_client.registry import Collector

from common.clock import Clock
from common.messages.problems import ProblemCode
from common.messaging.observer import WorkerFigures
from common.messaging.topology import REQUEST_EXCHANGES
from common.metrics import definitions
from common.metrics.counts import ANSWERED, NO_REPLY, OTHER, BatchCounts, bounded_delay
from common.metrics.families import by_one, family, histogram, one

_FAULTS: Final = (ProblemCode.INTERNAL_ERROR, ProblemCode.TEMPORARILY_UNAVAILABLE)
"""What is refused by no fault of who asks."""


class WorkerCollector(Collector):
    """Of the worker named `worker`; `look` is None before it runs, and `catalog_version` what it knows."""

    def __init__(
        self, worker: str, counts: BatchCounts, clock: Clock, catalog_version: Callable[[], int]
    ) -> None:
        self._worker = worker
        self._counts = counts
        self._clock = clock
        self._catalog_version = catalog_version
        self.look: Callable[[], WorkerFigures] | None = None

    def collect(self) -> Iterator[Family]:
        """All families but those of the process."""
        yield family(self._worker, definitions.CATALOG_VERSION, one(self._catalog_version()))
        yield from self._of_batches()
        if self.look is not None:
            yield from self._of_figures(self.look())

    def _of_batches(self) -> Iterator[Family]:
        counts = self._counts
        results = counts.results.copy()
        received = dict.fromkeys((*sorted(counts.requests), OTHER), 0)
        answered = received.copy()
        for (request, result), times in results.items():
            received[request] += times
            if result == ANSWERED:
                answered[request] += times
        # From 0 on where each single one counts: of a series that begins with 1 Prometheus sees no increase.
        refused: dict[tuple[str, str], int] = {(request, code): 0 for request in received for code in _FAULTS}
        refused |= {key: times for key, times in results.items() if key[1] not in (ANSWERED, NO_REPLY)}
        yield family(self._worker, definitions.RECEIVED, by_one(received))
        yield family(self._worker, definitions.ANSWERED, by_one(answered))
        yield family(self._worker, definitions.REFUSED, refused.items())
        yield family(self._worker, definitions.PART_SECONDS, by_one(counts.parts.copy()))
        yield histogram(self._worker, definitions.BATCH_SIZE, counts.sizes.copy())
        yield histogram(self._worker, definitions.BATCH_SECONDS, counts.seconds.copy())
        yield histogram(self._worker, definitions.REPLY_DELAY, counts.delays.copy())

    def _of_figures(self, figures: WorkerFigures) -> Iterator[Family]:
        now = self._clock.now()
        oldest = {
            queue: 0.0 if sent_at is None else bounded_delay(sent_at, now)
            for queue, sent_at in figures.oldest_waiting.items()
        }
        surplus = dict.fromkeys((*REQUEST_EXCHANGES.values(), OTHER), 0)
        for exchange, times in figures.surplus_refused.items():
            surplus[exchange if exchange in surplus else OTHER] += times
        yield family(self._worker, definitions.READY, one(figures.trouble is None))
        yield family(self._worker, definitions.SURPLUS, by_one(surplus))
        yield family(self._worker, definitions.OLDEST_UNANSWERED, by_one(oldest))
        yield family(self._worker, definitions.UNSETTLED, by_one(figures.unsettled))
        yield family(self._worker, definitions.UNCONFIRMED, one(figures.unconfirmed))
        yield family(self._worker, definitions.DEAD_LETTERS, one(figures.dead_letters))
        yield family(self._worker, definitions.DEAD_LETTERS_HELD, one(figures.dead_letters_held))
        yield family(self._worker, definitions.QUARANTINED, one(figures.quarantined))
        yield family(self._worker, definitions.EVENTS_DROPPED, one(figures.events_dropped))
        yield family(self._worker, definitions.LINKS_LOST, by_one(figures.links_lost))
        yield family(self._worker, definitions.STORE_RETRIES, one(figures.store_retries))
        yield family(self._worker, definitions.TAKEN_APART, one(figures.taken_apart))
