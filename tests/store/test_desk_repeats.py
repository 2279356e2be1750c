"""What a desk asks for happens once: pressed twice, delivered again, or by two desks at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from common.messages.desk_replies import DeskDone
from common.messages.problems import Problem, ProblemCode
from common.messaging.received_requests import REQUEST_AGE_MAX
from tests.builders import desk_request, registration
from tests.store.desks import calls, desk_of, does, is_whole, numbers_waiting, outcome_of
from tests.store.workers import Workers, journal_rows, ticket_rows, told


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """RSHS's clinics GIG and MAT, in desk mode, with three patients waiting in GIG."""
    workers = desk_of(engine)
    workers.register_many(3)
    return workers


REQUESTS: dict[str, dict[str, Any]] = {
    "call_next": {"room": 2},
    "recall": {"number": 1},
    "start": {"number": 1},
    "complete": {"number": 1},
    "mark_no_show": {"number": 1},
    "set_priority": {"number": 3, "reason": "infant"},
    "transfer": {"number": 3, "to_clinic": "MAT"},
    "set_rooms": {"rooms": 1},
    "set_mode": {"mode": "clock"},
    "close_clinic": {"waiting": "cancel"},
    "open_clinic": {"until": "2026-11-23T20:00:00+07:00"},
}


@pytest.mark.parametrize("name", REQUESTS)
def test_delivered_again_it_is_answered_alike_and_done_once(desk: Workers, name: str) -> None:
    calls(desk)
    request = desk_request(name, message_id=str(uuid4()), **REQUESTS[name])
    first = outcome_of(desk, request)
    assert isinstance(first.reply, DeskDone), first.reply
    before = ticket_rows(desk.engine), journal_rows(desk.engine)
    later = Workers.on(desk.engine, desk.clock)  # another ticker, which knows nothing
    [again, and_again] = later.ticker.handle([request, request])
    assert again == and_again == first
    assert (ticket_rows(desk.engine), journal_rows(desk.engine)) == before
    is_whole(desk)


def test_twice_in_one_batch_it_is_done_once(desk: Workers) -> None:
    request = desk_request("call_next", message_id=str(uuid4()), room=1)
    first, second = desk.ticker.handle([request, request])
    assert told(first.events) == ["ticket.called GIG-001"]
    assert first == second
    assert numbers_waiting(desk) == [2, 3]


def test_the_same_id_with_other_contents(desk: Workers) -> None:
    request_id = str(uuid4())
    outcome_of(desk, desk_request("call_next", message_id=request_id, room=1))
    reused = outcome_of(desk, desk_request("call_next", message_id=request_id, room=2)).reply
    assert isinstance(reused, Problem)
    assert reused.code is ProblemCode.REQUEST_ID_REUSED
    registered = registration(9)
    desk.outcome(registered)
    reused = outcome_of(desk, desk_request("call_next", message_id=registered.message_id, room=2)).reply
    assert isinstance(reused, Problem)
    assert reused.code is ProblemCode.REQUEST_ID_REUSED
    assert numbers_waiting(desk) == [2, 3, 4]


def test_who_was_told_that_nobody_waits_does_not_call_somebody_unseen(desk: Workers) -> None:
    for _ in range(3):
        calls(desk)
    does(desk, "complete", number=3)
    request = desk_request("call_next", message_id=str(uuid4()), room=1)
    told_so = outcome_of(desk, request).reply
    desk.register(9)
    assert outcome_of(desk, request).reply == told_so
    assert numbers_waiting(desk) == [4]


def test_what_comes_too_late_calls_nobody(desk: Workers) -> None:
    sent_at = desk.clock.now() - REQUEST_AGE_MAX - timedelta(seconds=1)
    late = outcome_of(desk, desk_request("call_next", sent_at=sent_at, room=1)).reply
    assert isinstance(late, Problem)
    assert late.code is ProblemCode.REQUEST_EXPIRED
    assert numbers_waiting(desk) == [1, 2, 3]


def test_time_passes_once_for_a_request_that_is_refused(desk: Workers) -> None:
    does(desk, "set_mode", mode="clock")
    desk.tick()
    desk.clock.forward(minutes=11)
    request = desk_request("start", message_id=str(uuid4()), number=1)
    first = outcome_of(desk, request)
    assert isinstance(first.reply, Problem)
    assert "ticket.served GIG-001" in told(first.events)
    assert outcome_of(desk, request) == first
    is_whole(desk)


def test_several_desks_call_nobody_twice_and_leave_nobody_out(
    desk: Workers, open_another: Callable[[], Engine]
) -> None:
    desk.register_many(37, first=4)
    desks = [Workers.on(open_another(), desk.clock) for _ in range(4)]

    def calls_ten(which: int) -> list[int]:
        return [calls(desks[which], room=which % 2 + 1) for _ in range(10)]

    with ThreadPoolExecutor(len(desks)) as pool:
        called = list(pool.map(calls_ten, range(len(desks))))
    assert sorted(number for numbers in called for number in numbers) == list(range(1, 41))
    assert all(numbers == sorted(numbers) for numbers in called)
    is_whole(desk)


def test_patients_cross_over_between_two_clinics(desk: Workers, open_another: Callable[[], Engine]) -> None:
    desk.register_many(10, first=4)
    desk.register_many(10, clinic="MAT", first=50)
    ways = [("GIG", "MAT", range(1, 11)), ("MAT", "GIG", range(1, 11))]

    def move(way: tuple[str, str, range]) -> None:
        workers = Workers.on(open_another(), desk.clock)
        for number in way[2]:
            does(workers, "transfer", way[0], number=number, to_clinic=way[1])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(move, ways))
    assert (len(numbers_waiting(desk)), len(numbers_waiting(desk, "MAT"))) == (13, 10)
    is_whole(desk)
