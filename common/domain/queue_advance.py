"""How one clinic's queue moves with time.

`advance` applies time, not ticks: for any moments t1 < t2, advancing to t1 and then to t2 leaves the same
queue as advancing to t2 at once. So a tick that comes late, twice or out of order does no harm.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from common.domain.catalog import QueueMode
from common.domain.clinic_lanes import TWO_LANES
from common.domain.lanes import LANES, NONE, ByLane, Lane, next_turn
from common.domain.ticket_states import QueuedTicket, TicketStatus

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Occupant:
    """A ticket that was called to a room at `called_at`, and has not left it."""

    number: int
    room: int
    status: TicketStatus
    called_at: datetime
    lane: Lane = Lane.REGULAR


@dataclass(frozen=True, slots=True)
class Waiter:
    """A ticket that has been waiting since `waiting_since`: before that moment it is not called."""

    number: int
    waiting_since: datetime
    lane: Lane = Lane.REGULAR

    @property
    def status(self) -> TicketStatus:
        """It waits."""
        return TicketStatus.WAITING

    @property
    def room(self) -> None:
        """It has none."""


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

    `next_change_at` is the moment at which something happens next by the clock, None where nothing will;
    `streaks` are what the lanes remember then.
    """

    transitions: tuple[Transition, ...]
    next_change_at: datetime | None
    streaks: ByLane = NONE


@dataclass(frozen=True, slots=True)
class Serving:
    """How a clinic serves, by this arrangement since `since`, on a service day that ends at `day_end`.

    `rooms_freed` says from when on a room is free whose patient gave the ticket up or did not come, or was
    called on an earlier day; `streaks` and `ratios` say how the lanes take turns.
    """

    mode: QueueMode
    rooms: int
    mean_service: timedelta
    since: datetime
    day_end: datetime
    rooms_freed: Mapping[int, datetime] = field(default_factory=dict)
    streaks: ByLane = NONE
    ratios: ByLane = TWO_LANES.ratios


def advance(
    serving: Serving, occupants: Sequence[Occupant], waiters: Sequence[Waiter], now: datetime
) -> Advance:
    """Moves one clinic's queue forward to `now`.

    `waiters` are in the order in which each lane calls them. A service in `clock` mode lasts
    `mean_service` from the call; the room is then free, and the next waiting ticket is called at that moment,
    or, if none waits, when the next one comes. In `desk` mode the clock changes nothing.

    It stops at the end of the day, at which no ticket is called any more. The tickets that are left then end
    by `end_of_day`, or are handed over to the next day.
    """
    rooms = _Rooms(serving, occupants)
    waiting = _Lanes(serving, waiters)
    transitions: list[Transition] = []
    until = min(now, serving.day_end)
    while serving.mode is QueueMode.CLOCK:
        leaves_at = rooms.next_leaving_at()
        called_at = _next_call_at(rooms, waiting)
        if leaves_at is not None and leaves_at <= until and (called_at is None or leaves_at <= called_at):
            number = rooms.leave(leaves_at)
            transitions.append(Transition(number, TicketStatus.SERVED, leaves_at))
        elif called_at is not None and called_at <= until and called_at < serving.day_end:
            waiter = waiting.call(called_at)
            room = rooms.enter(waiter, called_at)
            transitions.append(Transition(waiter.number, TicketStatus.CALLED, called_at, room))
        else:
            break
    return Advance(tuple(transitions), _next_change_at(serving, rooms, waiting), waiting.streaks)


def end_of_day(
    occupants: Iterable[Occupant], outside: Iterable[QueuedTicket], day_end: datetime
) -> list[Transition]:
    """Tickets in service are served; tickets that were only called, still wait or are parked, expire."""
    left = [
        (o.number, TicketStatus.SERVED if o.status is TicketStatus.IN_SERVICE else TicketStatus.EXPIRED)
        for o in occupants
    ]
    left += [(each.number, TicketStatus.EXPIRED) for each in outside]
    return [Transition(number, status, day_end) for number, status in sorted(left)]


