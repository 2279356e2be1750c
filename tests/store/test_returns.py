"""Where patients wait who come back to the front of a queue from a station of their visit."""

import pytest
from sqlalchemy import Engine

from tests.store.desks import calls, does, is_whole, numbers_waiting
from tests.store.test_visits import hospital, in_service, serve_next
from tests.store.workers import Workers, workers_of


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """Patients 1 to 3 are to come back to GIG from LAB, 4 is on hold, and 5 to 8 wait."""
    workers = workers_of(engine, hospital())
    for who in range(1, 9):
        workers.register(who)
        workers.clock.forward(seconds=20)
    for _ in range(3):
        does(workers, "send", number=in_service(workers), to_clinic="LAB", returns=True)
    does(workers, "park", number=calls(workers))
    return workers


def comes_back(workers: Workers) -> None:
    """The next patient of LAB is served there."""
    workers.clock.forward(minutes=1)
    serve_next(workers, "LAB")


def test_those_who_come_back_stay_in_order_where_somebody_on_hold_comes_before_them(desk: Workers) -> None:
    comes_back(desk)
    does(desk, "unpark", number=4)
    comes_back(desk)
    assert numbers_waiting(desk) == [4, 9, 10, 5, 6, 7, 8]
    comes_back(desk)
    assert numbers_waiting(desk) == [4, 9, 10, 11, 5, 6, 7, 8]
    is_whole(desk)


def test_those_who_come_back_stay_in_order_where_the_first_of_them_is_skipped(desk: Workers) -> None:
    comes_back(desk)
    comes_back(desk)
    does(desk, "skip", number=9)
    assert numbers_waiting(desk) == [10, 5, 6, 9, 7, 8]
    comes_back(desk)
    assert numbers_waiting(desk) == [10, 11, 5, 6, 9, 7, 8]
    assert calls(desk) == 10
    is_whole(desk)


def test_who_is_skipped_is_not_waited_for_by_those_who_come_back_later(desk: Workers) -> None:
    comes_back(desk)
    does(desk, "skip", number=9)
    comes_back(desk)
    assert numbers_waiting(desk) == [10, 5, 6, 7, 9, 8]
    comes_back(desk)
    assert numbers_waiting(desk) == [10, 11, 5, 6, 7, 9, 8]
    is_whole(desk)


def test_who_comes_back_as_the_only_one_who_waits(desk: Workers) -> None:
    for _ in range(4):
        serve_next(desk, "GIG")
    assert numbers_waiting(desk) == []
    comes_back(desk)
    comes_back(desk)
    does(desk, "unpark", number=4)
    comes_back(desk)
    assert numbers_waiting(desk) == [4, 9, 10, 11]
    is_whole(desk)


def test_a_completion_is_taken_back_with_a_return_that_moved_others(desk: Workers) -> None:
    comes_back(desk)
    comes_back(desk)
    does(desk, "skip", number=9)
    comes_back(desk)
    does(desk, "undo", "LAB", number=3)
    assert numbers_waiting(desk) == [10, 5, 6, 9, 7, 8]
    does(desk, "undo", number=9)
    assert numbers_waiting(desk) == [9, 10, 5, 6, 7, 8]
    is_whole(desk)
