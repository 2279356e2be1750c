"""Something is taken back while another worker changes the same queue."""

import pytest
from sqlalchemy import Engine

from common.domain.refusals import NotPermittedReason
from common.messages.desk_replies import DeskDone
from common.messages.patients import Ticket
from common.messages.problems import Problem, ProblemCode
from tests.builders import desk_request, registration
from tests.store.desks import calls, desk_of, does, is_whole, sees
from tests.store.races import together
from tests.store.registrars import OpenAnother
from tests.store.workers import Workers, journal_rows, ticket_rows


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """The clinic GIG with three patients who wait."""
    workers = desk_of(engine)
    workers.register_many(3)
    workers.clock.forward(minutes=1)
    return workers


def test_one_request_in_two_tickers_hands_takes_one_thing_back(
    desk: Workers, open_another: OpenAnother
) -> None:
    calls(desk)
    does(desk, "start", number=1)
    request = desk_request("undo", "GIG", number=1)
    first, second = together(desk, open_another, request, request)
    assert isinstance(first, DeskDone)
    assert first == second
    assert [ticket.status for ticket in sees(desk).in_rooms] == ["called"]
    names = [row["event_name"] for row in journal_rows(desk.engine)]
    assert names.count("ticket.start_undone") == 1
    assert "ticket.call_undone" not in names
    is_whole(desk)


def test_of_a_completion_taken_back_and_a_call_into_the_room_one_comes_first(
    desk: Workers, open_another: OpenAnother
) -> None:
    calls(desk)
    does(desk, "complete", number=1)
    undo, call = desk_request("undo", "GIG", number=1), desk_request("call_next", "GIG", room=1)
    undone, called = together(desk, open_another, undo, call)
    assert isinstance(called, DeskDone)
    if isinstance(undone, Problem):
        assert undone.reason is NotPermittedReason.ROOM_OCCUPIED
    assert [ticket.number for ticket in sees(desk).in_rooms] == [2]
    is_whole(desk)


def test_whose_cancellation_is_taken_back_holds_one_ticket(desk: Workers, open_another: OpenAnother) -> None:
    does(desk, "desk_cancel", number=1, reason="duplicate")
    undone, again = together(desk, open_another, desk_request("undo", "GIG", number=1), registration(1))
    if isinstance(undone, DeskDone):
        assert isinstance(again, Problem)
        assert again.code is ProblemCode.ALREADY_REGISTERED
    else:
        assert isinstance(undone, Problem)
        assert undone.reason is NotPermittedReason.HOLDS_ANOTHER
        assert isinstance(again, Ticket)
    mine = [row for row in ticket_rows(desk.engine) if row["medical_record_number"] == "00000001"]
    assert [row["status"] for row in mine].count("waiting") == 1
    is_whole(desk)
