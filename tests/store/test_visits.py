"""Patients who are sent on to the next station of a visit, and who come back from there."""

from typing import Any

import pytest
from sqlalchemy import Engine, RowMapping

from common.domain.event_names import EventName
from common.domain.refusals import NotPermittedReason
from common.messages.desk_replies import DeskDone
from common.messages.problems import ProblemCode
from tests.builders import clinic_table, desk_request, hospital_table, patient
from tests.store.desks import (
    at_the_counter,
    calls,
    does,
    is_whole,
    numbers_waiting,
    outcome_of,
    refusal,
    sees,
)
from tests.store.workers import Workers, contents, ticket_rows, workers_of

CLINICS = ("GIG", "LAB", "MAT", "RAD")


def hospital(**settings: Any) -> dict[str, Any]:
    """Four clinics whose desks call; GIG with these settings."""
    tables = [clinic_table(code, mode="desk", rooms=2) for code in CLINICS]
    return hospital_table("RSHS", tables[0] | settings, *tables[1:])


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """GIG with three patients who wait, the others with nobody."""
    workers = workers_of(engine, hospital())
    workers.register_many(3)
    workers.clock.forward(minutes=1)
    return workers


def in_service(workers: Workers, clinic: str = "GIG") -> int:
    """The next patient is called and being served; the number."""
    number = calls(workers, clinic=clinic)
    does(workers, "start", clinic, number=number)
    return number


def serve_next(workers: Workers, clinic: str) -> DeskDone:
    """The next patient is called and served."""
    return does(workers, "complete", clinic, number=in_service(workers, clinic))


def row(workers: Workers, clinic: str, number: int) -> RowMapping:
    """A ticket as it is stored."""
    [found] = [
        each for each in ticket_rows(workers.engine) if (each["clinic"], each["number"]) == (clinic, number)
    ]
    return found


def events_of(done: DeskDone) -> list[tuple[str, str | None]]:
    """What a request caused, in order."""
    return [(change.event, change.display_number) for change in done.changes]


def test_a_patient_in_service_is_completed_here_and_registered_there(desk: Workers) -> None:
    number = in_service(desk)
    done = does(desk, "send", number=number, to_clinic="LAB")
    assert events_of(done) == [
        (EventName.TICKET_SERVED, "GIG-001"),
        (EventName.TICKET_SENT, "GIG-001"),
        (EventName.TICKET_REGISTERED, "LAB-001"),
    ]
    assert done.ticket is not None
    assert done.ticket.status == "served"
    assert done.new_ticket is not None
    assert (done.new_ticket.display_number, done.new_ticket.status) == ("LAB-001", "waiting")
    first, second = row(desk, "GIG", 1), row(desk, "LAB", 1)
    assert first["visit"] == second["visit"] is not None
    assert (first["station"], second["station"]) == (1, 2)
    assert second["sent_from"] == first["ticket_code"] != second["ticket_code"]
    assert first["medical_record_number"] == second["medical_record_number"]
    is_whole(desk)


def test_the_events_name_the_other_ticket_by_its_number_only(desk: Workers) -> None:
    in_service(desk)
    outcome = outcome_of(desk, desk_request("send", "GIG", number=1, to_clinic="LAB"))
    _, sent, registered = (contents(event)["data"] for event in outcome.events)
    day = "2026-11-23"
    assert sent["sent_to"] == {"clinic": "LAB", "service_date": day, "display_number": "LAB-001"}
    assert registered["sent_from"] == {"clinic": "GIG", "service_date": day, "display_number": "GIG-001"}
    assert sent["visit"] == registered["visit"]
    codes = [each["ticket_code"] for each in ticket_rows(desk.engine)]
    assert not any(code.encode() in event.body for code in codes for event in outcome.events)


def test_a_served_patient_is_sent_on_later_and_to_several(desk: Workers) -> None:
    serve_next(desk, "GIG")
    desk.clock.forward(minutes=20)
    done = does(desk, "send", number=1, to_clinic="LAB")
    assert events_of(done) == [(EventName.TICKET_SENT, "GIG-001"), (EventName.TICKET_REGISTERED, "LAB-001")]
    does(desk, "send", number=1, to_clinic="MAT")
    assert len({row(desk, *each)["visit"] for each in (("GIG", 1), ("LAB", 1), ("MAT", 1))}) == 1
    is_whole(desk)


def test_who_is_sent_waits_behind_everybody_there(desk: Workers) -> None:
    desk.register_many(2, clinic="LAB", first=7)
    in_service(desk)
    does(desk, "send", number=1, to_clinic="LAB")
    desk.clock.forward(minutes=1)
    desk.register_many(1, clinic="LAB", first=9)
    assert numbers_waiting(desk, "LAB") == [1, 2, 3, 4]
    assert row(desk, "LAB", 3)["medical_record_number"] == row(desk, "GIG", 1)["medical_record_number"]


