"""What happened to a ticket, or in a clinic, as the journal has it: without a name of any patient."""

from datetime import datetime

from common.domain.catalog import Clinic
from common.domain.clinic_day import ClinicDay
from common.domain.tickets import display_number
from common.messages.desk_replies import DeskHistory, HistoryLine
from common.messages.desk_requests import DeskHistoryRequest
from common.storage.engine import Connection
from status_responder import store


def clinic_history(
    connection: Connection, clinic: Clinic, day: ClinicDay, request: DeskHistoryRequest, now: datetime
) -> DeskHistory:
    """The reply for a service day."""
    lines = store.latest_events(connection, day, request.number, request.limit)
    return DeskHistory(
        hospital=day.hospital,
        clinic=day.clinic,
        service_date=day.service_date,
        zone=clinic.hospital.zone_at(now),
        lines=[_line(clinic, each) for each in lines],
    )


def _line(clinic: Clinic, line: store.JournalLine) -> HistoryLine:
    return HistoryLine(
        at=clinic.hospital.local_time(line.occurred_at),
        event=line.event_name,
        number=line.number,
        display_number=None if line.number is None else display_number(clinic.code, line.number),
        room=line.data.get("room"),  # events of before rooms were told have none
        room_name=line.data.get("room_name"),
        user=line.operator,
        members=line.data.get("corrected", []),
    )
