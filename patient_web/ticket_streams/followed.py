"""The tickets that are followed, by their codes and by their queues; and who follows each."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from typing import Final

from patient_web.ticket_streams.patches import Ticket

CODES_MAX: Final = 40
"""Tickets of one stream, with those that its tickets went on in: a visit has 30 stations."""

_WAITING: Final = "waiting"
_OVER: Final = frozenset({"served", "cancelled", "transferred", "expired"})
"""Of these only an event can tell news: that it was taken back, or that the patient goes on."""


def source_of(ticket: Ticket) -> str:
    """The source of the events of the ticket's queue."""
    return f"/hospitals/{ticket['hospital']}/clinics/{ticket['clinic']}/{ticket['service_date']}"


def successors(ticket: Ticket) -> Iterator[str]:
    """The codes in which the ticket goes on."""
    for code in (ticket.get("transferred_to"), ticket.get("current_code")):
        if code and code != ticket["ticket_code"]:
            yield code


class Follower(ABC):
    """Who follows tickets: those with `codes`."""

    def __init__(self) -> None:
        self.codes: set[str] = set()

    @abstractmethod
    def tell(self, about: str, message: bytes, /) -> None:
        """Is told, as a message of a stream, what has become of the ticket `about`; with "" of all."""


class StreamFollower(Follower):
    """One stream, and what it has not been told yet: of each ticket only the latest. So one that reads slowly
    takes no memory, and is up to date with what it reads."""

    def __init__(self) -> None:
        super().__init__()
        self._untold: dict[str, bytes] = {}
        self._changed = asyncio.Event()

    def tell(self, about: str, message: bytes) -> None:
        """Lets the stream send a message; an earlier one `about` the same is not sent any more."""
        self._untold[about] = message
        self._changed.set()

    async def messages(self, seconds_max: float) -> AsyncIterator[bytes]:
        """Messages as they come, for so long."""
        until = asyncio.get_running_loop().time() + seconds_max
        while True:
            while self._untold:
                yield self._untold.pop(next(iter(self._untold)))
            self._changed.clear()
            try:
                async with asyncio.timeout_at(until):
                    await self._changed.wait()
            except TimeoutError:
                return


class FollowedTicket:
    """A ticket as it was shown last. `asked_at` is when it was looked up last, `asked_version` the version of
    its queue by then; `own_events` counts those that were about itself."""

    def __init__(self, ticket: Ticket, asked_at: float, asked_version: int) -> None:
        self.ticket = ticket
        self.asked_at, self.asked_version = asked_at, asked_version
        self.own_events = 0
        self.followers: set[Follower] = set()

    @property
    def code(self) -> str:
        """Its code."""
        return str(self.ticket["ticket_code"])

    @property
    def is_waiting(self) -> bool:
        """Whether its place and its estimate move with its queue."""
        return bool(self.ticket["status"] == _WAITING)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be expected of it."""
        return self.ticket["status"] in _OVER

    @property
    def is_in_visit(self) -> bool:
        """Whether there are other stations, which only a look-up of this ticket alone shows."""
        return self.ticket.get("current_code") is not None or bool(self.ticket.get("visit"))


class FollowedQueue:
    """A queue of which tickets are followed, by their numbers; `version` counts its events."""

    def __init__(self) -> None:
        self.tickets: dict[int, FollowedTicket] = {}
        self.version = 0


class Followed:
    """All tickets that somebody follows."""

    def __init__(self) -> None:
        self.by_code: dict[str, FollowedTicket] = {}
        self.queues: dict[str, FollowedQueue] = {}

    def add(self, ticket: Ticket, follower: Follower, now: float) -> FollowedTicket:
        """Follows a ticket that was just looked up."""
        queue = self.queues.setdefault(source_of(ticket), FollowedQueue())
        followed = queue.tickets.get(ticket["number"])
        if followed is None:
            followed = queue.tickets[ticket["number"]] = FollowedTicket(ticket, now, queue.version)
            self.by_code[followed.code] = followed
        followed.followers.add(follower)
        follower.codes.add(followed.code)
        return followed

    def note_asked(self, followed: FollowedTicket, now: float) -> None:
        """It is looked up now: later events of its queue are not in the reply."""
        followed.asked_at = now
        followed.asked_version = self.queues[source_of(followed.ticket)].version

    def remove(self, follower: Follower) -> None:
        """A stream is closed; what nobody else follows is forgotten."""
        for code in follower.codes:
            followed = self.by_code.get(code)
            if followed is None:
                continue
            followed.followers.discard(follower)
            if followed.followers:
                continue
            del self.by_code[code]
            source = source_of(followed.ticket)
            del self.queues[source].tickets[followed.ticket["number"]]
            if not self.queues[source].tickets:
                del self.queues[source]
        follower.codes.clear()
