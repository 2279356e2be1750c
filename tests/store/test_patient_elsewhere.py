"""The same patient in a room of another clinic: the desk is told, and calls only if it says so."""

import pytest
from sqlalchemy import Engine

from common.messages.problems import ProblemCode
from tests.builders import registration
from tests.store.desks import calls, desk_of_six, does, is_whole, refusal, sees
from tests.store.workers import Workers


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """The clinic GIG, where six patients wait."""
    return desk_of_six(engine)


@pytest.fixture
def in_mat(desk: Workers) -> Workers:
    """The patients 1 and 4 of GIG are in the rooms of the clinic MAT, too."""
    for number in (1, 4):
        desk.ticket(registration(number, clinic="MAT"))
    calls(desk, room=1, clinic="MAT")
    calls(desk, room=2, clinic="MAT")
    return desk


def test_the_desk_is_told_who_is_in_a_room_of_another_clinic(in_mat: Workers) -> None:
    shown = {ticket.number: ticket.elsewhere for ticket in sees(in_mat).waiting}
    assert {number for number, elsewhere in shown.items() if elsewhere} == {1, 4}
    elsewhere = shown[4]
    assert elsewhere is not None
    assert (elsewhere.clinic, elsewhere.room) == ("MAT", 2)


def test_who_is_elsewhere_is_called_only_anyhow(in_mat: Workers) -> None:
    does(in_mat, "call_next", "MAT", room=1)  # completes the first patient there: nobody waits
    assert calls(in_mat, room=2) == 1
    calls(in_mat, room=2)
    calls(in_mat, room=2)
    refused = refusal(in_mat, "call_next", room=2)
    assert refused.code is ProblemCode.PATIENT_ELSEWHERE
    assert (refused.display_number, refused.elsewhere and refused.elsewhere.room) == ("GIG-004", 2)
    assert [ticket.number for ticket in sees(in_mat).in_rooms] == [3]  # nobody was completed
    done = does(in_mat, "call_next", room=2, anyhow=True)
    assert [each.number for each in done.changes] == [3, 4]
    is_whole(in_mat)


def test_out_of_turn_too(in_mat: Workers) -> None:
    body = {"number": 4, "room": 1, "reason": "doctor"}
    assert refusal(in_mat, "call_ticket", **body).code is ProblemCode.PATIENT_ELSEWHERE
    does(in_mat, "call_ticket", **body, anyhow=True)
    is_whole(in_mat)


def test_the_clock_does_not_wait(in_mat: Workers) -> None:
    does(in_mat, "set_mode", mode="clock")
    in_mat.clock.forward(seconds=10)
    in_mat.tick()
    assert [ticket.number for ticket in sees(in_mat).in_rooms] == [1, 2]
