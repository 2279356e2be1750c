"""Patients of whom only the year of birth, or year and month, is known: on both databases."""

from typing import Any

import pytest
from sqlalchemy import Engine

from common.domain.lanes import Lane
from common.domain.partial_dates import PartialDate
from common.messages.problems import ProblemCode, TicketHolder
from common.messaging.topology import DESK_EXCHANGE
from tests.builders import clinic_table, delivery, hospital_table, patient, registration
from tests.store.desks import at_the_counter, desk_of, does, is_whole, refusal
from tests.store.test_registry import KEY, know, with_key
from tests.store.workers import Workers, a_problem, ticket_rows, workers_of

YEARS = ("1960", "1960-05", "1960-05-17")


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """RSHS's clinics GIG and MAT, in desk mode, on Monday 23 November 2026 at 09:00."""
    return desk_of(engine)


def born(who: int, when: str) -> dict[str, Any]:
    return {**patient(who), "date_of_birth": when}


@pytest.mark.parametrize("when", YEARS)
def test_what_is_known_is_kept_and_asked_for_again(desk: Workers, when: str) -> None:
    desk.register(born(1, when))
    assert [str(row["date_of_birth"]) for row in ticket_rows(desk.engine)] == [when]
    assert desk.refusal(registration(born(1, when))).code is ProblemCode.ALREADY_REGISTERED
    for other in {"1961", "1960-06", "1960-05-18", *YEARS} - {when}:
        refused = desk.refusal(registration(born(1, other)))
        assert refused.code is ProblemCode.MEDICAL_RECORD_MISMATCH
    is_whole(desk)


def test_the_desk_sees_what_is_known_and_completes_it(desk: Workers) -> None:
    desk.register(born(1, "1960"))
    whole = {"hospital": "RSHS", "clinic": "GIG", **born(1, "1960-05-17")}
    [outcome] = desk.registrar.handle([delivery("desk_register", whole, exchange=DESK_EXCHANGE)])
    assert a_problem(outcome).holder == TicketHolder(name="Pasien 1", date_of_birth="1960")
    does(desk, "correct", number=1, date_of_birth="1960-05-17")
    assert [row["date_of_birth"] for row in ticket_rows(desk.engine)] == [PartialDate(1960, 5, 17)]
    assert desk.refusal(registration(born(1, "1960-05-17"))).code is ProblemCode.ALREADY_REGISTERED


@pytest.mark.parametrize(
    ("when", "lane"),
    [
        ("1966", Lane.REGULAR),  # perhaps born in December, and 59 years old
        ("1966-12", Lane.REGULAR),
        ("1966-11", Lane.REGULAR),
        ("1966-10", Lane.PRIORITY),
        ("1965", Lane.PRIORITY),
    ],
)
def test_only_who_is_surely_of_age_has_priority(desk: Workers, when: str, lane: Lane) -> None:
    assert at_the_counter(desk, born(1, when)).lane is lane
    at_the_counter(desk, born(2, "1990"))
    does(desk, "correct", number=2, date_of_birth=when)
    assert [row["lane"] for row in ticket_rows(desk.engine)] == [lane, lane]


@pytest.mark.parametrize("when", ["2027", "2026-12", "1895", "1896-10"])
def test_a_part_of_an_impossible_date_of_birth_is_named(desk: Workers, when: str) -> None:
    answer = desk.refusal(registration(born(1, when)))
    assert [error.field for error in answer.errors] == ["date_of_birth"]
    desk.register(2)
    assert refusal(desk, "correct", number=1, date_of_birth=when).code is ProblemCode.INVALID_REQUEST


@pytest.mark.parametrize("when", ["2026", "2026-11", "1897"])
def test_a_part_of_a_possible_date_of_birth_is_taken(desk: Workers, when: str) -> None:
    assert desk.register(born(1, when)).number == 1


def test_a_partial_date_goes_with_its_patient_to_another_clinic(desk: Workers) -> None:
    desk.register(born(1, "1960-05"))
    does(desk, "transfer", number=1, to_clinic="MAT")
    assert {row["date_of_birth"] for row in ticket_rows(desk.engine)} == {PartialDate(1960, 5)}
    is_whole(desk)


def test_a_registry_knows_what_the_hospital_knows_and_no_more_or_less(engine: Engine) -> None:
    """Half a date would be one guess for many days: a registry is never found to know a part of one."""
    clinics = [clinic_table("GIG", mode="desk")]
    workers = with_key(workers_of(engine, hospital_table("RSHS", *clinics, identity="registry")), KEY)
    know(workers, born(1, "1960-05-17"), born(2, "1960"))
    for given in (born(1, "1960"), born(1, "1960-05"), born(2, "1960-05-17")):
        assert workers.refusal(registration(given)).code is ProblemCode.MEDICAL_RECORD_MISMATCH
    assert workers.register(born(1, "1960-05-17")).lane is Lane.PRIORITY
    assert workers.register(born(2, "1960")).lane is Lane.PRIORITY
    assert at_the_counter(workers, born(3, "1960")).lane is Lane.PRIORITY


def test_nothing_but_a_date_is_taken(desk: Workers) -> None:
    desk.register(1)
    for wrong in ("60", "1960-5", "Mei 1960"):
        assert refusal(desk, "correct", number=1, date_of_birth=wrong).code is ProblemCode.INVALID_REQUEST
        problem = a_problem(desk.outcome(registration(born(2, wrong))))
        assert [error.message for error in problem.errors] == [
            "a date is written as 1990-01-31, or 1990-01 or 1990 where no more is known"
        ]
