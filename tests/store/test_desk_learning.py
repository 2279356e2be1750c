"""What a desk's requests teach, and what its reports say: from the request to what patients are told."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from common.domain.service_times import PartRecord, Tally
from common.messages.desk_replies import ClinicReport
from common.messages.problems import Problem, ProblemCode
from tests.builders import MONDAY, clinic_table, desk_request, hospital_table, registration
from tests.store.desks import at_the_counter, calls, desk_of, does, outcome_of, refusal
from tests.store.statements import noticed
from tests.store.test_service_times import learned
from tests.store.workers import Workers, ticket_rows, workers_of

MORNING, OPENING = 8, 9
"""The parts of the day from 08:30 to 10:00, and the half hour before."""

ELDERLY = {"medical_record_number": "E1", "name": "Siti Aminah", "date_of_birth": "1950-01-31"}


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """RSHS's clinics GIG and MAT, in desk mode with two rooms each, on Monday at 09:00."""
    return desk_of(engine)


def today(desk: Workers, part: int = MORNING) -> Tally:
    """What the clinic GIG has learned today in a part of the day."""
    return learned(desk.engine).get(part, PartRecord(MONDAY)).today


def report(desk: Workers, clinic: str = "GIG", **body: Any) -> ClinicReport:
    """The report that a desk asks for."""
    reply = outcome_of(desk, desk_request("clinic_report", clinic, **body)).reply
    assert isinstance(reply, ClinicReport), reply
    return reply


def test_services_teach_from_the_call_on_however_they_end(desk: Workers) -> None:
    desk.register_many(3)
    calls(desk, room=1)
    calls(desk, room=2)
    desk.clock.forward(minutes=2)
    does(desk, "start", number=1)
    does(desk, "recall", number=2)
    desk.clock.forward(minutes=6)
    does(desk, "complete", number=1)
    assert today(desk) == Tally(served=1, seconds=480, squares=480**2)
    desk.clock.forward(minutes=4)
    calls(desk, room=2)
    assert today(desk) == Tally(served=2, seconds=480 + 720, squares=480**2 + 720**2)


def test_whoever_does_not_come_teaches_that(desk: Workers) -> None:
    desk.register_many(1)
    calls(desk)
    desk.clock.forward(minutes=3)
    does(desk, "mark_no_show", number=1)
    assert today(desk) == Tally(no_shows=1, no_show_seconds=180)
    does(desk, "reinstate", number=1)
    desk.clock.forward(minutes=10)
    assert calls(desk) == 1
    desk.clock.forward(minutes=5)
    does(desk, "complete", number=1)
    assert today(desk) == Tally(1, 300, 300**2, no_shows=1, no_show_seconds=180)


def test_the_elderly_are_counted_when_they_came(desk: Workers) -> None:
    desk.clock.set("08:10")
    at_the_counter(desk, ELDERLY)
    desk.clock.set("09:00")
    calls(desk)
    does(desk, "complete", number=1)
    assert (today(desk, OPENING).priority, today(desk, MORNING).priority) == (1, 0)


def test_the_elderly_who_come_after_all_have_come_again(desk: Workers) -> None:
    desk.clock.set("08:10")
    at_the_counter(desk, ELDERLY)
    calls(desk)
    does(desk, "mark_no_show", number=1)
    desk.clock.set("09:00")
    does(desk, "reinstate", number=1)
    calls(desk)
    does(desk, "complete", number=1)
    assert (today(desk, OPENING).priority, today(desk, MORNING).priority) == (1, 1)


def test_a_request_that_comes_again_teaches_once(desk: Workers) -> None:
    desk.register_many(2)
    calls(desk)
    desk.clock.forward(minutes=8)
    request = desk_request("complete", number=1)
    first = outcome_of(desk, request)
    desk.clock.forward(minutes=1)
    assert [outcome_of(desk, request), *desk.ticker.handle([request, request])] == [first] * 3
    assert today(desk).served == 1
    assert refusal(desk, "complete", number=1).code == ProblemCode.NOT_PERMITTED_NOW
    assert today(desk).served == 1


