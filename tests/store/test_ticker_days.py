"""The end of a service day: those who wait go over to the next one where the clinic is open, or expire."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from common.messages.patients import Tickets
from tests.builders import (
    MONDAY,
    cancellation,
    clinic_table,
    hospital_table,
    in_bandung,
    patient,
    registration,
    tick_delivery,
)
from tests.store.desks import at_the_counter, calls, does, is_whole, refusal, sees
from tests.store.nights import (
    ALWAYS,
    DAYS,
    TUESDAY,
    WEDNESDAY,
    look,
    pass_midnight,
    register_apart,
    rows_of,
    workers_by_night,
)
from tests.store.workers import (
    Workers,
    day_rows,
    ticket_rows,
    told,
    workers_of,
)
from ticker_worker import ending_days


def test_an_open_clinic_hands_its_queue_over_in_its_order(engine: Engine) -> None:
    workers = workers_by_night(engine, mean_service_minutes=60.0)
    young = workers.register_many(3)
    workers.tick()
    at_the_counter(workers, {**patient(90), "date_of_birth": "1940-01-31"})
    assert pass_midnight(workers) == [
        "ticket.transferred GIG-002",
        "ticket.registered GIG-001",
        "ticket.transferred GIG-003",
        "ticket.registered GIG-002",
        "ticket.transferred GIG-004",
        "ticket.registered GIG-003",
    ]
    monday, tuesday = rows_of(engine, MONDAY), rows_of(engine, TUESDAY)
    assert [row["status"] for row in monday] == ["called", *["transferred"] * 3]
    assert [row["transferred_to"] for row in monday[1:]] == [row["ticket_code"] for row in tuesday]
    patient_s = ("medical_record_number", "patient_name", "date_of_birth", "date_of_birth_confirmed")
    kept = (*patient_s, "lane", "priority_reason", "arrived_at")
    for before, after in zip(monday[1:], tuesday, strict=True):
        assert {name: before[name] for name in kept} == {name: after[name] for name in kept}
    shown = look(workers, young[1])
    assert shown.status == "transferred"
    assert shown.transferred_to is not None
    following = workers.ask("ticket_status", ticket_codes=[shown.transferred_to])
    assert isinstance(following, Tickets)
    assert (following.tickets[0].number, following.tickets[0].service_date) == (1, TUESDAY)
    # One in the room until 00:50, and the elderly patient has priority.
    assert following.tickets[0].people_ahead == 1
    is_whole(workers)


def test_who_is_in_the_room_stays_there_until_the_service_ends(engine: Engine) -> None:
    workers = workers_by_night(engine, mean_service_minutes=30.0)
    workers.register_many(3)
    workers.tick()
    pass_midnight(workers)
    assert [row["status"] for row in rows_of(engine, TUESDAY)] == ["waiting", "waiting"]
    workers.clock.set("00:19:59", TUESDAY)
    assert workers.tick() == []
    assert pass_midnight(workers, "00:20:03") == ["ticket.served GIG-001", "ticket.called GIG-001"]
    [first, _] = rows_of(engine, TUESDAY)
    served = rows_of(engine, MONDAY)[0]
    assert served["ended_at"] == first["called_at"] == served["called_at"] + timedelta(minutes=30)
    assert first["room"] == 1
    is_whole(workers)


def test_a_late_tick_leaves_the_queue_of_ticks_on_time(engine: Engine) -> None:
    """In two hospitals alike, one of which is looked at only in the morning."""
    clinic = clinic_table("GIG", hours=ALWAYS, mean_service_minutes=25.0, rooms=2)
    workers = workers_of(engine, hospital_table("RSHS", clinic), hospital_table("RSUD", clinic))
    workers.clock.set("23:05")
    for who in range(1, 12):
        for hospital in ("RSHS", "RSUD"):
            workers.register(who, hospital)
        workers.clock.forward(minutes=4)
    while workers.clock.now() < in_bandung("06:00", TUESDAY):
        due = workers.emitter.emit()
        workers.apply(*(tick for tick in due if tick.hospital == "RSHS"))
        workers.clock.forward(seconds=47)
    pass_midnight(workers, "06:00")
    names = ("service_date", "number", "status", "room", "arrived_at", "called_at", "ended_at")
    rows = [
        [{name: row[name] for name in names} for row in ticket_rows(engine, hospital)]
        for hospital in ("RSHS", "RSUD")
    ]
    assert rows[0] == rows[1]
    assert {row["status"] for row in rows[0]} == {"served", "transferred"}
    assert len([row for row in rows[0] if row["status"] == "served"]) == 11
    is_whole(workers)


def test_nobody_who_registers_after_midnight_jumps_the_queue(engine: Engine) -> None:
    """The room is free at midnight, and a newcomer is there before the handover was done."""
    workers = workers_by_night(engine, mean_service_minutes=10.0)
    workers.register_many(2)
    workers.tick()
    workers.clock.set("00:00", TUESDAY)
    newcomer = workers.register(50)
    assert newcomer.number == 1
    assert newcomer.service_date == TUESDAY
    only_the_new_day = workers.tick_for()
    assert told(workers.apply(only_the_new_day)) == [
        "ticket.served GIG-001",
        "ticket.transferred GIG-002",
        "ticket.registered GIG-002",
        "ticket.called GIG-002",
    ]
    assert look(workers, newcomer).people_ahead == 0
    is_whole(workers)


def test_a_registration_of_the_day_that_is_over_goes_over_too(engine: Engine) -> None:
    """By a registrar whose clock is behind."""
    workers = workers_by_night(engine, mean_service_minutes=60.0)
    workers.register_many(2)
    workers.tick()
    pass_midnight(workers)
    workers.clock.set("23:59:58")
    late = workers.register(9)
    assert late.service_date == MONDAY
    workers.clock.set("00:00:20", TUESDAY)
    newcomer = workers.register(10)
    pass_midnight(workers, "00:00:25")
    shown = look(workers, late)
    assert shown.status == "transferred"
    assert shown.transferred_to is not None
    moved = workers.ask("ticket_status", ticket_codes=[shown.transferred_to])
    assert isinstance(moved, Tickets)
    assert moved.tickets[0].people_ahead == 1
    assert look(workers, newcomer).people_ahead == 2
    is_whole(workers)


def test_a_queue_of_thousands_goes_over_in_steps_and_calls_nobody_before(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending_days, "TICKETS_MAX", 40)
    workers = workers_by_night(engine, mean_service_minutes=10.0, rooms=3)
    workers.register_many(103)
    workers.tick()
    workers.clock.set("00:00:02", TUESDAY)
    workers.register(500)
    workers.clock.set("00:07", TUESDAY)
    steps = []
    while events := workers.tick():
        steps.append([event.name.value for event in events])
    handed_over = [step.count("ticket.transferred") for step in steps]
    assert handed_over == [40, 40, 20, *[0] * (len(steps) - 3)]
    assert all("ticket.called" not in step for step in steps[:2])
    tuesday = rows_of(engine, TUESDAY)
    assert len(tuesday) == 101
    called = sorted((row for row in tuesday if row["called_at"]), key=lambda row: row["arrived_at"])
    assert [row["medical_record_number"] for row in called] == [f"{n:08d}" for n in (4, 5, 6)]
    is_whole(workers)


def test_expiry_is_done_in_steps_too(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending_days, "TICKETS_MAX", 40)
    workers = workers_by_night(engine, hours={"mon": ["08:00-24:00"]}, mean_service_minutes=60.0)
    workers.register_many(103)
    workers.tick()
    workers.clock.set("00:00:02", TUESDAY)
    steps = []
    while events := workers.tick():
        steps.append([event.name.value for event in events].count("ticket.expired"))
    assert steps == [41, 40, 22]
    assert {row["status"] for row in ticket_rows(engine)} == {"expired"}
    is_whole(workers)


def test_a_tick_that_comes_again_hands_over_nobody_twice(engine: Engine) -> None:
    workers = workers_by_night(engine, mean_service_minutes=60.0)
    workers.register_many(4)
    workers.tick()
    workers.clock.set("00:00:05", TUESDAY)
    [tick] = workers.emitter.emit()
    first = workers.apply(tick)
    again = Workers.on(engine, workers.clock)
    assert again.apply(tick) == first
    assert pass_midnight(workers) == []
    assert len(rows_of(engine, TUESDAY)) == 3
    assert len({row["transferred_to"] for row in rows_of(engine, MONDAY)} - {None}) == 3
    # A tick of its own that comes late finds nothing more to do.
    events = workers.ticker.handle([tick_delivery(workers.tick_for())])
    assert events[0].events == []
    is_whole(workers)


def test_a_closed_clinic_s_queue_expires(engine: Engine) -> None:
    workers = workers_by_night(engine, hours={"mon": ["08:00-24:00"], "tue": ["00:01-08:00"]})
    workers.register_many(3)
    workers.tick()
    workers.clock.set("00:00:05", TUESDAY)
    assert told(workers.tick()) == [
        "clinic.closed GIG",
        "ticket.served GIG-001",
        "ticket.expired GIG-002",
        "ticket.expired GIG-003",
    ]
    assert rows_of(engine, TUESDAY) == []
    is_whole(workers)


def test_a_day_that_ends_at_three_goes_on_until_then(engine: Engine) -> None:
    workers = workers_by_night(
        engine,
        hours={day: ["20:00-02:00"] for day in DAYS},
        day_ends_at="03:00",
        mean_service_minutes=60.0,
    )
    workers.register(1)
    workers.clock.set("01:59", TUESDAY)
    second = workers.register(2)
    assert (second.number, second.service_date) == (2, MONDAY)
    assert pass_midnight(workers, "02:00") == [
        "ticket.called GIG-001",
        "ticket.served GIG-001",
        "ticket.called GIG-002",
        "clinic.closed GIG",
    ]
    assert pass_midnight(workers, "03:00") == ["ticket.served GIG-002"]
    assert day_rows(engine)[-1]["service_date"] == TUESDAY
    is_whole(workers)


def test_the_quota_of_the_new_day_counts_those_who_came_over_and_refuses_none_of_them(engine: Engine) -> None:
    workers = workers_by_night(engine, mean_service_minutes=60.0, daily_quota=4)
    workers.register_many(4)
    workers.tick()
    pass_midnight(workers)
    assert len(rows_of(engine, TUESDAY)) == 3
    assert workers.register(20).number == 4
    assert workers.refusal(registration(21)).code == "quota_reached"
    pass_midnight(workers, "00:00:05", WEDNESDAY)
    is_whole(workers)


# --- the desk -------------------------------------------------------------------------------------------


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """GIG has two rooms, never closes, and its staff call. Patients 1 and 2 are in the rooms at midnight, and
    three wait."""
    workers = workers_by_night(engine, mode="desk", rooms=2)
    register_apart(workers, 5)
    assert [calls(workers, 1), calls(workers, 2)] == [1, 2]
    pass_midnight(workers)
    return workers


def test_the_desk_sees_who_is_in_the_rooms_from_the_day_before(desk: Workers) -> None:
    queue = sees(desk)
    assert queue.service_date == TUESDAY
    assert [(each.number, each.room, each.service_date) for each in queue.in_rooms] == [
        (1, 1, MONDAY),
        (2, 2, MONDAY),
    ]
    assert [(each.number, each.service_date) for each in queue.waiting] == [
        (number, TUESDAY) for number in (1, 2, 3)
    ]


def test_calling_the_next_completes_who_is_in_the_room_from_the_day_before(desk: Workers) -> None:
    done = does(desk, "call_next", room=2)
    changes = [(each.event, each.number) for each in done.changes]
    assert changes == [("ticket.served", 2), ("ticket.called", 1)]
    assert done.ticket is not None
    assert (done.ticket.number, done.ticket.room, done.ticket.service_date) == (1, 2, TUESDAY)
    assert [(each.number, each.room) for each in sees(desk).in_rooms] == [(1, 1), (1, 2)]
    is_whole(desk)


def test_the_desk_names_the_day_of_a_ticket_of_the_day_before(desk: Workers) -> None:
    refused = refusal(desk, "complete", number=1)  # that of today waits
    assert (refused.reason, refused.status) == ("ticket_status", "waiting")
    assert refused.display_number == "GIG-001"
    does(desk, "recall", number=1, service_date="2026-11-23")
    does(desk, "start", number=1, service_date="2026-11-23")
    done = does(desk, "complete", number=1, service_date="2026-11-23")
    assert (done.service_date, done.ticket and done.ticket.status) == (MONDAY, "served")
    does(desk, "mark_no_show", number=2, service_date="2026-11-23")
    assert sees(desk).in_rooms == []
    for other in ("2026-11-22", "2026-11-25"):
        assert refusal(desk, "complete", number=1, service_date=other).code == "ticket_not_found"
    is_whole(desk)


def test_a_no_show_of_the_day_before_who_comes_after_all_waits_today(desk: Workers) -> None:
    does(desk, "mark_no_show", number=2, service_date="2026-11-23")
    desk.register(6)
    does(desk, "reinstate", number=2, service_date="2026-11-23")
    pass_midnight(desk, "00:01")
    assert [each.number for each in sees(desk).waiting] == [1, 2, 3, 5, 4]
    is_whole(desk)


def test_who_was_called_the_day_before_and_is_late_lets_the_first_of_today_pass(desk: Workers) -> None:
    desk.register(6)
    does(desk, "skip", number=1, service_date="2026-11-23")
    pass_midnight(desk, "00:01")
    assert [each.number for each in sees(desk).waiting] == [1, 2, 3, 5, 4]
    is_whole(desk)


def test_who_was_forgotten_in_a_room_leaves_it_when_the_next_day_ends(desk: Workers) -> None:
    does(desk, "start", number=1, service_date="2026-11-23")
    pass_midnight(desk, "00:00:05", WEDNESDAY)
    assert [row["status"] for row in rows_of(desk.engine, MONDAY)[:2]] == ["served", "expired"]
    assert sees(desk).in_rooms == []
    assert [each.number for each in sees(desk).waiting] == [1, 2, 3]
    is_whole(desk)


def test_a_patient_in_a_room_from_the_day_before_gives_the_ticket_up(engine: Engine) -> None:
    """By the clock: the room is free from that moment on."""
    workers = workers_by_night(engine, mean_service_minutes=30.0)
    tickets = workers.register_many(2)
    workers.tick()
    pass_midnight(workers)
    workers.clock.set("00:04", TUESDAY)
    workers.ticket(cancellation(tickets[0].ticket_code))
    pass_midnight(workers, "00:05")
    [called] = rows_of(engine, TUESDAY)
    assert (called["status"], called["called_at"]) == ("called", in_bandung("00:04", TUESDAY))
    is_whole(workers)
