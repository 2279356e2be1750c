"""Tickets that are given out."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, insert, literal, select, update

from common.domain.admission import NewTicket
from common.domain.ticket_states import TicketStatus
from common.domain.told import ToldInterval
from common.storage.prepared import BOOLEAN, INTEGER, MOMENT, PARTIAL_DATE, TEXT, TOLD, Columns, Prepared
from common.storage.queues import KEY_COLUMNS
from common.storage.tables import tickets

_NEW: Columns = {
    **KEY_COLUMNS,
    "ticket_code": TEXT,
    "number": INTEGER,
    "lane": TEXT,
    "priority_reason": TEXT,
    "medical_record_number": TEXT,
    "birth_order": INTEGER,
    "patient_name": TEXT,
    "date_of_birth": PARTIAL_DATE,
    "date_of_birth_confirmed": BOOLEAN,
    "registered_at": MOMENT,
    "arrived_at": MOMENT,
    "place_at": MOMENT,
    "place_number": INTEGER,
    "waiting_since": MOMENT,
    "told": TOLD,
}
_insert = Prepared(
    lambda given: insert(tickets).from_select(
        [*_NEW, "status"],
        select(*(given.c[name] for name in _NEW), literal(TicketStatus.WAITING.value)),
    ),
    _NEW,
)

_STATION: Columns = {
    "visit": TEXT,
    "station": INTEGER,
    "sent_from": TEXT,
    "return_to": TEXT,
    "is_return": BOOLEAN,
}
# A statement of its own: hardly any ticket is one of a visit.
_join_visits = Prepared(
    lambda given: (
        update(tickets)
        .where(tickets.c.ticket_code == given.c.ticket_code)
        .values({name: given.c[name] for name in _STATION})
    ),
    {"ticket_code": TEXT, **_STATION},
)


_keep_told = Prepared(
    lambda given: (
        update(tickets).where(tickets.c.ticket_code == given.c.ticket_code).values(told=given.c.told)
    ),
    {"ticket_code": TEXT, "told": TOLD},
)


def keep_told(connection: Connection, told: Mapping[str, ToldInterval]) -> None:
    """Writes what the patients of tickets were told that are there already, by the codes of these."""
    if told:
        _keep_told(connection, [*told.items()])


def insert_tickets(
    connection: Connection, new: Collection[NewTicket], told: Mapping[str, ToldInterval] | None = None
) -> None:
    """Writes new tickets, with what their patients were `told`, by their codes, and joins them to their
    visits. A violated constraint is a StoreConflict at the end of the transaction."""
    told = told or {}
    rows = [
        (
            *ticket.key,
            ticket.ticket_code,
            ticket.number,
            ticket.lane.value,
            None if ticket.priority_reason is None else ticket.priority_reason.value,
            *ticket.patient,
            ticket.patient_name,
            ticket.date_of_birth,
            ticket.date_of_birth_confirmed,
            ticket.registered_at,
            ticket.arrived_at,
            ticket.place_at or ticket.arrived_at,
            ticket.number,
            ticket.waiting_since,
            told.get(ticket.ticket_code),
        )
        for ticket in new
    ]
    if rows:
        _insert(connection, rows)
    stations = [(ticket.ticket_code, *ticket.station) for ticket in new if ticket.station is not None]
    if stations:
        _join_visits(connection, stations)
