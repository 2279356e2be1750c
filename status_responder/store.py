"""The status responder's SQL: all that a batch of patients' look-ups needs, from one snapshot; and for desks
who did not come, and the course of a day's tickets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from common.domain.catalog import Clinic
from common.domain.clinic_day import ClinicDay
from common.domain.queue import Queue
from common.domain.queue_advance import Waiter
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import TicketStatus
from common.storage.catalog import CatalogCache, CatalogChanged, read_version
from common.storage.engine import Engine, snapshot
from common.storage.prepared import Prepared
from common.storage.queues import KEY_COLUMNS, read_queues, same_queue
from common.storage.service_times import Learned, read_service_times
from common.storage.tables import in_states, tickets
from common.storage.ticket_rows import of_queue, read_tickets, select_tickets
from common.storage.ticket_views import (
    Occupants,
    TicketView,
    read_rooms,
    read_ticket_views,
)
from common.storage.waiters import next_waiters

_ATTEMPTS_MAX = 5

NEXT_SHOWN = 5
"""Numbers that a clinic's queue shows as the next to be called."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a batch asks for: tickets by code, all clinics of hospitals, the queues of clinics."""

    ticket_codes: set[str] = field(default_factory=set)
    hospitals: set[str] = field(default_factory=set)
    clinics: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of it; queues that nobody has stood in today are left out."""

    tickets: Mapping[str, TicketView]
    queues: Mapping[ClinicDay, Queue]
    occupants: Occupants
    learned: Learned
    waiters: Mapping[ClinicDay, Sequence[Waiter]]


def look_up(engine: Engine, catalog: CatalogCache, wanted: Wanted, now: datetime) -> Found:
    """Reads everything in one read-only transaction, and brings `catalog` up to date.

    The number of statements does not depend on how much is wanted. Raises StoreUnavailable.
    """
    for _ in range(_ATTEMPTS_MAX - 1):
        try:
            return _look_up(engine, catalog, wanted, now)
        except CatalogChanged:
            with snapshot(engine) as connection:
                catalog.refresh(connection)
    return _look_up(engine, catalog, wanted, now)


def _look_up(engine: Engine, catalog: CatalogCache, wanted: Wanted, now: datetime) -> Found:
    with snapshot(engine, pipelined=True) as connection:
        # Sent before the first result is waited for: it is one way to the database and back.
        version, views = read_version(connection), read_ticket_views(connection, wanted.ticket_codes)
        catalog.catch_up(connection, version())
        tickets = views()
        waited_in = {view.clinic_day for view in tickets.values() if view.status is TicketStatus.WAITING}
        asked = {
            queue_today(clinic, now) for key in wanted.clinics if (clinic := catalog.clinic(*key)) is not None
        }
        listed = {
            queue_today(clinic, now) for code in wanted.hospitals for clinic in catalog.clinics_of(code)
        }
        shown = asked | listed | waited_in
        occupants = read_rooms(connection, shown)
        learned = read_service_times(connection, map(catalog.clinic_of, shown))
        queues = read_queues(connection, asked | listed)
        waiters = next_waiters(connection, asked, NEXT_SHOWN)
    # What was sent last has come with the answer to the end.
    return Found(tickets, queues, occupants(), learned(), waiters)


def queue_today(clinic: Clinic, now: datetime) -> ClinicDay:
    """What names the clinic's queue of the present service day."""
    return clinic.clinic_day(now)


# --- for desks --------------------------------------------------------------------------------------------


def latest_no_shows(connection: Connection, key: ClinicDay, count_max: int) -> list[TicketRecord]:
    """Who did not come when called, the latest first."""
    found = select_tickets(key).where(in_states(tickets, {TicketStatus.NO_SHOW}))
    latest_first = found.order_by(tickets.c.ended_at.desc(), tickets.c.number)
    return read_tickets(connection, latest_first.limit(count_max))


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
