"""Whose ticket is looked up next, so that the cost is that of what changes, not that of who looks on.

A ticket's own event makes it urgent. Any other event of its queue may move its place: those who are called
next learn that soon, those far behind later, all of them in look-ups of many. Times are seconds of a
monotonic clock.
"""

import heapq
from collections.abc import Iterable
from typing import Final

from antrean_client.protocol import SHORT_LIST_MAX
from patient_web.ticket_streams.followed import Followed, FollowedQueue, FollowedTicket

BATCH_MAX: Final = SHORT_LIST_MAX
"""Tickets of one look-up, which then shows all of each."""

PLACE_SECONDS_MIN: Final = 2.0
"""Between two look-ups of the first of a queue."""

PLACE_SECONDS_MAX: Final = 30.0
"""The same, of the last."""

SETTLE_SECONDS: Final = 0.2
"""From an event of a queue to the look-ups that it causes, so that several events cause no more than one."""

IDLE_SECONDS: Final = 60.0
"""Estimates move with time, too, and an event may be lost."""

AGAIN_SECONDS: Final = 3.0
"""After an urgent look-up that failed."""


class RefreshPlan:
    """Which tickets are due."""

    def __init__(self, followed: Followed) -> None:
        self._followed = followed
        self._urgent: dict[str, float] = {}
        self._due: list[tuple[float, str]] = []
        self._planned: dict[str, float] = {}

    def make_urgent(self, codes: Iterable[str], at: float) -> None:
        """They are looked up first, from `at` on."""
        for code in codes:
            self._urgent[code] = min(at, self._urgent.get(code, at))

    def queue_changed(self, source: str, now: float) -> None:
        """Something has happened in a queue of which tickets are followed."""
        self._plan(source, now + SETTLE_SECONDS)

    def ticket_added(self, source: str, now: float) -> None:
        """One more ticket of a queue is followed, which was looked up now."""
        self._plan(source, now + IDLE_SECONDS)

    def next_at(self) -> float | None:
        """When something is due next, at the earliest; None: never, as it stands."""
        moments = [*self._urgent.values()]
        if self._due:
            moments.append(self._due[0][0])
        return min(moments, default=None)

    def next_batch(self, now: float) -> list[str]:
        """The codes to look up together now; empty where nothing is due."""
        ready = [code for code, at in self._urgent.items() if at <= now]
        if ready:
            return self._taken_urgent(ready, now)
        while self._due and self._due[0][0] <= now:
            at, source = heapq.heappop(self._due)
            if self._planned.get(source) != at:
                continue  # planned earlier meanwhile
            del self._planned[source]
            if batch := self._of_queue(source, now):
                return batch
        return []

    def _taken_urgent(self, ready: list[str], now: float) -> list[str]:
        alone = next((code for code in ready if self._is_asked_alone(code)), None)
        batch = ready[:BATCH_MAX] if alone is None else [alone]
        for code in batch:
            del self._urgent[code]
            if (ticket := self._followed.by_code.get(code)) is not None:
                self._followed.note_asked(ticket, now)
        return batch

    def _is_asked_alone(self, code: str) -> bool:
        found = self._followed.by_code.get(code)
        return found is not None and found.is_in_visit

    def _of_queue(self, source: str, now: float) -> list[str]:
        """Those of a queue who are due, the nearest to their call first; plans the others."""
        queue = self._followed.queues.get(source)
        if queue is None:
            return []
        due: list[FollowedTicket] = []
        later: list[float] = []
        for at, ticket in _moments(queue):
            if at <= now and len(due) < BATCH_MAX:
                due.append(ticket)
                later.append(now + IDLE_SECONDS)
            else:
                later.append(max(at, now))
        if later:
            self._plan(source, min(later))
        for ticket in due:
            self._followed.note_asked(ticket, now)
        return [ticket.code for ticket in due]

    def _plan(self, source: str, at: float) -> None:
        if at < self._planned.get(source, float("inf")):
            self._planned[source] = at
            heapq.heappush(self._due, (at, source))


def _moments(queue: FollowedQueue) -> Iterable[tuple[float, FollowedTicket]]:
    """When each of those whose way is not over is due: those who wait first, in the order of their places."""
    live = sorted(
        (ticket for ticket in queue.tickets.values() if not ticket.is_over),
        key=lambda each: (not each.is_waiting, each.ticket["people_ahead"] or 0),
    )
    for rank, ticket in enumerate(live):
        pace = min(PLACE_SECONDS_MIN * (1 + rank // BATCH_MAX), PLACE_SECONDS_MAX)
        may_have_moved = ticket.is_waiting and ticket.asked_version < queue.version
        yield ticket.asked_at + (pace if may_have_moved else IDLE_SECONDS), ticket
