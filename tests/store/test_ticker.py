"""Ticks applied to queues: who is called and served at which moment, on both databases."""

import random
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from admin_cli.database.catalog_changes import apply_catalog
from common.domain.ticket_states import TicketStatus
from common.messages.problems import Problem, ProblemCode
from tests.builders import (
    MONDAY,
    SetClock,
    catalog,
    clinic_table,
    delivery,
    hospital_table,
    in_bandung,
    tick_delivery,
)
from tests.store.workers import (
    Workers,
    contents,
    day_rows,
    journal_rows,
    ticket_rows,
    told,
    workers_of,
)
from ticker_worker.advancing_queues import CALLS_MAX


def _moments(engine: Engine, hospital: str = "RSHS") -> list[tuple[object, ...]]:
    """What became of each ticket, and when."""
    names = ("number", "status", "room", "called_at", "started_at", "ended_at")
    return [tuple(row[name] for name in names) for row in ticket_rows(engine, hospital)]


def _next_change_at(engine: Engine) -> datetime | None:
    [row] = day_rows(engine)
    moment: datetime | None = row["next_change_at"]
    return moment


# --- calling and serving --------------------------------------------------------------------------------


def test_a_late_tick_moves_everybody_at_the_moment_at_which_it_was_due(workers: Workers) -> None:
    workers.register(1)
    workers.clock.set("09:03")
    workers.register_many(2, first=2)
    workers.clock.set("09:25")
    events = workers.tick()
    nine, ten_past, twenty_past = (in_bandung(at) for at in ("09:00", "09:10", "09:20"))
    assert _moments(workers.engine) == [
        (1, "served", 1, nine, nine, ten_past),
        (2, "served", 1, ten_past, ten_past, twenty_past),
        (3, "called", 1, twenty_past, None, None),
    ]
    assert [(contents(event)["time"], *told([event])) for event in events] == [
        ("2026-11-23T02:00:00Z", "ticket.called GIG-001"),
        ("2026-11-23T02:10:00Z", "ticket.served GIG-001"),
        ("2026-11-23T02:10:00Z", "ticket.called GIG-002"),
        ("2026-11-23T02:20:00Z", "ticket.served GIG-002"),
        ("2026-11-23T02:20:00Z", "ticket.called GIG-003"),
    ]


def test_each_event_shows_the_queue_after_its_change(workers: Workers) -> None:
    workers.register_many(3)
    workers.clock.set("09:10")
    assert [contents(event)["data"] for event in workers.tick()] == [
        _data(1, "called", waiting=2, now_serving="GIG-001"),
        _data(1, "served", waiting=2, now_serving="GIG-001"),
        _data(2, "called", waiting=1, now_serving="GIG-002"),
    ]


def test_events_are_journaled_as_they_are_published(workers: Workers) -> None:
    workers.register_many(3)
    workers.clock.set("09:25")
    events = workers.tick()
    rows = journal_rows(workers.engine)[-len(events) :]
    assert [row["body"] for row in rows] == [event.body for event in events]
    assert [row["occurred_at"] for row in rows] == [
        datetime.fromisoformat(contents(event)["time"]) for event in events
    ]
    assert {row["recorded_at"] for row in rows} == {in_bandung("09:25")}


