"""Who was sent on and is to come back: the desk of the first clinic sees it, and that somebody does not."""

import pytest
from sqlalchemy import Engine

from common.messages.patients import Tickets
from tests.store.desks import calls, does, is_whole, sees
from tests.store.test_visits import hospital, in_service, row, serve_next
from tests.store.workers import Workers, workers_of


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """GIG whose first patient, of three, is in service."""
    workers = workers_of(engine, hospital())
    workers.register_many(3)
    workers.clock.forward(minutes=1)
    in_service(workers)
    return workers


def away(workers: Workers) -> list[tuple[int, str, str]]:
    """Who is away from GIG: the number there, and where the patient is."""
    shown = sees(workers, with_names=True).away
    assert all(each.patient_name and each.status == "served" for each in shown)
    return [(each.number, each.station, each.station_status) for each in shown]


def test_who_is_to_come_back_is_listed_until_then(desk: Workers) -> None:
    does(desk, "send", number=1, to_clinic="LAB", returns=True)
    assert away(desk) == [(1, "LAB-001", "waiting")]
    desk.clock.forward(minutes=1)
    in_service(desk, "LAB")
    assert away(desk) == [(1, "LAB-001", "in_service")]
    does(desk, "complete", "LAB", number=1)
    assert away(desk) == []
    does(desk, "undo", "LAB", number=1)
    assert away(desk) == [(1, "LAB-001", "in_service")]
    assert sees(desk, "LAB").away == []


def test_who_was_sent_without_a_way_back_is_not_listed(desk: Workers) -> None:
    does(desk, "send", number=1, to_clinic="LAB")
    assert away(desk) == []


@pytest.mark.parametrize("ending", ["mark_no_show", "desk_cancel"])
def test_who_does_not_come_back_is_listed_with_why(desk: Workers, ending: str) -> None:
    does(desk, "send", number=1, to_clinic="LAB", returns=True)
    does(desk, "send", number=1, to_clinic="RAD", returns=True)
    desk.clock.forward(minutes=1)
    serve_next(desk, "LAB")
    assert away(desk) == [(1, "RAD-001", "waiting")]
    calls(desk, clinic="RAD")
    does(desk, ending, "RAD", number=1, **({} if ending == "mark_no_show" else {"reason": "duplicate"}))
    status = "no_show" if ending == "mark_no_show" else "cancelled"
    assert away(desk) == [(1, "RAD-001", status)]


def test_a_sending_that_was_taken_back_leaves_nobody_away(desk: Workers) -> None:
    does(desk, "complete", number=1)
    does(desk, "send", number=1, to_clinic="LAB", returns=True)
    does(desk, "undo", number=1)
    assert away(desk) == []
    shown = desk.ask("ticket_status", ticket_codes=[row(desk, "GIG", 1)["ticket_code"]])
    assert isinstance(shown, Tickets)
    [ticket] = shown.tickets
    assert ticket.visit is not None
    assert [station.return_clinic for station in ticket.visit] == [None, None]
    does(desk, "send", number=1, to_clinic="RAD", returns=True)
    assert away(desk) == [(1, "RAD-001", "waiting")]
    is_whole(desk)
