"""The status responder's SQL for desks and integrators: who did not come, how many were served, the course of
a day's tickets, whose they are, and what happened to them."""

import json
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, func, select

from common.domain.clinic_day import ClinicDay
from common.domain.newborns import shown_name
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import TicketStatus
from common.storage.prepared import Prepared
from common.storage.queues import KEY_COLUMNS, same_queue
from common.storage.tables import in_states, journal, tickets
from common.storage.ticket_rows import of_queue, read_tickets, select_tickets

NAMES_READ_MAX: Final = 12_000
"""Tickets among which a name is looked for: the newest of the day. The largest daily quota is 10,000."""

EVENTS_READ_MAX: Final = 20_000
"""Events among which those of one ticket are looked for: the newest of the day. The journal has no index by
number, which every registration would have to write."""


def latest_no_shows(connection: Connection, key: ClinicDay, count_max: int) -> list[TicketRecord]:
    """Who did not come when called, the latest first."""
    found = select_tickets(key).where(in_states(tickets, {TicketStatus.NO_SHOW}))
    latest_first = found.order_by(tickets.c.ended_at.desc(), tickets.c.number)
    return read_tickets(connection, latest_first.limit(count_max))


def first_parked(connection: Connection, key: ClinicDay, count_max: int) -> list[TicketRecord]:
    """Who was called and was not ready, by number."""
    found = select_tickets(key).where(in_states(tickets, {TicketStatus.PARKED}))
    return read_tickets(connection, found.order_by(tickets.c.number).limit(count_max))


def count_served(connection: Connection, key: ClinicDay) -> int:
    """How many have been served."""
    served = tickets.c.status == TicketStatus.SERVED.value
    found: int = connection.execute(
        select(func.count()).select_from(tickets).where(*of_queue(key), served)
    ).scalar_one()
    return found


class TicketCourse(NamedTuple):
    """What became of a ticket, and when; a moment that has not come is None."""

    status: TicketStatus
    registered_at: datetime
    arrived_at: datetime
    called_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None


_STATUSES = {status.value: status for status in TicketStatus}

_courses = Prepared(
    lambda given: select(*(tickets.c[name] for name in TicketCourse._fields)).join(
        given, same_queue(tickets, given)
    ),
    KEY_COLUMNS,
)


def read_courses(connection: Connection, day: ClinicDay) -> list[TicketCourse]:
    """What became of all tickets of a service day, in no order."""
    return [TicketCourse(_STATUSES[row.status], *row[1:]) for row in _courses(connection, [day])]


class NamedTicket(NamedTuple):
    """Whose a ticket is."""

    number: int
    status: TicketStatus
    patient_name: str


_names = Prepared(
    lambda given: (
        select(tickets.c.number, tickets.c.status, tickets.c.patient_name, tickets.c.birth_order)
        .join(given, same_queue(tickets, given))
        .order_by(tickets.c.number.desc())
        .limit(NAMES_READ_MAX)
    ),
    KEY_COLUMNS,
)


def read_names(connection: Connection, day: ClinicDay) -> list[NamedTicket]:
    """Whose the tickets of a service day are, the newest first, at most NAMES_READ_MAX."""
    return [
        NamedTicket(row.number, _STATUSES[row.status], shown_name(row.patient_name, row.birth_order))
        for row in _names(connection, [day])
    ]


class JournalLine(NamedTuple):
    """What the journal has of an event; `data` is the event's own."""

    event_name: str
    number: int | None
    occurred_at: datetime
    operator: str | None
    data: dict[str, Any]


def latest_events(
    connection: Connection, day: ClinicDay, number: int | None, count_max: int
) -> list[JournalLine]:
    """What happened last on a service day, the last first: to the ticket with this number, which is looked
    for among EVENTS_READ_MAX events, or (None) in the clinic."""
    of_day = [journal.c[name] == value for name, value in zip(KEY_COLUMNS, day, strict=True)]
    columns = ("event_name", "number", "occurred_at", "operator", "body")
    found = select(*(journal.c[name] for name in columns)).where(*of_day)
    if number is not None:
        newest = select(func.max(journal.c.sequence)).where(*of_day).scalar_subquery()
        found = found.where(journal.c.number == number, journal.c.sequence > newest - EVENTS_READ_MAX)
    latest_first = found.order_by(journal.c.sequence.desc()).limit(count_max)
    return [
        JournalLine(
            row.event_name, row.number, row.occurred_at, row.operator, json.loads(row.body).get("data", {})
        )
        for row in connection.execute(latest_first)
    ]


def events_after(connection: Connection, day: ClinicDay, after: int, count_max: int) -> list[bytes]:
    """The events of a queue behind this sequence as they were encoded, in order, at most `count_max`."""
    of_day = [journal.c[name] == value for name, value in zip(KEY_COLUMNS, day, strict=True)]
    found = select(journal.c.body).where(*of_day, journal.c.sequence > after)
    return [row.body for row in connection.execute(found.order_by(journal.c.sequence).limit(count_max))]
