"""The staff take something back around the end of a service day, and on machines whose clocks differ."""

from typing import Any

import pytest
from sqlalchemy import Engine

from common.domain.event_names import EventName
from common.domain.refusals import NotPermittedReason
from tests.builders import MONDAY, clinic_table, hospital_table, patient
from tests.store.desks import at_the_counter, calls, desk_of, does, is_whole, numbers_waiting, refusal, sees
from tests.store.nights import TUESDAY, pass_midnight, register_apart, rows_of, workers_by_night
from tests.store.workers import Workers, day_rows, ticket_rows, workers_of

_OPEN_UNTIL_MIDNIGHT = {"mon": ["08:00-24:00"]}


def turns(workers: Workers) -> tuple[int | None, int]:
    """Of Tuesday's queue: the number called last, and how many priority patients were called in a row."""
    [row] = [row for row in day_rows(workers.engine) if row["service_date"] == TUESDAY]
    return row["now_serving"], row["priority_streak"]


def test_the_first_call_of_a_day_that_took_patients_over_leaves_the_lanes_their_turns(engine: Engine) -> None:
    workers = workers_by_night(engine, mode="desk", rooms=2, priority_ratio=2)
    for who in (1, 2, 3):
        at_the_counter(workers, patient(who), priority="disability")
    at_the_counter(workers, patient(4))
    for room in (1, 2):
        calls(workers, room)
    pass_midnight(workers)
    as_it_was = turns(workers)
    assert as_it_was == (None, 2)
    called = calls(workers, 1)
    does(workers, "undo", number=called)
    assert turns(workers) == as_it_was
    # A regular patient is due, as without the call that was taken back.
    assert calls(workers, 1) == called
    is_whole(workers)


@pytest.mark.parametrize(
    ("name", "body"),
    [("complete", {}), ("mark_no_show", {}), ("desk_cancel", {"reason": "duplicate"})],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_nobody_comes_back_into_a_day_that_has_expired(
    engine: Engine, name: str, body: dict[str, Any]
) -> None:
    hours = _OPEN_UNTIL_MIDNIGHT
    clinic = clinic_table("GIG", mode="desk", hours=hours)
    workers = workers_of(engine, hospital_table("RSHS", clinic))
    workers.clock.set("23:56")
    workers.register(1)
    calls(workers)
    does(workers, name, number=1, **body)
    pass_midnight(workers)
    as_it_was = ticket_rows(engine)
    refused = refusal(workers, "undo", number=1, service_date=MONDAY.isoformat())
    assert refused.reason is NotPermittedReason.DAY_OVER
    workers.clock.forward(minutes=1)
    workers.tick()
    assert ticket_rows(engine) == as_it_was
    is_whole(workers)


def test_whose_call_has_expired_does_not_come_back(engine: Engine) -> None:
    workers = workers_of(
        engine, hospital_table("RSHS", clinic_table("GIG", mode="desk", hours=_OPEN_UNTIL_MIDNIGHT))
    )
    workers.clock.set("23:56")
    workers.register(1)
    calls(workers)
    pass_midnight(workers)
    refused = refusal(workers, "undo", number=1, service_date=MONDAY.isoformat())
    assert refused.reason is NotPermittedReason.DAY_OVER


def test_a_request_that_changed_two_days_is_taken_back_in_both(engine: Engine) -> None:
    workers = workers_by_night(engine, mode="desk", rooms=1)
    register_apart(workers, 2)
    calls(workers)
    pass_midnight(workers)
    as_it_was = ticket_rows(engine), turns(workers)
    calls(workers)
    done = does(workers, "undo", room=1)
    assert [(change.event, change.number) for change in done.changes] == [
        (EventName.TICKET_CALL_UNDONE, 1),
        (EventName.TICKET_COMPLETION_UNDONE, 1),
    ]
    assert (ticket_rows(engine), turns(workers)) == as_it_was
    is_whole(workers)


def test_whose_call_is_taken_back_after_midnight_goes_over_to_the_new_day(engine: Engine) -> None:
    workers = workers_by_night(engine, mode="desk", rooms=1)
    workers.clock.set("23:55")
    register_apart(workers, 2)
    calls(workers)
    pass_midnight(workers, "00:00:05")
    does(workers, "undo", room=1)
    pass_midnight(workers, "00:01:00")
    assert [row["status"] for row in rows_of(engine, MONDAY)] == ["transferred", "transferred"]
    # By arrival: whose call was taken back was there first.
    assert numbers_waiting(workers) == [2, 1]
    is_whole(workers)


def test_a_room_that_is_taken_again_is_free_in_neither_day(engine: Engine) -> None:
    workers = workers_by_night(engine, mode="desk", rooms=1)
    workers.register(1)
    calls(workers)
    pass_midnight(workers)
    does(workers, "mark_no_show", number=1, service_date=MONDAY.isoformat())
    pass_midnight(workers, "00:01:00")
    does(workers, "undo", number=1, service_date=MONDAY.isoformat())
    pass_midnight(workers, "00:02:00")
    assert [row["rooms_freed"] for row in day_rows(engine) if row["service_date"] <= TUESDAY] == [{}, {}]
    is_whole(workers)


def test_the_last_thing_is_the_last_of_the_queue_whatever_the_clocks_say(engine: Engine) -> None:
    workers = desk_of(engine)
    workers.register(1)
    workers.clock.forward(minutes=1)
    calls(workers)
    workers.clock.forward(seconds=-3)
    does(workers, "start", number=1)
    does(workers, "undo", number=1)
    assert [ticket.status for ticket in sees(workers).in_rooms] == ["called"]
