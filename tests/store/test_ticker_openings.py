"""Openings and closings around midnight: each is announced once."""

from datetime import date

from sqlalchemy import Engine

from tests.builders import (
    clinic_table,
    hospital_table,
    in_bandung,
)
from tests.store.desks import does, is_whole
from tests.store.nights import (
    TUESDAY,
    WEDNESDAY,
    staff_by_night,
)
from tests.store.staff import (
    Staff,
    contents,
    journal_rows,
    staff_of,
)


def clinic_events(engine: Engine) -> list[tuple[str, str]]:
    """All openings and closings, in the order of their moments."""
    rows = [row for row in journal_rows(engine) if row["event_name"].startswith("clinic.")]
    found = sorted((row["occurred_at"].isoformat()[5:16], row["event_name"]) for row in rows)
    return [(at, name) for at, name in found]


def run_until(staff: Staff, day: date, clock_time: str, minutes: int = 13) -> None:
    """Ticks every few minutes."""
    end = in_bandung(clock_time, day)
    while staff.clock.now() < end:
        staff.clock.forward(minutes=minutes)
        while due := staff.emitter.emit():
            staff.apply(*due)


def test_a_session_from_midnight_on_is_announced(engine: Engine) -> None:
    hours = {"tue": ["00:00-06:00"], "wed": ["00:00-06:00"]}
    staff = staff_of(engine, hospital_table("RSHS", clinic_table("GIG", hours=hours)))
    run_until(staff, WEDNESDAY, "07:00")
    assert clinic_events(engine) == [
        ("11-23T17:00", "clinic.opened"),
        ("11-23T23:00", "clinic.closed"),
        ("11-24T17:00", "clinic.opened"),
        ("11-24T23:00", "clinic.closed"),
    ]


def test_sessions_that_adjoin_at_midnight_are_one(engine: Engine) -> None:
    hours = {"mon": ["20:00-24:00"], "tue": ["00:00-06:00"]}
    staff = staff_of(engine, hospital_table("RSHS", clinic_table("GIG", hours=hours)))
    run_until(staff, TUESDAY, "07:00")
    assert clinic_events(engine) == [("11-23T13:00", "clinic.opened"), ("11-23T23:00", "clinic.closed")]


def test_a_clinic_forced_open_past_midnight_closes_once(engine: Engine) -> None:
    staff = staff_of(engine, hospital_table("RSHS", clinic_table("GIG", mode="desk", hours={})))
    does(staff, "open_clinic", until="2026-11-24T02:00:00+07:00")
    does(staff, "open_clinic", until="2026-11-24T02:30:00+07:00")
    run_until(staff, TUESDAY, "07:00")
    assert clinic_events(engine) == [
        ("11-23T02:00", "clinic.hours_changed"),
        ("11-23T02:00", "clinic.opened"),
        ("11-23T19:30", "clinic.closed"),
    ]


def test_a_clinic_forced_closed_when_a_session_begins_opens_only_when_that_ends(engine: Engine) -> None:
    staff = staff_of(engine, hospital_table("RSHS", clinic_table("GIG", mode="desk")))
    does(staff, "close_clinic", until="2026-11-24T10:00:00+07:00")
    run_until(staff, TUESDAY, "11:00")
    assert clinic_events(engine) == [
        ("11-23T01:00", "clinic.opened"),
        ("11-23T02:00", "clinic.closed"),
        ("11-24T03:00", "clinic.opened"),
    ]


def test_the_events_of_both_days_count_up(engine: Engine) -> None:
    staff = staff_by_night(engine, mean_service_minutes=60.0)
    staff.register_many(3)
    staff.tick()
    staff.clock.set("00:00:05", TUESDAY)
    events = staff.tick()
    sources = {contents(event)["source"][-10:] for event in events}
    assert sources == {"2026-11-23", "2026-11-24"}
    assert {contents(event)["time"] for event in events} == {"2026-11-23T17:00:00Z"}
    is_whole(staff)
