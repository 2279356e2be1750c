"""One ticket with everything that the database knows to have happened to it. Personal data are read apart,
and only in the transaction that records who looks at them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Engine, select

from common.domain.clinic_day import ClinicDay
from common.domain.event_names import EventName
from common.domain.newborns import shown_name
from common.domain.partial_dates import PartialDate
from common.domain.ticket_codes import format_ticket_code
from common.domain.ticket_states import TicketStatus
from common.domain.told import ToldInterval
from common.storage.access_log import Look, record_looks
from common.storage.engine import snapshot, transaction
from common.storage.queues import KEY_COLUMNS, key_columns, key_of, same_queue
from common.storage.tables import journal, tickets
from common.storage.ticket_rows import of_queue
from common.storage.visits import StationView, read_visits

LOOK: Final = "admin_ticket"
"""As what a look at the personal data stands in the access log."""

_FACTS: Final = (
    *("status", "lane", "priority_reason", "room", "registered_at", "arrived_at", "called_at", "recalled_at"),
    *("started_at", "ended_at", "cancelled_by", "cancel_reason", "told"),
)
_ENTRY: Final = (
    *("sequence", "event_name", "occurred_at", "operator", "cause_id", "cause_digest", "body", "undo"),
)


class By(StrEnum):
    """Who caused an event."""

    STAFF = "staff"
    PATIENT = "patient"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Entry:
    """An event of the journal. `by` caused it, of the staff `user`, with the request (or tick) `cause_id`;
    `data` are the event's own, and `undo` what the journal keeps to take it back (undo_records.py)."""

    sequence: int
    event: str
    at: datetime
    by: By
    user: str | None
    cause_id: str
    data: Mapping[str, Any]
    undo: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class OtherTicket:
    """Another ticket of the same patient, by its queue and number."""

    day: ClinicDay
    number: int


@dataclass(frozen=True, slots=True)
class TicketHistory:
    """A ticket as it is now (`facts`, by the columns' names, `told` among them), what happened to it, in
    order, all stations of its visit, and the tickets that it was transferred to and from."""

    day: ClinicDay
    number: int
    facts: Mapping[str, Any]
    entries: Sequence[Entry]
    visit: Sequence[StationView]
    transferred_to: OtherTicket | None
    transferred_from: OtherTicket | None

    @property
    def status(self) -> TicketStatus:
        """Its state."""
        return TicketStatus(self.facts["status"])

    @property
    def told(self) -> ToldInterval | None:
        """The interval that its patient was told last, where it stood to the end."""
        told: ToldInterval | None = self.facts["told"]
        return told


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Whose a ticket is, and the code that opens it."""

    ticket_code: str
    patient_name: str
    medical_record_number: str
    date_of_birth: PartialDate
    date_of_birth_confirmed: bool


def find_by_code(engine: Engine, code: str) -> tuple[ClinicDay, int] | None:
    """Queue and number of the ticket with this canonical code."""
    with snapshot(engine) as connection:
        found = _by_code(connection, code)
    return None if found is None else (found.day, found.number)


def read_ticket_history(engine: Engine, day: ClinicDay, number: int) -> TicketHistory | None:
    """The ticket with this number; None where it was not given out. Raises StoreUnavailable.

    The events of its queue on that day are looked through: the journal has no index by number.
    """
    with snapshot(engine) as connection:
        named = (*of_queue(day), tickets.c.number == number)
        columns = [tickets.c[name] for name in (*_FACTS, "ticket_code", "visit", "transferred_to")]
        row = connection.execute(select(*columns).where(*named)).first()
        if row is None:
            return None
        entries = _entries(connection, day, number)
        return TicketHistory(
            day=day,
            number=number,
            facts={name: getattr(row, name) for name in _FACTS},
            entries=entries,
            visit=() if row.visit is None else read_visits(connection, [row.visit])()[row.visit],
            transferred_to=None if row.transferred_to is None else _by_code(connection, row.transferred_to),
            transferred_from=_transferred_from(connection, row.ticket_code, entries),
        )


def reveal(engine: Engine, day: ClinicDay, number: int, user: str, now: datetime) -> PersonalData | None:
    """Whose a ticket is that is there; None where that was purged. In the same transaction it is recorded
    that `user` looked; raises StoreForbids where the database's user may not record it, and StoreUnavailable.
    """
    columns = ("ticket_code", "patient_name", "medical_record_number", "birth_order")
    born = ("date_of_birth", "date_of_birth_confirmed")
    with transaction(engine) as connection:
        record_looks(connection, [Look(user, day.hospital, day.clinic, LOOK, 1)], now)
        row = connection.execute(
            select(*(tickets.c[name] for name in (*columns, *born))).where(
                *of_queue(day), tickets.c.number == number
            )
        ).one()
    if row.medical_record_number is None:
        return None
    return PersonalData(
        format_ticket_code(row.ticket_code),
        shown_name(row.patient_name, row.birth_order),
        row.medical_record_number,
        row.date_of_birth,
        row.date_of_birth_confirmed,
    )


def _entries(connection: Connection, day: ClinicDay, number: int) -> list[Entry]:
    of_day = [journal.c[name] == value for name, value in zip(KEY_COLUMNS, day, strict=True)]
    rows = connection.execute(
        select(*(journal.c[name] for name in _ENTRY))
        .where(*of_day, journal.c.number == number)
        .order_by(journal.c.sequence)
    )
    return [
        Entry(
            row.sequence,
            row.event_name,
            row.occurred_at,
            _by(row.operator, row.cause_digest),
            row.operator,
            row.cause_id,
            json.loads(row.body).get("data", {}),
            row.undo if row.undo is None or isinstance(row.undo, dict) else json.loads(row.undo),
        )
        for row in rows
    ]


def _by(operator: str | None, cause_digest: bytes | None) -> By:
    if operator is not None:
        return By.STAFF
    return By.CLOCK if cause_digest is None else By.PATIENT


def _by_code(connection: Connection, code: str) -> OtherTicket | None:
    named = tickets.c.ticket_code == code
    row = connection.execute(select(*key_columns(tickets), tickets.c.number).where(named)).first()
    return None if row is None else OtherTicket(key_of(row), row.number)


def _transferred_from(connection: Connection, code: str, entries: Sequence[Entry]) -> OtherTicket | None:
    """The ticket that was given up for this one, by what gave this one out."""
    if not entries:
        return None
    row = connection.execute(
        select(*key_columns(tickets), tickets.c.number)
        .join(journal, same_queue(tickets, journal) & (tickets.c.number == journal.c.number))
        .where(
            journal.c.cause_id == entries[0].cause_id,
            journal.c.event_name == EventName.TICKET_TRANSFERRED.value,
            tickets.c.transferred_to == code,
        )
    ).first()
    return None if row is None else OtherTicket(key_of(row), row.number)
