"""The journal: every change of state as an event row, written in the transaction that made the change.

It is the memory for idempotency (what did this request cause?), the audit trail, and what is published
again when nobody can say whether it was.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select

from common.events import Event, EventName
from common.storage.tables import journal


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One event of one clinic's service day; `number` is the ticket's, None for the clinic's own events."""

    event: Event
    service_date: date
    sequence: int
    cause_id: str
    ordinal: int
    cause_digest: bytes | None
    number: int | None
    occurred_at: datetime


def record(connection: Connection, entries: Sequence[JournalEntry], now: datetime) -> None:
    """Writes the entries. Raises IntegrityError where another transaction has recorded the same cause."""
    if not entries:
        return
    connection.execute(
        insert(journal),
        [
            {
                "hospital": entry.event.hospital,
                "clinic": entry.event.clinic,
                "service_date": entry.service_date,
                "sequence": entry.sequence,
                "cause_id": entry.cause_id,
                "ordinal": entry.ordinal,
                "cause_digest": entry.cause_digest,
                "event_name": entry.event.name,
                "number": entry.number,
                "occurred_at": entry.occurred_at,
                "recorded_at": now,
                "body": entry.event.body,
            }
            # In one order for everybody, so that nobody deadlocks.
            for entry in sorted(entries, key=lambda entry: (entry.cause_id, entry.ordinal))
        ],
    )


def find_by_causes(connection: Connection, cause_ids: Iterable[str]) -> dict[str, list[JournalEntry]]:
    """What each of these causes has changed, in order; causes that changed nothing are left out."""
    ids = list(cause_ids)
    found: dict[str, list[JournalEntry]] = defaultdict(list)
    if not ids:
        return found
    rows = connection.execute(
        select(journal).where(journal.c.cause_id.in_(ids)).order_by(journal.c.cause_id, journal.c.ordinal)
    )
    for row in rows:
        event = Event(
            event_id(row.cause_id, row.ordinal), EventName(row.event_name), row.hospital, row.clinic, row.body
        )
        found[row.cause_id].append(
            JournalEntry(
                event,
                row.service_date,
                row.sequence,
                row.cause_id,
                row.ordinal,
                row.cause_digest,
                row.number,
                row.occurred_at,
            )
        )
    return found


def event_id(cause_id: str, ordinal: int) -> str:
    """The id of the event that is the cause's change number `ordinal`: always the same one."""
    return f"{cause_id}.{ordinal}"
