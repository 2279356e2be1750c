"""Metrics with their values, as the library takes them."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import TypeAlias

from prometheus_client import Metric as Family
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from common.metrics.counts import Distribution
from common.metrics.definitions import Kind, Metric

Values: TypeAlias = Iterable[tuple[Sequence[str], float]]
"""Values by the labels after `worker`."""


def family(worker: str, metric: Metric, values: Values) -> Family:
    """A counter or a gauge of this worker."""
    kind = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    made = kind(metric.name, metric.help, labels=("worker", *metric.labels))
    for labels, value in values:
        made.add_metric((worker, *labels), value)
    return made


def histogram(worker: str, metric: Metric, by_label: Mapping[str, Distribution]) -> Family:
    """A histogram of this worker, by one label."""
    made = HistogramMetricFamily(metric.name, metric.help, labels=("worker", *metric.labels))
    for label, distribution in by_label.items():
        bounds = [f"{bound:g}" for bound in distribution.bounds]
        buckets = list(zip((*bounds, "+Inf"), accumulate(distribution.counts.copy()), strict=True))
        made.add_metric((worker, label), buckets, distribution.total)
    return made


def one(value: float) -> Values:
    """A value without further labels."""
    return [((), float(value))]


def by_one(values: Mapping[str, float]) -> Values:
    """Values by one label."""
    return [((label,), value) for label, value in values.items()]
