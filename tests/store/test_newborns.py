"""Newborns who go by their mother's record number: on both databases."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from common.domain.refusals import NotPermittedReason
from common.messages.desk_replies import DeskTicketShown
from common.messages.patients import Ticket
from common.messages.problems import Problem, ProblemCode
from common.messaging.topology import DESK_EXCHANGE
from tests.builders import clinic_table, delivery, desk_request, hospital_table, patient, registration
from tests.store.desks import at_the_counter, calls, desk_of, does, is_whole, outcome_of, refusal, sees
from tests.store.test_registry import KEY, know, with_key
from tests.store.workers import Workers, a_problem, a_ticket, contents, ticket_rows, workers_of

MOTHER = {**patient(1), "name": "Siti Aminah"}
BORN = "2026-11-20"


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """RSHS's clinics GIG and MAT, in desk mode, on Monday 23 November 2026 at 09:00."""
    return desk_of(engine)


def newborn(order: int = 1, **other: Any) -> dict[str, Any]:
    return {**MOTHER, "date_of_birth": BORN, "newborn": order, **other}


def at_desk(workers: Workers, person: Mapping[str, Any]) -> Ticket | Problem:
    """What the desk is answered that registers this patient."""
    body = {"hospital": "RSHS", "clinic": "GIG", **person}
    [outcome] = workers.registrar.handle([delivery("desk_register", body, exchange=DESK_EXCHANGE)])
    assert isinstance(outcome.reply, Ticket | Problem)
    return outcome.reply


def test_mother_and_twins_hold_tickets_of_one_clinic_at_once(desk: Workers) -> None:
    """In one batch and one after another, by the parent and at the desk."""
    both = [registration(MOTHER), registration(newborn(1)), registration(newborn(1))]
    tickets = [outcome.reply for outcome in desk.registrar.handle(both)]
    assert [each.number for each in tickets if isinstance(each, Ticket)] == [1, 2]
    assert isinstance(tickets[2], Problem)
    assert tickets[2].code is ProblemCode.ALREADY_REGISTERED
    assert at_the_counter(desk, newborn(2)).number == 3
    for number, person in enumerate((MOTHER, newborn(1), newborn(2)), 1):
        held = desk.refusal(registration(person)).ticket
        assert held is not None
        assert held.number == number
    assert [row["birth_order"] for row in ticket_rows(desk.engine)] == [0, 1, 2]
    is_whole(desk)


def test_the_desk_sees_whose_newborn_it_is(desk: Workers) -> None:
    desk.register(MOTHER)
    desk.register(newborn(1, name="By. Ny. Siti Aminah"))
    desk.register(newborn(2))
    shown = sees(desk, with_names=True).waiting
    names = ["Siti Aminah", "By. Ny. Siti Aminah (1)", "By. Ny. Siti Aminah (2)"]
    assert [each.patient_name for each in shown] == names
    assert [each.patient_name for each in sees(desk).waiting] == [None] * 3
    refused = at_desk(desk, newborn(1, name="Orang Lain"))
    assert isinstance(refused, Problem)
    assert refused.holder is not None
    assert (refused.holder.name, refused.holder.date_of_birth) == ("By. Ny. Siti Aminah (1)", BORN)


def test_the_name_is_the_mother_s_with_or_without_what_hospitals_write_before_it(desk: Workers) -> None:
    desk.register(newborn(1, name="By. Ny. Siti Aminah"))
    for name in ("Siti Aminah", "by ny siti aminah", "Ny. Siti Aminah"):
        again = desk.refusal(registration(newborn(1, name=name)))
        assert again.code is ProblemCode.ALREADY_REGISTERED
    other = desk.refusal(registration(newborn(1, name="Dewi")))
    assert other.code is ProblemCode.MEDICAL_RECORD_MISMATCH


def test_the_mother_s_ticket_is_not_the_newborn_s_to_give_up(desk: Workers) -> None:
    mother, baby = desk.register(MOTHER), desk.register(newborn())
    desk.cancel(baby)
    assert desk.refusal(registration(MOTHER)).code is ProblemCode.ALREADY_REGISTERED
    desk.cancel(mother)
    for _ in range(2):  # of three registrations each, whatever the other has used up
        desk.cancel(desk.register(newborn()))
    assert desk.refusal(registration(newborn())).code is ProblemCode.ASK_AT_DESK
    assert desk.register(MOTHER).number == 5
    is_whole(desk)


def test_mismatches_of_newborns_count_for_the_record_number(desk: Workers) -> None:
    """Nobody gets nine times as many attempts by making newborns up."""
    for order in (1, 2, 3):
        desk.register(newborn(order))
    for attempt in range(5):
        wrong = newborn(1 + attempt % 3, name=f"Bukan {attempt}")
        assert desk.refusal(registration(wrong)).code is ProblemCode.MEDICAL_RECORD_MISMATCH
    for person in (newborn(1), newborn(9), MOTHER):
        assert desk.refusal(registration(person)).code is ProblemCode.ASK_AT_DESK


