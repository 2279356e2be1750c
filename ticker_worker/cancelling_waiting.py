"""CancelWaiting a clinic with everybody who waits in it cancelled: in steps, since thousands may wait.

The first step closes the clinic, so no patient registers any more. Each step is a transaction of its own, to
hold the queue's lock only briefly. A step begins with the queue's journal entries since the step before: this
process or another one can continue where the last step ended.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeGuard

from common.clock import Clock
from common.domain.cancellations import Cancellation, CancelledBy
from common.domain.clinic_day import ClinicDay
from common.domain.event_names import EventName
from common.domain.queue import Queue, cancel_waiting
from common.domain.ticket_states import OUTSIDE, TRANSITIONS, TicketStatus
from common.messages.desk_requests import CloseClinic, WaitingFate
from common.messages.message import Request
from common.storage import journal
from common.storage.engine import Connection, Engine, transaction
from common.storage.journal import Cause, ClinicOf, JournalEntry
from common.storage.queues import lock_queues, write_queues
from common.storage.undo_records import before_of
from ticker_worker import store

CANCELLED_AT_ONCE_MAX = 500
"""Tickets that one step cancels."""

_CAME_LATER = frozenset(
    rule.event
    for rule in TRANSITIONS.values()
    if OUTSIDE & {rule.after, *rule.back_to} and not OUTSIDE & rule.before
)
"""Events after which a ticket waits, or is parked, that did neither when the clinic closed."""


def cancels_waiting(request: Request) -> TypeGuard[CloseClinic]:
    """Whether a request closes a clinic and cancels the tickets of those who wait."""
    return isinstance(request, CloseClinic) and request.waiting is WaitingFate.CANCEL


@dataclass
class CancelWaiting:
    """The cancelling of those who waited when `entries[0]` closed their clinic, for the `reason` that the
    staff gave; `entries` is all that the request has done, in order."""

    entries: list[JournalEntry]
    reason: str | None
    is_done: bool = False
    # The queue's journal is known up to this sequence, and its waiting tickets up to this number.
    seen_sequence: int = field(init=False)
    seen_number: int = 0
    # Who waits, or is parked, but was not when the clinic closed.
    spared: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.seen_sequence = self.entries[0].sequence

    @property
    def key(self) -> ClinicDay:
        """The queue."""
        return self.entries[0].clinic_day

    def finish(self, engine: Engine, clinic_of: ClinicOf, clock: Clock) -> None:
        """Cancels those who still wait, a part of them in each transaction; raises StoreUnavailable."""
        while not self.is_done:
            with transaction(engine) as connection:
                queue, now = lock_queues(connection, [self.key])()[self.key], clock.now()
                queue, entries = self.step(connection, queue, clinic_of, now)
                write_queues(connection, [queue])
                journal.record(connection, entries, now)

    def step(
        self, connection: Connection, queue: Queue, clinic_of: ClinicOf, now: datetime
    ) -> tuple[Queue, list[JournalEntry]]:
        """Cancels the next ones in the locked queue, in the order of their numbers.

        The queue is still to be written, and its entries to be recorded. If that fails, discard this
        object and begin another one from the journal.
        """
        if queue.last_sequence > self.seen_sequence:
            self._catch_up(connection)
        found = store.outside_after(connection, self.key, self.seen_number, CANCELLED_AT_ONCE_MAX)
        going = [ticket for ticket in found if ticket.number not in self.spared]
        cancellation = Cancellation(CancelledBy.CLOSING, self.reason)
        queue, changes = cancel_waiting(queue, going, now, cancellation)
        store.write_tickets(connection, changes)
        closed = self.entries[0]
        cause = Cause(closed.cause_id, closed.cause_digest, closed.operator)
        entries = journal.entries_of(changes, cause, clinic_of, len(self.entries))
        self.entries += entries
        self.seen_sequence = queue.last_sequence
        self.seen_number = found[-1].number if found else self.seen_number
        self.is_done = len(found) < CANCELLED_AT_ONCE_MAX
        return queue, entries

    def _catch_up(self, connection: Connection) -> None:
        """Takes note of what happened in the queue since: steps of another process, and newcomers."""
        for entry in journal.read_queue(connection, self.key, self.seen_sequence):
            if entry.cause_id == self.entries[0].cause_id:
                self.entries.append(entry)
                self.seen_number = entry.number or self.seen_number
            elif entry.number is not None and _came_later(entry):
                self.spared.add(entry.number)


def _came_later(entry: JournalEntry) -> bool:
    if entry.event.name is EventName.TICKET_SKIPPED:  # of who waited, or was called
        before = before_of(entry.undo)
        return before is not None and before.status is TicketStatus.CALLED
    return entry.event.name in _CAME_LATER
