"""Keeps the boards of those hospitals up to date that somebody looks at: by events, and by look-ups."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

import structlog

from antrean_client.subscriber import Batch
from common.clock import Clock
from waiting_room.boards import Boards, HospitalBoard
from waiting_room.calls import Shown
from waiting_room.hub import PAGES_MAX, Hub
from waiting_room.messages import Scene
from waiting_room.refreshing import Ask, Json, Refreshing

TOLD_SECONDS: Final = 0.5
"""What is no call is told after so long, with what has changed by then."""

LINGER_SECONDS: Final = 60.0
"""For so long a hospital is kept up to date at which nobody looks any more: browsers come back."""

FIRST_ANSWER_SECONDS_MAX: Final = 5.0
"""A browser waits for so long for what is looked up first; then it is told what is known."""

HOSPITALS_MAX: Final = PAGES_MAX
"""Hospitals that are kept up to date; those at which nobody looks make room for others."""

AFTER_FAULT_SECONDS: Final = 15.0
"""After a fault of our own in the look-ups of a hospital, they begin again."""

_EVENTS: Final = "events"

_IDLE_BATCHES: Final = 2
"""Batches without events in turn: there are none to be read."""

_log = structlog.get_logger()


class _Watched:
    """A hospital that is kept up to date by a task."""

    def __init__(self, board: HospitalBoard, refreshing: Refreshing) -> None:
        self.board, self.refreshing = board, refreshing
        self._loop = asyncio.get_running_loop()
        self.looked_at = self._loop.time()
        self.timer: asyncio.TimerHandle | None = None
        self._again: asyncio.TimerHandle | None = None
        self._begin()

    def stop(self) -> None:
        """Ends the task."""
        self._task.cancel()
        for timer in (self.timer, self._again):
            if timer is not None:
                timer.cancel()

    def _begin(self) -> None:
        self._task = self._loop.create_task(self.refreshing.run())
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.error("look-ups ended by a fault", hospital=self.board.code, exc_info=fault)
            self._again = self._loop.call_later(AFTER_FAULT_SECONDS, self._begin)


class Watching:
    """Tells browsers, by `hub`, what becomes of the hospitals; for the tasks of one loop."""

    def __init__(self, hub: Hub, ask: Ask, clock: Clock) -> None:
        self._hub, self._ask, self._clock = hub, ask, clock
        self._boards = Boards()
        self._watched: dict[str, _Watched] = {}
        self._lost_since: datetime | None = clock.now()
        self._idle_batches = 0

    @property
    def trouble(self) -> str | None:
        """What keeps it from its work; None where nothing does."""
        if self._lost_since is not None:
            return "RabbitMQ is not connected."
        return None if self._idle_batches >= _IDLE_BATCHES else "The last calls are being read."

    def take(self, batch: Batch, *, is_connected: bool) -> None:
        """What has happened in all hospitals; told at once where it is a call."""
        if self._idle_batches < _IDLE_BATCHES:
            self._idle_batches = 0 if batch.events else self._idle_batches + 1
        if is_connected != (self._lost_since is None):
            self._lost_since = None if is_connected else self._clock.now()
            for watched in self._watched.values():
                watched.board.lacks(_EVENTS, self._lost_since)
                self._tell(watched)
        for board in self._boards.take(batch.events):
            watched = self._watched[board.code]
            watched.refreshing.wake()
            self._tell(watched)

    async def messages(
        self, about: Json, chosen: tuple[str, ...] | None, shown: Shown
    ) -> AsyncIterator[bytes]:
        """What a browser is sent that looks at a hospital, an entry of `list_hospitals`, or at chosen clinics
        of it, and has shown these calls."""
        watched = self._watched.get(about["code"]) or self._watch(about["code"])
        with self._hub.browser(Scene(watched.board, about, chosen)) as page:
            await watched.refreshing.known(FIRST_ANSWER_SECONDS_MAX)
            async for message in page.messages(shown):
                yield message

    def close(self) -> None:
        """Looks nothing up any more."""
        for code in [*self._watched]:
            self._unwatch(code)

    def _watch(self, code: str) -> _Watched:
        for idle in [each for each in self._watched if not self._hub.is_looked_at(each)]:
            if len(self._watched) >= HOSPITALS_MAX:
                self._unwatch(idle)
        board = self._boards.watch(code)
        board.lacks(_EVENTS, self._lost_since)
        refreshing = Refreshing(board, self._ask, self._clock, lambda: self._refreshed(code))
        self._watched[code] = _Watched(board, refreshing)
        return self._watched[code]

    def _unwatch(self, code: str) -> None:
        self._watched.pop(code).stop()
        self._boards.unwatch(code)

    def _refreshed(self, code: str) -> None:
        watched, now = self._watched[code], asyncio.get_running_loop().time()
        if self._hub.is_looked_at(code):
            watched.looked_at = now
        self._tell(watched)
        if now - watched.looked_at > LINGER_SECONDS:
            self._unwatch(code)

    def _tell(self, watched: _Watched) -> None:
        """Calls at once, what else has changed in a moment."""
        if watched.board.may_not_wait:
            self._tell_now(watched)
        elif watched.board.has_changed and watched.timer is None:
            loop = asyncio.get_running_loop()
            watched.timer = loop.call_later(TOLD_SECONDS, self._tell_now, watched)

    def _tell_now(self, watched: _Watched) -> None:
        if watched.timer is not None:
            watched.timer.cancel()
            watched.timer = None
        self._hub.tell(watched.board.code, watched.board.change())
