"""A ticket's history in values for JSON; docs/operations.md describes them."""

from datetime import datetime
from typing import Any

from admin_cli.database.ticket_history import Entry, OtherTicket, PersonalData, TicketHistory
from admin_cli.ticket_history.estimates import Estimate, estimates_of, verdict_of
from common.domain.catalog import Clinic
from common.domain.tickets import display_number
from common.storage.undo_records import taken_back
from common.storage.visits import StationView


def as_json(history: TicketHistory, clinic: Clinic, patient: PersonalData | None) -> dict[str, Any]:
    """The whole history; `patient` only where it was revealed."""
    return {
        "ticket": _ticket(history, clinic),
        "estimates": [_estimate(each, clinic) for each in estimates_of(history)],
        "events": [_event(each, clinic) for each in history.entries],
        "visit": [_station(each) for each in history.visit],
        "transferred_to": other_ticket(history.transferred_to),
        "transferred_from": other_ticket(history.transferred_from),
        **({} if patient is None else {"patient": _patient(patient)}),
    }


def other_ticket(other: OtherTicket | None) -> dict[str, Any] | None:
    """Another ticket, by its queue and number."""
    if other is None:
        return None
    return {
        "hospital": other.day.hospital,
        "clinic": other.day.clinic,
        "service_date": other.day.service_date.isoformat(),
        "number": other.number,
        "display_number": display_number(other.day.clinic, other.number),
    }


def _ticket(history: TicketHistory, clinic: Clinic) -> dict[str, Any]:
    facts, room = history.facts, history.facts["room"]
    return {
        **(other_ticket(OtherTicket(history.day, history.number)) or {}),
        "hospital_name": clinic.hospital.name,
        "clinic_name": clinic.name,
        "status": facts["status"],
        "lane": facts["lane"],
        "priority_reason": facts["priority_reason"],
        "room": room,
        "room_name": None if room is None else clinic.room_name(room),
        **{
            name: _moment(facts[name], clinic)
            for name in (
                *("registered_at", "arrived_at", "called_at", "recalled_at", "started_at", "ended_at"),
            )
        },
        "cancelled_by": facts["cancelled_by"],
        "cancel_reason": facts["cancel_reason"],
    }


def _estimate(estimate: Estimate, clinic: Clinic) -> dict[str, Any]:
    told = estimate.told
    return {
        "told_at": _moment(told.at, clinic),
        "earliest_call_at": _moment(told.earliest, clinic),
        "estimated_call_at": _moment(told.call, clinic),
        "latest_call_at": _moment(told.latest, clinic),
        "called_at": _moment(estimate.called_at, clinic),
        "outcome": estimate.outcome.value,
    }


def _event(entry: Entry, clinic: Clinic) -> dict[str, Any]:
    verdict = verdict_of(entry)
    return {
        "sequence": entry.sequence,
        "at": _moment(entry.at, clinic),
        "event": entry.event,
        "by": entry.by.value,
        "user": entry.user,
        "request_id": entry.cause_id,
        "takes_back": taken_back(entry.undo),
        "estimate": None if verdict is None else verdict.value,
        "data": entry.data,
    }


def _station(station: StationView) -> dict[str, Any]:
    other = other_ticket(OtherTicket(station.clinic_day, station.number)) or {}
    return {
        **other,
        "status": station.status.value,
        "room": station.room,
        "return_clinic": station.return_clinic,
    }


def _patient(patient: PersonalData) -> dict[str, Any]:
    return {
        "ticket_code": patient.ticket_code,
        "patient_name": patient.patient_name,
        "medical_record_number": patient.medical_record_number,
        "date_of_birth": str(patient.date_of_birth),
        "date_of_birth_confirmed": patient.date_of_birth_confirmed,
    }


def _moment(moment: datetime | None, clinic: Clinic) -> str | None:
    return None if moment is None else clinic.hospital.local_time(moment).isoformat()
