"""The staff take back the last thing that they did: the queue is as if it had not been done."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from common.domain.event_names import EventName
from common.domain.refusals import NotPermittedReason
from common.messages.desk_replies import DeskDone
from common.messages.message import EncodedReply, Reply
from common.messages.problems import Problem, ProblemCode
from common.storage.engine import snapshot
from common.storage.tables import service_times
from tests.builders import MONDAY, clinic_table, desk_request, hospital_table, registration
from tests.staff import duty, let_serve
from tests.store.desks import calls, desk_of, does, is_whole, numbers_waiting, outcome_of, refusal, sees
from tests.store.workers import Workers, day_rows, ticket_rows, workers_of

_NOT_AS_BEFORE = {"last_sequence", "next_change_at", "announced_until", "announced_state"}


OPEN_AT_NIGHT = hospital_table(
    "RSHS",
    clinic_table("GIG", mode="desk", hours={day: ["00:00-24:00"] for day in ("mon", "tue")}),
)


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """The clinic GIG with three patients who wait."""
    workers = desk_of(engine)
    for number in range(1, 4):
        workers.ticket(registration(number))
    workers.clock.forward(minutes=1)
    return workers


def state(workers: Workers) -> Any:
    """All of the queue but its events."""
    days = [
        {name: value for name, value in row.items() if name not in _NOT_AS_BEFORE}
        for row in day_rows(workers.engine)
    ]
    return days, ticket_rows(workers.engine), learned(workers)


def learned(workers: Workers) -> list[Any]:
    """What was learned of service times, but for rows in which nothing is."""
    with snapshot(workers.engine) as connection:
        rows = [dict(row) for row in connection.execute(select(service_times)).mappings()]
    return [row for row in rows if any(row["sums"].get("today", ()))]


def events_of(done: DeskDone) -> list[tuple[str, int | None]]:
    return [(change.event, change.number) for change in done.changes]


ACTIONS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "a call": [("call_next", {"room": 1})],
    "a call after a service": [("call_next", {"room": 1}), ("call_next", {"room": 1})],
    "a start": [("call_next", {"room": 1}), ("start", {"number": 1})],
    "a completion of a service": [
        ("call_next", {"room": 1}),
        ("start", {"number": 1}),
        ("complete", {"number": 1}),
    ],
    "a completion of a call": [("call_next", {"room": 1}), ("complete", {"number": 1})],
    "a no-show": [("call_next", {"room": 1}), ("mark_no_show", {"number": 1})],
    "a cancellation": [("desk_cancel", {"number": 2, "reason": "duplicate"})],
    "a cancellation of a called one": [
        ("call_next", {"room": 1}),
        ("desk_cancel", {"number": 1, "reason": "wrong_person"}),
    ],
}


@pytest.mark.parametrize("name", ACTIONS)
def test_leaves_the_queue_as_if_it_had_not_been_done(desk: Workers, name: str) -> None:
    *before, (last, body) = ACTIONS[name]
    for request, members in before:
        does(desk, request, **members)
        desk.clock.forward(minutes=1)
    as_it_was = state(desk)
    number = body.get("number") or (2 if before else 1)
    does(desk, last, **body)
    desk.clock.forward(minutes=1)
    assert state(desk) != as_it_was
    does(desk, "undo", number=number)
    assert state(desk) == as_it_was
    is_whole(desk)


def test_takes_the_whole_request_back_the_last_change_first(desk: Workers) -> None:
    calls(desk)
    calls(desk)
    done = does(desk, "undo", room=1)
    assert events_of(done) == [
        (EventName.TICKET_CALL_UNDONE, 2),
        (EventName.TICKET_COMPLETION_UNDONE, 1),
    ]
    queue = sees(desk)
    assert [(ticket.number, ticket.status, ticket.room) for ticket in queue.in_rooms] == [(1, "called", 1)]
    assert queue.now_serving == "GIG-001"
    assert numbers_waiting(desk) == [2, 3]


def test_a_second_one_takes_back_what_came_before(desk: Workers) -> None:
    as_it_was = state(desk)
    calls(desk)
    does(desk, "start", number=1)
    does(desk, "undo", room=1)
    does(desk, "undo", room=1)
    assert state(desk) == as_it_was
    assert refusal(desk, "undo", room=1).reason is NotPermittedReason.NOTHING_TO_UNDO
    is_whole(desk)


def test_a_call_that_was_repeated_is_taken_back(desk: Workers) -> None:
    calls(desk)
    does(desk, "recall", number=1)
    does(desk, "undo", number=1)
    assert numbers_waiting(desk) == [1, 2, 3]
    assert sees(desk).now_serving is None


def test_of_two_rooms_the_call_of_either_is_taken_back(desk: Workers) -> None:
    calls(desk, room=1)
    calls(desk, room=2)
    does(desk, "undo", room=1)
    assert numbers_waiting(desk) == [1, 3]
    assert sees(desk).now_serving == "GIG-002"
    assert calls(desk, room=1) == 1
    is_whole(desk)


def test_delivered_twice_it_takes_one_thing_back(desk: Workers) -> None:
    calls(desk)
    does(desk, "start", number=1)
    request = desk_request("undo", "GIG", number=1)
    first, second = (outcome_of(desk, request) for _ in range(2))
    assert isinstance(first.reply, DeskDone)
    assert first == second
    assert [ticket.status for ticket in sees(desk).in_rooms] == ["called"]


def test_in_one_batch_each_is_taken_back_in_turn(desk: Workers) -> None:
    requests = [
        desk_request("call_next", "GIG", room=1),
        desk_request("undo", "GIG", room=1),
        desk_request("call_next", "GIG", room=1),
        desk_request("complete", "GIG", number=1),
        desk_request("undo", "GIG", number=1),
    ]
    outcomes = desk.ticker.handle(requests)
    assert all(isinstance(each.reply, DeskDone) for each in outcomes), outcomes
    assert [ticket.status for ticket in sees(desk).in_rooms] == ["called"]
    is_whole(desk)


def test_not_after_ten_minutes(desk: Workers) -> None:
    calls(desk)
    desk.clock.forward(minutes=10, seconds=1)
    assert refusal(desk, "undo", number=1).reason is NotPermittedReason.NOTHING_TO_UNDO


def test_not_what_something_was_built_on(desk: Workers) -> None:
    calls(desk, room=1)
    calls(desk, room=1)
    does(desk, "start", number=2)
    refused = refusal(desk, "undo", number=1)
    assert refused.reason is NotPermittedReason.CHANGED_SINCE
    assert "GIG-002" in refused.detail


def test_not_into_a_room_in_which_somebody_is(desk: Workers) -> None:
    calls(desk)
    does(desk, "complete", number=1)
    calls(desk)
    assert refusal(desk, "undo", number=1).reason is NotPermittedReason.ROOM_OCCUPIED


def test_not_for_who_holds_another_ticket_by_now(desk: Workers) -> None:
    does(desk, "desk_cancel", number=1, reason="duplicate")
    again = desk.ticket(registration(1))
    refused = refusal(desk, "undo", number=1)
    assert refused.reason is NotPermittedReason.HOLDS_ANOTHER
    assert again.display_number in refused.detail
    assert (refused.display_number, refused.clinic) == (again.display_number, again.clinic)


def test_not_what_a_patient_did(desk: Workers) -> None:
    assert refusal(desk, "undo", number=1).reason is NotPermittedReason.NOTHING_TO_UNDO


def test_only_by_who_may_do_what_is_taken_back(desk: Workers) -> None:
    let_serve(desk.engine, "budi", duty("reception"))
    calls(desk)
    does(desk, "desk_cancel", number=3, reason="duplicate")

    def by_reception(number: int) -> Reply | EncodedReply | None:
        request = desk_request("undo", "GIG", number=number)
        return outcome_of(desk, request._replace(user_id="budi")).reply

    refused = by_reception(1)
    assert isinstance(refused, Problem)
    assert refused.code is ProblemCode.NOT_PERMITTED
    assert isinstance(by_reception(3), DeskDone)
    assert [(ticket.number, ticket.status) for ticket in sees(desk).in_rooms] == [(1, "called")]


def test_what_was_done_before_midnight_is_taken_back_after_it(engine: Engine) -> None:
    desk = workers_of(engine, OPEN_AT_NIGHT)
    desk.clock.set("23:50")
    desk.ticket(registration(1))
    desk.clock.set("23:57")
    calls(desk)
    does(desk, "complete", number=1)
    desk.clock.set("00:02", MONDAY + timedelta(days=1))
    done = does(desk, "undo", number=1, service_date=MONDAY.isoformat())
    assert events_of(done) == [(EventName.TICKET_COMPLETION_UNDONE, 1)]
    [ticket] = sees(desk).in_rooms
    assert (ticket.number, ticket.status, ticket.service_date) == (1, "called", MONDAY)
    does(desk, "undo", number=1, service_date=MONDAY.isoformat())
    desk.tick()
    assert numbers_waiting(desk) == [1]
    is_whole(desk)


def test_number_or_room_is_given(desk: Workers) -> None:
    for body in ({}, {"number": 1, "room": 1}):
        assert refusal(desk, "undo", **body).code is ProblemCode.INVALID_REQUEST
