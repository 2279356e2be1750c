"""Delivers what waits in a backlog, in several threads, until each event is taken or given up."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Final

from antrean_client.events import Event
from common.clock import SystemClock
from common.translation import N_
from event_tap.notes import Notes
from event_tap.session import ReceiverGone, TapSession
from event_tap.webhooks.attempts import Answer, Attempts, NoAnswer, Reason
from event_tap.webhooks.backlog import Attempt, Backlog
from event_tap.webhooks.dead_letters import DeadLetters
from event_tap.webhooks.signing import can_be_webhook_id

_GONE: Final = 410
_OVERLOADED: Final[Collection[int]] = frozenset({429, 502, 503, 504})
"""Answers that are about the receiver, not about one event. Source: Standard Webhooks 1.0.0, delivery success
and failure."""

_RETRY_AFTER_SECONDS_MAX: Final = 3_600.0
_STOP_SECONDS_MAX: Final = 3.0


class Troubles:
    """Says each reason for which attempts fail once, and when all is well again."""

    def __init__(self, session: TapSession, notes: Notes) -> None:
        self._texts, self._notes = session.texts, notes
        self._lock = Lock()
        self._sources: set[str] = set()
        self._told: set[str] = set()

    @property
    def count(self) -> int:
        """How many sources wait to be tried again."""
        return len(self._sources)

    def failed(self, source: str, reason: Reason) -> None:
        """An attempt failed, and is made again."""
        with self._lock:
            self._sources.add(source)
            is_new = str(reason) not in self._told
            self._told.add(str(reason))
        if is_new:
            said = self._texts(reason.message, **reason.values)
            self._notes.say(self._texts("Not delivered: {reason}. Trying again.", reason=said))

    def given_up(self, event: Event, reason: Reason, path: str) -> None:
        """An event is a dead letter now, in the file at `path`."""
        self._settled(event.source)
        said = self._texts(reason.message, **reason.values)
        self._notes.say(
            self._texts(
                "Given up: {source}, {number} ({reason}). It is in {path}; its queue goes on.",
                source=event.source,
                number=event.sequence,
                reason=said,
                path=path,
            )
        )

    def delivered(self, event: Event) -> None:
        """An event was taken."""
        if self._settled(event.source):
            self._notes.say(self._texts("Delivered again."))

    def _settled(self, source: str) -> bool:
        """Whether the last source in trouble is in none now."""
        with self._lock:
            if source not in self._sources:
                return False
            self._sources.discard(source)
            if self._sources:
                return False
            self._told.clear()
            return True


@dataclass
class Deliveries:
    """Threads that deliver. `failure` is what ended one of them, and so all."""

    backlog: Backlog
    new_attempts: Callable[[], Attempts]
    dead_letters: DeadLetters
    troubles: Troubles
    parallel: int
    give_up_seconds: float
    failure: BaseException | None = None
    _threads: list[Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begins to deliver."""
        for _ in range(self.parallel):
            # As a daemon: a receiver that does not answer keeps nobody from ending the program.
            thread = Thread(target=self._work, daemon=True)
            self._threads.append(thread)
            thread.start()

    def check(self) -> None:
        """Raises what ended a thread: ReceiverGone, OSError where a dead letter cannot be written."""
        if self.failure is not None:
            raise self.failure

    def stop(self) -> None:
        """Begins no attempt any more, and waits a little for those under way."""
        self.backlog.close()
        until = time.monotonic() + _STOP_SECONDS_MAX
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0))

    def _work(self) -> None:
        attempts = self.new_attempts()
        try:
            while (attempt := self.backlog.take()) is not None:
                self._try(attempts, attempt)
        except BaseException as error:  # noqa: BLE001 - raised by `check`, where it ends the program
            self.failure = self.failure or error
            self.backlog.close()
        finally:
            attempts.close()

    def _try(self, attempts: Attempts, attempt: Attempt) -> None:
        event = attempt.event
        if not can_be_webhook_id(event.id):
            self._give_up(event, Reason(N_("its id cannot be that of a webhook"), {}))
            return
        try:
            answer = attempts.send(event)
        except NoAnswer as error:
            self._failed(attempt, error.reason, None)
            return
        if 200 <= answer.status < 300:
            self.backlog.done(event, is_delivered=True)
            self.troubles.delivered(event)
        elif answer.status == _GONE:
            raise ReceiverGone
        else:
            self._failed(attempt, Reason(N_("HTTP {status}"), {"status": str(answer.status)}), answer)

    def _failed(self, attempt: Attempt, reason: Reason, answer: Answer | None) -> None:
        if time.monotonic() - attempt.tried_since >= self.give_up_seconds:
            self._give_up(attempt.event, reason)
            return
        self.troubles.failed(attempt.event.source, reason)
        seconds = None if answer is None or answer.retry_after is None else answer.retry_after
        if seconds is not None:
            seconds = min(seconds, _RETRY_AFTER_SECONDS_MAX)
        if answer is None or answer.status in _OVERLOADED:
            self.backlog.all_again(attempt, seconds)
        else:
            self.backlog.again(attempt.event, seconds or 0.0)

    def _give_up(self, event: Event, reason: Reason) -> None:
        self.dead_letters.add(event, str(reason), SystemClock().now())
        self.backlog.done(event, is_delivered=False)
        self.troubles.given_up(event, reason, str(self.dead_letters.path))
