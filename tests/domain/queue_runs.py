"""Queues as Hypothesis invents them, and one queue that is moved on by ticks, as the ticker moves it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from common.domain.catalog import QueueMode
from common.domain.lanes import Lane
from common.domain.queue_advance import (
    Advance,
    Occupant,
    Serving,
    Transition,
    Waiter,
    advance,
    end_of_day,
)
from common.domain.ticket_states import IN_ROOM, TicketStatus

MORNING = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""08:00 on a Monday in Jakarta."""

SECONDS_MAX = 3 * 3600
"""Length of an invented day."""


def after(seconds: float) -> datetime:
    """So many seconds after `MORNING`."""
    return MORNING + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Happening:
    """At `second` somebody came, or (`gives_up`) one of those in the rooms gave the ticket up."""

    second: int
    gives_up: int | None = None
    lane: Lane = Lane.REGULAR


@dataclass(frozen=True)
class TickAt:
    """A tick applied at `second` by a ticker whose clock is `behind` by so many seconds."""

    second: int
    behind: int = 0


@dataclass(frozen=True)
class Day:
    """What happens in one clinic, whatever ticks there are."""

    rooms: int
    mean_service: timedelta
    day_end: int
    happenings: tuple[Happening, ...]

    @property
    def serving(self) -> Serving:
        """How the clinic serves, before any room was freed."""
        return Serving(QueueMode.CLOCK, self.rooms, self.mean_service, MORNING, after(self.day_end))


@dataclass
class Queue:
    """A queue as the database holds it: what one tick left is what the next one finds."""

    serving: Serving
    occupants: dict[int, Occupant] = field(default_factory=dict)
    waiters: list[Waiter] = field(default_factory=list)
    log: list[Transition] = field(default_factory=list)
    next_number: int = 1

    def tick(self, now: datetime) -> Advance:
        """Advances to `now` and keeps what has changed; at the end of the day the clinic is closed."""
        moved = advance(self.serving, list(self.occupants.values()), self.waiters, now)
        self._keep(moved.transitions)
        self.serving = replace(self.serving, streaks=moved.streaks)
        if now >= self.serving.day_end:
            ended = end_of_day(self.occupants.values(), self.waiters, self.serving.day_end)
            self._keep(ended)
            moved = Advance((*moved.transitions, *ended), None, moved.streaks)
        return moved

    def _keep(self, transitions: Iterable[Transition]) -> None:
        for each in transitions:
            self.occupants.pop(each.number, None)
            self.waiters = [waiter for waiter in self.waiters if waiter.number != each.number]
            if each.status in IN_ROOM:
                assert each.room is not None
                self.occupants[each.number] = Occupant(each.number, each.room, each.status, each.at)
            self.log.append(each)

    def arrive(self, at: datetime, lane: Lane) -> None:
        """The next number waits since `at`."""
        self.waiters.append(Waiter(self.next_number, at, lane))
        self.next_number += 1

    def give_up(self, which: int, at: datetime) -> None:
        """One of those in the rooms leaves; `which` counts through them over and over."""
        if self.occupants:
            occupant = self.occupants.pop(sorted(self.occupants)[which % len(self.occupants)])
            self.log.append(Transition(occupant.number, TicketStatus.CANCELLED, at))
            freed = {**self.serving.rooms_freed, occupant.room: at}
            self.serving = replace(self.serving, rooms_freed=freed)


def run(day: Day, ticks: Iterable[TickAt] = (), *, told_first: bool = True) -> Queue:
    """The day with these ticks, and a last one when it is over.

    Whoever gives a called ticket up was told how the queue stands (`told_first`: there is a tick just
    before), or knows it only as the last tick left it.
    """
    queue = Queue(day.serving)
    steps: list[tuple[int, Happening | TickAt]] = [(each.second, each) for each in day.happenings]
    steps += [(each.second, each) for each in ticks]
    for second, step in sorted(steps, key=lambda each: each[0]):
        if isinstance(step, TickAt):
            queue.tick(after(second - step.behind))
        elif step.gives_up is None:
            queue.arrive(after(second), step.lane)
        else:
            if told_first:
                queue.tick(after(second))
            queue.give_up(step.gives_up, after(second))
    queue.tick(after(max(SECONDS_MAX, day.day_end)))
    return queue


def moments_in_service(log: Iterable[Transition]) -> dict[int, tuple[int, datetime, datetime]]:
    """Of each ticket that was called and has left: its room, and from when until when."""
    called: dict[int, Transition] = {}
    found = {}
    for each in log:
        if each.status is TicketStatus.CALLED:
            called[each.number] = each
        elif each.number in called:
            call = called[each.number]
            assert call.room is not None
            found[each.number] = (call.room, call.at, each.at)
    return found


@st.composite
def days(draw: st.DrawFn, *, give_up: bool = True, ends_early: bool = True, lanes: bool = True) -> Day:
    """Days of one to four rooms and a dozen patients, who come and give up at any second."""
    day_end = draw(st.integers(600, SECONDS_MAX)) if ends_early else 100 * SECONDS_MAX
    second = st.integers(0, min(day_end, SECONDS_MAX) - 1)
    # Whole tens, so that different things often happen at the same moment.
    second = second | second.map(lambda value: value - value % 600)
    lane = st.sampled_from(Lane) if lanes else st.just(Lane.REGULAR)
    happenings = draw(st.lists(st.builds(Happening, second, st.none(), lane), max_size=12))
    if give_up:
        happenings += draw(st.lists(st.builds(Happening, second, st.integers(0, 3)), max_size=4))
    return Day(
        rooms=draw(st.integers(1, 4)),
        mean_service=timedelta(seconds=draw(st.sampled_from([60, 300, 600, 1000, 3600]))),
        day_end=day_end,
        happenings=tuple(happenings),
    )


def tick_times() -> st.SearchStrategy[list[TickAt]]:
    """Any number of ticks at any time, doubled, and some by clocks that are behind."""
    second = st.integers(0, SECONDS_MAX) | st.integers(0, SECONDS_MAX // 600).map(lambda tens: tens * 600)
    tick = st.builds(TickAt, second, st.just(0) | st.integers(0, 900))
    doubled = st.lists(tick, max_size=15)
    return doubled.flatmap(
        lambda ticks: st.permutations(
            [*ticks, *ticks[::2]],
        )
    )
