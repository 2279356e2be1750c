"""What the port of metrics has in common, whatever process shows them."""

from collections.abc import Iterable
from http import HTTPStatus
from importlib.metadata import version

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, ProcessCollector, generate_latest
from prometheus_client.registry import Collector

from common.metrics.definitions import INFO
from common.metrics.server import PLAIN_TEXT, Page


def registry_of(worker: str, collectors: Iterable[Collector]) -> CollectorRegistry:
    """What these collect of the process that is called `worker`, with its version and what it uses."""
    registry = CollectorRegistry()
    info = Gauge(INFO.name, INFO.help, ("worker", *INFO.labels), registry=registry)
    info.labels(worker, version("antrean")).set(1)
    ProcessCollector(registry=registry)
    for collector in collectors:
        registry.register(collector)
    return registry


def metrics_page(registry: CollectorRegistry) -> Page:
    """For Prometheus."""
    return Page(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(registry))


def health_page(trouble: str | None) -> Page:
    """For probes; `trouble` says what is wrong."""
    status = HTTPStatus.OK if trouble is None else HTTPStatus.SERVICE_UNAVAILABLE
    return Page(status, PLAIN_TEXT, f"{trouble or 'ok'}\n".encode())
