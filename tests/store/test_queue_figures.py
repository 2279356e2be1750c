"""What is told of all queues together: who waits, what is late, and where nobody is called."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, update

from common.metrics import definitions
from common.metrics.queue_collector import READ_SECONDS_MIN, QueueCollector
from common.storage.engine import open_engine, snapshot
from common.storage.queue_figures import CLINICS_NAMED_MAX, QueueFigures, read_queue_figures
from common.storage.tables import accuracy, clinic_days
from tests.builders import MONDAY, clinic_table, hospital_table
from tests.store.desks import calls
from tests.store.workers import Workers, workers_of

GRACE = timedelta(seconds=30)


def figures(workers: Workers) -> QueueFigures:
    """What is told now."""
    with snapshot(workers.engine) as connection:
        return read_queue_figures(connection, workers.clock.now(), GRACE)


def two_clinics(engine: Engine) -> Workers:
    """GIG and INT, both worked from the desk."""
    clinics = [clinic_table(code, mode="desk") for code in ("GIG", "INT")]
    return workers_of(engine, hospital_table("RSHS", *clinics))


def test_an_empty_hospital(engine: Engine) -> None:
    found = figures(workers_of(engine))

    assert (found.waiting, found.clinics_waiting, found.clinics_overdue) == (0, 0, 0)
    assert (found.overdue_seconds, found.standstill_seconds) == ({}, {})
    assert found.estimates == {"held": 0, "missed": 0, "late": 0, "uncalled": 0}


def test_who_waits_and_since_when_nobody_is_called(engine: Engine) -> None:
    workers = two_clinics(engine)
    workers.clock.set("09:00")
    workers.register_many(3, "GIG")
    workers.register_many(2, "INT", first=10)
    workers.clock.set("09:10")
    calls(workers)
    workers.clock.set("09:30")

    found = figures(workers)

    assert (found.waiting, found.clinics_waiting) == (4, 2)
    assert found.standstill_seconds == {("RSHS", "GIG"): 20 * 60, ("RSHS", "INT"): 30 * 60}


def test_where_nobody_waits_or_the_clinic_is_closed_nothing_stands_still(engine: Engine) -> None:
    workers = two_clinics(engine)
    workers.register_many(1, "GIG")
    with engine.begin() as connection:
        connection.execute(update(clinic_days).values(announced_state="closed"))
    workers.clock.set("10:00")

    assert figures(workers).standstill_seconds == {}


def test_a_change_that_is_overdue_names_its_clinic(engine: Engine) -> None:
    workers = workers_of(engine)
    workers.register_many(2)
    workers.tick()
    workers.clock.set("12:00")

    found = figures(workers)

    assert found.clinics_overdue == 1
    [((hospital, clinic), seconds)] = found.overdue_seconds.items()
    assert (hospital, clinic) == ("RSHS", "GIG")
    assert 0 < seconds <= 3 * 3600
    workers.tick()
    assert figures(workers).clinics_overdue == 0


def test_a_tick_that_was_claimed_and_never_applied_shows_when_the_day_is_over(engine: Engine) -> None:
    workers = workers_of(engine)
    later = workers.clock.now() + timedelta(days=3)
    with engine.begin() as connection:
        connection.execute(update(clinic_days).values(next_change_at=later))
    workers.clock.moment = later - timedelta(seconds=5)

    assert figures(workers).clinics_overdue == 1


def test_only_the_worst_are_named(engine: Engine) -> None:
    codes = [f"C{number:02}" for number in range(CLINICS_NAMED_MAX + 5)]
    workers = workers_of(engine, hospital_table("RSHS", *(clinic_table(code, mode="desk") for code in codes)))
    for minute, code in enumerate(codes):
        workers.clock.set(f"09:{minute:02}")
        workers.register(minute, clinic=code)
    workers.clock.set("10:00")

    found = figures(workers)

    assert found.clinics_waiting == len(codes)
    assert [clinic for _, clinic in found.standstill_seconds] == codes[:CLINICS_NAMED_MAX]


def test_estimates_are_those_of_the_days_under_way(engine: Engine) -> None:
    workers = workers_of(engine)
    counts = dict.fromkeys(("apart", "width_seconds", "wait_seconds", "error_seconds"), 0)
    row = {"hospital": "RSHS", "clinic": "GIG", "width_minutes": 20, "held": 8, "missed": 1, "late": 1}
    with engine.begin() as connection:
        connection.execute(insert(accuracy).values(service_date=MONDAY, uncalled=2, **row, **counts))

    assert figures(workers).estimates == {"held": 8, "missed": 1, "late": 1, "uncalled": 2}

    with engine.begin() as connection:
        connection.execute(update(clinic_days).values(next_change_at=None))
    assert figures(workers).estimates["held"] == 0


# --- shown to Prometheus ------------------------------------------------------------------------------------


def shown(collector: QueueCollector) -> dict[str, float]:
    """The metrics that have one value."""
    return {each.name: each.samples[0].value for each in collector.collect() if len(each.samples) == 1}


def test_however_often_it_is_asked_the_database_is_read_seldom(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = two_clinics(engine)
    seconds = 1000.0
    monkeypatch.setattr("common.metrics.queue_collector.time.monotonic", lambda: seconds)
    collector = QueueCollector("status", engine, workers.clock, 10)
    assert shown(collector)[definitions.PATIENTS_WAITING.name] == 0
    workers.register_many(2, "GIG")

    assert shown(collector)[definitions.PATIENTS_WAITING.name] == 0

    seconds += READ_SECONDS_MIN
    assert shown(collector)[definitions.PATIENTS_WAITING.name] == 2


def test_where_the_database_is_away_nothing_else_is_shown(tmp_path: Path, engine: Engine) -> None:
    away = open_engine(f"sqlite:///{tmp_path / 'no folder' / 'antrean.sqlite'}")

    found = shown(QueueCollector("status", away, workers_of(engine).clock, 10))

    assert found == {definitions.READING_FAILED.name: 1}
