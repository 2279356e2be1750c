"""What a desk is told of its clinic is true at that moment: what was forced and is over, a clinic that is
retired while it is busy, lanes that the desk has chosen."""

from typing import Any

import pytest
from sqlalchemy import Engine

from admin_cli.database.catalog_changes import apply_catalog
from common.domain.catalog import ClinicState, QueueMode
from common.domain.lanes import Lane
from common.domain.refusals import NotPermittedReason
from common.domain.tickets import PriorityReason
from common.messages.desk_replies import ClinicReport
from common.messages.events import Event
from common.messages.problems import Problem, ProblemCode
from tests.builders import catalog, clinic_table, desk_request, hospital_table, in_bandung, patient
from tests.store.desks import (
    at_the_counter,
    calls,
    desk_of,
    does,
    is_whole,
    numbers_waiting,
    outcome_of,
    refusal,
    sees,
)
from tests.store.workers import Workers, contents, journal_rows, ticket_rows, told, workers_of

ELDERLY = {"medical_record_number": "00006060", "name": "Mbah Surip", "date_of_birth": "1950-01-31"}


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """RSHS's clinics GIG and MAT, in desk mode, on Monday at 09:00."""
    return desk_of(engine)


# --- forced until a moment that has passed --------------------------------------------------------------


def names(workers: Workers) -> list[str]:
    return [row["event_name"] for row in journal_rows(workers.engine) if row["clinic"] == "GIG"]


@pytest.mark.parametrize("tick", [False, True])
def test_what_was_forced_open_and_is_over_is_not_shown(desk: Workers, tick: bool) -> None:
    does(desk, "open_clinic", until=in_bandung("10:00").isoformat(), reason="Antrean panjang")
    opened = names(desk).count("clinic.opened")
    desk.clock.set("10:00")
    if tick:
        desk.tick()
    seen = sees(desk)
    assert (seen.state, seen.forced_until, seen.forced_reason) == (ClinicState.SCHEDULE, None, None)
    again = refusal(desk, "open_clinic")
    assert (again.code, again.reason) == (ProblemCode.NOT_PERMITTED_NOW, NotPermittedReason.ALREADY_SO)
    assert names(desk).count("clinic.opened") == opened


def test_what_was_forced_closed_and_is_over_is_open_already(desk: Workers) -> None:
    does(desk, "close_clinic", until=in_bandung("10:00").isoformat(), reason="Rapat")
    desk.clock.set("10:05")
    desk.tick()
    assert names(desk) == ["clinic.opened", "clinic.closed", "clinic.away", "clinic.opened"]
    seen = sees(desk)
    assert (seen.is_open, seen.state, seen.forced_reason) == (True, ClinicState.SCHEDULE, None)
    assert refusal(desk, "open_clinic").reason is NotPermittedReason.ALREADY_SO
    assert names(desk) == ["clinic.opened", "clinic.closed", "clinic.away", "clinic.opened"]
    # Closing is another thing: it is open now.
    does(desk, "close_clinic", reason="Rapat")
    assert refusal(desk, "close_clinic", reason="Rapat").reason is NotPermittedReason.ALREADY_SO
    assert names(desk).count("clinic.closed") == 2
    is_whole(desk)


def test_what_was_forced_and_is_over_hides_nothing_outside_the_hours(desk: Workers) -> None:
    desk.clock.set("15:30")
    does(desk, "open_clinic", until=in_bandung("16:00").isoformat(), reason="Lembur")
    desk.clock.set("16:30")
    desk.tick()
    seen = sees(desk)
    assert (seen.is_open, seen.state, seen.forced_until, seen.forced_reason) == (
        False,
        ClinicState.SCHEDULE,
        None,
        None,
    )
    does(desk, "open_clinic", until=in_bandung("17:00").isoformat())
    assert sees(desk).is_open


# --- retired while busy ---------------------------------------------------------------------------------


def retire(workers: Workers) -> None:
    """GIG is left out of the catalog, although patients wait in it."""
    others = hospital_table("RSHS", clinic_table("MAT", mode="desk", rooms=2))
    apply_catalog(workers.engine, catalog(others), workers.clock.now(), retire_busy=True)


