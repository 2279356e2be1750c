"""How all queues are, read from the database when Prometheus asks.

Status responders show it: they only read, and tell that tickers are late also where no ticker runs. The
worker's own connections and loop have no part in it.
"""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from prometheus_client import Metric as Family
from prometheus_client.registry import Collector

from common.clock import Clock
from common.errors import StoreError
from common.metrics import definitions
from common.metrics.families import by_one, family, one
from common.storage.engine import Engine, snapshot
from common.storage.queue_figures import QueueFigures, read_queue_figures

READ_SECONDS_MIN: Final = 10.0
READ_SECONDS_MAX: Final = 60.0
"""How often the database is asked, however many ask this worker: between these bounds it is left alone for
`RESTS` times as long as its answer took."""

RESTS: Final = 50
"""Whoever watches a whole country is no load of its own."""

STATEMENT_SECONDS_MAX: Final = 2
"""No statement for it takes longer."""

_TICKS_LATE_MAX = 3
"""Intervals of ticks by which a change may be late: with the tick that a killed ticker had claimed."""


class QueueCollector(Collector):
    """Reads through `engine`, which nobody else uses; a tick is claimed for `tick_seconds`."""

    def __init__(self, worker: str, engine: Engine, clock: Clock, tick_seconds: float) -> None:
        self._worker = worker
        self._engine = engine
        self._clock = clock
        self._grace = timedelta(seconds=_TICKS_LATE_MAX * tick_seconds)
        self._lock = threading.Lock()
        self._figures: QueueFigures | None = None
        self._read_again_at = float("-inf")

    def collect(self) -> Iterator[Family]:
        """The figures of the last seconds; that they could not be read, where they could not."""
        figures = self._latest()
        yield family(self._worker, definitions.READING_FAILED, one(figures is None))
        if figures is None:
            return
        yield family(self._worker, definitions.PATIENTS_WAITING, one(figures.waiting))
        yield family(self._worker, definitions.CLINICS_WAITING, one(figures.clinics_waiting))
        yield family(self._worker, definitions.CLINICS_OVERDUE, one(figures.clinics_overdue))
        yield family(self._worker, definitions.CLINIC_OVERDUE, figures.overdue_seconds.items())
        yield family(self._worker, definitions.CLINIC_STANDSTILL, figures.standstill_seconds.items())
        yield family(self._worker, definitions.ESTIMATES, by_one(figures.estimates))

    def _latest(self) -> QueueFigures | None:
        with self._lock:
            began_at = time.monotonic()
            if began_at >= self._read_again_at:
                self._figures = self._read()
                ended_at = time.monotonic()
                rest_seconds = RESTS * (ended_at - began_at)
                self._read_again_at = ended_at + min(max(rest_seconds, READ_SECONDS_MIN), READ_SECONDS_MAX)
            return self._figures

    def _read(self) -> QueueFigures | None:
        try:
            with snapshot(self._engine) as connection:
                return read_queue_figures(connection, self._clock.now(), self._grace)
        except StoreError:
            return None
