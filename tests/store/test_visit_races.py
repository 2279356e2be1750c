"""Patients are sent between two clinics by several workers at the same moment."""

import pytest
from sqlalchemy import Engine

from common.domain.event_names import EventName
from common.messages.desk_replies import DeskDone
from tests.builders import desk_request
from tests.store.desks import calls, desk_of, does, is_whole, numbers_waiting
from tests.store.races import together
from tests.store.registrars import OpenAnother
from tests.store.workers import Workers, journal_rows


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """In GIG and in MAT one patient is being served in each of two rooms, and two wait."""
    workers = desk_of(engine)
    for clinic, first in (("GIG", 1), ("MAT", 11)):
        workers.register_many(4, clinic=clinic, first=first)
        for room in (1, 2):
            does(workers, "start", clinic, number=calls(workers, room, clinic))
    return workers


def test_opposite_sendings_wait_for_each_other_in_one_order(desk: Workers, open_another: OpenAnother) -> None:
    requests = [
        desk_request("send", here, number=number, to_clinic=there, returns=returns)
        for here, there in (("GIG", "MAT"), ("MAT", "GIG"))
        for number, returns in ((1, True), (2, False))
    ]
    replies = together(desk, open_another, *requests)
    assert all(isinstance(reply, DeskDone) for reply in replies), replies
    assert numbers_waiting(desk, "GIG") == [3, 4, 5, 6]
    assert numbers_waiting(desk, "MAT") == [3, 4, 5, 6]
    is_whole(desk)


def test_who_come_back_in_opposite_directions_at_once(desk: Workers, open_another: OpenAnother) -> None:
    """The queue to which a patient goes back is known only when the ticket was read."""
    for here, there in (("GIG", "MAT"), ("MAT", "GIG")):
        does(desk, "send", here, number=1, to_clinic=there, returns=True)
    for clinic in ("GIG", "MAT"):
        for room in (1, 2, 1):
            does(desk, "call_next", clinic, room=room)
    replies = together(
        desk,
        open_another,
        desk_request("complete", "GIG", number=5),
        desk_request("complete", "MAT", number=5),
    )
    assert all(isinstance(reply, DeskDone) for reply in replies), replies
    assert numbers_waiting(desk, "GIG") == numbers_waiting(desk, "MAT") == [6]
    is_whole(desk)


def test_one_sending_in_two_tickers_hands_is_done_once(desk: Workers, open_another: OpenAnother) -> None:
    request = desk_request("send", "GIG", number=1, to_clinic="MAT")
    first, second = together(desk, open_another, request, request)
    assert first == second
    assert [row["event_name"] for row in journal_rows(desk.engine)].count(EventName.TICKET_SENT) == 1
    is_whole(desk)
