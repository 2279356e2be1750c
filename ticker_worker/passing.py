"""Time passes in queues: what has happened until a moment by the clock, and by the opening hours."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from common.domain.catalog import Clinic
from common.domain.event_names import EventName
from common.domain.lanes import Lane
from common.domain.queue_advance import (
    Advance,
    Ending,
    Occupant,
    Transition,
    Waiter,
    advance,
    rooms_held,
)
from common.domain.schedule import Announcement, announcements, next_service_date
from common.domain.ticket_states import TicketStatus
from common.storage.catalog import CatalogCache
from common.storage.engine import Connection
from common.storage.journal import JournalEntry
from common.storage.queues import (
    ClinicDay,
    QueueState,
    create_queues,
    day_after,
    day_before,
    new_queue,
)
from common.storage.ticket_views import read_occupants
from common.storage.waiters import next_waiters
from ticker_worker.day_end import DayEnds, serving_of
from ticker_worker.happened import Happened

CALLS_MAX = 100
"""Calls in one queue that one tick makes at most; more follow with the next tick."""


def days_needed(
    catalog: CatalogCache, queues: Mapping[ClinicDay, QueueState], now: datetime
) -> set[ClinicDay]:
    """The days that have to be locked besides, because those before them go over to them."""
    return {
        day_after(key)
        for key, queue in queues.items()
        if queue.next_change_at is not None and _goes_over(catalog.clinic_of(key), queue, now)
    } - queues.keys()


def _goes_over(clinic: Clinic, queue: QueueState, now: datetime) -> bool:
    day_end = clinic.day_end(queue.key[2])
    if queue.ending is None:
        return day_end <= now and clinic.is_open(day_end)
    return queue.ending is Ending.HANDOVER


@dataclass
class PassingTime:
    """Moves locked queues to the moment `now`. The queues are still to be written.

    Where a day is over that goes over to the next one, both are locked. A day calls nobody before those of
    the day before it have come over.
    """

    connection: Connection
    catalog: CatalogCache
    now: datetime
    queues: Mapping[ClinicDay, QueueState]
    entries: list[JournalEntry] = field(default_factory=list)
    # The days of which fewer went over than if they had been moved alone.
    cut_short: set[ClinicDay] = field(default_factory=set)

    def move(
        self, causes: Mapping[str, Sequence[ClinicDay]], recorded: Mapping[str, int]
    ) -> dict[str, list[JournalEntry]]:
        """What happens until now in the queues that each cause moves; each queue has one cause. `recorded`
        says how many entries a cause has in the journal already."""
        self.moved: dict[ClinicDay, Advance] = {}
        self.waiters: dict[ClinicDay, list[Waiter]] = {}
        self.unfinished: set[ClinicDay] = set()
        cause_of = {key: cause_id for cause_id, keys in causes.items() for key in keys}
        self.happened = Happened(cause_of, recorded)
        moving = [self.queues[key] for keys in causes.values() for key in keys]
        # A day that is over, and has nothing left to come, is left alone.
        moving = [each for each in moving if each.next_change_at is not None or not self._is_over(each)]
        self.occupants = {**read_occupants(self.connection, self.happened.cause_of.keys())()}
        moving.sort(key=lambda queue: queue.key[2])  # a day looks at the day before it
        over = [queue for queue in moving if self._is_over(queue)]
        self._move([queue for queue in over if queue.ending is None])
        self._begin_endings(queue for queue in over if queue.ending is None)
        ends = DayEnds(self.connection, self.catalog, self.now, self.queues, self.occupants, self.happened)
        ends.end([queue for queue in over if queue.ending is not None])
        self.cut_short = ends.cut_short
        self._move([queue for queue in moving if not self._is_over(queue)])
        self.entries += [entry for entries in self.happened.entries.values() for entry in entries]
        return {cause_id: self.happened.entries[cause_id] for cause_id in causes}

    # --- calls ------------------------------------------------------------------------------------------

    def _move(self, queues: Sequence[QueueState]) -> None:
        """Brings queues to the present moment, or to the end of their day."""
        ready = []
        for queue in queues:
            if self.awaits_handover(queue):
                self.moved[queue.key] = Advance((), self.now, queue.priority_streak)
            else:
                ready.append(queue)
        # Who is on time calls no more than one patient to each room.
        rooms_max = max((self.catalog.clinic_of(queue.key).rooms for queue in ready), default=0)
        self._advance_with(ready, rooms_max + 1)
        self._advance_with([queue for queue in ready if queue.key in self.unfinished], CALLS_MAX)
        for queue in queues:
            self._apply(queue)
        self.happened.write(self.connection)

    def awaits_handover(self, queue: QueueState) -> bool:
        """Whether some of the day before are still to come over, whose places may be before everybody's."""
        before = self.queues.get(day_before(queue.key))
        if before is None or before.next_change_at is None:
            return False
        is_undecided = before.ending is None and self._is_over(before)
        return is_undecided or (before.ending is Ending.HANDOVER and before.waiting > 0)

    def _advance_with(self, queues: Sequence[QueueState], waiters_max: int) -> None:
        """Reads so many of each queue's waiting patients, and advances it with them."""
        self.waiters |= next_waiters(self.connection, [queue.key for queue in queues], waiters_max)
        for queue in queues:
            self._advance(queue)

    def _advance(self, queue: QueueState) -> None:
        clinic, waiters = self.catalog.clinic_of(queue.key), self.waiters.get(queue.key, [])
        occupants = self.occupants.get(queue.key, ())
        held = rooms_held(serving_of(clinic, queue), self.occupants.get(day_before(queue.key), ()))
        serving = serving_of(clinic, queue, held)
        moved = advance(serving, occupants, waiters, self.now)
        self.unfinished.discard(queue.key)
        calls = {each.number: each.at for each in moved.transitions if each.status is TicketStatus.CALLED}
        emptied_at = []
        for lane in Lane:
            numbers = [waiter.number for waiter in waiters if waiter.lane is lane]
            if len(numbers) < queue.waiting_in(lane) and calls.keys() >= set(numbers):
                emptied_at.append(max(calls[number] for number in numbers))
        if emptied_at:
            # Everybody of a lane who was read has been called, and more wait. Stop just before the last of
            # these calls: a room that came free at that moment would look as if nobody had been waiting for
            # it. (There is always a call before it, since more are read of a lane than a clinic has rooms.)
            moved = advance(serving, occupants, waiters, min(emptied_at) - timedelta.resolution)
            self.unfinished.add(queue.key)
        self.moved[queue.key] = moved

    # --- what was found ---------------------------------------------------------------------------------

    def _apply(self, queue: QueueState) -> None:
        """Records what has happened in one queue."""
        clinic = self.catalog.clinic_of(queue.key)
        day_end = clinic.day_end(queue.key[2])
        moved = self.moved[queue.key]
        was_open = self._announced_open(queue)
        told = announcements(clinic, queue.key[2], was_open, queue.announced_until, self.now)
        happened: list[Transition | Announcement] = [*told.due, *moved.transitions]
        happened.sort(key=lambda each: each.at)
        waiting = {waiter.number: waiter.lane for waiter in self.waiters.get(queue.key, ())}
        lanes = waiting | {each.number: each.lane for each in self.occupants.get(queue.key, ())}
        for each in happened:
            if isinstance(each, Announcement):
                name = EventName.CLINIC_OPENED if each.is_open else EventName.CLINIC_CLOSED
                self.happened.record(queue, name, each.at)
                continue
            if each.number in waiting:
                queue.count_waiting(waiting.pop(each.number), -1)
            if each.status is TicketStatus.CALLED:
                queue.now_serving = each.number
            self.happened.record_transition(queue, each, lanes[each.number])
        self.happened.change(queue.key, moved.transitions)
        self.occupants[queue.key] = _after(self.occupants.get(queue.key, ()), moved.transitions, lanes)
        queue.priority_streak = moved.streak
        queue.announced_open = told.is_open
        queue.announced_until = max(queue.announced_until, min(self.now, day_end))
        moments = [day_end, moved.next_change_at, told.next_at]
        queue.next_change_at = min(at for at in moments if at is not None)
        if queue.key in self.unfinished:
            queue.next_change_at = self.now
        queue.ending = None if day_end > self.now else queue.ending
        queue.changed = True

    def _announced_open(self, queue: QueueState) -> bool | None:
        """What was announced of the clinic last: of a day that begins, on the day before."""
        before = self.queues.get(day_before(queue.key))
        day_start = self.catalog.clinic_of(queue.key).day_start(queue.key[2])
        if queue.announced_open is None and before is not None and queue.announced_until <= day_start:
            return before.announced_open
        return queue.announced_open

    # --- the end of the day -----------------------------------------------------------------------------

    def _is_over(self, queue: QueueState) -> bool:
        return self.catalog.clinic_of(queue.key).day_end(queue.key[2]) <= self.now

    def _begin_endings(self, queues: Iterable[QueueState]) -> None:
        """Decides what becomes of those who are left, once all calls of the day were made."""
        next_days = []
        for queue in queues:
            clinic = self.catalog.clinic_of(queue.key)
            if queue.key in self.unfinished or self.awaits_handover(queue):
                continue
            if clinic.is_open(clinic.day_end(queue.key[2])):
                queue.ending = Ending.HANDOVER
                following = self.queues[day_after(queue.key)]
                if following.announced_until <= clinic.day_start(following.key[2]):
                    following.announced_open = queue.announced_open
                following.next_change_at, following.changed = self.now, True
            else:
                queue.ending = Ending.EXPIRY
                next_days += self._next_day(clinic)
        create_queues(self.connection, next_days)

    def _next_day(self, clinic: Clinic) -> list[QueueState]:
        """The next day on which the clinic opens gets its row, due at the first opening."""
        service_date = next_service_date(clinic, self.now)
        if service_date is None:
            return []
        start = clinic.day_start(service_date)
        sessions = clinic.sessions_on(service_date)
        first = start if clinic.is_open(start) or not sessions else sessions[0].opens_at
        return [new_queue((*clinic.key, service_date), start, first, announced_open=False)]


def _after(
    occupants: Iterable[Occupant], transitions: Iterable[Transition], lanes: Mapping[int, Lane]
) -> list[Occupant]:
    """Who is in the rooms after that."""
    found = {each.number: each for each in occupants}
    for each in transitions:
        found.pop(each.number, None)
        if each.room is not None:
            lane = lanes[each.number]
            found[each.number] = Occupant(each.number, each.room, each.status, each.at, lane)
    return list(found.values())
