"""Starts a status responder: `python -m status_responder`, or `antrean-status`."""

from common.process import configure_logging, run_until_stopped, run_worker, trace_worker

DESK_BATCH_SIZE = 16
"""A desk's look-up takes several statements, while patients' look-ups wait."""

INTEGRATOR_BATCH_SIZE = 4
"""An integrator's look-up may be a page of a hundred events."""


def main() -> None:
    """The console script."""
    run_worker("antrean-status", run)


def run() -> None:
    """Wires a status responder from its settings and runs it until it is told to stop."""
    # Read here, while the garbage collector waits: it would take a fifth of a worker's time to start.
    from common.messaging.stopwatch import Stopwatch
    from common.messaging.topology import DESK_STATUS_QUEUE, INTEGRATOR_STATUS_QUEUE, STATUS_QUEUE
    from common.messaging.tracing import traced
    from common.messaging.worker import Worker
    from common.messaging.worker_options import WorkerOptions
    from common.metrics.opening import open_metrics
    from common.settings import load_settings
    from common.storage.catalog import CatalogCache
    from common.storage.engine import ask, open_engine
    from common.storage.schema import check_schema
    from status_responder.handler import StatusHandler

    settings = load_settings("status")
    configure_logging("status", settings.log_level)
    trace_worker("antrean-status", settings)
    options = WorkerOptions(
        name="antrean status responder",
        amqp_url=settings.current_amqp_url,
        queue=STATUS_QUEUE,
        other_queues={DESK_STATUS_QUEUE: DESK_BATCH_SIZE, INTEGRATOR_STATUS_QUEUE: INTEGRATOR_BATCH_SIZE},
        batch_size=settings.batch_size,
        heartbeat_seconds=settings.heartbeat_seconds,
        fast_path=settings.fast_path,
        health_file=settings.health_file,
        nodes=settings.broker_nodes,
    )
    engine = open_engine(settings.current_database_url, fast_path=settings.fast_path)
    check_schema(engine)
    catalog, clock, stopwatch = CatalogCache(), settings.clock(), Stopwatch()
    handler = StatusHandler(engine, catalog, clock, stopwatch)
    observer = open_metrics(settings, "status", options, clock, catalog, of_all_queues=True)
    worker = Worker(
        options, traced(handler), ask_store=lambda: ask(engine), stopwatch=stopwatch, observer=observer
    )
    run_until_stopped(worker)


if __name__ == "__main__":
    main()
