"""A visit as its patient sees it: the stations with their states, and which of them is the current one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from common.domain.ticket_codes import format_ticket_code
from common.domain.ticket_states import IN_ROOM, TicketStatus
from common.domain.tickets import display_number
from common.domain.visits import current_station
from common.messages.patients import Ticket, VisitStation
from common.storage.catalog import CatalogCache
from common.storage.visits import StationView

STATIONS_SHOWN_MAX: Final = 30
"""Stations that a reply holds, whatever their clinics are called: the latest."""

_SHOWS_ROOM: Final = IN_ROOM | {TicketStatus.SERVED}


def in_visit(ticket: Ticket, stations: Sequence[StationView], catalog: CatalogCache) -> Ticket:
    """The ticket with the visit that it is a station of."""
    current = current_station([each.status for each in stations])
    shown = [_station(each, catalog, is_current=place == current) for place, each in enumerate(stations)]
    current_code = None if current is None else shown[current].ticket_code
    return replace(ticket, current_code=current_code, visit=shown[-STATIONS_SHOWN_MAX:])


def _station(station: StationView, catalog: CatalogCache, *, is_current: bool) -> VisitStation:
    clinic = catalog.clinic_of(station.clinic_day)
    room = station.room if station.status in _SHOWS_ROOM else None
    return VisitStation(
        ticket_code=format_ticket_code(station.ticket_code),
        number=station.number,
        display_number=display_number(clinic.code, station.number),
        clinic=clinic.code,
        clinic_name=clinic.name,
        service_date=station.clinic_day.service_date,
        status=station.status,
        room=room,
        room_name=None if room is None else clinic.room_name(room),
        is_current=is_current,
        return_clinic=station.return_clinic,
    )
