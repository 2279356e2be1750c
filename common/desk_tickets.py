"""A ticket as replies show it to the staff of its clinic."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from common.domain.catalog import Clinic
from common.domain.elsewhere import Elsewhere
from common.domain.newborns import shown_name
from common.domain.ticket_record import TicketRecord
from common.domain.tickets import PriorityReason, display_number
from common.domain.visits import shown_station
from common.messages.desk_replies import AwayTicket, DeskTicket, VisitTicket, other_room
from common.storage.visits import AwayStation, NamedTickets


def desk_ticket(clinic: Clinic, row: TicketRecord, *, with_names: bool) -> DeskTicket:
    """The ticket in a reply; whose it is only `with_names`."""
    return DeskTicket(**_members(clinic, row, with_names=with_names))


def visit_ticket(
    clinic: Clinic,
    row: TicketRecord,
    named: NamedTickets,
    *,
    with_names: bool,
    elsewhere: Elsewhere | None = None,
) -> VisitTicket:
    """The same with its visit; `named` has the tickets that it names, and `elsewhere` is in which other room
    its patient is."""
    came_from, back_to = (named.get(code or "") for code in (row.sent_from, row.return_to))
    return VisitTicket(
        **_members(clinic, row, with_names=with_names),
        elsewhere=None if elsewhere is None else other_room(elsewhere),
        came_from=None if came_from is None else display_number(*came_from),
        is_return=row.is_return,
        return_clinic=None if back_to is None else back_to[0],
    )


def away_ticket(
    clinic: Clinic, row: TicketRecord, stations: Sequence[AwayStation], *, with_names: bool
) -> AwayTicket:
    """The ticket of a patient who is to come back from one of these stations."""
    station = stations[shown_station([each.status for each in stations])]
    return AwayTicket(
        **_members(clinic, row, with_names=with_names),
        station=display_number(station.clinic_day.clinic, station.number),
        station_status=station.status,
    )


def _members(clinic: Clinic, row: TicketRecord, *, with_names: bool) -> dict[str, Any]:
    return {
        "number": row.number,
        "display_number": display_number(clinic.code, row.number),
        "service_date": row.service_date,
        "status": row.status,
        "lane": row.lane,
        "priority_reason": row.priority_reason if isinstance(row.priority_reason, PriorityReason) else None,
        "room": row.room,
        "registered_at": clinic.hospital.local_time(row.registered_at),
        "called_at": _local(clinic, row.called_at),
        "started_at": _local(clinic, row.started_at),
        "patient_name": shown_name(row.patient_name, row.birth_order) if with_names else None,
    }


def _local(clinic: Clinic, moment: datetime | None) -> datetime | None:
    return None if moment is None else clinic.hospital.local_time(moment)
