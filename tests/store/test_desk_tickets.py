"""Looking for the tickets of a clinic's day by number or name, and at one of them: `find_tickets` and
`desk_ticket`."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Engine

from common.domain.ticket_states import TicketStatus
from common.messages.desk_replies import FOUND_SHOWN_MAX, DeskTicketShown, FoundTickets
from common.messages.message import Reply
from common.messages.problems import Problem, ProblemCode
from tests.builders import MONDAY, desk_request, patient, registration
from tests.staff import duty, let_serve
from tests.store.desks import calls, desk_of, does, outcome_of
from tests.store.test_undo import OPEN_AT_NIGHT
from tests.store.workers import Workers, tickets_shown, workers_of

NAMES = ("Siti Nur'aini", "Budi Müller", "Ny. Siti Aminah", "AHMAD SITIO", "Bagus")


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """The clinic GIG with those NAMES, who wait, and MAT with another Siti."""
    workers = desk_of(engine)
    for number, name in enumerate(NAMES, start=1):
        workers.ticket(registration({**patient(number), "name": name}))
    workers.ticket(registration({**patient(9), "name": "Siti Other"}, clinic="MAT"))
    return workers


def asked(workers: Workers, name: str, **body: Any) -> Reply:
    reply = outcome_of(workers, desk_request(name, "GIG", **body)).reply
    assert isinstance(reply, Reply)
    return reply


def found(workers: Workers, text: str) -> FoundTickets:
    reply = asked(workers, "find_tickets", text=text)
    assert isinstance(reply, FoundTickets), reply
    assert (reply.hospital, reply.clinic, reply.service_date) == ("RSHS", "GIG", MONDAY)
    return reply


def numbers(workers: Workers, text: str) -> list[int]:
    return [each.number for each in found(workers, text).tickets]


def shown(workers: Workers, number: int, **body: Any) -> DeskTicketShown:
    reply = asked(workers, "desk_ticket", number=number, **body)
    assert isinstance(reply, DeskTicketShown), reply
    return reply


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[(text, [2]) for text in ("2", "002", "GIG-002", "gig-2", " 2 ")],
        *[(text, [1, 3, 4]) for text in ("siti", "SITI", "  siti ", "sí tí")],
        ("nuraini", [1]),
        ("Nur Aini", [1]),
        ("muller", [2]),
        ("siti aminah", [3]),
        ("ny", [3]),
        ("99", []),
        ("MAT-001", []),
        ("nobody", []),
        ("%", []),
        ("...", []),
    ],
)
def test_by_number_and_by_a_part_of_a_name(desk: Workers, text: str, expected: Sequence[int]) -> None:
    assert numbers(desk, text) == expected


def test_names_are_shown_with_what_is_found(desk: Workers) -> None:
    assert [each.patient_name for each in found(desk, "siti").tickets] == [NAMES[0], NAMES[2], NAMES[3]]
    assert [each.patient_name for each in found(desk, "2").tickets] == [NAMES[1]]


def test_those_come_first_who_are_still_to_be_seen(desk: Workers) -> None:
    calls(desk)
    does(desk, "complete", number=1)
    does(desk, "desk_cancel", number=3, reason="duplicate")
    tickets = found(desk, "siti").tickets
    assert [(each.number, each.status) for each in tickets] == [
        (4, TicketStatus.WAITING),
        (1, TicketStatus.SERVED),
        (3, TicketStatus.CANCELLED),
    ]


def test_where_many_are_found_it_is_said_that_there_are_more(engine: Engine) -> None:
    desk = desk_of(engine)
    desk.register_many(FOUND_SHOWN_MAX)
    assert (len(found(desk, "pasien").tickets), found(desk, "pasien").more) == (FOUND_SHOWN_MAX, False)
    desk.register_many(1, first=FOUND_SHOWN_MAX + 1)
    assert (len(found(desk, "pasien").tickets), found(desk, "pasien").more) == (FOUND_SHOWN_MAX, True)


@pytest.mark.parametrize("text", ["", " ", "x" * 101, "a\nb", "a\u200bb", 7])
def test_what_nobody_can_look_for_is_refused(desk: Workers, text: Any) -> None:
    refused = asked(desk, "find_tickets", text=text)
    assert isinstance(refused, Problem)
    assert [each.field for each in refused.errors] == ["text"]


def test_one_ticket_with_what_its_patient_sees(desk: Workers) -> None:
    calls(desk)
    waiting, called = shown(desk, 2), shown(desk, 1)
    assert (waiting.hospital_name, waiting.clinic_name) == ("RSUP RSHS", "Poli GIG")
    assert (waiting.ticket.number, waiting.ticket.patient_name) == (2, NAMES[1])
    assert waiting.medical_record_number == patient(2)["medical_record_number"]
    assert waiting.date_of_birth == patient(2)["date_of_birth"]
    assert (called.ticket.room, called.patient_ticket.room) == (1, 1)
    for each in (waiting, called):
        assert tickets_shown(desk, each.patient_ticket) == [each.patient_ticket]


def test_a_number_that_was_not_given_out(desk: Workers) -> None:
    for body in ({"number": 6}, {"number": 1, "service_date": "2026-11-20"}):
        refused = asked(desk, "desk_ticket", **body)
        assert isinstance(refused, Problem)
        assert refused.code is ProblemCode.TICKET_NOT_FOUND


def test_a_ticket_of_the_day_before(engine: Engine) -> None:
    desk = workers_of(engine, OPEN_AT_NIGHT)
    desk.register_many(1)
    calls(desk)
    desk.clock.forward(hours=16)
    desk.tick()
    assert isinstance(asked(desk, "desk_ticket", number=1), Problem)
    ticket = shown(desk, 1, service_date=MONDAY.isoformat())
    assert ticket.ticket.service_date == ticket.patient_ticket.service_date == MONDAY
    assert ticket.patient_ticket.status is TicketStatus.CALLED


def test_a_caller_finds_tickets_and_is_shown_no_patients_data(desk: Workers) -> None:
    let_serve(desk.engine, "siti", duty("caller", "RSHS", "GIG"))
    find = desk_request("find_tickets", "GIG", user="siti", text="siti")
    assert isinstance(outcome_of(desk, find).reply, FoundTickets)
    refused = outcome_of(desk, desk_request("desk_ticket", "GIG", user="siti", number=1)).reply
    assert isinstance(refused, Problem)
    assert refused.code is ProblemCode.NOT_PERMITTED
