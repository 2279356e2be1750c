"""Opens a worker's metrics where its settings name a port. Where they name none, nothing is loaded for it."""

from common.clock import Clock
from common.messaging.observer import Observer
from common.messaging.worker_options import WorkerOptions
from common.settings import Settings
from common.storage.catalog import CatalogCache
from common.storage.engine import open_engine


def open_metrics(
    settings: Settings,
    worker: str,
    options: WorkerOptions,
    clock: Clock,
    catalog: CatalogCache,
    *,
    of_all_queues: bool = False,
) -> Observer | None:
    """The observer of the worker; None where it is to have none. Whether it also shows, from the database,
    how all queues are. Raises SettingsError."""
    if settings.metrics_port is None:
        return None
    from common.metrics.metrics import Metrics
    from common.metrics.queue_collector import STATEMENT_SECONDS_MAX, QueueCollector

    others = []
    if of_all_queues:
        engine = open_engine(settings.current_database_url, statement_seconds_max=STATEMENT_SECONDS_MAX)
        others.append(QueueCollector(worker, engine, clock, settings.tick_seconds))
    queues = {options.queue, *options.other_queues}
    address, port = settings.metrics_address, settings.metrics_port
    return Metrics(worker, queues, clock, lambda: catalog.version, address, port, others)
