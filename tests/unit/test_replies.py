"""How replies are written: the names and forms that clients in any language rely on."""

import json
from datetime import UTC, date, datetime, timedelta, timezone

from common.domain.lanes import Lane
from common.domain.ticket_states import TicketStatus
from common.messages import problems
from common.messages.message import encode_reply
from common.messages.patients import (
    ClinicQueue,
    Clinics,
    ClinicSummary,
    Hospitals,
    HospitalSummary,
    Ticket,
    Tickets,
    without_code,
)
from common.messages.problems import Problem, ProblemCode, problem
from tests.replies import members_of, read_reply

TICKET = Ticket(
    ticket_code="7K3F-9QXM-2T5R",
    number=17,
    display_number="GIG-017",
    hospital="RSHS",
    hospital_name="RSUP Dr. Hasan Sadikin",
    clinic="GIG",
    clinic_name="Poli Gigi",
    service_date=date(2026, 11, 23),
    status=TicketStatus.WAITING,
    lane=Lane.REGULAR,
    people_ahead=4,
    now_serving="GIG-012",
    estimated_wait_seconds=1500,
    estimated_call_at=datetime(2026, 11, 23, 9, 40, tzinfo=timezone(timedelta(hours=7))),
    earliest_call_at=datetime(2026, 11, 23, 9, 25, tzinfo=timezone(timedelta(hours=7))),
    latest_call_at=datetime(2026, 11, 23, 10, 5, tzinfo=timezone(timedelta(hours=7))),
    day_may_end_first=False,
    registered_at=datetime(2026, 11, 23, 9, 15, tzinfo=timezone(timedelta(hours=7))),
    called_at=None,
    transferred_to=None,
)


def test_a_ticket_is_written_with_the_names_and_forms_of_the_protocol() -> None:
    assert json.loads(encode_reply(TICKET)) == {
        "ticket_code": "7K3F-9QXM-2T5R",
        "number": 17,
        "display_number": "GIG-017",
        "hospital": "RSHS",
        "hospital_name": "RSUP Dr. Hasan Sadikin",
        "clinic": "GIG",
        "clinic_name": "Poli Gigi",
        "service_date": "2026-11-23",
        "status": "waiting",
        "lane": "regular",
        "people_ahead": 4,
        "now_serving": "GIG-012",
        "estimated_wait_seconds": 1500,
        "estimated_call_at": "2026-11-23T09:40:00+07:00",
        "earliest_call_at": "2026-11-23T09:25:00+07:00",
        "latest_call_at": "2026-11-23T10:05:00+07:00",
        "day_may_end_first": False,
        "registered_at": "2026-11-23T09:15:00+07:00",
        "called_at": None,
        "recalled_at": None,
        "room": None,
        "room_name": None,
        "transferred_to": None,
        "zone": None,
        "cancelled_by": None,
        "cancel_reason": None,
        "current_code": None,
        "visit": None,
        "absences": None,
    }


def test_clinics_and_hospitals_have_the_names_of_the_protocol() -> None:
    assert set(members_of(ClinicSummary)) == {
        "code",
        "name",
        "is_open",
        "opens_at",
        "closes_at",
        "waiting",
        "now_serving",
        "estimated_wait_seconds",
        "shortest_wait_seconds",
        "longest_wait_seconds",
        "day_may_end_first",
        "quota_left",
        "next_opening",
        "zone",
        "closed_reason",
        "absences",
    }
    assert set(members_of(HospitalSummary)) == {"code", "name", "city", "time_zone", "open_clinics"}


def test_the_names_of_replies_are_those_of_the_protocol() -> None:
    names = [each.name for each in (Ticket, Tickets, Hospitals, Clinics, ClinicQueue, Problem)]
    assert names == ["ticket", "tickets", "hospitals", "clinics", "clinic_queue", "problem"]


def test_a_problem_has_the_shape_of_rfc_9457() -> None:
    closed = problem(ProblemCode.CLINIC_CLOSED, "Poli Gigi opens again on 2026-11-24 at 08:00 WIB.")
    assert json.loads(encode_reply(closed)) == {
        "type": "about:blank",
        "title": "Clinic closed",
        "detail": "Poli Gigi opens again on 2026-11-24 at 08:00 WIB.",
        "code": "clinic_closed",
        "errors": [],
    }


def test_a_problem_carries_the_ticket_and_the_next_opening_where_there_are_any() -> None:
    opening = datetime(2026, 11, 24, 1, tzinfo=UTC)
    told = json.loads(
        encode_reply(problem(ProblemCode.ALREADY_REGISTERED, "Use it.", ticket=TICKET, next_opening=opening))
    )
    assert told["ticket"] == json.loads(encode_reply(TICKET))
    assert told["next_opening"] == "2026-11-24T01:00:00Z"


def test_a_patient_is_told_of_the_ticket_without_its_code_and_the_desk_with_it() -> None:
    to_patient, to_desk = (
        json.loads(encode_reply(refuse(TICKET)))["ticket"]
        for refuse in (problems.already_registered, problems.already_registered_at_desk)
    )
    assert to_desk == json.loads(encode_reply(TICKET))
    assert to_patient == {**to_desk, "ticket_code": None}


def test_a_written_reply_is_read_back_as_it_was() -> None:
    replies = [
        TICKET,
        Tickets(tickets=[TICKET], not_found=["0000-0000-0000"]),
        problem(ProblemCode.ALREADY_REGISTERED, "Use it.", ticket=without_code(TICKET)),
    ]
    for reply in replies:
        assert read_reply(type(reply), encode_reply(reply)) == reply


def test_the_list_of_problem_codes_is_closed() -> None:
    assert [code.value for code in ProblemCode] == [
        "invalid_request",
        "unknown_request",
        "message_too_large",
        "hospital_not_found",
        "clinic_not_found",
        "clinic_closed",
        "quota_reached",
        "already_registered",
        "medical_record_mismatch",
        "ask_at_desk",
        "request_id_reused",
        "request_expired",
        "ticket_not_found",
        "not_cancellable",
        "not_permitted",
        "not_permitted_now",
        "patient_elsewhere",
        "busy",
        "temporarily_unavailable",
        "internal_error",
    ]
