"""The order of calls, as the staff change it: one number out of turn, who is late, who is not ready."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from common.domain.event_names import EventName
from common.domain.refusals import NotPermittedReason
from common.messages.desk_replies import ClinicReport
from common.messages.patients import Tickets
from common.messages.problems import ProblemCode
from common.messaging.delivery import Delivery
from tests.builders import MONDAY, clinic_table, desk_request, hospital_table, registration
from tests.store.desks import (
    calls,
    desk_of,
    desk_of_six,
    does,
    is_whole,
    numbers_waiting,
    outcome_of,
    refusal,
    sees,
    state,
)
from tests.store.workers import Workers, day_rows, ticket_rows, workers_of

OPEN_AT_NIGHT = hospital_table(
    "RSHS",
    clinic_table("GIG", mode="desk", rooms=2, hours={day: ["00:00-24:00"] for day in ("mon", "tue")}),
)


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """The clinic GIG, where six patients wait; who is late goes three places back."""
    return desk_of_six(engine)


def told(workers: Workers, request: Delivery) -> list[dict[str, Any]]:
    """What the events of a request say."""
    return [json.loads(event.body)["data"] for event in outcome_of(workers, request).events]


def code_of(workers: Workers, number: int) -> str:
    return str(next(row["ticket_code"] for row in ticket_rows(workers.engine) if row["number"] == number))


def seen_by_patient(workers: Workers, number: int) -> Any:
    reply = workers.ask("ticket_status", ticket_codes=[code_of(workers, number)])
    assert isinstance(reply, Tickets)
    return reply.tickets[0]


# --- out of turn ----------------------------------------------------------------------------------------


def test_one_number_is_called_out_of_turn_and_the_others_keep_their_order(desk: Workers) -> None:
    calls(desk)
    streak = day_rows(desk.engine)[0]["priority_streak"]
    request = desk_request("call_ticket", "GIG", number=5, room=2, reason="emergency")
    [event] = told(desk, request)
    assert (event["number"], event["out_of_turn"], event["room"]) == (5, "emergency", 2)
    assert event["now_serving"] == "GIG-001"
    queue = sees(desk)
    assert [ticket.number for ticket in queue.in_rooms] == [1, 5]
    assert numbers_waiting(desk) == [2, 3, 4, 6]
    assert queue.now_serving == "GIG-001"
    assert day_rows(desk.engine)[0]["priority_streak"] == streak
    assert calls(desk, room=1) == 2
    is_whole(desk)


def test_a_call_in_turn_says_nothing_of_a_reason(desk: Workers) -> None:
    [event] = told(desk, desk_request("call_next", "GIG", room=1))
    assert "out_of_turn" not in event


def test_it_completes_who_is_in_the_room(desk: Workers) -> None:
    calls(desk)
    done = does(desk, "call_ticket", number=4, room=1, reason="doctor")
    assert [(each.event, each.number) for each in done.changes] == [
        (EventName.TICKET_SERVED, 1),
        (EventName.TICKET_CALLED, 4),
    ]
    assert done.ticket is not None
    assert (done.ticket.number, done.ticket.room) == (4, 1)
    is_whole(desk)


@pytest.mark.parametrize("ends", ["park", "mark_no_show"])
def test_who_is_parked_or_did_not_come_can_be_called(desk: Workers, ends: str) -> None:
    calls(desk)
    does(desk, ends, number=1)
    as_it_was = state(desk)
    does(desk, "call_ticket", number=1, room=2, reason="results")
    [ticket] = sees(desk).in_rooms
    assert (ticket.number, ticket.status, ticket.room) == (1, "called", 2)
    is_whole(desk)
    does(desk, "undo", number=1)
    assert state(desk) == as_it_was
    is_whole(desk)


def test_not_who_registered_again_meanwhile(desk: Workers) -> None:
    calls(desk)
    does(desk, "mark_no_show", number=1)
    desk.ticket(registration(1))
    refused = refusal(desk, "call_ticket", number=1, room=1, reason="results")
    assert refused.reason is NotPermittedReason.HOLDS_ANOTHER


def test_not_who_is_in_a_room_nor_into_a_room_that_does_not_serve(desk: Workers) -> None:
    calls(desk)
    in_room = refusal(desk, "call_ticket", number=1, room=2, reason="doctor")
    assert in_room.reason is NotPermittedReason.TICKET_STATUS
    no_room = refusal(desk, "call_ticket", number=2, room=3, reason="doctor")
    assert no_room.reason is NotPermittedReason.ROOM_NOT_SERVING
    unknown = refusal(desk, "call_ticket", number=70, room=1, reason="doctor")
    assert unknown.code is ProblemCode.TICKET_NOT_FOUND
    does(desk, "set_mode", mode="clock")
    by_clock = refusal(desk, "call_ticket", number=6, room=2, reason="doctor")
    assert by_clock.reason is NotPermittedReason.CLOCK_MODE


def test_a_call_in_turn_is_taken_back_to_the_one_before_past_a_call_out_of_turn(desk: Workers) -> None:
    calls(desk, room=1)
    does(desk, "call_ticket", number=5, room=2, reason="emergency")
    calls(desk, room=1)
    assert sees(desk).now_serving == "GIG-002"
    does(desk, "undo", room=1)
    assert sees(desk).now_serving == "GIG-001"
    does(desk, "undo", number=5)
    assert (sees(desk).now_serving, numbers_waiting(desk)) == ("GIG-001", [2, 3, 4, 5, 6])
    is_whole(desk)


# --- who is late ----------------------------------------------------------------------------------------


def test_who_is_late_goes_behind_the_next_three(desk: Workers) -> None:
    [event] = told(desk, desk_request("skip", "GIG", number=1))
    assert (event["status"], event["places"]) == ("waiting", 3)
    assert numbers_waiting(desk) == [2, 3, 4, 1, 5, 6]
    assert seen_by_patient(desk, 1).people_ahead == 3
    assert seen_by_patient(desk, 5).people_ahead == 4
    does(desk, "skip", number=5)
    assert numbers_waiting(desk) == [2, 3, 4, 1, 6, 5]
    assert [calls(desk) for _ in range(6)] == [2, 3, 4, 1, 6, 5]
    is_whole(desk)


def test_the_last_of_a_lane_cannot_go_further_back(desk: Workers) -> None:
    assert refusal(desk, "skip", number=6).reason is NotPermittedReason.ALREADY_SO


def test_who_was_called_and_is_not_there_leaves_the_room(desk: Workers) -> None:
    calls(desk)
    done = does(desk, "skip", number=1)
    assert done.ticket is not None
    assert (done.ticket.status, done.ticket.room, done.ticket.called_at) == ("waiting", None, None)
    assert numbers_waiting(desk) == [2, 3, 4, 1, 5, 6]
    assert sees(desk).in_rooms == []
    is_whole(desk)


def test_in_a_clinic_that_the_clock_moves_the_next_one_is_called(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", mode="clock", rooms=1)))
    for number in range(1, 4):
        workers.ticket(registration(number))
    workers.tick()
    workers.clock.forward(minutes=2)
    does(workers, "skip", number=1)
    workers.tick()
    assert [ticket.number for ticket in sees(workers).in_rooms] == [2]
    assert numbers_waiting(workers) == [3, 1]
    is_whole(workers)


def test_who_did_not_come_and_is_there_after_all_is_put_behind_the_first_three(desk: Workers) -> None:
    calls(desk)
    does(desk, "mark_no_show", number=1)
    [event] = told(desk, desk_request("reinstate", "GIG", number=1))
    assert event["places"] == 3
    assert numbers_waiting(desk) == [2, 3, 4, 1, 5, 6]
    is_whole(desk)


def test_how_many_places_is_a_setting_of_the_clinic(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", mode="desk", skip_places=1)))
    for number in range(1, 4):
        workers.ticket(registration(number))
    does(workers, "skip", number=1)
    assert numbers_waiting(workers) == [2, 1, 3]


def test_places_of_the_other_lane_stay(desk: Workers) -> None:
    does(desk, "set_priority", number=2, reason="infant")
    does(desk, "set_priority", number=4, reason="infant")
    before = {row["number"]: row["place_number"] for row in ticket_rows(desk.engine)}
    does(desk, "skip", number=1)
    after = {row["number"]: row["place_number"] for row in ticket_rows(desk.engine)}
    assert {number for number in before if before[number] != after[number]} == {1, 3, 5, 6}
    is_whole(desk)


def test_the_report_counts_from_the_true_arrival(desk: Workers) -> None:
    does(desk, "skip", number=1)
    desk.clock.forward(minutes=9)
    assert calls(desk) == 2
    reply = outcome_of(desk, desk_request("clinic_report", "GIG")).reply
    assert isinstance(reply, ClinicReport)
    assert reply.total.waits.median_seconds == 600


# --- who is not ready -----------------------------------------------------------------------------------


def test_who_is_not_ready_leaves_the_room_and_keeps_the_place_at_the_front(desk: Workers) -> None:
    calls(desk)
    done = does(desk, "park", number=1)
    assert done.ticket is not None
    assert (done.ticket.status, done.ticket.room) == ("parked", None)
    queue = sees(desk)
    assert (queue.in_rooms, queue.parked_count) == ([], 1)
    assert [ticket.number for ticket in queue.parked] == [1]
    mine = seen_by_patient(desk, 1)
    assert (mine.status, mine.people_ahead, mine.room) == ("parked", None, None)
    assert calls(desk) == 2
    does(desk, "unpark", number=1)
    assert numbers_waiting(desk) == [1, 3, 4, 5, 6]
    assert seen_by_patient(desk, 1).people_ahead == 0
    assert calls(desk) == 1
    is_whole(desk)


def test_whoever_is_ready_last_is_called_next(desk: Workers) -> None:
    for number in (1, 2):
        calls(desk)
        does(desk, "park", number=number)
    does(desk, "unpark", number=1)
    does(desk, "unpark", number=2)
    assert numbers_waiting(desk)[:2] == [2, 1]
    is_whole(desk)


def test_a_patient_who_is_parked_holds_a_ticket_and_may_give_it_up(desk: Workers) -> None:
    calls(desk)
    does(desk, "park", number=1)
    again = desk.refusal(registration(1))
    assert again.code is ProblemCode.ALREADY_REGISTERED
    mine = next(row for row in ticket_rows(desk.engine) if row["number"] == 1)
    assert mine["status"] == "parked"
    desk.cancel(seen_by_patient(desk, 1))
    assert sees(desk).parked_count == 0
    assert day_rows(desk.engine)[0]["rooms_freed"].keys() == {"1"}
    is_whole(desk)


def test_staff_cancel_and_send_on_who_is_parked(desk: Workers) -> None:
    for _ in range(2):
        calls(desk)
    does(desk, "park", number=2)
    does(desk, "transfer", number=2, to_clinic="MAT")
    calls(desk)
    does(desk, "park", number=3)
    does(desk, "desk_cancel", number=3, reason="duplicate")
    assert sees(desk).parked_count == 0
    is_whole(desk)


def test_closing_with_all_who_wait_cancels_who_is_parked(desk: Workers) -> None:
    calls(desk)
    does(desk, "park", number=1)
    done = does(desk, "close_clinic", waiting="cancel")
    assert done.changes[-1].count == 6
    assert (sees(desk).parked_count, numbers_waiting(desk)) == (0, [])
    is_whole(desk)


def test_who_is_parked_when_the_day_ends_expires(desk: Workers) -> None:
    calls(desk)
    does(desk, "park", number=1)
    desk.clock.set("00:00", MONDAY + timedelta(days=1))
    for _ in range(3):
        desk.tick()
    [row] = [row for row in ticket_rows(desk.engine) if row["number"] == 1]
    assert row["status"] == "expired"
    is_whole(desk)


def test_who_did_not_come_on_a_day_that_is_over_is_not_reinstated(desk: Workers) -> None:
    calls(desk)
    does(desk, "mark_no_show", number=1)
    desk.clock.set("00:00", MONDAY + timedelta(days=1))
    for _ in range(3):
        desk.tick()
    refused = refusal(desk, "reinstate", number=1, service_date=str(MONDAY))
    assert (refused.reason, refused.status) == (NotPermittedReason.DAY_OVER, None)


def test_who_is_parked_at_midnight_stays_so_on_the_new_day_with_a_place_in_front(engine: Engine) -> None:
    desk = workers_of(engine, OPEN_AT_NIGHT)
    desk.clock.set("23:50")
    for number in range(1, 4):
        desk.ticket(registration(number))
    desk.clock.set("23:55")
    calls(desk)
    does(desk, "park", number=1)
    desk.clock.set("00:00", MONDAY + timedelta(days=1))
    for _ in range(3):
        desk.tick()
    queue = sees(desk)
    assert (queue.parked_count, [ticket.number for ticket in queue.waiting]) == (1, [2, 3])
    assert [ticket.number for ticket in queue.parked] == [1]
    assert refusal(desk, "undo", number=1).reason is NotPermittedReason.NOTHING_TO_UNDO
    assert {row["status"] for row in ticket_rows(desk.engine) if row["service_date"] == MONDAY} == {
        "transferred"
    }
    is_whole(desk)
    desk.register(9)
    does(desk, "unpark", number=1)
    assert numbers_waiting(desk) == [1, 2, 3, 4]
    is_whole(desk)


def test_who_was_skipped_before_midnight_stays_there_after_it(engine: Engine) -> None:
    desk = workers_of(engine, OPEN_AT_NIGHT)
    desk.clock.set("23:50")
    for number in range(1, 5):
        desk.ticket(registration(number))
    desk.clock.set("23:55")
    does(desk, "skip", number=1)
    desk.clock.set("00:00", MONDAY + timedelta(days=1))
    for _ in range(3):
        desk.tick()
    patients = {
        (row["service_date"] > MONDAY, row["number"]): row["medical_record_number"]
        for row in ticket_rows(desk.engine)
    }
    order = [patients[True, number] for number in numbers_waiting(desk)]
    assert order == [patients[False, number] for number in (2, 3, 4, 1)]
    is_whole(desk)


@pytest.mark.parametrize("how", ["unpark", "reinstate"])
def test_who_waits_again_at_the_moment_of_arrival_is_called_after_a_higher_number(
    engine: Engine, how: str
) -> None:
    desk = desk_of(engine)
    desk.register_many(2)
    calls(desk)
    does(desk, "park" if how == "unpark" else "mark_no_show", number=1)
    calls(desk)
    does(desk, how, number=1)
    assert calls(desk) == 1
    is_whole(desk)
