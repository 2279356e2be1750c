"""One ticket as reception sees it: whose it is, and what its patient sees of it."""

from datetime import datetime

from common.desk_tickets import visit_ticket
from common.domain.catalog import Clinic
from common.domain.clinic_day import ClinicDay
from common.domain.clinic_records import NO_RECORDS
from common.domain.duplicates import possible_duplicate
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import ACTIVE
from common.domain.tickets import display_number
from common.messages import problems
from common.messages.desk_replies import DeskTicketShown
from common.messages.desk_requests import DeskTicketRequest
from common.messages.message import Reply
from common.messages.patients import Ticket
from common.patient_tickets import PatientTickets
from common.storage.born_alike import find_born_alike
from common.storage.engine import Connection
from common.storage.service_times import read_service_times
from common.storage.ticket_rows import ticket_by_number
from common.storage.ticket_views import read_rooms, read_ticket_views
from common.storage.visits import read_named_tickets


def show_ticket(connection: Connection, clinic: Clinic, request: DeskTicketRequest, now: datetime) -> Reply:
    """The reply; as for what is done with a ticket, of today or of the day before."""
    day = clinic.clinic_day(now)
    if request.service_date == day.day_before.service_date:
        day = day.day_before
    is_other = request.service_date not in (None, day.service_date)
    row = None if is_other else ticket_by_number(connection, day, request.number)
    if row is None:
        return problems.number_not_given_out()
    return DeskTicketShown(
        hospital=day.hospital,
        hospital_name=clinic.hospital.name,
        clinic=day.clinic,
        clinic_name=clinic.name,
        zone=clinic.hospital.zone_at(now),
        ticket=visit_ticket(clinic, row, read_named_tickets(connection, [row]), with_names=True),
        medical_record_number=row.medical_record_number,
        date_of_birth=str(row.date_of_birth),
        newborn=row.birth_order or None,
        possible_duplicate=_duplicate(connection, day, row),
        patient_ticket=_seen_by_patient(connection, clinic, day, row, now),
    )


def _duplicate(connection: Connection, day: ClinicDay, row: TicketRecord) -> str | None:
    """Which other ticket its patient may hold."""
    if row.status not in ACTIVE:
        return None
    born_alike = find_born_alike(connection, [(day, row.date_of_birth)])()
    other = possible_duplicate(row.held_by, born_alike.get(day, ()))
    return None if other is None else display_number(day.clinic, other)


def _seen_by_patient(
    connection: Connection, clinic: Clinic, day: ClinicDay, row: TicketRecord, now: datetime
) -> Ticket:
    views = read_ticket_views(connection, [row.ticket_code])()
    occupants = read_rooms(connection, [day])().get(day, ())
    learned = read_service_times(connection, [clinic])().get(clinic.key, NO_RECORDS)
    return PatientTickets(clinic, occupants, learned, now).ticket(views[row.ticket_code])
