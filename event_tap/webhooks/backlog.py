"""Events that wait to be delivered: those of one source one after another, sources side by side.

Knows, at any moment, from which position another run goes on so that nothing is missing. Delivers nothing
itself; `Deliveries` does, in several threads.
"""

import heapq
import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Condition
from typing import Final, NamedTuple

from antrean_client.events import Event
from antrean_client.position import Position, Start

WAITING_MAX: Final = 10_000
"""Events that wait; beyond it no more are read from the stream."""

PAUSE_SECONDS_MAX: Final = 300.0
"""The longest pause between two attempts, where the receiver does not ask for a longer one."""


def pause_seconds(failures: int) -> float:
    """How long to wait after so many failures in a row: 1 s, doubled with each, less up to half by chance."""
    whole = min(2.0 ** min(failures - 1, 30), PAUSE_SECONDS_MAX)
    return whole * random.uniform(0.5, 1.0)  # noqa: S311 - keeps no secret


@dataclass
class _Read:
    """Events that were read at once: where in the stream, and how many of them wait."""

    begin: Start
    left: int


class _Waiting(NamedTuple):
    event: Event
    read: _Read


@dataclass
class _Queue:
    """The events of one source; the first one is being delivered, or is due at some moment."""

    events: deque[_Waiting] = field(default_factory=deque)
    failures: int = 0
    tried_since: float | None = None


class Attempt(NamedTuple):
    """An event to deliver now; it was first tried at `tried_since`, on the clock of time.monotonic."""

    event: Event
    began_at: float
    tried_since: float


class _Due(NamedTuple):
    at: float
    turn: int
    source: str


class Backlog:
    """May be used by several threads."""

    def __init__(self, position: Position) -> None:
        self._read_to = position
        self._reads: deque[_Read] = deque()
        self._queues: dict[str, _Queue] = {}
        self._due: list[_Due] = []
        self._turn = 0
        self._waiting = 0
        self._held_at = self._held_until = 0.0
        self._failures = 0
        self._is_closed = False
        self._changed = Condition()
        self.delivered = 0

    def add(self, events: Sequence[Event], position: Position) -> None:
        """Adds events that were read at once; `position` is the one behind them."""
        with self._changed:
            read = _Read(self._read_to.start, len(events))
            self._read_to = position
            if not events:
                return
            self._reads.append(read)
            self._waiting += len(events)
            for event in events:
                queue = self._queues.get(event.source)
                if queue is None:
                    queue = self._queues[event.source] = _Queue()
                    self._becomes_due(event.source, 0.0)
                queue.events.append(_Waiting(event, read))
            self._changed.notify_all()

    def take(self) -> Attempt | None:
        """The next event whose source may be tried now, for the caller alone until it says what came of it.
        Waits for one; None once the backlog is closed."""
        with self._changed:
            while not self._is_closed:
                now = time.monotonic()
                due_at = max(self._due[0].at, self._held_until) if self._due else None
                if due_at is not None and due_at <= now:
                    queue = self._queues[heapq.heappop(self._due).source]
                    if queue.tried_since is None:
                        queue.tried_since = now
                    return Attempt(queue.events[0].event, now, queue.tried_since)
                self._changed.wait(None if due_at is None else due_at - now)
            return None

    def done(self, event: Event, *, is_delivered: bool) -> None:
        """An event that was taken is settled: the next one of its source may follow."""
        with self._changed:
            queue = self._queues[event.source]
            queue.events.popleft().read.left -= 1
            self._waiting -= 1
            while self._reads and not self._reads[0].left:
                self._reads.popleft()
            queue.failures, queue.tried_since = 0, None
            if is_delivered:
                self.delivered += 1
                self._failures = 0
            if queue.events:
                self._becomes_due(event.source, 0.0)
            else:
                del self._queues[event.source]
            self._changed.notify_all()

    def again(self, event: Event, seconds: float = 0.0) -> None:
        """The receiver refuses this event: its source waits for a while, or for these seconds if longer."""
        with self._changed:
            queue = self._queues[event.source]
            queue.failures += 1
            self._becomes_due(event.source, max(pause_seconds(queue.failures), seconds))

    def all_again(self, attempt: Attempt, seconds: float | None) -> None:
        """The receiver takes nothing: all sources wait for a while, or for these seconds.

        Attempts that had begun before count as one failure.
        """
        with self._changed:
            now = time.monotonic()
            if attempt.began_at >= self._held_at:
                self._failures += 1
                self._held_at = now
                pause = pause_seconds(self._failures) if seconds is None else seconds
                self._held_until = max(self._held_until, now + pause)
            self._becomes_due(attempt.event.source, 0.0)

    @property
    def has_room(self) -> bool:
        """Whether more may be added."""
        return self._waiting < WAITING_MAX

    @property
    def waiting(self) -> int:
        """How many events are not settled."""
        return self._waiting

    @property
    def oldest(self) -> datetime | None:
        """When the oldest of these happened."""
        with self._changed:
            return min((each.events[0].event.happened_at for each in self._queues.values()), default=None)

    @property
    def position(self) -> Position:
        """Where to go on so that every event that is not settled comes again, and no other."""
        with self._changed:
            sources = dict(self._read_to.sources)
            for source, queue in self._queues.items():
                sources[source] = queue.events[0].event.sequence - 1
            begin = self._reads[0].begin if self._reads else self._read_to.start
            return Position(begin, sources, self._read_to.complete_from)

    def wait_until_settled(self, seconds: float) -> bool:
        """Waits for at most so long; whether no event is left."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, seconds)

    def close(self) -> None:
        """Nothing more is to be tried."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _becomes_due(self, source: str, seconds: float) -> None:
        self._turn += 1
        heapq.heappush(self._due, _Due(time.monotonic() + seconds, self._turn, source))
        self._changed.notify()
