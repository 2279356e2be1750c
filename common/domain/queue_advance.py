"""How one clinic's queue moves with time.

`advance` applies time, not ticks: for any moments t1 < t2, advancing to t1 and then to t2 leaves the same
queue as advancing to t2 at once. So a tick that comes late, twice or out of order does no harm.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from common.domain.catalog import QueueMode
from common.domain.tickets import TicketStatus


@dataclass(frozen=True, slots=True)
class Occupant:
    """A ticket that was called to a room at `called_at`, and has not left it."""

    number: int
    room: int
    status: TicketStatus
    called_at: datetime


@dataclass(frozen=True, slots=True)
class Waiter:
    """A ticket that has been waiting since `waiting_since`."""

    number: int
    waiting_since: datetime


@dataclass(frozen=True, slots=True)
class Transition:
    """The ticket `number` came into `status` at the moment `at`; `room` where it was called to one."""

    number: int
    status: TicketStatus
    at: datetime
    room: int | None = None


@dataclass(frozen=True, slots=True)
class Advance:
    """What happened until now, in the order in which it happened.

    `next_change_at` is the moment at which something happens next by the clock, None where nothing will.
    """

    transitions: tuple[Transition, ...]
    next_change_at: datetime | None


@dataclass(frozen=True, slots=True)
class Serving:
    """How a clinic serves, by this arrangement since `since`, on a service day that ends at `day_end`.

    `rooms_freed` says since when a room is free whose patient gave the ticket up or did not come.
    """

    mode: QueueMode
    rooms: int
    mean_service: timedelta
    since: datetime
    day_end: datetime
    rooms_freed: Mapping[int, datetime] = field(default_factory=dict)


def advance(
    serving: Serving, occupants: Sequence[Occupant], waiters: Sequence[Waiter], now: datetime
) -> Advance:
    """Moves one clinic's queue forward to `now`.

    `waiters` are in the order in which they are to be called. A service in `clock` mode lasts
    `mean_service` from the call; the room is then free, and the next patient is called at that very
    moment, or when they came if that is later, and never before whoever precedes them. In `desk` mode only
    the end of the day changes anything.
    """
    rooms = _Rooms(serving, occupants)
    waiting = list(reversed(waiters))
    transitions: list[Transition] = []
    until = min(now, serving.day_end)
    while serving.mode is QueueMode.CLOCK:
        leaves_at = rooms.next_leaving_at()
        called_at = rooms.next_call_at(waiting[-1]) if waiting else None
        if leaves_at is not None and leaves_at <= until and (called_at is None or leaves_at <= called_at):
            number = rooms.leave(leaves_at)
            transitions.append(Transition(number, TicketStatus.SERVED, leaves_at))
        elif called_at is not None and called_at <= until and called_at < serving.day_end:
            waiter = waiting.pop()
            room = rooms.enter(waiter, called_at)
            transitions.append(Transition(waiter.number, TicketStatus.CALLED, called_at, room))
        else:
            break
    if now >= serving.day_end:
        transitions += _end_of_day(rooms.occupants.values(), waiting, serving.day_end)
        return Advance(tuple(transitions), None)
    return Advance(tuple(transitions), _next_change_at(serving, rooms, waiting))


class _Rooms:
    """The rooms of one clinic, numbered from 1, while time is advanced."""

    def __init__(self, serving: Serving, occupants: Sequence[Occupant]) -> None:
        self._serving = serving
        self.occupants = {occupant.room: occupant for occupant in occupants}
        # A room found free has been free for as long as anybody has waited: had somebody been waiting
        # under this arrangement, they would have been called to it.
        self._free_since = {
            room: max(serving.since, serving.rooms_freed.get(room, serving.since))
            for room in range(1, serving.rooms + 1)
            if room not in self.occupants
        }
        # Two registrars' clocks may differ: whoever has the later number may seem to have come earlier.
        self._last_call_at = max((each.called_at for each in occupants), default=serving.since)

    def next_leaving_at(self) -> datetime | None:
        if not self.occupants:
            return None
        called_at = min(occupant.called_at for occupant in self.occupants.values())
        return max(called_at + self._serving.mean_service, self._serving.since)

    def next_call_at(self, waiter: Waiter) -> datetime | None:
        if not self._free_since:
            return None
        return max(min(self._free_since.values()), waiter.waiting_since, self._last_call_at)

    def leave(self, at: datetime) -> int:
        occupant = min(self.occupants.values(), key=lambda o: (o.called_at, o.number))
        del self.occupants[occupant.room]
        if occupant.room <= self._serving.rooms:
            self._free_since[occupant.room] = at
        return occupant.number

    def enter(self, waiter: Waiter, at: datetime) -> int:
        # The lowest room that is free at that moment, however time was split into ticks.
        room = min(room for room, since in self._free_since.items() if since <= at)
        del self._free_since[room]
        self._last_call_at = at
        self.occupants[room] = Occupant(waiter.number, room, TicketStatus.CALLED, at)
        return room


def _end_of_day(
    occupants: Iterable[Occupant], waiting: Iterable[Waiter], day_end: datetime
) -> list[Transition]:
    """Whoever was being served is served; whoever was only called, or still waits, has expired."""
    left = [
        (o.number, TicketStatus.SERVED if o.status is TicketStatus.IN_SERVICE else TicketStatus.EXPIRED)
        for o in occupants
    ]
    left += [(waiter.number, TicketStatus.EXPIRED) for waiter in waiting]
    return [Transition(number, status, day_end) for number, status in sorted(left)]


def _next_change_at(serving: Serving, rooms: _Rooms, waiting: list[Waiter]) -> datetime | None:
    if not rooms.occupants and not waiting:
        return None
    moments = [serving.day_end]
    if serving.mode is QueueMode.CLOCK:
        called_at = rooms.next_call_at(waiting[-1]) if waiting else None
        moments += [at for at in (rooms.next_leaving_at(), called_at) if at is not None]
    return min(moments)
