"""What changes the order of calls, taken back, delivered twice and in one batch."""

from typing import Any

import pytest
from sqlalchemy import Engine

from common.messages.desk_replies import DeskDone
from tests.builders import desk_request
from tests.store.desks import calls, desk_of_six, does, is_whole, numbers_waiting, outcome_of, sees, state
from tests.store.workers import Workers

ACTS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "a skip of who waits": [("skip", {"number": 1})],
    "a skip from the middle": [("skip", {"number": 3})],
    "a skip of who was called": [("call_next", {"room": 1}), ("skip", {"number": 1})],
    "a park": [("call_next", {"room": 1}), ("park", {"number": 1})],
    "a call out of turn": [("call_ticket", {"number": 4, "room": 1, "reason": "doctor"})],
    "a call out of turn into a room": [
        ("call_next", {"room": 1}),
        ("call_ticket", {"number": 4, "room": 1, "reason": "doctor"}),
    ],
    "a skip of who was called out of turn": [
        ("call_ticket", {"number": 4, "room": 1, "reason": "doctor"}),
        ("skip", {"number": 4}),
    ],
}


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """The clinic GIG, where six patients wait; who is late goes three places back."""
    return desk_of_six(engine)


@pytest.mark.parametrize("name", ACTS)
def test_an_undo_leaves_the_queue_as_if_it_had_not_been_done(desk: Workers, name: str) -> None:
    *before, (last, body) = ACTS[name]
    for request, members in before:
        does(desk, request, **members)
        desk.clock.forward(minutes=1)
    order, (days, rows) = numbers_waiting(desk), state(desk)
    does(desk, last, **body)
    desk.clock.forward(minutes=1)
    does(desk, "undo", number=body["number"])
    assert numbers_waiting(desk) == order
    if name != "a skip of who was called out of turn":  # the others keep the order, by places moved by one
        assert state(desk) == (days, rows)
    is_whole(desk)


def test_a_skip_is_taken_back_in_front_of_those_who_still_wait(desk: Workers) -> None:
    does(desk, "skip", number=1)
    assert calls(desk) == 2
    does(desk, "skip", number=3)
    does(desk, "undo", number=1)
    assert numbers_waiting(desk) == [1, 4, 5, 3, 6]
    is_whole(desk)


@pytest.mark.parametrize("name", ACTS)
def test_delivered_twice_it_is_done_once(desk: Workers, name: str) -> None:
    *before, (last, body) = ACTS[name]
    for request, members in before:
        does(desk, request, **members)
    asked = desk_request(last, "GIG", **body)
    first = outcome_of(desk, asked)
    as_it_is = state(desk)
    second = outcome_of(desk, asked)
    assert isinstance(first.reply, DeskDone)
    assert (first, as_it_is) == (second, state(desk))


def test_in_one_batch_each_sees_what_those_before_it_did(desk: Workers) -> None:
    requests = [
        desk_request("call_next", "GIG", room=1),
        desk_request("skip", "GIG", number=1),
        desk_request("call_next", "GIG", room=1),
        desk_request("park", "GIG", number=2),
        desk_request("call_ticket", "GIG", number=6, room=1, reason="results"),
        desk_request("unpark", "GIG", number=2),
        desk_request("skip", "GIG", number=2),
    ]
    outcomes = desk.ticker.handle(requests)
    assert all(isinstance(each.reply, DeskDone) for each in outcomes), outcomes
    assert numbers_waiting(desk) == [3, 4, 1, 2, 5]
    assert [ticket.number for ticket in sees(desk).in_rooms] == [6]
    is_whole(desk)
