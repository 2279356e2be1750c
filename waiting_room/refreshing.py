"""Looks up what events do not tell of a hospital: its clinics, who is next, how long the wait is.

A clinic's queue is looked up after each of its events, at most once in a second, and now and then without
one; all clinics together at least every fifteen seconds, since estimates change with time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import structlog
from pydantic import ValidationError

from antrean_client.errors import MessagingError, ProblemReply
from antrean_client.models import Clinic, ClinicQueue
from common.clock import Clock
from waiting_room.boards import HospitalBoard

ROUND_SECONDS_MIN: Final = 1.0
CLINICS_SECONDS_MIN: Final = 3.0
"""Between two look-ups of all clinics, where nothing but tickets has changed."""
CLINICS_SECONDS_MAX: Final = 15.0
QUEUES_SECONDS_MAX: Final = 60.0
"""The catalog, and the service day, may change without an event."""

_AT_ONCE_MAX: Final = 8
_LOOK_UPS: Final = "look-ups"

Json = dict[str, Any]
Ask = Callable[[str, Json], Awaitable[Json]]
"""The reply to a request with such a name and body; raises ProblemReply, or a MessagingError."""

_log = structlog.get_logger()


async def clinics_of(ask: Ask, hospital: str) -> list[Json]:
    """All clinics of a hospital, on however many pages they come; raises as `ask` does, and ValidationError
    where a reply is not as the protocol has it."""
    found: list[Json] = []
    more = True
    while more:
        after = {"after": found[-1]["code"]} if found else {}
        reply = await ask("list_clinics", {"hospital": hospital, **after})
        page = reply["clinics"]
        for each in page:
            Clinic.model_validate(each)
        found += page
        more = bool(reply.get("more")) and bool(page)
    return found


class Refreshing:
    """Keeps the board of one hospital up to date; tells of each round by `changed`."""

    def __init__(self, board: HospitalBoard, ask: Ask, clock: Clock, changed: Callable[[], None]) -> None:
        self._board, self._ask, self._clock, self._changed = board, ask, clock, changed
        self._asked = asyncio.Event()
        self._known = asyncio.Event()
        self._answered_at = clock.now()
        self._clinics_at = self._queues_at = -QUEUES_SECONDS_MAX
        self._is_outdated = True
        self._is_failing = False

    async def known(self, seconds_max: float) -> None:
        """Waits until the hospital was looked up, but not for longer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds_max):
                await self._known.wait()

    def wake(self) -> None:
        """Something has happened in the hospital."""
        self._is_outdated = True
        self._asked.set()

    async def run(self) -> None:
        """Without end; to be cancelled."""
        while True:
            self._asked.clear()
            await self._round()
            if self._board.is_known:
                self._known.set()
            self._changed()
            await asyncio.sleep(ROUND_SECONDS_MIN)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds_to_wait()):
                    await self._asked.wait()

    async def _round(self) -> None:
        now = asyncio.get_running_loop().time()
        clinics_answered = not self._are_clinics_due(now) or await self._look_up_clinics(now)
        if now - self._queues_at >= QUEUES_SECONDS_MAX:
            self._board.due.update(self._board.listed)
            self._queues_at = now
        due, self._board.due = self._board.due, set()
        limit = asyncio.Semaphore(_AT_ONCE_MAX)
        answered = await asyncio.gather(*(self._look_up_queue(code, limit) for code in sorted(due)))
        self._tell_whether(clinics_answered and all(answered))

    def _are_clinics_due(self, now: float) -> bool:
        seconds = now - self._clinics_at
        if self._board.is_listing_due or seconds >= CLINICS_SECONDS_MAX:
            return True
        return self._is_outdated and seconds >= CLINICS_SECONDS_MIN

    def _seconds_to_wait(self) -> float:
        if self._board.due or self._board.is_listing_due:
            return 0
        seconds = CLINICS_SECONDS_MIN if self._is_outdated else CLINICS_SECONDS_MAX
        return max(self._clinics_at + seconds - asyncio.get_running_loop().time(), 0)

    async def _look_up_clinics(self, now: float) -> bool:
        """Whether there was an answer."""
        board = self._board
        asked_at, board.is_listing_due, was_outdated = board.moment, False, self._is_outdated
        self._is_outdated = False
        try:
            board.take_clinics(await clinics_of(self._ask, board.code), asked_at)
        except (MessagingError, ProblemReply, ValidationError, KeyError) as error:
            self._note(error)
            board.is_listing_due, self._is_outdated = True, was_outdated
            return False
        self._clinics_at = now
        return True

    async def _look_up_queue(self, code: str, limit: asyncio.Semaphore) -> bool:
        board = self._board
        try:
            async with limit:
                reply = await self._ask("clinic_queue", {"hospital": board.code, "clinic": code})
            ClinicQueue.model_validate(reply)
            board.take_queue(code, reply, self._clock.now())
        except ProblemReply:
            board.is_listing_due = True  # it was taken out of the catalog
        except (MessagingError, ValidationError, KeyError) as error:
            self._note(error)
            board.due.add(code)
            return False
        return True

    def _tell_whether(self, is_answered: bool) -> None:
        if is_answered:
            self._answered_at = self._clock.now()
            self._is_failing = False
        self._board.lacks(_LOOK_UPS, None if is_answered else self._answered_at)

    def _note(self, error: Exception) -> None:
        """In the log, once until all is answered again."""
        if not self._is_failing:
            self._is_failing = True
            is_unread = isinstance(error, ValueError | KeyError)
            reason = "A reply is not as the protocol has it." if is_unread else str(error)
            _log.warning("look-up not answered", hospital=self._board.code, reason=reason)