def test_a_queue_that_is_late_is_brought_up_with_others_that_are_not(engine: Engine) -> None:
    """One batch: GIG has calls of an hour to make, INT one, and in ANA all who waited were called."""
    slow = {"rooms": 2, "mean_service_minutes": 60.0}
    clinics = [clinic_table("GIG", rooms=3, mean_service_minutes=5.0), clinic_table("INT", **slow)]
    workers = workers_of(engine, hospital_table("RSHS", *clinics, clinic_table("ANA", **slow)))
    for code, count in (("GIG", 60), ("INT", 20), ("ANA", 2)):
        workers.register_many(count, clinic=code)
    workers.clock.set("09:00:30")
    workers.apply(*(workers.tick_for("RSHS", code) for code in ("INT", "ANA")))
    workers.clock.set("10:00")
    workers.apply(*(workers.tick_for("RSHS", code) for code in ("GIG", "INT", "ANA")))
    called = [(row["clinic"], row["number"], row["called_at"]) for row in ticket_rows(engine)]
    nine, ten = in_bandung("09:00"), in_bandung("10:00")
    assert [each for each in called if each[0] == "GIG"] == [
        ("GIG", k + 1, nine + timedelta(minutes=5 * (k // 3)) if k < 39 else None) for k in range(60)
    ]
    assert [at for code, _, at in called if code == "INT"] == [nine, nine, ten, ten] + [None] * 16
    assert [at for code, _, at in called if code == "ANA"] == [nine, nine]
    assert {row["clinic"]: row["waiting"] for row in day_rows(engine)} == {"GIG": 21, "INT": 16, "ANA": 0}


def test_every_room_is_used(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", rooms=3)))
    workers.register_many(5)
    workers.clock.set("09:01")
    workers.tick()
    assert [(row["number"], row["room"]) for row in ticket_rows(engine) if row["status"] == "called"] == [
        (1, 1),
        (2, 2),
        (3, 3),
    ]


def test_by_the_desk_nothing_is_called_by_the_clock(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", mode="desk")))
    workers.register_many(2)
    workers.clock.set("14:00")
    workers.apply(workers.tick_for())
    assert {row["status"] for row in ticket_rows(engine)} == {"waiting"}


# --- late, lost, doubled, reordered ---------------------------------------------------------------------


def test_a_tick_applied_again_changes_nothing_and_gives_the_same_events(workers: Workers) -> None:
    workers.register_many(3)
    workers.clock.set("09:05")
    [tick] = workers.emitter.emit()
    first = workers.apply(tick)
    workers.clock.set("09:30")
    before = (_moments(workers.engine), journal_rows(workers.engine), day_rows(workers.engine))
    assert workers.apply(tick) == first
    assert Workers.on(workers.engine, workers.clock).apply(tick) == first
    assert (_moments(workers.engine), journal_rows(workers.engine), day_rows(workers.engine)) == before


def test_several_ticks_of_one_queue_in_a_batch_move_it_once(workers: Workers) -> None:
    workers.register_many(3)
    workers.clock.set("09:25")
    [tick] = workers.emitter.emit()
    outcomes = workers.ticker.handle([tick_delivery(each) for each in (tick, workers.tick_for(), tick)])
    events = [event for outcome in outcomes for event in outcome.events]
    assert len({event.id for event in events}) == 5
    assert [row["event_name"] for row in journal_rows(workers.engine)].count("ticket.called") == 3
    assert outcomes[0].events == outcomes[2].events


def test_old_and_new_ticks_in_one_batch_each_give_their_own_events(workers: Workers) -> None:
    workers.register_many(3)
    old = workers.tick_for()
    first = workers.apply(old)
    workers.clock.set("09:12")
    outcomes = workers.ticker.handle([tick_delivery(old), tick_delivery(workers.tick_for())])
    assert list(outcomes[0].events) == first
    assert told(outcomes[1].events) == ["ticket.served GIG-001", "ticket.called GIG-002"]


def test_after_an_outage_the_queue_is_as_if_ticks_had_never_failed(engine: Engine) -> None:
    """Two hospitals with the same patients: one is ticked all the time, the other once at the end."""
    gig = clinic_table("GIG", rooms=2, mean_service_minutes=7.0, hours={"mon": ["00:00-24:00"]})
    workers = workers_of(engine, hospital_table("RSHS", gig), hospital_table("RSUD", gig))
    dice = random.Random(20261123)
    for who in range(1, 41):
        workers.clock.forward(seconds=dice.choice([0, 30, 120, 210, 1500]))
        workers.apply(*[workers.tick_for("RSHS")] * dice.randint(0, 3))
        for hospital in ("RSHS", "RSUD"):
            workers.register(who, hospital)
    workers.clock.set("23:30")
    workers.apply(workers.tick_for("RSHS"))
    workers.apply(workers.tick_for("RSUD"))
    assert {status for _, status, *_ in _moments(engine, "RSHS")} == {"served"}
    assert _moments(engine, "RSUD") == _moments(engine, "RSHS")

    def changes(hospital: str) -> list[tuple[object, ...]]:
        rows = [row for row in journal_rows(engine) if row["hospital"] == hospital]
        return sorted((row["occurred_at"], row["event_name"], row["number"]) for row in rows if row["number"])

    assert changes("RSUD") == changes("RSHS")


def test_more_calls_than_one_tick_makes_are_made_by_the_next_ones(engine: Engine) -> None:
    """Three rooms and a minute each: patient k is called (k - 1) // 3 minutes after nine."""
    fast = clinic_table("GIG", rooms=3, mean_service_minutes=1.0)
    workers = workers_of(engine, hospital_table("RSHS", fast))
    count = 2 * CALLS_MAX + 50
    workers.register_many(count)
    workers.clock.set("14:00")
    calls_of_ticks = []
    while events := workers.tick():
        calls_of_ticks.append(sum(event.name == "ticket.called" for event in events))
    assert max(calls_of_ticks) <= CALLS_MAX
    rows = ticket_rows(engine)
    nine = in_bandung("09:00")
    assert [row["called_at"] for row in rows] == [nine + timedelta(minutes=k // 3) for k in range(count)]
    assert all(row["ended_at"] - row["called_at"] == timedelta(minutes=1) for row in rows)
    assert [row["room"] for row in rows] == [k % 3 + 1 for k in range(count)]


# --- the day -------------------------------------------------------------------------------------------


def test_openings_and_closings_are_announced_once_each(workers: Workers) -> None:
    workers.clock.set("06:30", MONDAY + timedelta(days=1))
    workers.tick()
    told_at: list[tuple[str, str]] = []
    for _ in range(24 * 6):
        told_at += [(contents(event)["time"], event.name) for event in workers.tick()]
        workers.clock.forward(minutes=7)
    assert told_at == [
        ("2026-11-24T01:00:00Z", "clinic.opened"),
        ("2026-11-24T05:00:00Z", "clinic.closed"),
        ("2026-11-24T06:00:00Z", "clinic.opened"),
        ("2026-11-24T08:00:00Z", "clinic.closed"),
    ]


def test_a_late_tick_announces_what_was_missed(workers: Workers) -> None:
    workers.clock.set("23:59")
    events = workers.tick()
    assert told(events) == ["clinic.closed GIG", "clinic.opened GIG", "clinic.closed GIG"]
    assert [contents(event)["time"][11:16] for event in events] == ["05:00", "06:00", "08:00"]
    assert contents(events[0])["data"] == {"waiting": 0, "now_serving": None}


def test_a_clinic_that_comes_into_the_catalog_announces_nothing_of_the_time_before(engine: Engine) -> None:
    clock = SetClock(in_bandung("12:30"))
    apply_catalog(engine, catalog(), clock.now())
    workers = Workers.on(engine, clock)
    assert workers.tick() == []
    workers.clock.set("13:00")
    assert told(workers.tick()) == ["clinic.opened GIG"]


def test_the_end_of_the_day_expires_what_is_left(engine: Engine) -> None:
    long = clinic_table("GIG", mean_service_minutes=240.0)
    workers = workers_of(engine, hospital_table("RSHS", long))
    workers.register_many(6)
    workers.clock.set("23:00")
    workers.tick()
    midnight = in_bandung("00:00", MONDAY + timedelta(days=1))
    assert _next_change_at(engine) == midnight
    workers.clock.set("00:00:05", MONDAY + timedelta(days=1))
    events = workers.tick()
    assert told(events) == [
        "ticket.expired GIG-004",
        "ticket.expired GIG-005",
        "ticket.expired GIG-006",
    ]
    assert {contents(event)["time"] for event in events} == {"2026-11-23T17:00:00Z"}
    assert contents(events[-1])["data"]["waiting"] == 0
    statuses = [(row["status"], row["ended_at"]) for row in ticket_rows(engine)]
    assert statuses[3:] == [("expired", midnight)] * 3
    assert [status for status, _ in statuses[:3]] == ["served"] * 3


def test_a_whole_weekend_later_the_day_ends_at_its_own_midnight(engine: Engine) -> None:
    """And a queue longer than one tick's calls expires at once."""
    long = clinic_table("GIG", mean_service_minutes=240.0)
    workers = workers_of(engine, hospital_table("RSHS", long))
    workers.register_many(CALLS_MAX + 20)
    workers.clock.forward(days=9)
    workers.tick()
    rows = ticket_rows(engine)
    midnight = in_bandung("00:00", MONDAY + timedelta(days=1))
    assert {row["status"] for row in rows[:3]} == {"served"}
    assert {(row["status"], row["ended_at"]) for row in rows[3:]} == {("expired", midnight)}


@pytest.mark.parametrize(
    ("closes", "opens"),
    [
        (MONDAY, MONDAY + timedelta(days=1)),
        (MONDAY + timedelta(days=4), MONDAY + timedelta(days=7)),
    ],
)
def test_the_next_day_s_queue_is_prepared_and_opens_on_time(
    engine: Engine, closes: date, opens: date
) -> None:
    workers = workers_of(engine)
    day = MONDAY
    while day < closes + timedelta(days=1):
        workers.clock.set("00:00:01", day + timedelta(days=1))
        workers.tick()
        day += timedelta(days=1)
    last = day_rows(engine)[-1]
    assert last["service_date"] == opens
    assert last["next_change_at"] == in_bandung("08:00", opens)
    workers.clock.set("07:59:59", opens)
    assert workers.tick() == []
    workers.clock.set("08:00", opens)
    assert told(workers.tick()) == ["clinic.opened GIG"]


def test_an_ended_day_is_left_alone(workers: Workers) -> None:
    workers.register(1)
    workers.clock.set("00:01", MONDAY + timedelta(days=1))
    workers.tick()
    assert day_rows(workers.engine)[0]["next_change_at"] is None
    before = journal_rows(workers.engine)
    [ended] = [row for row in day_rows(workers.engine) if row["service_date"] == MONDAY]
    workers.clock.forward(minutes=10)
    assert workers.tick() == []
    assert ended in day_rows(workers.engine)
    assert journal_rows(workers.engine) == before


# --- what is no tick ------------------------------------------------------------------------------------


def test_a_tick_of_an_unknown_clinic_changes_nothing(workers: Workers) -> None:
    workers.register(1)
    assert workers.apply(workers.tick_for("RSXX"), workers.tick_for("RSHS", "XXX")) == []


def test_what_is_no_tick_becomes_a_dead_letter_and_its_neighbours_are_applied(workers: Workers) -> None:
    workers.register(1)
    good = tick_delivery(workers.tick_for())
    bad = good._replace(body=b"{}")
    outcomes = workers.ticker.handle([bad, good])
    assert outcomes[0].dead_letter == "not a clinic.tick event"
    assert outcomes[0].reply is None
    assert told(outcomes[1].events) == ["ticket.called GIG-001"]


def test_an_unknown_request_is_answered(workers: Workers) -> None:
    [outcome] = workers.ticker.handle([delivery("dance", {})])
    assert isinstance(outcome.reply, Problem)
    assert outcome.reply.code is ProblemCode.UNKNOWN_REQUEST
    assert outcome.dead_letter is None


def _data(number: int, status: str, *, waiting: int, now_serving: str) -> dict[str, object]:
    return {
        "number": number,
        "display_number": f"GIG-{number:03d}",
        "status": TicketStatus(status).value,
        "lane": "regular",
        "room": 1,
        "room_name": None,
        "waiting": waiting,
        "now_serving": now_serving,
    }
