"""What patients are told of their calls is kept with their tickets."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from common.domain.told import Told
from common.messages.patients import Ticket
from tests.builders import registration
from tests.store.desks import desk_of
from tests.store.workers import Workers, ticket_rows, workers_of


def told_by(ticket: Ticket, workers: Workers) -> Told:
    """What this reply tells now."""
    assert ticket.earliest_call_at is not None
    assert ticket.estimated_call_at is not None
    assert ticket.latest_call_at is not None
    at = workers.clock.now().replace(microsecond=0)
    return Told(at, ticket.earliest_call_at, ticket.estimated_call_at, ticket.latest_call_at)


def kept(workers: Workers) -> list[Any]:
    """What is kept with each ticket, by number."""
    return [row["told"] for row in ticket_rows(workers.engine)]


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """RSHS's clinics GIG and MAT, in desk mode with two rooms each, on Monday at 09:00."""
    return desk_of(engine)


def test_what_the_reply_to_a_registration_tells_is_kept(desk: Workers) -> None:
    first = told_by(desk.ticket(registration(1)), desk)
    desk.clock.forward(minutes=3, microseconds=700_000)
    second = told_by(desk.ticket(registration(2)), desk)

    assert kept(desk) == [first, second]


def test_a_repeated_registration_is_told_anew_and_what_was_told_first_is_kept(desk: Workers) -> None:
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
