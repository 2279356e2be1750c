"""A worker's counts and figures as Prometheus reads them, made when it asks."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TypeAlias

from prometheus_client import Metric as Family
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from common.clock import Clock
from common.messaging.observer import WorkerFigures
from common.messaging.topology import REQUEST_EXCHANGES
from common.metrics import definitions
from common.metrics.counts import ANSWERED, NO_REPLY, OTHER, BatchCounts, Distribution, bounded_delay
from common.metrics.definitions import Kind, Metric

Values: TypeAlias = Iterable[tuple[Sequence[str], float]]
"""Values by the labels after `worker`."""


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
        yield self._family(definitions.CATALOG_VERSION, _one(self._catalog_version()))
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
        refused = {key: times for key, times in results.items() if key[1] not in (ANSWERED, NO_REPLY)}
        yield self._family(definitions.RECEIVED, _by_one(received))
        yield self._family(definitions.ANSWERED, _by_one(answered))
        yield self._family(definitions.REFUSED, refused.items())
        yield self._family(definitions.PART_SECONDS, _by_one(counts.parts.copy()))
        yield self._histogram(definitions.BATCH_SIZE, counts.sizes.copy())
        yield self._histogram(definitions.BATCH_SECONDS, counts.seconds.copy())
        yield self._histogram(definitions.REPLY_DELAY, counts.delays.copy())

    def _of_figures(self, figures: WorkerFigures) -> Iterator[Family]:
        now = self._clock.now()
        oldest = {
            queue: 0.0 if sent_at is None else bounded_delay(sent_at, now)
            for queue, sent_at in figures.oldest_waiting.items()
        }
        surplus = dict.fromkeys((*REQUEST_EXCHANGES.values(), OTHER), 0)
        for exchange, times in figures.surplus_refused.items():
            surplus[exchange if exchange in surplus else OTHER] += times
        yield self._family(definitions.READY, _one(figures.trouble is None))
        yield self._family(definitions.SURPLUS, _by_one(surplus))
        yield self._family(definitions.OLDEST_UNANSWERED, _by_one(oldest))
        yield self._family(definitions.UNSETTLED, _by_one(figures.unsettled))
        yield self._family(definitions.UNCONFIRMED, _one(figures.unconfirmed))
        yield self._family(definitions.DEAD_LETTERS, _one(figures.dead_letters))
        yield self._family(definitions.DEAD_LETTERS_HELD, _one(figures.dead_letters_held))
        yield self._family(definitions.QUARANTINED, _one(figures.quarantined))
        yield self._family(definitions.EVENTS_DROPPED, _one(figures.events_dropped))
        yield self._family(definitions.LINKS_LOST, _by_one(figures.links_lost))
        yield self._family(definitions.STORE_RETRIES, _one(figures.store_retries))
        yield self._family(definitions.TAKEN_APART, _one(figures.taken_apart))

    def _family(self, metric: Metric, values: Values) -> Family:
        kind = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
        family = kind(metric.name, metric.help, labels=("worker", *metric.labels))
        for labels, value in values:
            family.add_metric((self._worker, *labels), value)
        return family

    def _histogram(self, metric: Metric, by_label: Mapping[str, Distribution]) -> Family:
        family = HistogramMetricFamily(metric.name, metric.help, labels=("worker", *metric.labels))
        for label, distribution in by_label.items():
            bounds = [f"{bound:g}" for bound in distribution.bounds]
            cumulated = accumulate(distribution.counts.copy())
            buckets = list(zip((*bounds, "+Inf"), cumulated, strict=True))
            family.add_metric((self._worker, label), buckets, distribution.total)
        return family


def _one(value: float) -> Values:
    return [((), float(value))]


def _by_one(values: Mapping[str, float]) -> Values:
    return [((label,), value) for label, value in values.items()]
