"""Time passes in queues: what has happened until a moment by the clock, and by the opening hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from common.domain.catalog import Clinic
from common.domain.lanes import Lane
from common.domain.opening_hours import midnight
from common.domain.queue_advance import Advance, Occupant, Serving, Transition, Waiter, advance
from common.domain.schedule import Announcement, announcements, next_service_date
from common.domain.tickets import IN_ROOM, TicketStatus
from common.events import EventName
from common.storage import journal
from common.storage.catalog import CatalogCache
from common.storage.engine import Connection
from common.storage.journal import JournalEntry
from common.storage.queues import ClinicDay, QueueState, create_queues, new_queue
from common.storage.ticket_views import read_occupants
from common.storage.waiters import next_waiters
from ticker_worker import store
from ticker_worker.store import TicketChange

CALLS_MAX = 100
"""Calls in one queue that one tick makes at most; more follow with the next tick."""


@dataclass
class PassingTime:
    """Moves locked queues to the moment `now`. What happened is in `entries`; the queues are still to be
    written."""

    connection: Connection
    catalog: CatalogCache
    now: datetime
    entries: list[JournalEntry] = field(default_factory=list)
    changes: list[TicketChange] = field(default_factory=list)
    next_days: list[QueueState] = field(default_factory=list)
    waiters: dict[ClinicDay, list[Waiter]] = field(default_factory=dict)
    moved: dict[ClinicDay, Advance] = field(default_factory=dict)

    def move(
        self, queues: Mapping[ClinicDay, QueueState], causes: Mapping[ClinicDay, str]
    ) -> dict[ClinicDay, list[JournalEntry]]:
        """What happens in the queues that have a cause (an id of its own for each) until now."""
        self._advance({key: queues[key] for key in causes})
        happened = {key: self._move(queues[key], cause_id) for key, cause_id in causes.items()}
        store.write_tickets(self.connection, self.changes)
        create_queues(self.connection, self.next_days)
        return happened

    def _advance(self, queues: Mapping[ClinicDay, QueueState]) -> None:
        """Finds what has happened in the queues, and in whose day it was the end."""
        self.occupants = read_occupants(self.connection, queues.keys())()
        ended = [queue for key, queue in queues.items() if self._day_end(key) <= self.now]
        self._advance_with(ended, max((queue.waiting for queue in ended), default=0) + 1)
        going = [queue for key, queue in queues.items() if key not in self.moved]
        # Who is on time calls no more than one patient to each room.
        rooms_max = max((self.catalog.clinic_of(queue.key).rooms for queue in going), default=0)
        self._advance_with(going, rooms_max + 1)
        self._advance_with([queue for queue in going if self._has_called_all(queue.key)], CALLS_MAX)

    def _advance_with(self, queues: Sequence[QueueState], waiters_max: int) -> None:
        """Reads so many of each queue's waiting patients, and advances it with them."""
        self.waiters |= next_waiters(self.connection, [queue.key for queue in queues], waiters_max)
        for queue in queues:
            key = queue.key
            clinic, waiters = self.catalog.clinic_of(key), self.waiters.get(key, [])
            self.moved[key] = _advance(clinic, queue, self.occupants.get(key, ()), waiters, self.now)

    def _has_called_all(self, key: ClinicDay) -> bool:
        """Whether somebody who was not read may have been called by now."""
        next_change_at = self.moved[key].next_change_at
        return next_change_at is not None and next_change_at <= self.now

    def _move(self, queue: QueueState, cause_id: str) -> list[JournalEntry]:
        """Brings one queue to the present moment."""
        clinic = self.catalog.clinic_of(queue.key)
        day_end = clinic.hospital.day_end(queue.key[2])
        moved = self.moved[queue.key]
        told = announcements(clinic, queue.key[2], queue.announced_until)
        told_now = [each for each in told if each.at <= self.now]
        happened: list[Transition | Announcement] = [*told_now, *moved.transitions]
        happened.sort(key=lambda each: each.at)
        waiting = {waiter.number: waiter.lane for waiter in self.waiters.get(queue.key, ())}
        before = len(self.entries)
        for ordinal, each in enumerate(happened):
            if isinstance(each, Transition):
                if each.number in waiting:
                    queue.count_waiting(waiting.pop(each.number), -1)
                if each.status is TicketStatus.CALLED:
                    queue.now_serving = each.number
            self._record(queue, cause_id, ordinal, each)
        self.changes += _ticket_changes(queue.key, moved.transitions)
        queue.priority_streak = moved.streak
        queue.announced_until = max(queue.announced_until, self.now)
        moments = [moved.next_change_at, day_end, *(each.at for each in told[len(told_now) :])]
        queue.next_change_at = min(at for at in moments if at is not None)
        queue.changed = True
        if day_end <= self.now:
            queue.next_change_at = None
            self._prepare_next_day(clinic)
        return self.entries[before:]

    def _record(
        self, queue: QueueState, cause_id: str, ordinal: int, happened: Transition | Announcement
    ) -> None:
        ticket = None
        if isinstance(happened, Transition):
            name = EventName(f"ticket.{happened.status}")
            ticket = (happened.number, happened.status)
        else:
            name = EventName.CLINIC_OPENED if happened.is_open else EventName.CLINIC_CLOSED
        entry = journal.next_entry(queue, name, happened.at, ticket, cause_id=cause_id, ordinal=ordinal)
        self.entries.append(entry)

    def _prepare_next_day(self, clinic: Clinic) -> None:
        """The next day on which the clinic opens gets its row, due at the first opening."""
        service_date = next_service_date(clinic, self.now)
        if service_date is not None:
            opens_at = clinic.sessions_on(service_date)[0].opens_at
            start = midnight(service_date, clinic.hospital.time_zone)
            self.next_days.append(new_queue((*clinic.key, service_date), start, opens_at))

    def _day_end(self, key: ClinicDay) -> datetime:
        return self.catalog.clinic_of(key).hospital.day_end(key[2])