def rooms_held(serving: Serving, occupants: Iterable[Occupant]) -> dict[int, datetime]:
    """Until when the rooms are held by patients whom an earlier service day called, by the clock. In `desk`
    mode that is not known."""
    if serving.mode is not QueueMode.CLOCK:
        return {}
    return {each.room: max(each.called_at + serving.mean_service, serving.since) for each in occupants}


def calling_order(waiters: Sequence[Waiter], streaks: ByLane, ratios: ByLane) -> list[Waiter]:
    """Waiters in the order in which they are called; they are given in the order in which each lane calls
    them, and all have arrived."""
    lanes = [deque(each for each in waiters if each.lane is lane) for lane in LANES]
    ordered = []
    while (turn := next_turn([*map(len, lanes)], streaks, ratios)) is not None:
        ordered.append(lanes[turn].popleft())
        streaks = streaks.after_call(LANES[turn], ratios)
    return ordered


class _Lanes:
    """Those who wait, while time is advanced: who has come is called by turns, the others come later."""

    def __init__(self, serving: Serving, waiters: Sequence[Waiter]) -> None:
        self.streaks = serving.streaks
        self._ratios = serving.ratios
        places = sorted(enumerate(waiters), key=lambda each: each[1].waiting_since, reverse=True)
        self._coming = places
        self._here: list[list[tuple[int, Waiter]]] = [[] for _ in LANES]

    def waiting_from(self) -> datetime | None:
        """Since when a ticket can be called; the distant past where one was left by an earlier call, None
        where none waits or will come."""
        if any(self._here):
            return _LONG_AGO
        return self._coming[-1][1].waiting_since if self._coming else None

    def call(self, at: datetime) -> Waiter:
        """The ticket whose turn it is at a moment at which one waits; calls come in the order of time."""
        while self._coming and self._coming[-1][1].waiting_since <= at:
            place = self._coming.pop()
            heappush(self._here[place[1].lane.rank], place)
        turn = next_turn([*map(len, self._here)], self.streaks, self._ratios)
        assert turn is not None
        self.streaks = self.streaks.after_call(LANES[turn], self._ratios)
        return heappop(self._here[turn])[1]


class _Rooms:
    """The rooms of one clinic, numbered from 1, while time is advanced."""

    def __init__(self, serving: Serving, occupants: Sequence[Occupant]) -> None:
        self._serving = serving
        self.occupants = {occupant.room: occupant for occupant in occupants}
        # A room found free has been free for as long as any ticket has waited: one that waited under this
        # arrangement would have been called to it.
        self._free_since = {
            room: max(serving.since, serving.rooms_freed.get(room, serving.since))
            for room in range(1, serving.rooms + 1)
            if room not in self.occupants
        }
        # Two registrars' clocks may differ: a later number may have the earlier time of arrival.
        self._last_call_at = max((each.called_at for each in occupants), default=serving.since)

    def next_leaving_at(self) -> datetime | None:
        if not self.occupants:
            return None
        called_at = min(occupant.called_at for occupant in self.occupants.values())
        return max(called_at + self._serving.mean_service, self._serving.since)

    def next_free_at(self) -> datetime | None:
        if not self._free_since:
            return None
        return max(min(self._free_since.values()), self._last_call_at)

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
        self.occupants[room] = Occupant(waiter.number, room, TicketStatus.CALLED, at, waiter.lane)
        return room


def _next_call_at(rooms: _Rooms, waiting: _Lanes) -> datetime | None:
    free_at, waiting_from = rooms.next_free_at(), waiting.waiting_from()
    return None if free_at is None or waiting_from is None else max(free_at, waiting_from)


def _next_change_at(serving: Serving, rooms: _Rooms, waiting: _Lanes) -> datetime | None:
    if not rooms.occupants and waiting.waiting_from() is None:
        return None
    moments = [serving.day_end]
    if serving.mode is QueueMode.CLOCK:
        next_call_at = _next_call_at(rooms, waiting)
        moments += [at for at in (rooms.next_leaving_at(), next_call_at) if at is not None]
    return min(moments)
