"""The console's conversation with the broker: one request at a time, on a thread of its own.

Asking blocks, and the screen must not. What comes of it is posted to the screen as messages.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from textual.message import Message

from clinic_desk.queue_view import Queue
from clinic_desk.session import DeskSession
from common.exit_codes import ExitCode
from common.terminal.failures import failure_of

LOOK_SECONDS: Final = 2.0
"""How often the queue is looked at."""

_LOOK_SECONDS_MAX: Final = 3.0  # so that an outage is soon seen as one

Question = Callable[[DeskSession], Any]
_Asked = tuple[Question, Callable[[Any], None]]


@dataclass
class QueueSeen(Message):
    """The queue as it stands."""

    queue: Queue


@dataclass
class PlaceRefused(Message):
    """There is no such queue; it is looked at no more."""

    error: Exception


class LineLost(Message):
    """The queue could not be looked at; another attempt follows."""


@dataclass
class Answered(Message):
    """`question` was answered, and `then` waits for the answer."""

    answer: Any
    then: Callable[[Any], None]


@dataclass
class Failed(Message):
    """`question` failed. Asked again it is the very same request; `then` waits for the answer."""

    error: Exception
    question: Question
    then: Callable[[Any], None]


@dataclass(frozen=True)
class Place:
    """Which queue is looked at, and whether with names."""

    hospital: str
    clinic: str
    with_names: bool = False


class Line:
    """Asks what it is given, in order, and looks at the queue in between. `post` is called on its thread."""

    def __init__(self, session: DeskSession, post: Callable[[Message], object]) -> None:
        self._session = session
        self._post = post
        self._place: Place | None = None
        self._questions: queue.SimpleQueue[tuple[Question, Callable[[Any], None]] | None] = (
            queue.SimpleQueue()
        )
        # It may be waiting for an answer when the console is left; nobody needs that any more.
        self._thread = threading.Thread(target=self._run, name="line", daemon=True)
        self._open = True

    def start(self) -> None:
        """Begins; nothing is asked before."""
        self._thread.start()

    def close(self) -> None:
        """Ends after the request that is under way; does not block."""
        self._open = False
        self._questions.put(None)

    def look_at(self, place: Place | None) -> None:
        """What is looked at from now on, at once."""
        self._place = place
        self._questions.put(None)

    def ask(self, question: Question, then: Callable[[Any], None]) -> None:
        """Has `question` asked; `Answered` or `Failed` is posted, and then the queue as it stands."""
        self._questions.put((question, then))

    def _run(self) -> None:
        while self._open:
            try:
                asked = self._questions.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                asked = None
            if asked is not None:
                self._ask(*asked)
            if self._open and self._questions.empty():
                self._look()
        self._session.disconnect()

    def _ask(self, question: Question, then: Callable[[Any], None]) -> None:
        try:
            answer = question(self._session)
        except Exception as error:  # noqa: BLE001 - whoever asked decides what comes of it
            self._post(Failed(error, question, then))
        else:
            self._post(Answered(answer, then))
        # The screen tells it; it is not to be told again when the console ends.
        self._session.done.clear()

    def _look(self) -> None:
        place = self._place
        if place is None:
            return
        try:
            seen = self._session.queue(
                place.hospital,
                place.clinic,
                timeout_seconds=_LOOK_SECONDS_MAX,
                with_names=place.with_names,
            )
        except Exception as error:  # noqa: BLE001 - shown as what it is
            if failure_of(error, self._session.texts).exit_code in (ExitCode.NO_REPLY, ExitCode.UNAVAILABLE):
                self._post(LineLost())
            elif place is self._place:
                self._place = None
                self._post(PlaceRefused(error))
        else:
            if place is self._place:  # else it was asked for something that is not wanted any more
                self._post(QueueSeen(seen))
