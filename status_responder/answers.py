"""Composes the replies to patients' look-ups from what was loaded."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from common.domain.catalog import Clinic, Hospital
from common.domain.clinic_day import ClinicDay
from common.domain.clinic_records import NO_RECORDS
from common.domain.opening_hours import Session
from common.domain.queue import new_queue
from common.domain.queue_advance import Occupant, calling_order
from common.domain.ticket_codes import format_ticket_code
from common.domain.tickets import display_number
from common.messages import problems
from common.messages.message import Reply, ReplyPart, Request, encode_part
from common.messages.pages import page_of
from common.messages.patients import (
    ClinicQueue,
    ClinicQueueRequest,
    Clinics,
    ClinicSummary,
    Hospitals,
    HospitalSummary,
    ListClinics,
    ListHospitals,
    OccupiedRoom,
    Ticket,
    Tickets,
    TicketStatusRequest,
)
from common.patient_tickets import PatientTickets, patient_tickets
from common.shown_absences import shown_to_patients
from common.storage.catalog import CatalogCache
from status_responder.loading import NEXT_SHOWN, Loaded
from status_responder.visits import in_visit

ASKED_BY_ANYBODY: Final = (ListHospitals, ListClinics)
ASKED_BY_PATIENTS: Final = (TicketStatusRequest, ClinicQueueRequest)

_BYTES_BESIDES = 200
"""Of a page of hospitals or clinics, its other members."""


def compose_replies(catalog: CatalogCache, loaded: Loaded, requests: Sequence[Request]) -> list[Reply]:
    """The replies in the order of the requests. What several of them show is made once."""
    answers = _Answers(catalog, loaded, loaded.now)
    return [answers.answer(request) for request in requests]


@dataclass(frozen=True, slots=True)
class _Answers:
    catalog: CatalogCache
    loaded: Loaded
    now: datetime
    # Hospitals and clinics by their codes, each with the length of its JSON: lists are long, and look alike.
    hospitals: dict[str, tuple[HospitalSummary, int]] = field(default_factory=dict)
    clinics: dict[tuple[str, str], tuple[ClinicSummary, int]] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    queues: dict[ClinicDay, PatientTickets] = field(default_factory=dict)

    def answer(self, request: Request) -> Reply:
        if isinstance(request, TicketStatusRequest):
            return self._tickets(request)
        if isinstance(request, ListClinics):
            return self._clinics(request)
        if isinstance(request, ClinicQueueRequest):
            return self._clinic_queue(request)
        assert isinstance(request, ListHospitals)
        return self._hospitals(request)

    def _tickets(self, request: TicketStatusRequest) -> Reply:
        found, not_found = [], []
        for code in dict.fromkeys(request.ticket_codes):
            ticket = self._ticket(code)
            if ticket is not None:
                found.append(ticket)
            else:
                not_found.append(format_ticket_code(code))
        return Tickets(tickets=found, not_found=not_found) if found else problems.ticket_not_found()

    def _ticket(self, code: str) -> Ticket | None:
        ticket = self.tickets.get(code)
        if ticket is None and (view := self.loaded.tickets.get(code)) is not None:
            ticket = self._queue(view.clinic_day).ticket(view)
            if view.visit is not None:
                ticket = in_visit(ticket, self.loaded.visits[view.visit], self.catalog)
            self.tickets[code] = ticket
        return ticket

    def _queue(self, key: ClinicDay) -> PatientTickets:
        queue = self.queues.get(key)
        if queue is None:
            clinic, occupants = self.catalog.clinic_of(key), self.loaded.occupants.get(key, ())
            records = self.loaded.learned.get(clinic.key, NO_RECORDS)
            queue = self.queues[key] = patient_tickets(clinic, occupants, records, self.now)
        return queue

    def _hospitals(self, request: ListHospitals) -> Hospitals:
        listed = map(self._listed_hospital, self.catalog.hospitals(after=request.after))
        page, more = page_of(listed, _length, limit=request.limit, bytes_besides=_BYTES_BESIDES)
        return Hospitals(hospitals=[summary for summary, _ in page], more=more)

    def _listed_hospital(self, hospital: Hospital) -> tuple[HospitalSummary, int]:
        found = self.hospitals.get(hospital.code)
        if found is None:
            summary = self._hospital_summary(hospital)
            found = self.hospitals[hospital.code] = summary, len(encode_part(summary))
        return found

    def _hospital_summary(self, hospital: Hospital) -> HospitalSummary:
        return HospitalSummary(
            code=hospital.code,
            name=hospital.name,
            city=hospital.city,
            time_zone=hospital.time_zone.key,
            open_clinics=sum(clinic.is_open(self.now) for clinic in self.catalog.clinics_of(hospital.code)),
        )

    def _clinics(self, request: ListClinics) -> Reply:
        if self.catalog.hospital(request.hospital) is None:
            return problems.hospital_not_found()
        listed = (
            self._listed_clinic(clinic)
            for clinic in self.catalog.clinics_of(request.hospital)
            if clinic.code > request.after and (clinic.is_open(self.now) or not request.open_only)
        )
        page, more = page_of(listed, _length, limit=request.limit, bytes_besides=_BYTES_BESIDES)
        return Clinics(hospital=request.hospital, clinics=[summary for summary, _ in page], more=more)

    def _listed_clinic(self, clinic: Clinic) -> tuple[ClinicSummary, int]:
        found = self.clinics.get(clinic.key)
        if found is None:
            summary = self._clinic_summary(clinic)
            found = self.clinics[clinic.key] = summary, len(encode_part(summary))
        return found

    def _clinic_summary(self, clinic: Clinic) -> ClinicSummary:
        key = clinic.clinic_day(self.now)
        queue = self.loaded.queues.get(key) or new_queue(key, self.now, self.now)
        is_open = clinic.is_open(self.now)
        wait = self._queue(key).newcomer(queue.waiting_by_lane, queue.streaks) if is_open else None
        session = _session_today(clinic, self.now)
        calls = (each.called_at for each in self.loaded.occupants.get(key, ()))
        opening = None if is_open else clinic.next_opening(self.now)
        return ClinicSummary(
            code=clinic.code,
            name=clinic.name,
            is_open=is_open,
            opens_at=clinic.hospital.local_time(session.opens_at) if session else None,
            closes_at=clinic.hospital.local_time(session.closes_at) if session else None,
            waiting=queue.waiting,
            now_serving=_shown(clinic, queue.now_serving),
            estimated_wait_seconds=wait.seconds if wait else None,
            shortest_wait_seconds=wait.shortest_seconds if wait else None,
            longest_wait_seconds=wait.longest_seconds if wait else None,
            day_may_end_first=wait.day_may_end_first if wait else None,
            quota_left=max(clinic.daily_quota - queue.given_out, 0),
            next_opening=clinic.hospital.local_time(opening) if opening else None,
            zone=clinic.hospital.zone_at(self.now),
            closed_reason=clinic.closed_reason(self.now),
            absences=shown_to_patients(clinic, calls, self.now),
        )

    def _clinic_queue(self, request: ClinicQueueRequest) -> Reply:
        clinic = self.catalog.clinic(request.hospital, request.clinic)
        if clinic is None or clinic.retired:
            return problems.no_such_clinic(has_hospital=self.catalog.hospital(request.hospital) is not None)
        key = clinic.clinic_day(self.now)
        queue = self.loaded.queues.get(key) or new_queue(key, self.now, self.now)
        in_rooms = sorted(self.loaded.occupants.get(key, ()), key=lambda occupant: occupant.room)
        waiters = self.loaded.waiters.get(key, ())
        following = calling_order(waiters, queue.streaks, clinic.lanes.ratios)[:NEXT_SHOWN]
        return ClinicQueue(
            hospital=request.hospital,
            hospital_name=clinic.hospital.name,
            clinic=request.clinic,
            clinic_name=clinic.name,
            service_date=key.service_date,
            is_open=clinic.is_open(self.now),
            now_serving=_shown(clinic, queue.now_serving),
            in_rooms=[display_number(clinic.code, occupant.number) for occupant in in_rooms],
            rooms=[_occupied(clinic, occupant) for occupant in in_rooms],
            next=[display_number(clinic.code, waiter.number) for waiter in following],
            waiting=queue.waiting,
            absences=shown_to_patients(clinic, [each.called_at for each in in_rooms], self.now),
            sequence=queue.last_sequence,
        )


def _occupied(clinic: Clinic, occupant: Occupant) -> OccupiedRoom:
    return OccupiedRoom(
        room=occupant.room,
        room_name=clinic.room_name(occupant.room),
        display_number=display_number(clinic.code, occupant.number),
        status=occupant.status,
    )


def _length(listed: tuple[ReplyPart, int]) -> int:
    return listed[1]


def _session_today(clinic: Clinic, now: datetime) -> Session | None:
    """The session that is on or comes next today, or else today's last one."""
    sessions = clinic.sessions_on(clinic.service_date(now))
    return next((s for s in sessions if now < s.closes_at), sessions[-1] if sessions else None)


def _shown(clinic: Clinic, number: int | None) -> str | None:
    return None if number is None else display_number(clinic.code, number)
