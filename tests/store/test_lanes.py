"""Clinics with more than two lanes, over the workers: who is called when, and what everybody is told."""

import json
from typing import Any

from sqlalchemy import Engine

from common.domain.lanes import Lane
from common.domain.refusals import NotPermittedReason
from common.domain.tickets import PriorityReason
from common.messages.patients import Ticket
from common.messages.problems import ProblemCode
from tests.builders import clinic_table, desk_request, hospital_table, patient
from tests.store.catalogs import apply
from tests.store.desks import at_the_counter, calls, does, is_whole, numbers_waiting, refusal, sees
from tests.store.nights import look, pass_midnight, workers_by_night
from tests.store.workers import Workers, workers_of

THREE = [{"lane": "emergency", "ratio": 3}, {"lane": "priority", "ratio": 2}]


def of_three_lanes(engine: Engine, **clinic: Any) -> Workers:
    """The workers of a clinic with an emergency lane, and of one with the usual two."""
    here = clinic_table("GIG", mode="desk", rooms=2, lanes=THREE, **clinic)
    return workers_of(engine, hospital_table("RSHS", here, clinic_table("MAT", mode="desk")))


def come(workers: Workers, *reasons: str | None) -> list[Ticket]:
    """Patients come to the counter one after the other, with these reasons."""
    found = []
    for who, reason in enumerate(reasons, start=1):
        found.append(at_the_counter(workers, patient(who), priority=reason))
        workers.clock.forward(seconds=1)
    return found


def test_each_is_told_the_true_place_and_called_there(engine: Engine) -> None:
    workers = of_three_lanes(engine)
    reasons = [None, None, "infant", "age", "pregnancy", *["emergency"] * 4]
    tickets = come(workers, *reasons)
    assert [ticket.lane for ticket in tickets[1:3]] == [Lane.REGULAR, Lane.PRIORITY]
    assert tickets[8].lane is Lane.EMERGENCY
    order = [6, 7, 8, 3, 9, 4, 1, 5, 2]
    assert numbers_waiting(workers) == order
    assert [look(workers, tickets[number - 1]).people_ahead for number in order] == list(range(9))
    seen = sees(workers)
    assert [(each.lane, each.waiting) for each in seen.lanes] == [
        ("emergency", 4),
        ("priority", 3),
        ("regular", 2),
    ]
    assert seen.lanes[0].reasons == [PriorityReason.EMERGENCY]
    assert seen.waiting_priority_count == 7
    assert [calls(workers) for _ in order] == order
    is_whole(workers)


def test_a_call_that_is_taken_back_leaves_every_lane_its_turn(engine: Engine) -> None:
    workers = of_three_lanes(engine)
    come(workers, None, None, "infant", "age", *["emergency"] * 5)
    for expected in ([5, 6, 7, 3], [8, 9, 4], [1, 2]):
        for number in expected:
            before = numbers_waiting(workers)
            assert calls(workers, 1) == number
            does(workers, "undo", number=number)
            assert numbers_waiting(workers) == before
            assert calls(workers, 1) == number
            does(workers, "complete", number=number)
    is_whole(workers)


def test_where_a_clinic_has_no_lane_for_a_reason_it_is_refused(engine: Engine) -> None:
    workers = of_three_lanes(engine)
    for clinic, reason in (("GIG", "urgent"), ("MAT", "emergency")):
        refused = workers.refusal(desk_request("desk_register", clinic, **patient(1), priority=reason))
        assert (refused.code, refused.reason) == (ProblemCode.NOT_PERMITTED_NOW, NotPermittedReason.NO_LANE)
        number = at_the_counter(workers, patient(2), clinic).number
        refused = refusal(workers, "set_priority", clinic, number=number, reason=reason)
        assert refused.reason is NotPermittedReason.NO_LANE
        assert f"Poli {clinic}" in refused.detail
    is_whole(workers)


def test_a_ticket_goes_from_lane_to_lane(engine: Engine) -> None:
    workers = of_three_lanes(engine)
    come(workers, None, "infant")
    for reason, lane in (("emergency", "emergency"), ("pregnancy", "priority"), (None, "regular")):
        done = does(workers, "set_priority", number=1, reason=reason)
        assert done.ticket is not None
        assert (done.ticket.lane, done.ticket.priority_reason) == (lane, reason)
        is_whole(workers)
    assert refusal(workers, "set_priority", number=1, reason=None).reason is NotPermittedReason.ALREADY_SO


def test_who_comes_to_a_clinic_without_the_lane_waits_in_the_next_less_urgent_one(engine: Engine) -> None:
    workers = of_three_lanes(engine)
    come(workers, "emergency", None)
    ticket = does(workers, "transfer", number=1, to_clinic="MAT").new_ticket
    assert ticket is not None
    assert ticket.lane is Lane.PRIORITY
    assert sees(workers, "MAT").waiting[0].priority_reason is PriorityReason.EMERGENCY
    back = does(workers, "transfer", "MAT", number=1, to_clinic="GIG").new_ticket
    assert back is not None
    assert back.lane is Lane.EMERGENCY
    is_whole(workers)


def test_whoever_waits_in_a_lane_that_is_taken_away_is_called_still(engine: Engine) -> None:
    workers = of_three_lanes(engine)
    come(workers, None, None, "emergency", "emergency", "infant")
    changed = clinic_table("GIG", mode="desk", rooms=2, priority_ratio=2)
    apply(engine, hospital_table("RSHS", changed, clinic_table("MAT", mode="desk")), now=workers.clock.now())
    assert [each.lane for each in sees(workers).lanes] == ["emergency", "priority", "regular"]
    order = numbers_waiting(workers)
    assert order == [3, 5, 4, 1, 2]
    assert [calls(workers) for _ in order] == order
    assert [each.lane for each in sees(workers).lanes] == ["priority", "regular"]
    is_whole(workers)


def test_lanes_go_over_to_the_next_day_with_their_turns(engine: Engine) -> None:
    workers = workers_by_night(engine, mode="desk", rooms=2, lanes=THREE)
    come(workers, None, "infant", *["emergency"] * 4)
    assert [calls(workers, 1), calls(workers, 1), calls(workers, 2)] == [3, 4, 5]
    pass_midnight(workers)
    assert [each.lane for each in sees(workers).waiting] == ["priority", "emergency", "regular"]
    is_whole(workers)


def test_the_clock_calls_the_lanes_in_turns(engine: Engine) -> None:
    clinic = clinic_table("GIG", mode="clock", rooms=1, lanes=THREE)
    workers = workers_of(engine, hospital_table("RSHS", clinic))
    come(workers, None, None, "infant", "age", *["emergency"] * 4)
    called = []
    for _ in range(8):
        called += [event for event in workers.tick() if event.name == "ticket.called"]
        workers.clock.forward(minutes=10)
    numbers = [json.loads(event.body)["data"]["number"] for event in called]
    assert numbers == [1, 5, 6, 7, 3, 8, 4, 2]
    is_whole(workers)
