"""Visits, as tickers and status responders read them: which tickets belong together."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ClauseElement, ColumnElement, Connection, FromClause, and_, func, select

from common.domain.cancellations import CancelledBy
from common.domain.clinic_day import ClinicDay
from common.domain.lanes import Lane
from common.domain.places import FrontPlace, Place
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import ACTIVE, TicketStatus
from common.storage.prepared import TEXT, Prepared
from common.storage.queues import key_columns, key_of
from common.storage.tables import in_states, tickets
from common.storage.ticket_rows import of_queue, read_tickets, select_columns


def ticket_by_code(connection: Connection, ticket_code: str) -> tuple[ClinicDay, TicketRecord]:
    """The ticket with a code that another ticket names, and its queue."""
    has_code = tickets.c.ticket_code == ticket_code
    [ticket] = read_tickets(connection, select_columns().where(has_code))
    row = connection.execute(select(*key_columns(tickets)).where(has_code)).one()
    return key_of(row), ticket


def active_in_visit(connection: Connection, visit: str) -> list[tuple[ClinicDay, TicketRecord]]:
    """The tickets of a visit that are not over, each with its queue, in the order of their registration."""
    is_active = (tickets.c.visit == visit, in_states(tickets, ACTIVE))
    order = (tickets.c.registered_at, tickets.c.station, *key_columns(tickets))
    rows = connection.execute(select(tickets.c.ticket_code, *key_columns(tickets)).where(*is_active))
    days = {row.ticket_code: key_of(row) for row in rows}
    return [
        (days[each.ticket_code], each)
        for each in read_tickets(connection, select_columns().where(*is_active).order_by(*order))
    ]


NamedTickets = Mapping[str, tuple[str, int]]
"""The clinics' codes and the numbers of tickets that others of their visits name, by their codes."""


def read_named_tickets(connection: Connection, stations: Iterable[TicketRecord]) -> NamedTickets:
    """The tickets from which the patients of these were sent, and to whose clinics they go back."""
    codes = {code for each in stations for code in (each.sent_from, each.return_to) if code is not None}
    if not codes:
        return {}
    named = select(tickets.c.ticket_code, tickets.c.clinic, tickets.c.number)
    rows = connection.execute(named.where(tickets.c.ticket_code.in_(codes)))
    return {code: (clinic, number) for code, clinic, number in rows}


def count_stations_left(connection: Connection, station: TicketRecord) -> int:
    """From how many other stations that are not done the patient of this one goes back to the same clinic, at
    once or by way of others."""
    shown = (tickets.c.ticket_code, tickets.c.return_to, tickets.c.status)
    rows = connection.execute(select(*shown).where(tickets.c.visit == station.visit)).all()
    back_to = {row.ticket_code: row.return_to for row in rows}

    def leads_there(code: str) -> bool:
        way = back_to.get(code)
        while way is not None and way != station.return_to:
            way = back_to.get(way)
        return way is not None

    left = [
        row.ticket_code for row in rows if row.status in ACTIVE and row.ticket_code != station.ticket_code
    ]
    return sum(map(leads_there, left))


def first_places(connection: Connection, key: ClinicDay, limit: int) -> dict[Lane, list[FrontPlace]]:
    """The first `limit` who wait in each lane of a queue, in order."""
    order = (tickets.c.place_at, tickets.c.place_number)
    waiting = (
        select(
            *(tickets.c[name] for name in ("number", "lane", "place_at", "place_number", "is_return")),
            and_(
                tickets.c.waiting_since > tickets.c.arrived_at,
                tickets.c.waiting_since > tickets.c.registered_at,
            ).label("was_called"),
            func.row_number().over(partition_by=tickets.c.lane, order_by=order).label("position"),
        )
        .where(*of_queue(key), in_states(tickets, {TicketStatus.WAITING}))
        .subquery()
    )
    found: dict[Lane, list[FrontPlace]] = defaultdict(list)
    for row in connection.execute(
        select(waiting).where(waiting.c.position <= limit).order_by(waiting.c.position)
    ):
        place = Place(row.place_at, row.place_number)
        found[Lane(row.lane)].append(FrontPlace(row.number, place, row.is_return, bool(row.was_called)))
    return found


