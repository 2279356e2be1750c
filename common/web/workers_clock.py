"""Whether the clock of a web process goes as the workers' do, which is compared once a minute.

The workers tell their time where they refuse a registration that was made too long ago (docs/protocol.md,
Sending again). So one is sent that was made in the year 2000: it takes no number, and changes nothing.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from common.clock import Clock
from common.errors import AntreanError
from common.web.requests import Requester

DIFFERENCE_MAX: Final = timedelta(minutes=1)
"""Beyond it boards announce what is over, or nothing; beyond 15 minutes registrations are refused."""

_EVERY_SECONDS: Final = 60
_AGAIN_SECONDS: Final = 5
_MADE_AT: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LONG_AGO: Final[dict[str, Any]] = {
    "hospital": "NONE",
    "clinic": "NONE",
    "medical_record_number": "0",
    "name": "Nobody",
    "date_of_birth": "2000-01-01",
}


class WorkersClock:
    """Compares in a task of its own, from `start` to `stop`."""

    def __init__(self, requester: Requester, clock: Clock) -> None:
        self._requester, self._clock = requester, clock
        self._task: asyncio.Task[None] | None = None
        self.trouble: str | None = None
        """In which way the clocks differ, as of the last comparison; None where they do not."""

    def start(self) -> None:
        """Begins to compare; to be called in the loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """Compares no more."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while True:
            try:
                await self._compare()
            except AntreanError:  # also of a file that cannot be read now
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                await asyncio.sleep(_EVERY_SECONDS)

    async def _compare(self) -> None:
        before = self._clock.now()
        answer = await self._requester.call("register", _LONG_AGO, made_at=_MADE_AT)
        told = answer.body.get("server_time")
        if isinstance(told, str):
            self.trouble = difference(before, self._clock.now(), datetime.fromisoformat(told))


def difference(before: datetime, after: datetime, told: datetime) -> str | None:
    """In which way a clock that showed `before` and `after` differs from one that told a moment in between,
    in whole seconds; None where it does not by more than a minute."""
    behind, ahead = told - after, before - told - timedelta(seconds=1)
    if max(behind, ahead) <= DIFFERENCE_MAX:
        return None
    minutes = max(behind, ahead) // timedelta(minutes=1)
    way = "behind" if behind > ahead else "ahead of"
    return f"This machine's clock is {minutes} min {way} the workers': set it, or theirs."
