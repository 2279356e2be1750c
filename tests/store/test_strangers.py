"""What a stranger learns by registering as a patient, and what the desk is told: on both databases."""

import pytest
from sqlalchemy import Engine

from common.messages.message import encode_reply
from common.messages.patients import Ticket
from common.messages.problems import ProblemCode
from tests.builders import clinic_table, desk_request, hospital_table, patient, registration
from tests.store.workers import Workers, a_problem, workers_of

HOLDS_A_TICKET, HOLDS_NONE = 1, 2


def _data(who: int, **other: str) -> dict[str, str]:
    return {**patient(who), **other}


@pytest.fixture(params=["closed", "full"])
def without_a_place(engine: Engine, request: pytest.FixtureRequest) -> tuple[Workers, Ticket]:
    """A clinic that takes nobody, and the ticket of somebody who waits in it."""
    quota = 1 if request.param == "full" else 10
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", daily_quota=quota)))
    ticket = workers.register(HOLDS_A_TICKET)
    if request.param == "closed":
        workers.clock.set("12:30")
    return workers, ticket


def test_where_there_is_no_place_the_answer_is_one_whoever_holds_a_ticket(
    without_a_place: tuple[Workers, Ticket],
) -> None:
    workers, _ = without_a_place
    asked = [
        _data(HOLDS_A_TICKET),
        _data(HOLDS_A_TICKET, name="Somebody Else"),
        _data(HOLDS_A_TICKET, date_of_birth="1970-07-07"),
        _data(HOLDS_NONE),
    ]
    outcomes = workers.registrar.handle([registration(data) for data in asked])
    assert len({encode_reply(a_problem(outcome)) for outcome in outcomes}) == 1


def test_where_there_is_no_place_the_desk_finds_the_ticket_of_a_patient(
    without_a_place: tuple[Workers, Ticket],
) -> None:
    workers, ticket = without_a_place
    lost = workers.refusal(desk_request("desk_register", **patient(HOLDS_A_TICKET)))
    assert lost.code is ProblemCode.ALREADY_REGISTERED
    assert lost.ticket is not None
    assert lost.ticket.ticket_code == ticket.ticket_code


def test_the_code_is_told_to_the_request_that_made_the_ticket_and_to_the_desk(workers: Workers) -> None:
    request = registration(1)
    ticket = workers.ticket(request)

    to_another = workers.refusal(registration(1))
    at_desk = workers.refusal(desk_request("desk_register", **patient(1)))

    assert workers.ticket(request).ticket_code == ticket.ticket_code
    assert {each.code for each in (to_another, at_desk)} == {ProblemCode.ALREADY_REGISTERED}
    assert ticket.ticket_code not in encode_reply(to_another).decode()
    assert at_desk.ticket is not None
    assert at_desk.ticket.ticket_code == ticket.ticket_code


def test_what_was_told_to_the_desk_is_told_to_nobody_else_with_its_request_id(workers: Workers) -> None:
    ticket = workers.register(1)
    at_desk = desk_request("desk_register", **patient(1))
    workers.refusal(at_desk)
    copied = workers.refusal(registration(1, message_id=at_desk.message_id))
    assert copied.code is ProblemCode.REQUEST_ID_REUSED
    assert ticket.ticket_code not in encode_reply(copied).decode()
