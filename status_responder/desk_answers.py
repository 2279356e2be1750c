"""What desks ask and nothing changes: the queue of a clinic, its tickets and what happened to them, the
report of its day, and who asks."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from common.authorisation import refusal
from common.domain.catalog import Clinic
from common.domain.clinic_day import ClinicDay
from common.domain.staff import Duty
from common.messages import problems
from common.messages.desk_replies import DUTIES_SHOWN_MAX, DeskDuty, DeskUser
from common.messages.desk_requests import (
    AccuracyRequest,
    DeskHistoryRequest,
    DeskQueueRequest,
    DeskRequest,
    DeskTicketRequest,
    DeskUserRequest,
    FindTickets,
    ReportRequest,
)
from common.messages.message import Reply, Request
from common.storage.accuracy import read_accuracy
from common.storage.catalog import CatalogCache
from common.storage.engine import Connection
from status_responder import store
from status_responder.accuracy import estimate_accuracy
from status_responder.desk_queue import compose_queue, load_queue
from status_responder.finding import find_tickets
from status_responder.history import clinic_history
from status_responder.report import clinic_report
from status_responder.shown_ticket import show_ticket

ASKED_BY_DESKS: Final = (
    *(DeskUserRequest, DeskQueueRequest, DeskTicketRequest),
    *(FindTickets, DeskHistoryRequest, ReportRequest, AccuracyRequest),
)


class Question(NamedTuple):
    """A look-up, and who of the staff asks; None: a patient."""

    request: Request
    user: str | None


def answer_desks(
    connection: Connection, catalog: CatalogCache, questions: Sequence[Question], now: datetime
) -> list[Reply]:
    """The replies to questions of staff, in their order, all from the snapshot of `connection`.

    Every console of a clinic asks the same every few seconds: what several ask is read once.
    """
    refusals = [refusal(catalog, each.user or "", each.request) for each in questions]
    same = [_same(each) for each in questions]
    replies: dict[tuple[object, ...], Reply] = {}
    for key, question, refused in zip(same, questions, refusals, strict=True):
        if refused is None and key not in replies:
            replies[key] = _reply(connection, catalog, question, now)
    return [refused or replies[key] for key, refused in zip(same, refusals, strict=True)]


def _same(question: Question) -> tuple[object, ...]:
    """What is equal for questions with the same answer."""
    request, user = question
    whose = user if isinstance(request, DeskUserRequest) else None
    return type(request), request.model_dump_json(), whose


def _reply(connection: Connection, catalog: CatalogCache, question: Question, now: datetime) -> Reply:
    request, user = question
    if isinstance(request, DeskUserRequest):
        return _who_asks(catalog, user or "")
    assert isinstance(request, DeskRequest)
    clinic = catalog.clinic(request.hospital, request.clinic)
    if clinic is None:
        return problems.no_such_clinic(has_hospital=catalog.hospital(request.hospital) is not None)
    return _about_clinic(connection, catalog, clinic, request, now)


def _about_clinic(
    connection: Connection, catalog: CatalogCache, clinic: Clinic, request: DeskRequest, now: datetime
) -> Reply:
    """Of a retired clinic, its past is answered."""
    match request:
        case ReportRequest():
            day = _day(clinic, request.service_date, now)
            by_width = read_accuracy(connection, clinic.key, day.service_date, day.service_date)
            return clinic_report(clinic, day.service_date, store.read_courses(connection, day), by_width)
        case AccuracyRequest():
            return estimate_accuracy(connection, clinic, request, clinic.service_date(now))
        case DeskHistoryRequest():
            day = _day(clinic, request.service_date, now)
            return clinic_history(connection, clinic, day, request, now)
        case DeskTicketRequest():
            return show_ticket(connection, clinic, request, now)
        case FindTickets():
            return find_tickets(connection, clinic, clinic.clinic_day(now), request.text)
    assert isinstance(request, DeskQueueRequest)
    loaded = load_queue(connection, clinic.as_of(now), catalog.clinic_of, request, now)
    # A retired clinic is there until its queue is empty.
    if clinic.retired and not (loaded.queue.outside or loaded.in_rooms):
        return problems.clinic_not_found()
    return compose_queue(loaded, request)


def _day(clinic: Clinic, service_date: date | None, now: datetime) -> ClinicDay:
    return ClinicDay(*clinic.key, service_date or clinic.service_date(now))


def _who_asks(catalog: CatalogCache, user: str) -> Reply:
    member = catalog.staff_member(user)
    if member is None:
        return problems.not_staff()
    duties = sorted(member.duties, key=lambda duty: duty.hospital)
    return DeskUser(
        user=user,
        duties=[_shown_duty(catalog, each) for each in duties[:DUTIES_SHOWN_MAX]],
        more=len(duties) > DUTIES_SHOWN_MAX,
    )


def _shown_duty(catalog: CatalogCache, duty: Duty) -> DeskDuty:
    hospital = catalog.hospital(duty.hospital)
    return DeskDuty(
        hospital=duty.hospital,
        hospital_name=None if hospital is None else hospital.name,
        clinics=None if duty.clinics is None else sorted(duty.clinics),
        role=duty.role,
    )
