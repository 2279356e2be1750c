"""Starts a registrar: `python -m registrar_worker`, or `antrean-registrar`."""

from common.process import configure_logging, run_until_stopped, run_worker, trace_worker


def main() -> None:
    """The console script."""
    run_worker("antrean-registrar", run)


def run() -> None:
    """Wires a registrar from its settings and runs it until it is told to stop."""
    # Read here, while the garbage collector waits: it would take a fifth of a worker's time to start.
    from common.messaging.stopwatch import Stopwatch
    from common.messaging.topology import DESK_REGISTRAR_QUEUE, REGISTRAR_QUARANTINE, REGISTRAR_QUEUE
    from common.messaging.tracing import traced
    from common.messaging.worker import Worker
    from common.messaging.worker_options import WorkerOptions
    from common.metrics.opening import open_metrics
    from common.settings import load_settings
    from common.storage.catalog import CatalogCache
    from common.storage.engine import ask, open_engine
    from common.storage.schema import check_schema
    from registrar_worker.handler import RegistrarHandler

    settings = load_settings("registrar")
    configure_logging("registrar", settings.log_level)
    trace_worker("antrean-registrar", settings)
    options = WorkerOptions(
        name="antrean registrar",
        amqp_url=settings.current_amqp_url,
        queue=REGISTRAR_QUEUE,
        other_queues={DESK_REGISTRAR_QUEUE: settings.batch_size},
        quarantine=REGISTRAR_QUARANTINE,
        batch_size=settings.batch_size,
        heartbeat_seconds=settings.heartbeat_seconds,
        fast_path=settings.fast_path,
        health_file=settings.health_file,
        nodes=settings.broker_nodes,
    )
    registry_key = settings.read_registry_key()
    engine = open_engine(settings.current_database_url, fast_path=settings.fast_path)
    check_schema(engine)
    catalog, clock, stopwatch = CatalogCache(), settings.clock(), Stopwatch()
    handler = RegistrarHandler(engine, catalog, clock, registry_key, stopwatch)
    handler.look_at_registries()
    observer = open_metrics(settings, "registrar", options, clock, catalog)
    worker = Worker(
        options, traced(handler), ask_store=lambda: ask(engine), stopwatch=stopwatch, observer=observer
    )
    run_until_stopped(worker)


if __name__ == "__main__":
    main()
