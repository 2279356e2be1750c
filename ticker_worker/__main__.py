"""Starts a ticker: `python -m ticker_worker`, or `antrean-ticker`."""

from datetime import timedelta

from common.process import configure_logging, run_until_stopped, run_worker, trace_worker


def main() -> None:
    """The console script."""
    run_worker("antrean-ticker", run)


def run() -> None:
    """Wires a ticker from its settings and runs it until it is told to stop."""
    # Read here, while the garbage collector waits: it would take a fifth of a worker's time to start.
    from common.messaging.stopwatch import Stopwatch
    from common.messaging.topology import TICKER_QUARANTINE, TICKER_QUEUE
    from common.messaging.tracing import traced
    from common.messaging.worker import Worker
    from common.messaging.worker_options import WorkerOptions
    from common.metrics.opening import open_metrics
    from common.settings import load_settings
    from common.storage.catalog import CatalogCache
    from common.storage.engine import ask, open_engine
    from common.storage.schema import check_schema
    from ticker_worker.handler import TickerHandler
    from ticker_worker.nightly_purge import NightlyPurge
    from ticker_worker.tick_emitter import TickEmitter, emission_seconds

    settings = load_settings("ticker")
    configure_logging("ticker", settings.log_level)
    trace_worker("antrean-ticker", settings)
    clock = settings.clock()
    options = WorkerOptions(
        name="antrean ticker",
        amqp_url=settings.current_amqp_url,
        queue=TICKER_QUEUE,
        quarantine=TICKER_QUARANTINE,
        batch_size=settings.batch_size,
        heartbeat_seconds=settings.heartbeat_seconds,
        fast_path=settings.fast_path,
        health_file=settings.health_file,
        nodes=settings.broker_nodes,
        emit_seconds=emission_seconds(clock.real_seconds(settings.tick_seconds)),
    )
    engine = open_engine(settings.current_database_url, fast_path=settings.fast_path)
    check_schema(engine)
    purge = NightlyPurge(engine, clock, settings.purge_after_days, settings.purge_access_log_after_days)
    emitter = TickEmitter(engine, clock, timedelta(seconds=settings.tick_seconds), purge)
    catalog, stopwatch = CatalogCache(), Stopwatch()
    handler = TickerHandler(engine, catalog, clock, stopwatch)
    observer = open_metrics(settings, "ticker", options, clock, catalog)
    run_until_stopped(Worker(options, traced(handler), emitter, lambda: ask(engine), stopwatch, observer))


if __name__ == "__main__":
    main()
