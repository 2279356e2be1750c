"""Finds the tickets of a clinic's day by a number, or by a part of a patient's name."""

from common.desk_tickets import visit_ticket
from common.domain.catalog import Clinic
from common.domain.clinic_day import ClinicDay
from common.domain.person_names import folded_letters
from common.domain.ticket_states import ACTIVE
from common.domain.tickets import parse_number
from common.messages.desk_replies import FOUND_SHOWN_MAX, FoundTickets
from common.storage.engine import Connection
from common.storage.ticket_rows import tickets_by_number
from common.storage.visits import read_named_tickets
from status_responder import store


def find_tickets(connection: Connection, clinic: Clinic, day: ClinicDay, text: str) -> FoundTickets:
    """The reply: those first who wait, are called or in service, by number; then all others."""
    numbers = _numbers(connection, clinic, day, text)
    shown = numbers[:FOUND_SHOWN_MAX]
    rows = {row.number: row for row in tickets_by_number(connection, day, shown)}
    named = read_named_tickets(connection, rows.values())
    return FoundTickets(
        hospital=day.hospital,
        clinic=day.clinic,
        service_date=day.service_date,
        tickets=[
            visit_ticket(clinic, rows[number], named, with_names=True) for number in shown if number in rows
        ],
        more=len(numbers) > len(shown),
    )


def _numbers(connection: Connection, clinic: Clinic, day: ClinicDay, text: str) -> list[int]:
    try:
        return [parse_number(text, clinic.code)]
    except ValueError:
        wanted = folded_letters(text)
    if not wanted:
        return []
    # Not by the database: neither folds accents by itself.
    named = store.read_names(connection, day)
    found = [each for each in named if wanted in folded_letters(each.patient_name)]
    return [each.number for each in sorted(found, key=lambda each: (each.status not in ACTIVE, each.number))]
