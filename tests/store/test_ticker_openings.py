"""Openings and closings around midnight: each is announced once."""

from datetime import date

import pytest
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
    pass_midnight,
    workers_by_night,
)
from tests.store.workers import (
    Workers,
    contents,
    journal_rows,
    workers_of,
)


def clinic_events(engine: Engine) -> list[tuple[str, str]]:
    """All openings and closings, in the order of their moments."""
    rows = [row for row in journal_rows(engine) if row["event_name"].startswith("clinic.")]
    found = sorted((row["occurred_at"].isoformat()[5:16], row["event_name"]) for row in rows)
    return [(at, name) for at, name in found]


def run_until(workers: Workers, day: date, clock_time: str, minutes: int = 13) -> None:
    """Ticks every few minutes."""
    end = in_bandung(clock_time, day)
    while workers.clock.now() < end:
        workers.clock.forward(minutes=minutes)
        while due := workers.emitter.emit():
            workers.apply(*due)


def test_a_session_from_midnight_on_is_announced(engine: Engine) -> None:
    hours = {"tue": ["00:00-06:00"], "wed": ["00:00-06:00"]}
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", hours=hours)))
    run_until(workers, WEDNESDAY, "07:00")
    assert clinic_events(engine) == [
        ("11-23T17:00", "clinic.opened"),
        ("11-23T23:00", "clinic.closed"),
        ("11-24T17:00", "clinic.opened"),
        ("11-24T23:00", "clinic.closed"),
    ]


def test_sessions_that_adjoin_at_midnight_are_one(engine: Engine) -> None:
    hours = {"mon": ["20:00-24:00"], "tue": ["00:00-06:00"]}
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", hours=hours)))
    run_until(workers, TUESDAY, "07:00")
    assert clinic_events(engine) == [("11-23T13:00", "clinic.opened"), ("11-23T23:00", "clinic.closed")]


def test_a_clinic_forced_open_past_midnight_closes_once(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", mode="desk", hours={})))
    does(workers, "open_clinic", until="2026-11-24T02:00:00+07:00")
    does(workers, "open_clinic", until="2026-11-24T02:30:00+07:00")
    run_until(workers, TUESDAY, "07:00")
    assert clinic_events(engine) == [
        ("11-23T02:00", "clinic.hours_changed"),
        ("11-23T02:00", "clinic.opened"),
        ("11-23T19:30", "clinic.closed"),
    ]


def test_a_clinic_forced_closed_when_a_session_begins_opens_only_when_that_ends(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", mode="desk")))
    does(workers, "close_clinic", until="2026-11-24T10:00:00+07:00")
    run_until(workers, TUESDAY, "11:00")
    assert clinic_events(engine) == [
        ("11-23T01:00", "clinic.opened"),
        ("11-23T02:00", "clinic.closed"),
        ("11-24T03:00", "clinic.opened"),
    ]


@pytest.mark.parametrize("registers_first", [False, True])
def test_an_opening_is_announced_after_a_whole_day_without_tickers(
    engine: Engine, registers_first: bool
) -> None:
    """Of Tuesday, on which nobody was there, nothing is told; since then the clinic is open."""
    hours = {"mon": ["08:00-12:00"], "tue": ["22:00-24:00"], "wed": ["00:00-02:00", "22:00-24:00"]}
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", hours=hours)))
    workers.clock.set("11:00")
    workers.tick()
    workers.clock.set("00:30", WEDNESDAY)
    if registers_first:
        workers.register(1)
    pass_midnight(workers, "00:30", WEDNESDAY)
    assert clinic_events(engine) == [
        ("11-23T01:00", "clinic.opened"),
        ("11-23T05:00", "clinic.closed"),
        ("11-24T17:00", "clinic.opened"),
    ]
    run_until(workers, WEDNESDAY, "03:00")
    assert clinic_events(engine)[3:] == [("11-24T19:00", "clinic.closed")]


@pytest.mark.parametrize("latest_first", [False, True])
def test_a_day_that_only_registrars_saw_is_announced_afterwards(engine: Engine, latest_first: bool) -> None:
    """Whichever of its ticks comes first."""
    hours = {"mon": ["08:00-12:00"], "tue": ["22:00-24:00"], "wed": ["00:00-02:00"]}
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", hours=hours)))
    for patient, day, clock_time in ((1, TUESDAY, "22:30"), (2, WEDNESDAY, "00:30")):
        workers.clock.set(clock_time, day)
        workers.register(patient)
    ticks = workers.emitter.emit()
    workers.apply(*(reversed(ticks) if latest_first else ticks))
    run_until(workers, WEDNESDAY, "03:00")
    assert clinic_events(engine) == [
        ("11-23T01:00", "clinic.opened"),
        ("11-23T05:00", "clinic.closed"),
        ("11-24T15:00", "clinic.opened"),
        ("11-24T19:00", "clinic.closed"),
    ]


@pytest.mark.parametrize("registers_first", [False, True])
def test_a_clinic_that_stays_open_is_not_opened_at_midnight(engine: Engine, registers_first: bool) -> None:
    workers = workers_by_night(engine)
    workers.clock.set("00:00", TUESDAY)
    if registers_first:
        workers.register(1)
        workers.apply(workers.tick_for())
    pass_midnight(workers)
    assert clinic_events(engine) == []


def test_the_events_of_both_days_count_up(engine: Engine) -> None:
    workers = workers_by_night(engine, mean_service_minutes=60.0)
    workers.register_many(3)
    workers.tick()
    workers.clock.set("00:00:05", TUESDAY)
    events = workers.tick()
    sources = {contents(event)["source"][-10:] for event in events}
    assert sources == {"2026-11-23", "2026-11-24"}
    assert {contents(event)["time"] for event in events} == {"2026-11-23T17:00:00Z"}
    is_whole(workers)
