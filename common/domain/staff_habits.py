"""What a clinic's staff do between services, from call to call: how long they take to call the next, how
many rooms really serve at which time of day, how long they are away, and how the rooms differ.

Only what happened while somebody waited says anything of it. A room that calls within the usual gap has
served all the time; one that takes longer, or does not call at all, was away. Sums are kept (`Habits`), of
today and, fading, of the days before; and of today how the rooms are used. The formulae are in
docs/waiting-time.md.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, NamedTuple, Self

from common.domain.catalog import Clinic
from common.domain.habit_sums import (
    FADING,
    GAPS,
    HALF_HOUR,
    Gaps,
    HalfHour,
    RoomServices,
    Sums,
    added,
    faded,
    half_hour_key,
    room_key,
    rounded,
    subtracted,
)
from common.domain.service_times import EndedCall
from common.domain.told import ToldInterval

_AT_ONCE_SECONDS = 30.0
"""A room's next call so soon is one of the same batch."""


class RoomUse(NamedTuple):
    """When a room last called today, and when that call ended (None: it has not), in seconds since 1970; and
    how many it has called at once, the last of them then."""

    called: float
    ended: float | None = None
    at_once: int = 1

    def is_at_once(self, called: float) -> bool:
        """Whether a call then is one of the same batch."""
        return called - self.called <= _AT_ONCE_SECONDS

    @property
    def free_since(self) -> float:
        """Since when the room has been free, if nobody is in it."""
        return self.called if self.ended is None else self.ended


class RoomBefore(NamedTuple):
    """How a room was used before something that can be taken back, as `RoomUse` has it (None: it had not
    called); of a call (at `call_at`), the last one before it, and since when somebody had waited then."""

    room: int
    called: float | None
    ended: float | None
    call_at: float | None
    last_call: float | None
    waiting_from: float | None
    at_once: int = 1


class Call(NamedTuple):
    """A call that staff have made: into which room, of whom who waited since then; so many are still
    `waiting`. If it was in turn, what its patient was `told` is judged by it."""

    room: int
    waiting_since: datetime
    called_at: datetime
    waiting: int
    told: ToldInterval | None = None


@dataclass(frozen=True, slots=True)
class Habits:
    """What is kept of a clinic: the sums of `day`, and those of the `days` before, faded.

    Of `day` there is also how each room is used, when the last call was, and since when somebody has waited
    without a break (None: nobody was left at the last call).
    """

    day: date | None = None
    today: Sums = field(default_factory=dict)
    days: float = 0.0
    before: Sums = field(default_factory=dict)
    rooms: Mapping[int, RoomUse] = field(default_factory=dict)
    last_call: float | None = None
    waiting_from: float | None = None

    def on(self, day: date) -> "Habits":
        """As they are known on `day`, on which nothing may have been observed yet."""
        if self.day is None:
            return Habits(day)
        if day <= self.day:
            return self
        return Habits(day, {}, FADING * self.days + 1, added(faded(self.before), self.today))

    def plus(self, sums: Sums) -> Self:
        """With what one call taught of `day`."""
        return replace(self, today=added(self.today, sums))

    def minus(self, sums: Sums, before: "RoomBefore | None", day: date) -> Self:
        """Without it, and with the room as it was; of a day before, nothing is kept of rooms."""
        if day != self.day:
            return replace(self, before=subtracted(self.before, sums))
        left = replace(self, today=subtracted(self.today, sums))
        if before is None:
            return left
        rooms = {room: use for room, use in self.rooms.items() if room != before.room}
        if before.called is not None:
            rooms[before.room] = RoomUse(before.called, before.ended, before.at_once)
        left = replace(left, rooms=rooms)
        if before.call_at != self.last_call:
            return left
        return replace(left, last_call=before.last_call, waiting_from=before.waiting_from)

    def room_before(self, room: int, call_at: float | None = None) -> "RoomBefore":
        """How a room is used before a call into it, at that moment, or before the end of one."""
        called, ended, at_once = self.rooms.get(room, (None, None, 1))
        return RoomBefore(room, called, ended, call_at, self.last_call, self.waiting_from, at_once)

    def sums_of(self, key: str) -> tuple[float, ...]:
        """All that is known of a key, today's with the weight of a day before."""
        before, today = self.before.get(key, ()), self.today.get(key, ())
        if before and today:
            return tuple(some + others for some, others in zip(before, today, strict=True))
        return before or today

    def as_sums(self) -> dict[str, Any]:
        """As they are kept, in JSON."""
        return {
            "today": self.today,
            "days": self.days,
            "before": self.before,
            "rooms": {str(room): [*use] for room, use in self.rooms.items()},
            "last_call": self.last_call,
            "waiting_from": self.waiting_from,
        }

    @classmethod
    def of_sums(cls, sums: Mapping[str, Any], day: date) -> Self:
        """From what is kept, last changed on the service day `day`."""
        return cls(
            day,
            {key: tuple(each) for key, each in sums["today"].items()},
            sums["days"],
            {key: tuple(each) for key, each in sums["before"].items()},
            {int(room): RoomUse(*use) for room, use in sums["rooms"].items()},
            sums["last_call"],
            sums["waiting_from"],
        )


NO_HABITS = Habits()
"""Before anything was seen."""


