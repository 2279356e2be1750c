"""Sends the console's requests, one at a time, on a thread of its own.

A request blocks until its reply, and the screen must not. The outcome is posted to the screen as a message.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from textual.message import Message

from clinic_desk.history_view import History
from clinic_desk.queue_view import Queue
from clinic_desk.session import DeskSession
from common.exit_codes import ExitCode
from common.terminal.failures import ProblemReply, failure_of

READ_INTERVAL_SECONDS: Final = 2.0
"""Time between two reads of the queue."""

HISTORY_LINES: Final = 10
"""Events that are read with the queue, where they are shown."""

_READ_SECONDS_MAX: Final = 3.0  # so that an outage is soon seen as one

Request = Callable[[DeskSession], Any]
"""Sends one or several requests by a session, and returns what the replies say."""

Then = Callable[[Any], None]
"""Takes the reply to a request."""

Otherwise = Callable[[Exception], None]
"""Takes the failure of a request."""

_Queued = tuple[Request, Then, Otherwise | None]


@dataclass
class QueueRead(Message):
    """The queue as it stands, and what happened last; None where that is not asked for, or not answered."""

    queue: Queue
    history: History | None = None


@dataclass
class PlaceRefused(Message):
    """There is no such queue; it is read no more."""

    error: Exception


@dataclass
class ConnectionLost(Message):
    """The queue could not be read; another attempt follows."""

    error: Exception


@dataclass
class ReplyReceived(Message):
    """The reply to a request; `then` takes it."""

    reply: Any
    then: Then


@dataclass
class RequestFailed(Message):
    """A request failed. Sent again it is the very same request; `then` takes its reply. `otherwise` takes
    the failure, where it is not told as any other."""

    error: Exception
    request: Request
    then: Then
    otherwise: Otherwise | None = None


@dataclass(frozen=True)
class Place:
    """Which queue is read, and whether with names."""

    hospital: str
    clinic: str
    with_names: bool = False


class Requester:
    """Sends the requests that it is given, in order, and reads the queue in between.

    `post` is called on its thread.
    """

    def __init__(self, session: DeskSession, post: Callable[[Message], object]) -> None:
        self._session = session
        self._post = post
        self._place: Place | None = None
        self._with_history = False
        self._queued: queue.SimpleQueue[_Queued | None] = queue.SimpleQueue()
        # It may be waiting for a reply when the console is left, which is of no use any more.
        self._thread = threading.Thread(target=self._run, name="requester", daemon=True)
        self._open = True

    def start(self) -> None:
        """Starts the thread; no request is sent before."""
        self._thread.start()

    def close(self) -> None:
        """Ends after the request that is under way; does not block."""
        self._open = False
        self._queued.put(None)

    def follow(self, place: Place | None) -> None:
        """Reads this queue from now on, and at once; none for None."""
        self._place = place
        self._queued.put(None)

    def read_history(self, wanted: bool) -> None:
        """From now on reads what happened last with the queue, the first time at once; or no more."""
        if wanted == self._with_history:
            return
        self._with_history = wanted
        if wanted:
            self._queued.put(None)

    def send(self, request: Request, then: Then, otherwise: Otherwise | None = None) -> None:
        """Sends a request; posts `ReplyReceived` or `RequestFailed`, and then the queue as it stands."""
        self._queued.put((request, then, otherwise))

    def _run(self) -> None:
        while self._open:
            try:
                queued = self._queued.get(timeout=READ_INTERVAL_SECONDS)
            except queue.Empty:
                queued = None
            if queued is not None:
                self._send(*queued)
            if self._open and self._queued.empty():
                self._read_queue()
        self._session.disconnect()

    def _send(self, request: Request, then: Then, otherwise: Otherwise | None) -> None:
        try:
            reply = request(self._session)
        except Exception as error:  # noqa: BLE001 - the screen decides what to do about it
            self._post(RequestFailed(error, request, then, otherwise))
        else:
            self._post(ReplyReceived(reply, then))
        # The screen shows what was done; it is not to be reported again when the console ends.
        self._session.done.clear()

    def _read_queue(self) -> None:
        place = self._place
        if place is None:
            return
        try:
            found = self._session.queue(
                place.hospital,
                place.clinic,
                timeout_seconds=_READ_SECONDS_MAX,
                with_names=place.with_names,
            )
            history = self._history_of(place) if self._with_history else None
        except Exception as error:  # noqa: BLE001 - shown as what it is
            if failure_of(error, self._session.texts).exit_code in (ExitCode.NO_REPLY, ExitCode.UNAVAILABLE):
                self._post(ConnectionLost(error))
            elif place is self._place:
                self._place = None
                self._post(PlaceRefused(error))
        else:
            if place is self._place:  # else another queue is shown by now
                self._post(QueueRead(found, history))

    def _history_of(self, place: Place) -> History | None:
        try:
            return self._session.history(
                place.hospital, place.clinic, HISTORY_LINES, timeout_seconds=_READ_SECONDS_MAX
            )
        except ProblemReply:  # such as of a server that does not know it: the queue is shown without it
            return None