def _taken_back(table: FromClause) -> ColumnElement[bool]:
    """A ticket that the staff gave out and took back: it never was a station."""
    return and_(
        table.c.status == TicketStatus.CANCELLED.value,
        func.coalesce(table.c.cancelled_by, "") == CancelledBy.STAFF.value,
        table.c.cancel_reason.is_(None),
    )


class AwayStation(NamedTuple):
    """A ticket from which a patient is to come back to the ticket `home` of another queue."""

    home: tuple[date, int]
    clinic_day: ClinicDay
    number: int
    status: TicketStatus


def stations_of_away(
    connection: Connection, hospital: str, clinic: str, dates: Collection[date]
) -> list[AwayStation]:
    """The stations from which patients who were served in a clinic on these days are to come back, and have
    not, in the order of the tickets that they had there, and of their registration."""
    home = tickets.alias("home")
    rows = connection.execute(
        select(
            home.c.service_date.label("home_date"),
            home.c.number.label("home_number"),
            *key_columns(tickets),
            *(tickets.c[name] for name in ("number", "status", "visit", "registered_at")),
        )
        .join_from(
            home, tickets, (tickets.c.visit == home.c.visit) & (tickets.c.return_to == home.c.ticket_code)
        )
        .where(
            home.c.hospital == hospital,
            home.c.clinic == clinic,
            home.c.service_date.in_(dates),
            home.c.visit.is_not(None),
            home.c.status == TicketStatus.SERVED.value,
            tickets.c.status != TicketStatus.TRANSFERRED.value,
            ~_taken_back(tickets),
        )
        .order_by(home.c.service_date, home.c.number, tickets.c.registered_at, tickets.c.station)
    ).all()
    came_back = _last_returns(connection, hospital, clinic, {row.visit for row in rows})
    return [
        AwayStation((row.home_date, row.home_number), key_of(row), row.number, TicketStatus(row.status))
        for row in rows
        if row.visit not in came_back or came_back[row.visit] < row.registered_at
    ]


def _last_returns(
    connection: Connection, hospital: str, clinic: str, visits: Collection[str]
) -> dict[str, datetime]:
    """When the patients of these visits came back to a clinic last, as far as they did."""
    if not visits:
        return {}
    rows = connection.execute(
        select(tickets.c.visit, func.max(tickets.c.registered_at).label("last"))
        .where(tickets.c.visit.in_(visits), tickets.c.hospital == hospital, tickets.c.clinic == clinic)
        .where(tickets.c.is_return, ~_taken_back(tickets))
        .group_by(tickets.c.visit)
    )
    return {row.visit: row.last for row in rows}


class StationView(NamedTuple):
    """A ticket as a station of its visit; `return_clinic` is the code of the clinic to which the patient
    comes back when served here; None where the ticket was taken back."""

    ticket_code: str
    clinic_day: ClinicDay
    number: int
    status: TicketStatus
    room: int | None
    return_clinic: str | None


Visits = Mapping[str, Sequence[StationView]]
"""The stations of each visit, by its id, in the order in which the patient was sent to them."""


def _of_visits(given: FromClause) -> ClauseElement:
    home = tickets.alias("home")
    shown = (tickets.c[name] for name in ("visit", "ticket_code", "number", "status", "room"))
    return (
        select(*shown, *key_columns(tickets), home.c.clinic.label("return_clinic"))
        .select_from(
            given.join(tickets, (tickets.c.visit == given.c.visit) & tickets.c.visit.is_not(None)).outerjoin(
                home, (home.c.ticket_code == tickets.c.return_to) & ~_taken_back(tickets)
            )
        )
        .order_by(tickets.c.visit, tickets.c.registered_at, tickets.c.station, *key_columns(tickets))
    )


_visits = Prepared(_of_visits, {"visit": TEXT})


def read_visits(connection: Connection, visits: Collection[str]) -> Callable[[], Visits]:
    """All stations of these visits. The statement is sent at once; its result is waited for where what is
    returned here is called."""
    if not visits:
        return dict
    rows = _visits.send(connection, [(visit,) for visit in visits])

    def by_visit() -> Visits:
        found: dict[str, list[StationView]] = defaultdict(list)
        for row in rows():
            status = TicketStatus(row.status)
            found[row.visit].append(
                StationView(row.ticket_code, key_of(row), row.number, status, row.room, row.return_clinic)
            )
        return found

    return by_visit
