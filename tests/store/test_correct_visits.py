"""A correction is of a patient: the other tickets of the visit follow."""

from typing import Any

import pytest
from sqlalchemy import Engine

from common.domain.refusals import NotPermittedReason
from tests.builders import desk_request, patient
from tests.store.desks import at_the_counter, calls, does, is_whole, outcome_of, refusal
from tests.store.test_visits import hospital, in_service, row
from tests.store.workers import Workers, told, workers_of

OLD = "1950-01-31"
RIGHT: dict[str, Any] = {
    "medical_record_number": "00990099",
    "name": "Raden Ajeng Kartini",
    "date_of_birth": OLD,
}


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """GIG has served a patient, who is on the way to LAB, MAT and RAD, and waits in the first two."""
    workers = workers_of(engine, hospital())
    workers.register(1)
    in_service(workers)
    for clinic in ("LAB", "MAT", "RAD"):
        does(workers, "send", number=1, to_clinic=clinic)
    calls(workers, clinic="RAD")
    does(workers, "mark_no_show", "RAD", number=1)
    return workers


def test_all_that_are_not_over_are_corrected_in_one_request(desk: Workers) -> None:
    request = desk_request("correct", "MAT", number=1, **RIGHT)
    outcome = outcome_of(desk, request)
    assert told(outcome.events) == [
        "ticket.corrected MAT-001",
        "ticket.prioritised MAT-001",
        "ticket.corrected LAB-001",
        "ticket.prioritised LAB-001",
    ]
    for clinic in ("LAB", "MAT"):
        found = row(desk, clinic, 1)
        assert (found["medical_record_number"], found["patient_name"]) == ("00990099", RIGHT["name"])
        assert (str(found["date_of_birth"]), found["lane"]) == (OLD, "priority")
    for clinic in ("GIG", "RAD"):
        assert row(desk, clinic, 1)["patient_name"] != RIGHT["name"]
    assert outcome_of(desk, request).events == outcome.events
    is_whole(desk)


def test_who_comes_back_has_the_corrected_data(desk: Workers) -> None:
    does(desk, "send", number=1, to_clinic="RAD", returns=True)
    done = does(desk, "correct", "RAD", number=2, name=RIGHT["name"])
    assert [change.display_number for change in done.changes] == ["RAD-002", "LAB-001", "MAT-001"]
    in_service(desk, "RAD")
    does(desk, "complete", "RAD", number=2)
    assert row(desk, "GIG", 2)["patient_name"] == RIGHT["name"]
    is_whole(desk)


def test_none_is_corrected_where_the_right_number_is_held_in_one_of_their_queues(desk: Workers) -> None:
    at_the_counter(desk, patient(9) | {"medical_record_number": "00990099"}, "MAT")
    refused = refusal(desk, "correct", "LAB", number=1, medical_record_number="00990099")
    assert (refused.reason, refused.display_number) == (NotPermittedReason.HOLDS_ANOTHER, "MAT-002")
    assert row(desk, "LAB", 1)["medical_record_number"] != "00990099"
    is_whole(desk)


def test_what_is_over_stays_as_it_was(desk: Workers) -> None:
    does(desk, "correct", "LAB", number=1, medical_record_number="00990099")
    assert row(desk, "MAT", 1)["medical_record_number"] == "00990099"
    in_service(desk, "MAT")
    does(desk, "complete", "MAT", number=1)
    done = does(desk, "correct", "LAB", number=1, medical_record_number="00990098")
    assert [change.display_number for change in done.changes] == ["LAB-001"]
    assert row(desk, "MAT", 1)["medical_record_number"] == "00990099"
    is_whole(desk)
