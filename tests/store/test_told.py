"""What patients are told of their calls is kept with their tickets."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from common.domain.told import ToldInterval
from common.messages.patients import Ticket
from tests.builders import desk_request, registration
from tests.store.desks import calls, desk_of, does
from tests.store.workers import Workers, ticket_rows, workers_of


def told_by(ticket: Ticket, workers: Workers) -> ToldInterval:
    """What this reply tells now."""
    assert ticket.earliest_call_at is not None
    assert ticket.estimated_call_at is not None
    assert ticket.latest_call_at is not None
    at = workers.clock.now().replace(microsecond=0)
    return ToldInterval(at, ticket.earliest_call_at, ticket.estimated_call_at, ticket.latest_call_at)


def kept(workers: Workers) -> list[Any]:
    """What is kept with each ticket, by number; but for the code of the queue's state."""
    found = (row["told"] for row in ticket_rows(workers.engine))
    return [None if each is None else each._replace(moment=0) for each in found]


def of_clinic(workers: Workers, clinic: str) -> list[Any]:
    """A clinic's tickets, by number."""
    return [row for row in ticket_rows(workers.engine) if row["clinic"] == clinic]


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """RSHS's clinics GIG and MAT, in desk mode with two rooms each, on Monday at 09:00."""
    return desk_of(engine)


def test_what_the_reply_to_a_registration_tells_is_kept(desk: Workers) -> None:
    first = told_by(desk.ticket(registration(1)), desk)
    desk.clock.forward(minutes=3, microseconds=700_000)
    second = told_by(desk.ticket(registration(2)), desk)

    assert kept(desk) == [first, second]
    assert all(row["told"].moment for row in ticket_rows(desk.engine))


def test_a_repeated_registration_is_answered_again_and_what_was_told_first_is_kept(desk: Workers) -> None:
    for number in range(5):
        desk.ticket(registration(number))
    again = registration(9, message_id=str(uuid4()))
    first = told_by(desk.ticket(again), desk)
    desk.clock.forward(minutes=5)
    second = told_by(desk.ticket(again), desk)

    assert first != second
    assert kept(desk)[-1] == first


def test_where_the_clock_moves_the_queue_nothing_is_kept(engine: Engine) -> None:
    workers = workers_of(engine)
    assert workers.ticket(registration(1)).earliest_call_at

    assert kept(workers) == [None]


def test_what_the_reply_to_a_transfer_and_to_a_sending_tells_is_kept(desk: Workers) -> None:
    desk.register_many(2)
    calls(desk)
    does(desk, "start", number=1)
    for request in ({"name": "send", "number": 1, "returns": False}, {"name": "transfer", "number": 2}):
        desk.clock.forward(minutes=1)
        name = request.pop("name")
        new = does(desk, str(name), to_clinic="MAT", **request).new_ticket
        assert new is not None
        assert of_clinic(desk, "MAT")[-1]["told"]._replace(moment=0) == told_by(new, desk)


def test_what_a_repeated_transfer_tells_is_not_kept(desk: Workers) -> None:
    desk.register_many(1)
    request = desk_request("transfer", number=1, to_clinic="MAT")
    desk.ticker.handle([request])
    [first] = of_clinic(desk, "MAT")
    desk.clock.forward(minutes=5)
    desk.ticker.handle([request])

    assert of_clinic(desk, "MAT") == [first]


@pytest.mark.parametrize("name", ["skip", "set_priority"])
def test_who_is_moved_by_the_staff_was_told_nothing_that_stands(desk: Workers, name: str) -> None:
    desk.register_many(3)
    does(desk, name, number=1, **({"reason": "infant"} if name == "set_priority" else {}))

    assert [told is not None for told in kept(desk)] == [False, True, True]


@pytest.mark.parametrize(("name", "back"), [("mark_no_show", "reinstate"), ("park", "unpark")])
def test_who_waits_again_was_told_nothing_that_stands(desk: Workers, name: str, back: str) -> None:
    desk.register_many(2)
    calls(desk)
    does(desk, name, number=1)
    does(desk, back, number=1)

    assert [told is not None for told in kept(desk)] == [False, True]


@pytest.mark.parametrize("name", ["skip", "park"])
def test_what_is_taken_back_leaves_what_was_told(desk: Workers, name: str) -> None:
    desk.register_many(3)
    before = kept(desk)
    calls(desk)
    does(desk, name, number=1)
    assert kept(desk) == [None, *before[1:]]
    does(desk, "undo", number=1)

    assert kept(desk) == before
