"""One person with two record numbers: the desk is told, and nobody is refused. On both databases."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Engine

from common.messages.desk_replies import DeskTicketShown, PossibleDuplicate, TicketAtDesk
from common.messages.message import encode_reply
from common.messages.patients import Ticket
from common.messaging.delivery import Delivery
from common.messaging.topology import DESK_EXCHANGE
from tests.builders import cancellation, delivery, desk_request, patient, registration
from tests.store.desks import calls, desk_of, does, is_whole, outcome_of, sees
from tests.store.workers import Workers

SITI = {**patient(1), "name": "Siti Aminah"}
AGAIN = {**SITI, "medical_record_number": "99", "name": "Ny. SITI AMINAH"}


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """RSHS's clinics GIG and MAT, in desk mode, on Monday 23 November 2026 at 09:00."""
    return desk_of(engine)


def at_desk(person: Mapping[str, Any], clinic: str = "GIG") -> Delivery:
    return delivery("desk_register", {"hospital": "RSHS", "clinic": clinic, **person}, exchange=DESK_EXCHANGE)


def registered(desk: Workers, person: Mapping[str, Any], clinic: str = "GIG") -> TicketAtDesk:
    [outcome] = desk.registrar.handle([at_desk(person, clinic)])
    assert isinstance(outcome.reply, TicketAtDesk)
    return outcome.reply


def test_the_desk_is_told_and_the_patient_is_registered(desk: Workers) -> None:
    desk.register(SITI)
    assert registered(desk, AGAIN).possible_duplicate == "GIG-001"
    is_whole(desk)


@pytest.mark.parametrize(
    "other",
    [{"name": "Siti Fatimah"}, {"date_of_birth": "1980-01-03"}, {"date_of_birth": "1980"}],
)
def test_another_name_or_date_of_birth_is_somebody_else_s(desk: Workers, other: dict[str, str]) -> None:
    desk.register(SITI)
    assert registered(desk, AGAIN | other).possible_duplicate is None


def test_only_of_this_queue_and_of_tickets_that_are_held(desk: Workers) -> None:
    desk.register(SITI, clinic="MAT")
    desk.cancel(desk.register(SITI))
    assert registered(desk, AGAIN).possible_duplicate is None


def test_within_a_batch_each_is_told_of_what_stands_at_its_moment(desk: Workers) -> None:
    ticket = desk.register(SITI)
    third = {**AGAIN, "medical_record_number": "98"}
    batch = [at_desk(AGAIN), cancellation(ticket.ticket_code), at_desk(third)]
    first, _, second = (each.reply for each in desk.registrar.handle(batch))
    assert isinstance(first, TicketAtDesk)
    assert isinstance(second, TicketAtDesk)
    assert (first.possible_duplicate, second.possible_duplicate) == ("GIG-001", "GIG-002")


def test_a_repetition_tells_what_stands_now(desk: Workers) -> None:
    ticket, request = desk.register(SITI), at_desk(AGAIN)
    [first] = desk.registrar.handle([request])
    assert desk.registrar.handle([request]) == [first]
    desk.cancel(ticket)
    [again] = desk.registrar.handle([request])
    assert isinstance(again.reply, TicketAtDesk)
    assert again.reply.possible_duplicate is None


def test_patients_are_told_nothing(desk: Workers) -> None:
    desk.register(SITI)
    reply = desk.outcome(registration(AGAIN)).reply
    assert isinstance(reply, Ticket)
    assert b"duplicate" not in encode_reply(reply)


def test_the_queue_marks_both_wherever_they_are(desk: Workers) -> None:
    desk.register(2)
    desk.register(SITI)
    desk.register(AGAIN)
    both = [PossibleDuplicate(number=2, other=3), PossibleDuplicate(number=3, other=2)]
    assert sees(desk).possible_duplicates == both
    for room in (1, 2):
        calls(desk, room)
    assert sees(desk).possible_duplicates == both
    shown_one = outcome_of(desk, desk_request("desk_ticket", number=3)).reply
    assert isinstance(shown_one, DeskTicketShown)
    assert shown_one.possible_duplicate == "GIG-002"
    does(desk, "desk_cancel", number=3, reason="duplicate")
    assert sees(desk).possible_duplicates == []


def test_twins_who_go_by_their_mother_are_two(desk: Workers) -> None:
    newborn: dict[str, Any] = {**SITI, "date_of_birth": "2026-11-20"}
    registered(desk, {**newborn, "newborn": 1})
    assert registered(desk, {**newborn, "newborn": 2}).possible_duplicate is None
    own = registered(desk, {**newborn, "medical_record_number": "7", "newborn": 1})
    assert own.possible_duplicate == "GIG-001"