def test_what_the_clock_calls_and_serves_teaches_nothing(engine: Engine) -> None:
    clock = workers_of(engine, hospital_table("RSHS", clinic_table("GIG")))
    clock.register_many(3)
    clock.tick()
    clock.clock.forward(minutes=3)
    does(clock, "mark_no_show", number=1)
    clock.clock.forward(minutes=30)
    clock.tick()
    assert [row["status"] for row in ticket_rows(engine)] == ["no_show", "served", "served"]
    assert learned(engine) == {}


def test_patients_who_give_up_and_those_who_go_elsewhere_teach_nothing(desk: Workers) -> None:
    tickets = desk.register_many(2)
    calls(desk, room=1)
    calls(desk, room=2)
    desk.clock.forward(minutes=5)
    desk.cancel(tickets[0])
    does(desk, "transfer", number=2, to_clinic="MAT")
    assert learned(desk.engine) == learned(desk.engine, "MAT") == {}


def test_a_slow_morning_is_what_the_next_patient_is_told(desk: Workers) -> None:
    """Both rooms were just taken, and four wait: the fifth is told of five turns of half a service."""

    def wait_minutes(who: int) -> float:
        calls(desk, room=1)
        calls(desk, room=2)
        told = desk.register(who).estimated_wait_seconds
        assert told is not None
        return told / 60

    desk.register_many(6)
    planned = wait_minutes(7)
    for who in (8, 10, 12, 14):
        desk.clock.forward(minutes=20)
        desk.register_many(1, first=who)
        taught = wait_minutes(who + 1)
    assert planned == pytest.approx(5 * 5, abs=3)
    assert taught > 1.25 * planned


def test_a_batch_of_a_hundred_completions_learns_with_three_statements(engine: Engine) -> None:
    codes = [f"C{number:02d}" for number in range(10)]
    clinics = [clinic_table(code, mode="desk", rooms=10) for code in codes]
    desk = workers_of(engine, hospital_table("RSHS", *clinics))
    desk.registrar.handle([registration(who, clinic=codes[who % 10]) for who in range(100)])
    for room in range(1, 11):
        desk.ticker.handle([desk_request("call_next", code, room=room) for code in codes])
    desk.clock.forward(minutes=5)
    ends = [desk_request("complete", code, number=number) for code in codes for number in range(1, 11)]
    statements: list[str] = []
    with noticed(engine, lambda statement: statements.append(statement)):
        outcomes = desk.ticker.handle(ends)
    assert not any(isinstance(outcome.reply, Problem) for outcome in outcomes)
    assert sum("service_times" in statement for statement in statements) == 3
    assert {learned(engine, code)[MORNING].today.served for code in codes} == {10}


def test_a_desk_gets_the_report_of_its_day(desk: Workers) -> None:
    desk.register_many(3)
    calls(desk)
    desk.clock.forward(minutes=10)
    does(desk, "complete", number=1)
    calls(desk)
    desk.clock.forward(minutes=3)
    does(desk, "mark_no_show", number=2)
    shown = report(desk)
    assert (shown.clinic_name, shown.service_date, [row.hour for row in shown.hours]) == (
        "Poli GIG",
        MONDAY,
        [9],
    )
    total = shown.total
    assert (total.registered, total.served, total.no_shows, total.expired) == (3, 1, 1, 0)
    assert (total.waits.count, total.waits.median_seconds, total.waits.p90_seconds) == (2, 300, 600)
    assert (total.services.count, total.services.median_seconds) == (1, 600)
    desk.clock.forward(days=1)
    assert report(desk).total.registered == 0
    assert report(desk, service_date=MONDAY.isoformat()).total.registered == 3
    assert report(desk, service_date=(MONDAY - timedelta(days=1)).isoformat()).hours == []


def test_a_report_of_no_clinic_is_refused(desk: Workers) -> None:
    assert refusal(desk, "clinic_report", "XXX").code == ProblemCode.CLINIC_NOT_FOUND
    assert refusal(desk, "clinic_report", service_date="yesterday").code == ProblemCode.INVALID_REQUEST