@pytest.mark.parametrize("born", ["1990-01-31", "2025-11-23", "2024"])
def test_whoever_is_older_goes_by_a_number_of_their_own(desk: Workers, born: str) -> None:
    refused = desk.refusal(registration(newborn(1, date_of_birth=born)))
    assert [each.field for each in refused.errors] == ["newborn"]
    refused_at_desk = at_desk(desk, newborn(1, date_of_birth=born))
    assert isinstance(refused_at_desk, Problem)
    assert refused_at_desk.code is ProblemCode.INVALID_REQUEST
    desk.register(newborn(1))
    assert refusal(desk, "correct", number=1, date_of_birth=born).code is ProblemCode.INVALID_REQUEST
    desk.register({**patient(2), "date_of_birth": born})
    assert refusal(desk, "correct", number=2, newborn=1).code is ProblemCode.INVALID_REQUEST


@pytest.mark.parametrize("order", [0, 10, -1, "1", 1.5, True])
def test_an_order_of_birth_is_a_small_number(desk: Workers, order: Any) -> None:
    problem = a_problem(desk.outcome(registration(newborn(order))))
    assert [each.field for each in problem.errors] == ["newborn"]


def test_a_newborn_goes_to_another_clinic_as_a_newborn(desk: Workers) -> None:
    desk.register(MOTHER)
    desk.register(newborn())
    desk.register(MOTHER, clinic="MAT")
    does(desk, "transfer", number=2, to_clinic="MAT")
    of_mat = [row["birth_order"] for row in ticket_rows(desk.engine) if row["clinic"] == "MAT"]
    assert of_mat == [0, 1]
    refused = refusal(desk, "transfer", number=1, to_clinic="MAT")
    assert refused.reason is NotPermittedReason.HOLDS_ANOTHER
    is_whole(desk)


def test_a_newborn_comes_back_beside_its_mother(desk: Workers) -> None:
    desk.register(newborn())
    desk.clock.forward(minutes=1)
    assert calls(desk) == 1
    does(desk, "mark_no_show", number=1)
    desk.register(MOTHER)
    does(desk, "reinstate", number=1)
    assert [calls(desk), calls(desk)] == [2, 1]
    does(desk, "mark_no_show", number=1)
    does(desk, "undo", number=1)
    is_whole(desk)


def test_a_newborn_gets_a_number_of_its_own(desk: Workers) -> None:
    desk.register(newborn())
    shown = outcome_of(desk, desk_request("desk_ticket", number=1)).reply
    assert isinstance(shown, DeskTicketShown)
    assert (shown.ticket.patient_name, shown.newborn) == ("By. Ny. Siti Aminah (1)", 1)
    done = does(desk, "correct", number=1, medical_record_number="77", newborn=0, name="Aisyah")
    assert done.ticket is not None
    shown = outcome_of(desk, desk_request("desk_ticket", number=1)).reply
    assert isinstance(shown, DeskTicketShown)
    assert shown.newborn is None
    [row] = ticket_rows(desk.engine)
    assert (row["medical_record_number"], row["birth_order"], row["patient_name"]) == ("77", 0, "Aisyah")
    assert desk.register(newborn()).number == 2


def test_a_ticket_that_was_taken_as_the_mother_s_is_made_the_newborn_s(desk: Workers) -> None:
    desk.register({**MOTHER, "date_of_birth": BORN, "name": "By. Ny. Siti Aminah"})
    request = desk_request("correct", number=1, newborn=1, name="Ny. Siti Aminah")
    outcome = outcome_of(desk, request)
    assert contents(outcome.events[0])["data"]["corrected"] == ["name", "newborn"]
    assert desk.register(MOTHER).number == 2
    desk.register(newborn(2))
    refused = refusal(desk, "correct", number=3, newborn=1)
    assert refused.reason is NotPermittedReason.HOLDS_ANOTHER
    is_whole(desk)


def test_both_are_handed_over_to_the_next_day(engine: Engine) -> None:
    always = clinic_table("GIG", mode="desk", hours={day: ["00:00-24:00"] for day in DAYS})
    workers = workers_of(engine, hospital_table("RSHS", always))
    tickets = [workers.register(each) for each in (MOTHER, newborn(1), newborn(2))]
    workers.clock.set("00:00:05", tickets[0].service_date + timedelta(days=1))
    again = workers.refusal(registration(newborn(1)))
    assert again.code is ProblemCode.ALREADY_REGISTERED
    workers.tick()
    of_today = [row for row in ticket_rows(engine) if row["service_date"] != tickets[0].service_date]
    assert [row["birth_order"] for row in of_today] == [0, 1, 2]
    assert {row["status"] for row in of_today} == {"waiting"}
    is_whole(workers)


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def test_no_registry_knows_a_newborn(engine: Engine) -> None:
    """Only who knows a number and its date of birth is let in, and the newborn's proves nothing."""
    clinics = [clinic_table("GIG", mode="desk")]
    workers = with_key(workers_of(engine, hospital_table("RSHS", *clinics, identity="registry")), KEY)
    know(workers, MOTHER, {**patient(2), "date_of_birth": BORN})
    for person in (newborn(), {**patient(2), "date_of_birth": BORN, "newborn": 1}):
        refused = workers.refusal(registration(person))
        assert refused.code is ProblemCode.MEDICAL_RECORD_MISMATCH
    assert at_the_counter(workers, newborn()).number == 1
    assert a_ticket(workers.outcome(registration(MOTHER))).number == 2
