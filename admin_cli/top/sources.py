"""Reads the parts of the picture again and again, each on a thread of its own: one that hangs keeps no other.

What comes of it is posted to the screen as a message.
"""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from textual.message import Message

_SHARE_MAX: Final = 10
"""A source is read for at most a tenth of the time, however slow it is."""


_RETRY_SECONDS: Final = 5.0
"""After a failure what is read only when asked is read again: nobody else asks."""


class Part(StrEnum):
    """What is read by itself."""

    BROKER = "broker"
    DATABASE = "database"
    LETTERS = "letters"


@dataclass
class PartRead(Message):
    """A part as it stands."""

    part: Part
    value: Any


@dataclass
class PartFailed(Message):
    """A part could not be read; another attempt follows."""

    part: Part
    error: Exception


@dataclass
class JobEnded(Message):
    """What was asked for was done, or failed; `then` is told the result."""

    then: Callable[[Any], None]
    result: Any
    error: Exception | None = None


_Job = tuple[Callable[[], Any], Callable[[Any], None]]


class Source:
    """Reads one part at an interval; without one, only when it is asked to, and until it succeeds. `post` is
    called on its thread."""

    def __init__(
        self,
        part: Part,
        read: Callable[[], Any],
        post: Callable[[Message], object],
        interval_seconds: float | None,
    ) -> None:
        self._part, self._read, self._post = part, read, post
        self._interval_seconds = interval_seconds
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._open = True
        # It may be waiting for an answer when the screen is left, which is of no use any more.
        self._thread = threading.Thread(target=self._run, name=part, daemon=True)

    def start(self) -> None:
        """Reads for the first time, and goes on."""
        self._thread.start()

    def close(self) -> None:
        """Ends after what is under way; does not block."""
        self._open = False
        self._jobs.put(None)

    def again(self) -> None:
        """Reads at once."""
        self._jobs.put(None)

    def do(self, job: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Does something between two readings, and posts JobEnded."""
        self._jobs.put((job, then))

    def _run(self) -> None:
        while self._open:
            started = time.monotonic()
            succeeded = self._read_once()
            took = time.monotonic() - started
            wait = self._interval_seconds
            if wait is None and not succeeded:
                wait = _RETRY_SECONDS
            self._await_job(None if wait is None else max(wait, took * _SHARE_MAX))

    def _await_job(self, seconds: float | None) -> None:
        try:
            job = self._jobs.get(timeout=seconds)
        except queue.Empty:
            return
        if job is None or not self._open:
            return
        do, then = job
        try:
            self._post(JobEnded(then, do()))
        except Exception as error:  # noqa: BLE001 - the screen says what it is
            self._post(JobEnded(then, None, error))

    def _read_once(self) -> bool:
        """Whether it could be read."""
        try:
            value = self._read()
        except Exception as error:  # noqa: BLE001 - the screen says what it is
            self._post(PartFailed(self._part, error))
            return False
        self._post(PartRead(self._part, value))
        return True
