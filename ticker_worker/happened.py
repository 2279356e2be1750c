"""What happened in locked queues by itself, as it is journaled, and what it makes of their tickets."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from common.domain.event_names import EventName
from common.domain.lanes import Lane
from common.domain.queue_advance import Transition
from common.domain.ticket_states import IN_ROOM
from common.messages.events import ChangedTicket
from common.storage import journal
from common.storage.engine import Connection
from common.storage.journal import JournalEntry
from common.storage.queues import ClinicDay, QueueState
from ticker_worker import store
from ticker_worker.store import TicketChange


@dataclass
class Happened:
    """Journal entries by the id of their cause, which is that of the tick or request (`cause_of`: by the
    queue that it moves), and the changes of tickets that are still to be written. `recorded` says how many
    entries a cause has in the journal already."""

    cause_of: Mapping[ClinicDay, str]
    recorded: Mapping[str, int] = field(default_factory=dict)
    entries: dict[str, list[JournalEntry]] = field(default_factory=lambda: defaultdict(list))
    changes: list[TicketChange] = field(default_factory=list)

    def record(
        self,
        queue: QueueState,
        name: EventName,
        at: datetime,
        ticket: ChangedTicket | None = None,
        *,
        moving: QueueState | None = None,
    ) -> None:
        """The next event of `queue`; `moving` is the queue whose move caused it, where that is another."""
        cause_id = self.cause_of[(moving or queue).key]
        entries = self.entries[cause_id]
        ordinal = self.recorded.get(cause_id, 0) + len(entries)
        entries.append(journal.next_entry(queue, name, at, ticket, cause_id=cause_id, ordinal=ordinal))

    def record_transition(self, queue: QueueState, each: Transition, lane: Lane) -> None:
        """The event of a ticket in this lane that came into another state."""
        ticket = ChangedTicket(each.number, each.status, lane)
        self.record(queue, EventName(f"ticket.{each.status}"), each.at, ticket)

    def change(self, key: ClinicDay, transitions: Sequence[Transition]) -> None:
        """Each ticket's last state, and the moments on the way there."""
        found: dict[int, TicketChange] = {}
        for each in transitions:
            if each.status in IN_ROOM:
                found[each.number] = TicketChange(key, each.number, each.status, each.room, called_at=each.at)
            else:
                earlier = found.get(each.number)
                room, called_at = (earlier.room, earlier.called_at) if earlier else (None, None)
                found[each.number] = TicketChange(key, each.number, each.status, room, called_at, each.at)
        self.changes += found.values()

    def write(self, connection: Connection) -> None:
        """Writes the changes of tickets, so that what is read later sees them."""
        store.write_tickets(connection, self.changes)
        self.changes = []