def test_the_lane_goes_with_the_patient(desk: Workers) -> None:
    at_the_counter(desk, patient(8), "GIG", priority="disability")
    in_service(desk)
    does(desk, "send", number=4, to_clinic="LAB")
    assert (row(desk, "LAB", 1)["lane"], row(desk, "LAB", 1)["priority_reason"]) == ("priority", "disability")


def test_delivered_twice_a_patient_is_sent_once(desk: Workers) -> None:
    in_service(desk)
    request = desk_request("send", "GIG", number=1, to_clinic="LAB")
    first, second = outcome_of(desk, request), outcome_of(desk, request)
    assert first == second
    assert numbers_waiting(desk, "LAB") == [1]
    is_whole(desk)


def test_who_is_not_sent(desk: Workers) -> None:
    assert refusal(desk, "send", number=1, to_clinic="LAB").reason is NotPermittedReason.TICKET_STATUS
    calls(desk)
    assert refusal(desk, "send", number=1, to_clinic="LAB").reason is NotPermittedReason.TICKET_STATUS
    does(desk, "start", number=1)
    assert refusal(desk, "send", number=1, to_clinic="GIG").reason is NotPermittedReason.SAME_CLINIC
    assert refusal(desk, "send", number=1, to_clinic="XXX").code is ProblemCode.CLINIC_NOT_FOUND
    does(desk, "close_clinic", "LAB")
    assert refusal(desk, "send", number=1, to_clinic="LAB").code is ProblemCode.CLINIC_CLOSED
    desk.register(1, clinic="MAT")
    assert refusal(desk, "send", number=1, to_clinic="MAT").reason is NotPermittedReason.HOLDS_ANOTHER
    assert row(desk, "GIG", 1)["status"] == "in_service"
    assert row(desk, "GIG", 1)["visit"] is None


def test_who_returns_does_so_when_the_station_is_done_before_those_who_wait(desk: Workers) -> None:
    in_service(desk)
    does(desk, "send", number=1, to_clinic="LAB", returns=True)
    assert numbers_waiting(desk) == [2, 3]
    desk.clock.forward(minutes=5)
    done = serve_next(desk, "LAB")
    assert events_of(done) == [(EventName.TICKET_SERVED, "LAB-001"), (EventName.TICKET_REGISTERED, "GIG-004")]
    assert numbers_waiting(desk) == [4, 2, 3]
    back = row(desk, "GIG", 4)
    assert (back["is_return"], back["station"], back["return_to"]) == (True, 3, None)
    assert back["sent_from"] == row(desk, "LAB", 1)["ticket_code"]
    assert row(desk, "GIG", 1)["status"] == "served"
    is_whole(desk)


def test_those_who_come_back_keep_the_order_in_which_they_did(desk: Workers) -> None:
    for number in (1, 2):
        in_service(desk)
        does(desk, "send", number=number, to_clinic="LAB", returns=True)
    desk.register(9)
    for _ in range(2):
        desk.clock.forward(minutes=5)
        serve_next(desk, "LAB")
    assert numbers_waiting(desk) == [5, 6, 3, 4]
    is_whole(desk)


@pytest.mark.parametrize(
    ("place", "order"), [("front", [4, 2, 3]), ("arrival", [4, 2, 3]), ("end", [2, 3, 4])]
)
def test_the_clinics_rule_says_where_who_comes_back_waits(
    engine: Engine, place: str, order: list[int]
) -> None:
    workers = workers_of(engine, hospital(returns_to=place))
    for who in (1, 2, 3):
        workers.register(who)
        workers.clock.forward(minutes=1)
    in_service(workers)
    does(workers, "send", number=1, to_clinic="LAB", returns=True)
    workers.clock.forward(minutes=5)
    serve_next(workers, "LAB")
    assert numbers_waiting(workers) == order
    is_whole(workers)


def test_the_next_call_of_the_station_brings_back_who_was_in_the_room(desk: Workers) -> None:
    in_service(desk)
    does(desk, "send", number=1, to_clinic="LAB", returns=True)
    desk.register(8, clinic="LAB")
    calls(desk, clinic="LAB")
    done = does(desk, "call_next", "LAB", room=1)
    assert events_of(done) == [
        (EventName.TICKET_SERVED, "LAB-001"),
        (EventName.TICKET_CALLED, "LAB-002"),
        (EventName.TICKET_REGISTERED, "GIG-004"),
    ]
    is_whole(desk)


def test_who_is_sent_on_from_a_station_returns_from_the_last_one(desk: Workers) -> None:
    in_service(desk)
    does(desk, "send", number=1, to_clinic="LAB", returns=True)
    in_service(desk, "LAB")
    does(desk, "send", "LAB", number=1, to_clinic="MAT")
    assert numbers_waiting(desk) == [2, 3]
    serve_next(desk, "MAT")
    assert numbers_waiting(desk) == [4, 2, 3]
    is_whole(desk)


