"""Visits around the end of a service day."""

from typing import Any

import pytest
from sqlalchemy import Engine, RowMapping

from common.messages.desk_replies import DeskDone
from tests.builders import MONDAY, clinic_table, hospital_table
from tests.store.desks import calls, does, is_whole
from tests.store.nights import ALWAYS, TUESDAY, pass_midnight
from tests.store.workers import Workers, ticket_rows, workers_of

UNTIL_MIDNIGHT = {"mon": ["08:00-24:00"], "tue": ["08:00-24:00"]}


def by_night(engine: Engine, *, gig_hours: dict[str, Any] = ALWAYS) -> Workers:
    """GIG, where one patient is in service shortly before midnight, and LAB, which never closes."""
    clinics = [
        clinic_table("GIG", mode="desk", rooms=2, hours=gig_hours),
        clinic_table("LAB", mode="desk", rooms=2, hours=ALWAYS),
    ]
    workers = workers_of(engine, hospital_table("RSHS", *clinics))
    workers.clock.set("23:50")
    workers.tick()
    workers.register_many(2)
    does(workers, "start", number=calls(workers))
    return workers


def rows(workers: Workers, clinic: str) -> list[RowMapping]:
    """The clinic's tickets, by day and number."""
    return [row for row in ticket_rows(workers.engine) if row["clinic"] == clinic]


def serve_next(workers: Workers, clinic: str) -> DeskDone:
    """The next patient is called and served."""
    return does(workers, "complete", clinic, number=calls(workers, 1, clinic))


def test_a_station_that_is_handed_over_stays_in_the_visit_and_the_patient_returns(engine: Engine) -> None:
    workers = by_night(engine)
    does(workers, "send", number=1, to_clinic="LAB", returns=True)
    pass_midnight(workers)
    old, new = rows(workers, "LAB")
    assert (old["status"], new["status"], new["service_date"]) == ("transferred", "waiting", TUESDAY)
    assert (new["visit"], new["sent_from"], new["station"]) == (old["visit"], old["sent_from"], 3)
    serve_next(workers, "LAB")
    back = rows(workers, "GIG")[-1]
    assert (back["service_date"], back["status"], back["is_return"]) == (TUESDAY, "waiting", True)
    assert back["visit"] == old["visit"]
    is_whole(workers)


@pytest.mark.parametrize("clock_time", ["00:30", "09:00"])
def test_on_another_day_nobody_returns_to_a_clinic_that_is_closed(engine: Engine, clock_time: str) -> None:
    workers = by_night(engine, gig_hours=UNTIL_MIDNIGHT)
    does(workers, "send", number=1, to_clinic="LAB", returns=True)
    pass_midnight(workers, clock_time)
    serve_next(workers, "LAB")
    came_back = [row["status"] for row in rows(workers, "GIG") if row["is_return"]]
    assert came_back == (["waiting"] if clock_time == "09:00" else [])
    is_whole(workers)


def test_a_patient_of_the_day_before_is_sent_on_after_midnight(engine: Engine) -> None:
    workers = by_night(engine)
    pass_midnight(workers)
    does(workers, "send", number=1, to_clinic="LAB", service_date=MONDAY.isoformat())
    [sent] = rows(workers, "LAB")
    assert sent["service_date"] == TUESDAY
    assert rows(workers, "GIG")[0]["status"] == "served"
    is_whole(workers)


def test_a_sending_is_taken_back_after_midnight_until_the_ticket_was_handed_over(engine: Engine) -> None:
    workers = by_night(engine)
    workers.clock.set("23:58")
    does(workers, "send", number=1, to_clinic="LAB")
    workers.clock.set("00:00:01", TUESDAY)
    # Before any tick: the undoing is the first to find that the day is over.
    done = does(workers, "undo", number=1, service_date=MONDAY.isoformat())
    assert done.changes[0].event == "ticket.cancelled"
    assert rows(workers, "GIG")[0]["status"] == "in_service"
    is_whole(workers)


def test_whose_sending_was_taken_back_is_still_the_first_station_in_another_queue(engine: Engine) -> None:
    workers = by_night(engine)
    workers.clock.set("23:52")
    does(workers, "send", number=1, to_clinic="LAB")
    for _ in ("the sending", "the start", "the call"):
        does(workers, "undo", number=1)
    does(workers, "transfer", number=1, to_clinic="LAB")
    pass_midnight(workers)
    is_whole(workers)
    transferred, handed_over = rows(workers, "LAB")[-2:]
    assert (transferred["station"], handed_over["station"]) == (1, 1)
    assert handed_over["visit"] == rows(workers, "GIG")[0]["visit"]