def after_call(clinic: Clinic, habits: Habits, day: date, call: Call) -> tuple[Habits, Sums]:
    """The habits, now that a call was made on the service day `day`; and what it taught."""
    habits = habits.on(day)
    called = call.called_at.timestamp()
    waiting_from, begins = waited_since(clinic, habits, day, call)
    opened = opened_at(clinic, day, call.called_at)
    last_call = call.waiting_since.timestamp() if habits.last_call is None else habits.last_call
    seen = _Seen(clinic, habits, begins, waiting_from, called)
    sums = {} if called < begins else seen.sums(call.room, opened)
    use = habits.rooms.get(call.room)
    at_once = 1 if use is None or not use.is_at_once(called) else use.at_once + 1
    rooms = {**habits.rooms, call.room: RoomUse(called, at_once=at_once)}
    after = replace(
        habits.plus(sums),
        rooms=rooms,
        last_call=max(called, last_call),
        waiting_from=waiting_from if call.waiting else None,
    )
    return after, sums


def waited_since(clinic: Clinic, habits: Habits, day: date, call: Call) -> tuple[float, float]:
    """Since when somebody had waited without a break at a call on the service day `day`; and the part of this
    since the call before. Both begin with the session, in seconds since 1970."""
    since = call.waiting_since.timestamp()
    last_call = since if habits.last_call is None else habits.last_call
    # Of those who were left at the last call, nobody may have stayed until somebody came.
    if habits.waiting_from is not None and (since <= last_call or call.waiting):
        waiting_from, begins = habits.waiting_from, last_call
    else:
        waiting_from = begins = max(since, last_call)
    opened = opened_at(clinic, day, call.called_at)
    return (waiting_from, begins) if opened is None else (max(waiting_from, opened), max(begins, opened))


def after_end(habits: Habits, day: date, room: int, ended: EndedCall, seconds: float) -> tuple[Habits, Sums]:
    """The habits, now that a call into a room has ended on the service day `day`, which counts as of so many
    seconds; and what it taught."""
    habits = habits.on(day)
    sums: Sums = {}
    if ended.came:
        sums = {room_key(room): RoomServices(1.0, round(seconds, 1), round(seconds**2))}
    use = habits.rooms.get(room)
    if use is not None:
        habits = replace(habits, rooms={**habits.rooms, room: use._replace(ended=ended.ended_at.timestamp())})
    return habits.plus(sums), sums


class _Seen:
    """What the time until a call shows, from `begins` (the call before, or when somebody came) on; somebody
    has waited since `waiting_from`."""

    def __init__(
        self, clinic: Clinic, habits: Habits, begins: float, waiting_from: float, called: float
    ) -> None:
        self._offset = called - _second_of_day(clinic, called)
        self._habits, self._rooms = habits, clinic.rooms
        self._begins, self._waiting_from, self._called = begins, waiting_from, called
        self._gaps = Gaps(*habits.sums_of(GAPS))

    def sums(self, room: int, opened: float | None) -> Sums:
        """What is added to today's."""
        spans = [self._served(each, is_caller=each == room) for each in range(1, max(self._rooms, room) + 1)]
        halves = {
            half_hour_key(half): HalfHour(
                ends - begins,
                sum(_overlap(begins, ends, span) for span in spans),
                len(spans) * (ends - begins),
            )
            for half, begins, ends in self._halves()
        }
        return {key: rounded(each) for key, each in {GAPS: self._gap(room, opened), **halves}.items()}

    def _age(self, room: int) -> float:
        """For how long the room had been free, while somebody waited, at the call."""
        return self._called - max(self._free_since(room), self._waiting_from)

    def _free_since(self, room: int) -> float:
        use = self._habits.rooms.get(room)
        if use is None:
            return self._waiting_from
        return use.free_since

    def _served(self, room: int, *, is_caller: bool) -> tuple[float, float]:
        """From when to when the room served."""
        use = self._habits.rooms.get(room)
        if use is not None and use.ended is None and not is_caller:
            return self._begins, self._called
        if self._age(room) <= self._gaps.longest:
            return self._begins, self._called
        return self._begins, max(self._begins, self._free_since(room) if use else self._begins)

    def _halves(self) -> Iterator[tuple[int, float, float]]:
        begins = self._begins
        while begins < self._called:
            half = int((begins - self._offset) // HALF_HOUR)
            ends = min(self._offset + (half + 1) * HALF_HOUR, self._called)
            yield half, begins, ends
            begins = ends

    def _gap(self, room: int, opened: float | None) -> Gaps:
        age = max(self._age(room), 0.0)
        first = Gaps()
        if self._habits.last_call is None and opened is not None:
            late = self._called - opened if age > self._gaps.longest else 0.0
            first = Gaps(days=1.0, late_days=float(late > 0), late_seconds=late, late_squares=late**2)
        use = self._habits.rooms.get(room)
        if use is None:
            return first
        if not use.is_at_once(self._called):
            count, is_full = float(use.at_once), float(self._habits.waiting_from is not None)
            first = first._replace(
                batch_calls=count, batch_squares=count**2, full=is_full, full_calls=is_full * count
            )
        if age > self._gaps.longest:
            return first._replace(absences=1.0, absence_seconds=age, absence_squares=age**2)
        if self._free_since(room) >= self._waiting_from:
            return first._replace(cycles=1.0, cycle_seconds=age)
        return first._replace(notices=1.0, notice_seconds=age)


def opened_at(clinic: Clinic, day: date, moment: datetime) -> float | None:
    """When the session began that is on at `moment`, or was the last one before it."""
    begun = [each.opens_at for each in clinic.sessions_on(day) if each.opens_at <= moment]
    return begun[-1].timestamp() if begun else None


def _second_of_day(clinic: Clinic, moment: float) -> float:
    local = datetime.fromtimestamp(moment, clinic.hospital.time_zone)
    return local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6


def _overlap(begins: float, ends: float, span: tuple[float, float]) -> float:
    return max(min(ends, span[1]) - max(begins, span[0]), 0.0)
