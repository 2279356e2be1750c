"""The journal: every change of state as an event row, written in the transaction that made the change.

It is the memory for idempotency (what did this request cause?), the audit trail, and the source of what is
published again.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, bindparam, insert, select

from common.domain.catalog import Clinic
from common.domain.changes import Change
from common.domain.clinic_day import ClinicDay
from common.domain.event_names import EventName
from common.messages.events import Event, encode_change, event_id_in
from common.storage.prepared import BYTES, ENCODED_JSON, INTEGER, MOMENT, TEXT, Columns, Prepared
from common.storage.queues import KEY_COLUMNS, same_queue
from common.storage.tables import journal
from common.storage.undo_records import undo_record


class JournalEntry(NamedTuple):
    """One event of one clinic's service day; `number` is the ticket's, None for the clinic's own events;
    `operator` is who of the staff asked for it, None for what patients and the clock did; `undo` is what it
    takes to take the change back, or which request was taken back (undo_records.py)."""

    event: Event
    service_date: date
    sequence: int
    cause_id: str
    ordinal: int
    cause_digest: bytes | None
    number: int | None
    occurred_at: datetime
    operator: str | None = None
    undo: Mapping[str, Any] | None = None

    @property
    def clinic_day(self) -> ClinicDay:
        """The queue in which it happened."""
        return ClinicDay(self.event.hospital, self.event.clinic, self.service_date)


class Cause(NamedTuple):
    """What has caused changes: a request or a tick, by its id. `digest` tells whether two requests with one
    id are the same; `operator` is who of the staff asked for it."""

    id: str
    digest: bytes | None = None
    operator: str | None = None


ClinicOf = Callable[[ClinicDay], Clinic]
"""Gives the clinic of a queue: it knows what its rooms are called."""


def entry_of(change: Change, cause: Cause, clinic_of: ClinicOf, ordinal: int = 0) -> JournalEntry:
    """The entry that records a change, with its event: the change number `ordinal` of its cause.

    The event's id is random: subscribers must not learn the id of a request, with which it could be sent
    again. It is drawn once, and kept in the journal as a part of the event.
    """
    ticket, absence = change.ticket, change.absence
    room = ticket.room if ticket else absence.room if absence else None
    room_name = None if room is None else clinic_of(change.clinic_day).room_name(room)
    return JournalEntry(
        encode_change(change, str(uuid4()), room_name),
        change.clinic_day.service_date,
        change.sequence,
        cause.id,
        ordinal,
        cause.digest,
        None if ticket is None else ticket.number,
        change.at,
        cause.operator,
        undo_record(change),
    )


def entries_of(
    changes: Iterable[Change], cause: Cause, clinic_of: ClinicOf, first_ordinal: int = 0
) -> list[JournalEntry]:
    """The entries of several changes of one cause, in their order."""
    numbered = enumerate(changes, first_ordinal)
    return [entry_of(change, cause, clinic_of, ordinal) for ordinal, change in numbered]


_columns: Columns = {
    **KEY_COLUMNS,
    "sequence": INTEGER,
    "cause_id": TEXT,
    "ordinal": INTEGER,
    "cause_digest": BYTES,
    "operator": TEXT,
    "event_name": TEXT,
    "number": INTEGER,
    "occurred_at": MOMENT,
    "recorded_at": MOMENT,
    "body": BYTES,
    "undo": ENCODED_JSON,
}
_record = Prepared(
    lambda given: insert(journal).from_select([*_columns], select(*(given.c[name] for name in _columns))),
    _columns,
)


def record(connection: Connection, entries: Iterable[JournalEntry], now: datetime) -> None:
    """Writes the entries. Raises IntegrityError where another transaction has recorded the same cause."""
    rows = [
        (
            entry.event.hospital,
            entry.event.clinic,
            entry.service_date,
            entry.sequence,
            entry.cause_id,
            entry.ordinal,
            entry.cause_digest,
            entry.operator,
            entry.event.name.value,
            entry.number,
            entry.occurred_at,
            now,
            entry.event.body,
            None if entry.undo is None else json.dumps(entry.undo),
        )
        # All transactions insert in this order, so that none deadlock.
        for entry in sorted(entries, key=lambda entry: (entry.cause_id, entry.ordinal))
    ]
    if rows:
        _record(connection, rows)


_by_cause = Prepared(
    lambda given: (
        select(journal)
        .join(given, journal.c.cause_id == given.c.cause_id)
        .order_by(journal.c.cause_id, journal.c.ordinal)
    ),
    {"cause_id": TEXT},
)


def find_by_causes(connection: Connection, cause_ids: Iterable[str]) -> dict[str, list[JournalEntry]]:
    """What each of these causes has changed, in order; causes that changed nothing are left out."""
    found: dict[str, list[JournalEntry]] = defaultdict(list)
    for row in _by_cause(connection, [(cause_id,) for cause_id in {*cause_ids}]):
        found[row.cause_id].append(_entry(row))
    return found


_of_queue = Prepared(
    lambda given: (
        select(journal)
        .join(given, same_queue(journal, given))
        .where(journal.c.sequence > bindparam("after", type_=INTEGER))
        .order_by(journal.c.sequence)
    ),
    KEY_COLUMNS,
)


def read_queue(connection: Connection, key: ClinicDay, after: int) -> list[JournalEntry]:
    """What happened in a queue after this sequence, in order."""
    return [_entry(row) for row in _of_queue(connection, [key], after=after)]


def read_latest(
    connection: Connection,
    key: ClinicDay,
    limit: int,
    *,
    since: datetime | None = None,
    events: Collection[EventName] = (),
) -> list[JournalEntry]:
    """The latest changes of a queue, at most `limit`, the last first: since a moment, or of these kinds."""
    found = select(journal).where(
        *(journal.c[name] == value for name, value in zip(KEY_COLUMNS, key, strict=True))
    )
    if since is not None:
        found = found.where(journal.c.occurred_at >= since)
    if events:
        found = found.where(journal.c.event_name.in_(events))
    rows = connection.execute(found.order_by(journal.c.sequence.desc()).limit(limit))
    return [_entry(row) for row in rows]


def _entry(row: Any) -> JournalEntry:
    return JournalEntry(
        event_of(row),
        row.service_date,
        row.sequence,
        row.cause_id,
        row.ordinal,
        row.cause_digest,
        row.number,
        row.occurred_at,
        row.operator,
        row.undo if row.undo is None or isinstance(row.undo, dict) else json.loads(row.undo),
    )


def event_of(row: Any) -> Event:
    """The event in a row of the journal, as it was first encoded."""
    return Event(event_id_in(row.body), EventName(row.event_name), row.hospital, row.clinic, row.body)
