"""Queues on their way to the present moment: in rounds, of which each loads tickets, has the domain decide
what has become of them, and saves that, since the next round reads it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from common.domain.changes import Change
from common.domain.clinic_day import ClinicDay
from common.domain.queue import Ending, Queue
from common.domain.queue_advance import Occupant
from common.storage.catalog import CatalogCache
from common.storage.engine import Connection
from common.storage.queues import create_queues
from common.storage.waiters import next_waiters
from ticker_worker import store
from ticker_worker.rules.day_end import begin_ending, begin_handover, queue_after
from ticker_worker.rules.passing_time import (
    Passed,
    QueueTickets,
    advance_queue,
    announced_open,
    awaits_handover,
    pass_time,
    waits_for_day_before,
)

CALLS_MAX = 100
"""Calls in one queue that one tick makes at most; more follow with the next tick."""


@dataclass
class AdvancingQueues:
    """The queues of one transaction on their way to the moment `now`; they are the caller's to write. Where a
    day is over that goes over to the next one, both are locked.

    `cause_of` says which cause moves a queue. `changes` are what each cause has changed, in order;
    `unfinished` are queues in which more happens than was read of them.
    """

    connection: Connection
    catalog: CatalogCache
    now: datetime
    queues: dict[ClinicDay, Queue]
    cause_of: Mapping[ClinicDay, str]
    occupants: dict[ClinicDay, Sequence[Occupant]]
    changes: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    unfinished: set[ClinicDay] = field(default_factory=set)

    def keep(self, key: ClinicDay, passed: Passed) -> None:
        """Notes what became of a queue, and what its move has changed, here or in the day that follows."""
        self.queues[key] = passed.queue
        self.occupants[key] = passed.occupants
        self.changes[self.cause_of[key]] += passed.changes

    def awaits_handover(self, key: ClinicDay) -> bool:
        """Whether tickets of the day before are still to be handed over: no ticket is called before that."""
        return awaits_handover(self.queues.get(key.day_before), self.catalog.clinic_of(key), self.now)

    def advance(self, keys: Sequence[ClinicDay]) -> None:
        """One round: brings queues to the present moment, or to the end of their day, the earlier days
        first."""
        clinics = {key: self.catalog.clinic_of(key) for key in keys}
        tickets = {key: QueueTickets(self.occupants.get(key, ())) for key in keys}
        progress = {key: waits_for_day_before(self.queues[key], self.now) for key in keys}
        ready = [key for key in keys if not self.awaits_handover(key)]
        # Who is on time calls no more than one patient to each room.
        counts = (max((clinics[key].rooms for key in ready), default=0) + 1, CALLS_MAX)
        for count in counts:
            waiters = next_waiters(self.connection, ready, count)
            for key in ready:
                queue, before = self.queues[key], self.occupants.get(key.day_before, ())
                tickets[key] = tickets[key]._replace(waiters=waiters.get(key, ()))
                progress[key] = advance_queue(queue, clinics[key], tickets[key], before, self.now)
            ready = [key for key in ready if progress[key].is_unfinished]
        self.unfinished |= {*ready}
        changes: list[Change] = []
        for key in keys:
            queue = self.queues[key]
            was_open = announced_open(queue, self.queues.get(key.day_before), clinics[key])
            passed = pass_time(queue, clinics[key], tickets[key], progress[key], was_open, self.now)
            self.keep(key, passed)
            changes += passed.changes
        store.write_tickets(self.connection, changes)

    def begin_endings(self, keys: Sequence[ClinicDay]) -> None:
        """Decides for days that are over what becomes of those who are left, once all calls were made. The
        next day of a clinic that is closed then gets its queue."""
        following = []
        for key in keys:
            if key in self.unfinished or self.awaits_handover(key):
                continue
            clinic = self.catalog.clinic_of(key)
            queue = self.queues[key] = begin_ending(self.queues[key], clinic)
            if queue.ending is Ending.HANDOVER:
                next_day = self.queues[key.day_after]
                self.queues[key.day_after] = begin_handover(queue, next_day, clinic, self.now)
            elif (next_opened := queue_after(clinic, self.now)) is not None:
                following.append(next_opened)
        create_queues(self.connection, following)
