"""The events of all queues for a process with an event loop: read by a thread, taken in the loop."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Final

import structlog

from antrean_client.errors import AntreanError
from antrean_client.position import Position
from antrean_client.subscriber import Batch, Subscriber

_WAIT_SECONDS: Final = 0.5
_GAP_SECONDS: Final = 1.0
"""Somebody waits for what comes behind a gap: it is kept back for as long as events may be out of order."""
_REPLY_SECONDS: Final = 2.0
_AGAIN_SECONDS_MIN: Final = 1.0
_AGAIN_SECONDS_MAX: Final = 15.0

_log = structlog.get_logger()


class EventFeed:
    """Hands every batch to `take`, in the loop in which it was started. Batches without events come about
    twice a second, also where there is no connection."""

    def __init__(
        self,
        amqp_url: Callable[[], str],
        take: Callable[[Batch], None],
        *,
        position: Position,
        name: str,
        fills_gaps: bool,
    ) -> None:
        """Reads from `position` on; `fills_gaps` as of a Subscriber, which needs the rights of an
        integrator."""
        self._amqp_url, self._take, self._name = amqp_url, take, name
        self._position, self._fills_gaps = position, fills_gaps
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = threading.Event()
        self._subscriber: Subscriber | None = None

    @property
    def is_connected(self) -> bool:
        """Whether events would come now."""
        return self._subscriber is not None and self._subscriber.is_connected

    def start(self) -> None:
        """Begins to read; to be called in the loop."""
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, name="events", daemon=True).start()

    def stop(self) -> None:
        """Reads no more, within a moment."""
        self._stopped.set()

    def _run(self) -> None:
        pause = _AGAIN_SECONDS_MIN
        while not self._stopped.is_set():
            began_at = time.monotonic()
            try:
                self._read()
            except AntreanError as error:
                # Also where the broker refuses: the password may have been changed.
                _log.warning("events not read", reason=str(error))
            is_settled = time.monotonic() - began_at > _AGAIN_SECONDS_MAX
            pause = _AGAIN_SECONDS_MIN if is_settled else min(2 * pause, _AGAIN_SECONDS_MAX)
            self._stopped.wait(pause)

    def _read(self) -> None:
        self._subscriber = Subscriber(
            self._amqp_url,
            self._position,
            name=self._name,
            fills_gaps=self._fills_gaps,
            gap_seconds=_GAP_SECONDS,
            reply_seconds=_REPLY_SECONDS,
            on_lost=lambda error: _log.warning("connection lost", reason=str(error)),
        )
        try:
            for batch in self._subscriber.batches(wait_seconds=_WAIT_SECONDS):
                if self._stopped.is_set():
                    return
                self._position = batch.position
                self._hand_over(batch)
        finally:
            self._subscriber = None

    def _hand_over(self, batch: Batch) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(self._take, batch)
        except RuntimeError:  # the loop is closed: the process ends
            self._stopped.set()