def _advance(
    clinic: Clinic,
    queue: QueueState,
    occupants: Sequence[Occupant],
    waiters: Sequence[Waiter],
    now: datetime,
) -> Advance:
    serving = Serving(
        mode=clinic.mode,
        rooms=clinic.rooms,
        mean_service=clinic.mean_service,
        since=clinic.serving_since,
        day_end=clinic.hospital.day_end(queue.key[2]),
        rooms_freed=queue.rooms_freed,
        streak=queue.priority_streak,
        ratio=clinic.priority_ratio,
    )
    moved = advance(serving, occupants, waiters, now)
    calls = {each.number: each.at for each in moved.transitions if each.status is TicketStatus.CALLED}
    emptied_at = []
    for lane in Lane:
        numbers = [waiter.number for waiter in waiters if waiter.lane is lane]
        if len(numbers) < queue.waiting_in(lane) and calls.keys() >= set(numbers):
            emptied_at.append(max(calls[number] for number in numbers))
    if not emptied_at:
        return moved
    # Everybody of a lane who was read has been called, and more wait. Stop just before the last of these
    # calls: a room that came free at that moment would look as if nobody had been waiting for it. (There is
    # always a call before it, since more are read of a lane than a clinic has rooms.)
    moved = advance(serving, occupants, waiters, min(emptied_at) - timedelta.resolution)
    return replace(moved, next_change_at=now)


def _ticket_changes(key: ClinicDay, transitions: Sequence[Transition]) -> list[TicketChange]:
    """Each ticket's last state, and the moments on the way there."""
    found: dict[int, TicketChange] = {}
    for each in transitions:
        if each.status in IN_ROOM:
            found[each.number] = TicketChange(key, each.number, each.status, each.room, called_at=each.at)
        else:
            earlier = found.get(each.number)
            room, called_at = (earlier.room, earlier.called_at) if earlier else (None, None)
            found[each.number] = TicketChange(key, each.number, each.status, room, called_at, each.at)
    return list(found.values())
