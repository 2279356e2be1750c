"""A worker's metrics: counted while it works, shown at a port of its own."""

from collections.abc import Callable, Collection, Mapping, Sequence
from http import HTTPStatus

import structlog
from prometheus_client.registry import Collector

from common.clock import Clock
from common.health import SILENT_SECONDS_MAX
from common.messaging.delivery import Delivery, Outcome
from common.messaging.observer import WorkerFigures
from common.messaging.stopwatch import Part
from common.messaging.topology import names_in
from common.metrics.collector import WorkerCollector
from common.metrics.counts import BatchCounts
from common.metrics.server import Page, PageServer
from common.metrics.showing import health_page, metrics_page, registry_of

_STARTING = "The worker is starting."

_log = structlog.get_logger()


class Metrics:
    """The observer of a worker that is called `worker` and consumes `queues`.

    `catalog_version` tells the version of the catalog that it knows; `others` collect what else it shows.
    Raises SettingsError where the port cannot be had.
    """

    def __init__(
        self,
        worker: str,
        queues: Collection[str],
        clock: Clock,
        catalog_version: Callable[[], int],
        address: str,
        port: int,
        others: Collection[Collector] = (),
    ) -> None:
        self._clock = clock
        self._counts = BatchCounts(names_in(queues))
        self._collector = WorkerCollector(worker, self._counts, clock, catalog_version)
        self._registry = registry_of(worker, (self._collector, *others))
        pages = {"/metrics": self._shown, "/livez": self._alive, "/readyz": self._ready}
        self._server = PageServer(address, port, pages)
        self.client_properties: Mapping[str, int | str] = {
            "metrics_address": address,
            "metrics_port": self._server.port,
        }

    def begin(self, look: Callable[[], WorkerFigures]) -> None:
        """Shows them from now on."""
        self._collector.look = look
        self._server.start()
        _log.info("metrics shown", address=self.client_properties["metrics_address"], port=self._server.port)

    def handled(
        self,
        queue: str,
        deliveries: Sequence[Delivery],
        outcomes: Sequence[Outcome],
        parts: Mapping[Part, float],
    ) -> None:
        """Counts a batch."""
        self._counts.add(queue, deliveries, outcomes, parts, self._clock.now())

    def end(self) -> None:
        """Shows nothing any more."""
        self._server.stop()

    def _shown(self) -> Page:
        return metrics_page(self._registry)

    def _alive(self) -> Page:
        look = self._collector.look
        seconds = 0.0 if look is None else look().looked_seconds_ago
        stuck = f"The worker has not looked at itself for {seconds:.0f} s: it is stuck."
        return health_page(stuck if seconds > SILENT_SECONDS_MAX else None)

    def _ready(self) -> Page:
        look = self._collector.look
        alive = self._alive()
        if look is None or alive.status != HTTPStatus.OK:
            return alive if look is not None else health_page(_STARTING)
        return health_page(look().trouble)
