"""Joins events, look-ups and streams: who follows a ticket is told of its own events at once, and of its
place as the plan has it. One for a process."""

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final

from antrean_client.events import Event
from antrean_client.subscriber import Batch
from common.clock import Clock
from common.errors import MessagingError
from common.web.faults import log_fault
from common.web.streams import encoded
from patient_web.ticket_streams.followed import (
    CODES_MAX,
    Followed,
    FollowedTicket,
    Follower,
    source_of,
    successors,
)
from patient_web.ticket_streams.patches import Ticket, after_event
from patient_web.ticket_streams.plan import AGAIN_SECONDS, RefreshPlan

LOOK_UPS_MAX: Final = 4
"""Look-ups of one process for its streams at once."""

_SOURCES_MAX: Final = 20_000
_POLL_SECONDS: Final = 1.0

LookUp = Callable[[Sequence[str]], Awaitable[tuple[list[Ticket], list[str]]]]
"""The tickets with these codes, and the codes of none; raises MessagingError."""


class TicketStreams:
    """`look_up` asks the workers, `is_live` tells whether events come and requests go out now."""

    def __init__(
        self,
        look_up: LookUp,
        is_live: Callable[[], bool],
        clock: Clock,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look_up, self._is_live, self._clock, self._now = look_up, is_live, clock, now
        self._followed = Followed()
        self._plan = RefreshPlan(self._followed)
        self._followers: set[Follower] = set()
        self._wanted: dict[str, set[Follower]] = {}
        self._events_of: OrderedDict[str, int] = OrderedDict()
        self._events = 0
        self._work = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stale_since: str | None = None

    @property
    def open_streams(self) -> int:
        """How many follow tickets."""
        return len(self._followers)

    def shown(self, code: str) -> Ticket | None:
        """The ticket with this code, as those who follow it were told last; None where nobody does, or events
        do not come now."""
        followed = self._followed.by_code.get(code)
        return followed.ticket if followed is not None and self._stale_since is None else None

    def moment(self) -> int:
        """A mark: before a look-up, for `follow`."""
        return self._events

    def follow(
        self, follower: Follower, tickets: Iterable[Ticket], not_found: Iterable[str], since: int
    ) -> None:
        """Has it follow tickets that were looked up after the mark `since`, until `leave`."""
        self._followers.add(follower)
        for code in not_found:
            follower.tell(code, _encoded("not_found", {"ticket_code": code}))
        for ticket in tickets:
            self._add(ticket, follower, since)
        if self._stale_since is not None:
            follower.tell("", _encoded("stale", {"since": self._stale_since}))

    def leave(self, follower: Follower) -> None:
        """It follows nothing any more."""
        self._followers.discard(follower)
        self._followed.remove(follower)
        for code in [code for code, wanting in self._wanted.items() if follower in wanting]:
            self._wanted[code].discard(follower)
            if not self._wanted[code]:
                del self._wanted[code]

    def take(self, batch: Batch) -> None:
        """What the feed of events brings."""
        for event in batch.events:
            self._events += 1
            self._events_of[event.source] = self._events
            self._events_of.move_to_end(event.source)
            if (queue := self._followed.queues.get(event.source)) is not None:
                queue.version += 1
                self._plan.queue_changed(event.source, self._now())
                number = event.data.get("number")
                if isinstance(number, int) and (followed := queue.tickets.get(number)) is not None:
                    self._own_event(followed, event)
                self._work.set()
        while len(self._events_of) > _SOURCES_MAX:
            self._events_of.popitem(last=False)

    async def run(self) -> None:
        """Looks up what is due, until it is cancelled."""
        while True:
            self._tell_whether_live()
            self._start_look_ups()
            due_at = self._plan.next_at()
            wait = _POLL_SECONDS
            if due_at is not None and self._may_ask():
                wait = min(max(due_at - self._now(), 0), _POLL_SECONDS)
            self._work.clear()
            try:
                async with asyncio.timeout(wait):
                    await self._work.wait()
            except TimeoutError:
                continue

    def _own_event(self, followed: FollowedTicket, event: Event) -> None:
        followed.own_events += 1
        self._show(followed, after_event(followed.ticket, event))
        codes = [followed.code]
        if followed.is_in_visit or event.data.get("visit"):
            # The other stations show this one.
            codes += [code for each in followed.followers for code in each.codes]
        self._make_urgent(codes)

    def _may_ask(self) -> bool:
        return self._stale_since is None and len(self._tasks) < LOOK_UPS_MAX

    def _start_look_ups(self) -> None:
        while self._may_ask() and (codes := self._plan.next_batch(self._now())):
            task = asyncio.get_running_loop().create_task(self._refresh(codes))
            self._tasks.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._work.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log_fault(error)

    async def _refresh(self, codes: list[str]) -> None:
        by_code = self._followed.by_code
        own_events = {code: by_code[code].own_events for code in codes if code in by_code}
        mark = self.moment()
        try:
            tickets, not_found = await self._look_up(codes)
        except MessagingError:
            self._plan.make_urgent(codes, self._now() + AGAIN_SECONDS)
            return
        for code in not_found:
            self._wanted.pop(code, None)
        for ticket in tickets:
            code = ticket["ticket_code"]
            followed = by_code.get(code)
            # What its own event said meanwhile is newer; that event has another look-up made.
            if followed is not None and followed.own_events == own_events.get(code):
                self._show(followed, _with_visit(ticket, followed.ticket))
            for follower in self._wanted.pop(code, ()):
                self._add(ticket, follower, mark)

    def _add(self, ticket: Ticket, follower: Follower, since: int) -> None:
        """Lets a stream follow a ticket that was looked up after the mark `since`."""
        followed = self._followed.add(ticket, follower, self._now())
        if self._events_of.get(source_of(ticket), since) > since:
            # What came meanwhile may be in the look-up or not.
            self._make_urgent([followed.code])
        else:
            self._show(followed, _with_visit(ticket, followed.ticket))
        self._plan.ticket_added(source_of(ticket), self._now())
        follower.tell(followed.code, _encoded("ticket", followed.ticket))
        if followed.is_in_visit and not followed.ticket.get("visit"):
            self._make_urgent([followed.code])
        self._go_on(followed)

    def _show(self, followed: FollowedTicket, ticket: Ticket) -> None:
        if ticket == followed.ticket:
            return
        followed.ticket = ticket
        message = _encoded("ticket", ticket)
        for follower in followed.followers:
            follower.tell(followed.code, message)
        self._go_on(followed)

    def _go_on(self, followed: FollowedTicket) -> None:
        """Follows the tickets in which it goes on, too."""
        for code in successors(followed.ticket):
            for follower in (*followed.followers,):
                if code in follower.codes or len(follower.codes) >= CODES_MAX:
                    continue
                if (known := self._followed.by_code.get(code)) is not None:
                    self._add(known.ticket, follower, self.moment())
                else:
                    self._wanted.setdefault(code, set()).add(follower)
                    self._make_urgent([code])

    def _make_urgent(self, codes: Iterable[str]) -> None:
        self._plan.make_urgent(codes, self._now())
        self._work.set()

    def _tell_whether_live(self) -> None:
        if self._is_live() == (self._stale_since is None):
            return
        if self._stale_since is None:
            self._stale_since = self._clock.now().isoformat()
            message = _encoded("stale", {"since": self._stale_since})
        else:
            self._stale_since = None
            message = _encoded("fresh", {})
        for follower in self._followers:
            follower.tell("", message)


def _with_visit(ticket: Ticket, known: Ticket) -> Ticket:
    """A look-up of many shows no visit: then that of before still stands."""
    if ticket.get("visit") is None and known.get("visit") is not None and ticket.get("current_code"):
        return {**ticket, "visit": known["visit"]}
    return ticket


def _encoded(event: str, data: dict[str, Any]) -> bytes:
    return encoded(event, json.dumps(data, ensure_ascii=False, separators=(",", ":")))