def test_a_retired_clinic_goes_on_until_it_is_empty(desk: Workers) -> None:
    desk.register_many(5)
    calls(desk, room=1)
    retire(desk)
    desk.tick()
    assert desk.refusal(desk_request("desk_register", **patient(9))).code is ProblemCode.CLINIC_NOT_FOUND
    seen = sees(desk)
    assert (seen.is_open, [each.number for each in seen.waiting]) == (False, [2, 3, 4, 5])
    does(desk, "recall", number=1)
    does(desk, "start", number=1)
    does(desk, "set_priority", number=5, reason="infant")
    assert calls(desk, room=2) == 5
    does(desk, "mark_no_show", number=5)
    does(desk, "reinstate", number=5)
    does(desk, "transfer", number=2, to_clinic="MAT")
    does(desk, "set_rooms", rooms=1)
    for number in (5, 3, 4):
        assert calls(desk, room=1) == number
    last = desk_request("complete", number=4)
    done = outcome_of(desk, last)
    assert told(done.events) == ["ticket.served GIG-004"]
    # It is empty now, and there is nothing to do any more but to answer what was asked before.
    assert refusal(desk, "call_next", room=1).code is ProblemCode.CLINIC_NOT_FOUND
    assert refusal(desk, "desk_queue").code is ProblemCode.CLINIC_NOT_FOUND
    assert outcome_of(desk, last) == done
    report = outcome_of(desk, desk_request("clinic_report")).reply
    assert isinstance(report, ClinicReport)
    assert (report.total.registered, report.total.served, report.total.transferred) == (5, 4, 1)
    is_whole(desk)


def test_a_retired_clinic_takes_nobody_in(desk: Workers) -> None:
    desk.register_many(2)
    desk.register(3, clinic="MAT")
    retire(desk)
    both = [
        desk_request("transfer", "MAT", number=1, to_clinic="GIG"),
        desk_request("open_clinic"),
        desk_request("call_next", room=1),
    ]
    moved, opened, called = desk.ticker.handle(both)
    for refused in (moved, opened):
        assert isinstance(refused.reply, Problem)
        assert refused.reply.code is ProblemCode.CLINIC_NOT_FOUND
    assert told(called.events) == ["ticket.called GIG-001"]


def test_a_retired_clinic_is_closed_with_everybody_cancelled(desk: Workers) -> None:
    desk.register_many(3)
    retire(desk)
    closed = outcome_of(desk, desk_request("close_clinic", waiting="cancel"))
    assert told(closed.events)[-3:] == [f"ticket.cancelled GIG-00{number}" for number in (1, 2, 3)]
    assert told(closed.events).count("clinic.closed GIG") == 1
    assert refusal(desk, "close_clinic", waiting="cancel").code is ProblemCode.CLINIC_NOT_FOUND


def test_a_retired_clinic_in_which_nobody_stood_is_gone(desk: Workers) -> None:
    desk.clock.forward(days=1)
    retire(desk)
    assert refusal(desk, "call_next", room=1).code is ProblemCode.CLINIC_NOT_FOUND
    assert refusal(desk, "desk_queue").code is ProblemCode.CLINIC_NOT_FOUND


# --- lanes ----------------------------------------------------------------------------------------------


def lanes_told(events: tuple[Event, ...] | list[Event]) -> list[tuple[str, str]]:
    return [(event.name, contents(event)["data"]["lane"]) for event in events]


def test_every_event_of_a_ticket_tells_its_lane(desk: Workers) -> None:
    registered = desk.outcome(desk_request("desk_register", **patient(1), priority="disability"))
    assert lanes_told(list(registered.events)) == [("ticket.registered", "priority")]
    desk.register(2)
    steps: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
        ("set_priority", {"number": 1, "reason": "infant"}, [("ticket.prioritised", "priority")]),
        ("set_priority", {"number": 1, "reason": None}, [("ticket.unprioritised", "regular")]),
        ("set_priority", {"number": 1, "reason": "age"}, [("ticket.prioritised", "priority")]),
        ("call_next", {"room": 1}, [("ticket.called", "priority")]),
        ("recall", {"number": 1}, [("ticket.recalled", "priority")]),
        ("mark_no_show", {"number": 1}, [("ticket.no_show", "priority")]),
        ("reinstate", {"number": 1}, [("ticket.reinstated", "priority")]),
        ("call_next", {"room": 1}, [("ticket.called", "priority")]),
        ("start", {"number": 1}, [("ticket.started", "priority")]),
        ("call_next", {"room": 1}, [("ticket.served", "priority"), ("ticket.called", "regular")]),
    ]
    for name, body, expected in steps:
        desk.clock.forward(seconds=1)
        assert lanes_told(list(outcome_of(desk, desk_request(name, **body)).events)) == expected
    is_whole(desk)