def test_who_was_sent_to_several_returns_when_all_are_done(desk: Workers) -> None:
    in_service(desk)
    does(desk, "send", number=1, to_clinic="LAB", returns=True)
    does(desk, "send", number=1, to_clinic="MAT", returns=True)
    serve_next(desk, "LAB")
    assert numbers_waiting(desk) == [2, 3]
    serve_next(desk, "MAT")
    assert numbers_waiting(desk) == [4, 2, 3]
    is_whole(desk)


def test_a_return_within_a_return(desk: Workers) -> None:
    in_service(desk)
    does(desk, "send", number=1, to_clinic="LAB", returns=True)
    in_service(desk, "LAB")
    does(desk, "send", "LAB", number=1, to_clinic="MAT", returns=True)
    serve_next(desk, "MAT")
    assert numbers_waiting(desk, "LAB") == [2]
    serve_next(desk, "LAB")
    assert numbers_waiting(desk) == [4, 2, 3]
    is_whole(desk)


def test_who_returns_to_a_station_first_is_not_done_with_it(desk: Workers) -> None:
    in_service(desk)
    for clinic in ("LAB", "RAD"):
        does(desk, "send", number=1, to_clinic=clinic, returns=True)
    in_service(desk, "LAB")
    does(desk, "send", "LAB", number=1, to_clinic="MAT", returns=True)
    for clinic in ("RAD", "MAT"):
        serve_next(desk, clinic)
        assert numbers_waiting(desk) == [2, 3]
    serve_next(desk, "LAB")
    assert numbers_waiting(desk) == [4, 2, 3]
    is_whole(desk)


@pytest.mark.parametrize("ending", ["desk_cancel", "mark_no_show"])
def test_who_is_not_served_at_the_station_does_not_return(desk: Workers, ending: str) -> None:
    in_service(desk)
    does(desk, "send", number=1, to_clinic="LAB", returns=True)
    calls(desk, clinic="LAB")
    more = {"reason": "duplicate"} if ending == "desk_cancel" else {}
    does(desk, ending, "LAB", number=1, **more)
    assert numbers_waiting(desk) == [2, 3]
    is_whole(desk)


def test_who_holds_another_ticket_of_the_clinic_by_then_does_not_return(desk: Workers) -> None:
    in_service(desk)
    does(desk, "send", number=1, to_clinic="LAB", returns=True)
    desk.register(1)
    done = serve_next(desk, "LAB")
    assert events_of(done) == [(EventName.TICKET_SERVED, "LAB-001")]
    assert numbers_waiting(desk) == [2, 3, 4]
    is_whole(desk)


def test_a_return_needs_no_opening_hours_and_no_quota(engine: Engine) -> None:
    desk = workers_of(engine, hospital(daily_quota=1))
    desk.register(1)
    in_service(desk)
    does(desk, "send", number=1, to_clinic="LAB", returns=True)
    does(desk, "close_clinic")
    serve_next(desk, "LAB")
    assert numbers_waiting(desk) == [2]
    is_whole(desk)


def test_what_is_transferred_stays_in_the_visit_and_returns(desk: Workers) -> None:
    in_service(desk)
    does(desk, "send", number=1, to_clinic="LAB", returns=True)
    does(desk, "transfer", "LAB", number=1, to_clinic="MAT")
    assert row(desk, "MAT", 1)["visit"] == row(desk, "GIG", 1)["visit"]
    serve_next(desk, "MAT")
    assert numbers_waiting(desk) == [4, 2, 3]
    is_whole(desk)


def test_in_one_batch_with_other_acts(desk: Workers) -> None:
    in_service(desk)
    requests = [
        desk_request("send", "GIG", number=1, to_clinic="LAB", returns=True),
        desk_request("call_next", "GIG", room=1),
        desk_request("call_next", "LAB", room=1),
        desk_request("complete", "LAB", number=1),
        desk_request("call_next", "GIG", room=2),
    ]
    outcomes = desk.ticker.handle(requests)
    assert all(isinstance(outcome.reply, DeskDone) for outcome in outcomes), outcomes
    assert row(desk, "GIG", 4)["status"] == "called"
    again = desk.ticker.handle(requests)
    assert [each.events for each in again] == [each.events for each in outcomes]
    is_whole(desk)


def test_both_desks_see_the_visit(desk: Workers) -> None:
    in_service(desk)
    sent = does(desk, "send", number=1, to_clinic="LAB", returns=True)
    assert sent.ticket is not None
    assert sent.ticket.came_from is None
    [waiting] = sees(desk, "LAB").waiting
    assert (waiting.came_from, waiting.is_return, waiting.return_clinic) == ("GIG-001", False, "GIG")
    called = does(desk, "call_next", "LAB", room=1).ticket
    assert called is not None
    assert called.came_from == "GIG-001"
    done = does(desk, "complete", "LAB", number=1)
    assert done.ticket is not None
    assert done.ticket.return_clinic == "GIG"
    back = sees(desk).waiting[0]
    assert (back.came_from, back.is_return, back.return_clinic) == ("LAB-001", True, None)
