"""The slowest clinics, read from real databases: who waits since when, and what no ticker has done."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, update

from admin_cli.database.health import tick_lag
from admin_cli.database.slow_clinics import ClinicReader, ClinicReading
from common.storage.engine import snapshot
from common.storage.queue_figures import read_queue_figures
from common.storage.tables import clinic_days
from tests.builders import MONDAY, clinic_table, hospital_table
from tests.store.catalogs import WIT
from tests.store.desks import TWO_CLINICS, calls
from tests.store.workers import Workers, workers_of

GRACE = timedelta(seconds=30)


@pytest.fixture
def workers(engine: Engine) -> Workers:
    """Two clinics of RSHS by their desks, and one of RSDH by the clock."""
    return workers_of(
        engine, TWO_CLINICS, hospital_table("RSDH", clinic_table("GIG", mode="clock"), time_zone=WIT)
    )


def read(workers: Workers, hospital: str | None = None) -> ClinicReading:
    return ClinicReader(workers.engine).read(workers.clock.now(), GRACE, hospital)


def names(reading: ClinicReading) -> list[str]:
    return [f"{each.day.hospital} {each.day.clinic} {each.waiting}" for each in reading.clinics]


def test_where_nobody_waits_there_is_nothing(workers: Workers) -> None:
    reading = read(workers)
    assert (reading.clinics, reading.queues, reading.patients, reading.overdue) == ([], 0, 0, 0)


def test_who_waits_the_longest_without_a_call_comes_first(workers: Workers) -> None:
    workers.register_many(3, "MAT")
    workers.clock.forward(minutes=5)
    workers.register_many(2, "GIG", first=10)
    workers.clock.forward(minutes=5)
    began = workers.clock.now()
    calls(workers, clinic="MAT")
    workers.clock.forward(minutes=1)

    reading = read(workers)
    assert names(reading) == ["RSHS GIG 2", "RSHS MAT 2"]
    gigi, mata = reading.clinics
    assert (gigi.last_called_at, mata.last_called_at) == (None, began)
    assert gigi.oldest_since == began - timedelta(minutes=5)
    assert mata.oldest_since == began - timedelta(minutes=10)
    assert (reading.queues, reading.patients, reading.overdue) == (2, 4, 0)
    assert names(read(workers, "RSDH")) == []


def test_what_no_ticker_does_is_overdue_and_comes_first(workers: Workers) -> None:
    workers.register_many(1, "MAT")
    for who in (1, 2):
        workers.register(who, "RSDH", "GIG")
    workers.clock.forward(minutes=45)

    reading = read(workers)
    assert names(reading)[0].startswith("RSDH GIG")
    assert reading.overdue == 1
    assert reading.clinics[0].overdue > timedelta(minutes=30)
    assert not reading.clinics[1].overdue
    for _ in range(10):
        workers.tick()
    assert read(workers).overdue == 0


def test_a_catalog_that_changed_is_taken_over(workers: Workers) -> None:
    reader = ClinicReader(workers.engine)
    assert reader.read(workers.clock.now(), GRACE).clinics == []
    workers.register_many(1, "GIG")
    [clinic] = reader.read(workers.clock.now(), GRACE).clinics
    assert clinic.clinic.name


def test_after_midnight_a_day_that_ends_at_three_is_not_overdue(engine: Engine) -> None:
    hours = {"mon": ["20:00-02:30"]}
    night = clinic_table("IGD", hours=hours, day_ends_at="03:00", mode="desk")
    workers = workers_of(engine, hospital_table("RSHS", night))
    workers.clock.forward(hours=13, minutes=30)
    workers.register_many(2, "IGD")
    for _ in range(3):
        workers.tick()
    workers.clock.forward(hours=2)

    assert overdue(workers) == (0, 0, 0)
    workers.clock.forward(hours=3)
    assert overdue(workers) == (1, 1, 1)


def test_a_claimed_tick_that_is_never_applied_shows_when_the_hospital_s_day_is_over(engine: Engine) -> None:
    workers = workers_of(engine)
    workers.register_many(1, "GIG")
    workers.clock.set("00:00", MONDAY + timedelta(days=1))
    day_end = workers.clock.now()
    with engine.begin() as connection:
        connection.execute(update(clinic_days).values(next_change_at=day_end + timedelta(days=3)))
    workers.clock.moment = day_end + GRACE
    assert overdue(workers) == (0, 0, 0)

    workers.clock.forward(seconds=10)

    assert overdue(workers) == (1, 1, 1)
    longest = GRACE + timedelta(seconds=10)
    assert read(workers).clinics[0].overdue == longest
    assert tick_lag(engine, workers.clock.now(), GRACE).longest == longest


def overdue(workers: Workers) -> tuple[int, int, int]:
    """How many queues are late, as `top`, the doctor and the metrics say."""
    now = workers.clock.now()
    with snapshot(workers.engine) as connection:
        of_metrics = read_queue_figures(connection, now, GRACE).clinics_overdue
    return read(workers).overdue, tick_lag(workers.engine, now, GRACE).queues, of_metrics
