"""Visits, as tickers and status responders read them: which tickets belong together."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ClauseElement, Connection, FromClause, and_, func, select

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


class StationView(NamedTuple):
    """A ticket as a station of its visit; `return_clinic` is the code of the clinic to which the patient
    comes back when served here."""

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
                home, home.c.ticket_code == tickets.c.return_to
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
