"""Sendings and returns that are taken back."""

import pytest
from sqlalchemy import Engine

from common.domain.event_names import EventName
from common.domain.refusals import NotPermittedReason
from tests.builders import clinic_table, hospital_table
from tests.store.desks import calls, does, is_whole, numbers_waiting, refusal
from tests.store.test_visits import events_of, hospital, in_service, row, serve_next
from tests.store.workers import Workers, workers_of


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """GIG with three patients who wait, the others with nobody."""
    workers = workers_of(engine, hospital())
    workers.register_many(3)
    workers.clock.forward(minutes=1)
    return workers


def test_a_sending_is_taken_back_where_it_was_done_with_the_ticket_it_gave(desk: Workers) -> None:
    in_service(desk)
    does(desk, "send", number=1, to_clinic="LAB")
    assert refusal(desk, "undo", "LAB", number=1).reason is NotPermittedReason.NOTHING_TO_UNDO
    done = does(desk, "undo", number=1)
    assert events_of(done) == [
        (EventName.TICKET_CANCELLED, "LAB-001"),
        (EventName.TICKET_SENDING_UNDONE, "GIG-001"),
        (EventName.TICKET_COMPLETION_UNDONE, "GIG-001"),
    ]
    assert row(desk, "GIG", 1)["status"] == "in_service"
    assert (row(desk, "LAB", 1)["status"], row(desk, "LAB", 1)["cancelled_by"]) == ("cancelled", "staff")
    does(desk, "undo", number=1)
    assert row(desk, "GIG", 1)["status"] == "called"
    is_whole(desk)


def test_of_a_served_patient_only_the_sending_is_taken_back(desk: Workers) -> None:
    serve_next(desk, "GIG")
    does(desk, "send", number=1, to_clinic="LAB")
    does(desk, "undo", number=1)
    assert row(desk, "GIG", 1)["status"] == "served"
    does(desk, "send", number=1, to_clinic="LAB")
    assert numbers_waiting(desk, "LAB") == [2]
    is_whole(desk)


def test_a_sending_is_not_taken_back_once_the_ticket_was_called(desk: Workers) -> None:
    in_service(desk)
    does(desk, "send", number=1, to_clinic="LAB")
    calls(desk, clinic="LAB")
    refused = refusal(desk, "undo", number=1)
    assert refused.reason is NotPermittedReason.CHANGED_SINCE
    assert "LAB-001" in refused.detail


def test_a_completion_is_taken_back_with_the_return(desk: Workers) -> None:
    in_service(desk)
    does(desk, "send", number=1, to_clinic="LAB", returns=True)
    serve_next(desk, "LAB")
    assert refusal(desk, "undo", number=4).reason is NotPermittedReason.NOTHING_TO_UNDO
    done = does(desk, "undo", "LAB", number=1)
    assert events_of(done) == [
        (EventName.TICKET_CANCELLED, "GIG-004"),
        (EventName.TICKET_COMPLETION_UNDONE, "LAB-001"),
    ]
    assert numbers_waiting(desk) == [2, 3]
    does(desk, "complete", "LAB", number=1)
    assert numbers_waiting(desk) == [5, 2, 3]
    is_whole(desk)


def test_ten_minutes_are_the_bound_of_an_undoing(desk: Workers) -> None:
    in_service(desk)
    does(desk, "send", number=1, to_clinic="LAB")
    desk.clock.forward(minutes=11)
    assert refusal(desk, "undo", number=1).reason is NotPermittedReason.NOTHING_TO_UNDO


@pytest.mark.parametrize("other", ["ANA", "LAB"])
@pytest.mark.parametrize("seconds", [-5, 0, 5])
def test_a_sending_is_taken_back_last_change_first_whatever_the_other_clinic_is(
    engine: Engine, other: str, seconds: int
) -> None:
    """Also where a ticker with another clock has changed the other queue since."""
    clinics = [clinic_table(code, mode="desk", rooms=2) for code in ("GIG", other)]
    workers = workers_of(engine, hospital_table("RSHS", *clinics))
    workers.register_many(1)
    in_service(workers)
    does(workers, "send", number=1, to_clinic=other)
    workers.clock.forward(seconds=seconds)
    workers.register_many(1, clinic=other, first=9)
    workers.clock.forward(seconds=10)
    assert events_of(does(workers, "undo", room=1)) == [
        (EventName.TICKET_CANCELLED, f"{other}-001"),
        (EventName.TICKET_SENDING_UNDONE, "GIG-001"),
        (EventName.TICKET_COMPLETION_UNDONE, "GIG-001"),
    ]
    is_whole(workers)


def test_a_sending_is_not_taken_back_once_the_ticket_that_it_gave_was_corrected(desk: Workers) -> None:
    in_service(desk)
    does(desk, "send", number=1, to_clinic="LAB", returns=True)
    does(desk, "correct", "LAB", number=1, name="Benar")
    assert refusal(desk, "undo", number=1).reason is NotPermittedReason.CHANGED_SINCE
    serve_next(desk, "LAB")
    assert row(desk, "GIG", 4)["patient_name"] == "Benar"
    does(desk, "correct", number=4, name="Benar Sekali")
    assert refusal(desk, "undo", "LAB", number=1).reason is NotPermittedReason.CHANGED_SINCE
    assert row(desk, "GIG", 4)["status"] == "waiting"
    is_whole(desk)
