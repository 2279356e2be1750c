"""Patients who are sent, or transferred, from a station to the clinic to which they were to come back."""

import pytest
from sqlalchemy import Engine

from tests.store.desks import calls, does, is_whole, sees
from tests.store.test_visits import hospital, in_service, row, serve_next
from tests.store.workers import Workers, workers_of


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """A patient of GIG is at LAB, from where the way goes back to GIG; nobody else is there."""
    workers = workers_of(engine, hospital())
    workers.register(1)
    does(workers, "send", number=in_service(workers), to_clinic="LAB", returns=True)
    return workers


def test_who_is_sent_there_is_back(desk: Workers) -> None:
    does(desk, "send", "LAB", number=in_service(desk, "LAB"), to_clinic="GIG")
    [waiting] = sees(desk).waiting
    assert (waiting.number, waiting.return_clinic) == (2, None)
    assert row(desk, "GIG", 2)["is_return"]
    assert serve_next(desk, "GIG").new_ticket is None
    assert sees(desk).away == []
    is_whole(desk)


def test_so_is_who_is_transferred_there(desk: Workers) -> None:
    does(desk, "transfer", "LAB", number=1, to_clinic="GIG")
    assert row(desk, "GIG", 2)["is_return"]
    assert serve_next(desk, "GIG").new_ticket is None
    assert sees(desk).away == []
    is_whole(desk)


def test_who_was_to_go_on_from_there_does(engine: Engine) -> None:
    workers = workers_of(engine, hospital())
    workers.register(1, clinic="RAD")
    for clinic, station in (("RAD", "GIG"), ("GIG", "LAB")):
        does(workers, "send", clinic, number=in_service(workers, clinic), to_clinic=station, returns=True)
    does(workers, "send", "LAB", number=in_service(workers, "LAB"), to_clinic="GIG")
    new = serve_next(workers, "GIG").new_ticket
    assert new is not None
    assert new.clinic == "RAD"
    is_whole(workers)


def test_a_station_that_is_not_the_clinic_of_the_way_back_keeps_it(desk: Workers) -> None:
    does(desk, "send", "LAB", number=in_service(desk, "LAB"), to_clinic="RAD")
    assert not row(desk, "RAD", 1)["is_return"]
    new = serve_next(desk, "RAD").new_ticket
    assert new is not None
    assert new.clinic == "GIG"
    assert calls(desk) == new.number
    is_whole(desk)
