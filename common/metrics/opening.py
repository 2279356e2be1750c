"""Opens a worker's metrics where its settings name a port. Where they name none, nothing is loaded for it."""

from common.clock import Clock
from common.messaging.observer import Observer
from common.messaging.worker_options import WorkerOptions
from common.settings import Settings
from common.storage.catalog import CatalogCache


def open_metrics(
    settings: Settings, worker: str, options: WorkerOptions, clock: Clock, catalog: CatalogCache
) -> Observer | None:
    """The observer of the worker; None where it is to have none. Raises SettingsError."""
    if settings.metrics_port is None:
        return None
    from common.metrics.metrics import Metrics

    queues = {options.queue, *options.other_queues}
    address, port = settings.metrics_address, settings.metrics_port
    return Metrics(worker, queues, clock, lambda: catalog.version, address, port)