def test_the_clock_and_the_end_of_the_day_tell_the_lane(desk: Workers) -> None:
    for who, more in ((1, {"priority": "pregnancy"}), (2, {}), (3, {"priority": "infant"}), (4, {})):
        at_the_counter(desk, patient(who), **more)
    does(desk, "set_mode", mode="clock")
    told_of = {1: "priority", 2: "regular", 3: "priority", 4: "regular"}
    desk.clock.forward(minutes=11)
    events = desk.tick()
    desk.clock.forward(hours=16)
    events += desk.tick()
    found = [contents(event)["data"] for event in events if event.name.startswith("ticket.")]
    assert len(found) >= 8
    assert all(data["lane"] == told_of[data["number"]] for data in found)


def test_a_transfer_keeps_the_regular_lane_that_the_desk_chose(desk: Workers) -> None:
    assert at_the_counter(desk, ELDERLY).lane is Lane.PRIORITY
    does(desk, "set_priority", number=1, reason=None)
    assert refusal(desk, "set_priority", number=1, reason=None).reason is NotPermittedReason.ALREADY_SO
    there = does(desk, "transfer", number=1, to_clinic="MAT").new_ticket
    assert there is not None
    assert there.lane is Lane.REGULAR
    [seen] = sees(desk, "MAT").waiting
    assert (seen.lane, seen.priority_reason) == (Lane.REGULAR, None)
    # And back, and from there as well.
    back = does(desk, "transfer", "MAT", number=1, to_clinic="GIG").new_ticket
    assert back is not None
    assert back.lane is Lane.REGULAR
    does(desk, "set_priority", number=2, reason="age")
    assert sees(desk).waiting[0].priority_reason is PriorityReason.AGE
    is_whole(desk)


def test_the_desk_s_choice_goes_through_a_clinic_that_knows_no_age(engine: Engine) -> None:
    clinics = [
        clinic_table("GIG", mode="desk"),
        clinic_table("ANK", mode="desk", priority_age=False),
        clinic_table("MAT", mode="desk"),
    ]
    desk = workers_of(engine, hospital_table("RSHS", *clinics))
    for who in (ELDERLY, {**ELDERLY, "medical_record_number": "00006061"}):
        at_the_counter(desk, who)
    does(desk, "set_priority", number=1, reason=None)
    for number in (1, 2):
        does(desk, "transfer", number=number, to_clinic="ANK")
    for number in (1, 2):
        does(desk, "transfer", "ANK", number=number, to_clinic="MAT")
    lanes = {row["number"]: row["lane"] for row in ticket_rows(desk.engine) if row["clinic"] == "MAT"}
    assert lanes == {1: "regular", 2: "priority"}
    assert numbers_waiting(desk, "MAT") == [2, 1]
    assert sees(desk, "MAT").mode is QueueMode.DESK
    is_whole(desk)


def test_a_date_of_birth_that_nobody_has_confirmed_gives_no_priority(desk: Workers) -> None:
    """Whoever sends a registration can write 1950; a transfer changes nothing."""
    assert desk.register(ELDERLY).lane is Lane.REGULAR
    there = does(desk, "transfer", number=1, to_clinic="MAT").new_ticket
    assert there is not None
    assert there.lane is Lane.REGULAR
    does(desk, "set_priority", "MAT", number=1, reason="age")
    assert [(each.lane, each.priority_reason) for each in sees(desk, "MAT").waiting] == [
        (Lane.PRIORITY, PriorityReason.AGE)
    ]
    is_whole(desk)


def test_what_the_desk_confirmed_counts_in_the_clinic_to_which_the_patient_is_sent(engine: Engine) -> None:
    clinics = [clinic_table("ANK", mode="desk", priority_age=False), clinic_table("MAT", mode="desk")]
    desk = workers_of(engine, hospital_table("RSHS", *clinics))
    assert at_the_counter(desk, ELDERLY, "ANK").lane is Lane.REGULAR
    there = does(desk, "transfer", "ANK", number=1, to_clinic="MAT").new_ticket
    assert there is not None
    assert there.lane is Lane.PRIORITY
