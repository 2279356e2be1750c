"""Closing a clinic with everybody who waits in it cancelled: in steps, since thousands may wait.

The clinic takes no newcomers from the first step on, which closes it. Each step is a transaction of its own,
so that nobody waits long for the queue's lock. A step begins with what the journal says of the queue since
the step before: whoever has to go on, in this process or in another, goes on where the last step ended.
"""

from dataclasses import dataclass, field
from datetime import datetime

from common.domain.event_names import EventName
from common.domain.ticket_states import TicketStatus
from common.messages.events import ChangedTicket
from common.storage import journal
from common.storage.engine import Connection
from common.storage.journal import JournalEntry
from common.storage.queues import ClinicDay, QueueState
from ticker_worker import store
from ticker_worker.store import TicketChange

CANCELLED_AT_ONCE_MAX = 500
"""Tickets that one step cancels."""

_CAME_LATER = frozenset({EventName.TICKET_REGISTERED, EventName.TICKET_REINSTATED})


@dataclass
class Closing:
    """The cancelling of those who waited when `entries[0]` closed their clinic; `entries` is all that the
    request has done, in order."""

    entries: list[JournalEntry]
    is_done: bool = False
    # The queue's journal is known up to this sequence, and its waiting tickets up to this number.
    seen_sequence: int = field(init=False)
    seen_number: int = 0
    # Who waits, but did not when the clinic closed.
    spared: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.seen_sequence = self.entries[0].sequence

    @property
    def key(self) -> ClinicDay:
        """The queue."""
        first = self.entries[0]
        return (first.event.hospital, first.event.clinic, first.service_date)

    def step(self, connection: Connection, queue: QueueState, now: datetime) -> list[JournalEntry]:
        """Cancels the next ones in the locked queue, in the order of their numbers.

        The queue is still to be written, and what is returned to be recorded. If that fails, this object is
        of no use any more: begin another one from the journal.
        """
        if queue.last_sequence > self.seen_sequence:
            self._catch_up(connection)
        found = store.waiting_after(connection, self.key, self.seen_number, CANCELLED_AT_ONCE_MAX)
        cancelled = TicketStatus.CANCELLED
        going = [ticket for ticket in found if ticket[0] not in self.spared]
        store.write_tickets(
            connection, (TicketChange(self.key, number, cancelled, ended_at=now) for number, _ in going)
        )
        before = len(self.entries)
        for number, lane in going:
            queue.count_waiting(lane, -1)
            queue.cancelled += 1
            self._record(queue, ChangedTicket(number, cancelled, lane), now)
        self.seen_sequence = queue.last_sequence
        self.seen_number = found[-1][0] if found else self.seen_number
        self.is_done = len(found) < CANCELLED_AT_ONCE_MAX
        return self.entries[before:]

    def _catch_up(self, connection: Connection) -> None:
        """Takes note of what happened in the queue since: steps of another process, and newcomers."""
        for entry in journal.read_queue(connection, self.key, self.seen_sequence):
            if entry.cause_id == self.entries[0].cause_id:
                self.entries.append(entry)
                self.seen_number = entry.number or self.seen_number
            elif entry.event.name in _CAME_LATER and entry.number is not None:
                self.spared.add(entry.number)

    def _record(self, queue: QueueState, ticket: ChangedTicket, now: datetime) -> None:
        self.entries.append(
            journal.next_entry(
                queue,
                EventName.TICKET_CANCELLED,
                now,
                ticket,
                cause_id=self.entries[0].cause_id,
                ordinal=len(self.entries),
                cause_digest=self.entries[0].cause_digest,
                operator=self.entries[0].operator,
            )
        )
