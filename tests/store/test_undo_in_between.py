"""Something is taken back after others have changed the queue: what stays, and what the staff then read."""

from typing import Any

import pytest
from sqlalchemy import Engine

from admin_cli.database.catalog_changes import apply_catalog
from common.domain.refusals import NotPermittedReason
from common.messages.problems import ProblemCode
from tests.builders import cancellation, catalog, clinic_table, hospital_table, patient, registration
from tests.store.desks import (
    at_the_counter,
    calls,
    desk_of,
    does,
    is_whole,
    numbers_waiting,
    refusal,
    sees,
)
from tests.store.workers import Workers, day_rows, tickets_shown, workers_of

NOT_UNDOABLE: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "a reinstatement": [("mark_no_show", {}), ("reinstate", {})],
    "a transfer": [("transfer", {"to_clinic": "MAT"})],
}


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """The clinic GIG with three patients who wait."""
    workers = desk_of(engine)
    workers.register_many(3)
    return workers


@pytest.mark.parametrize("named", [{"number": 1}, {"room": 1}], ids=["by number", "by room"])
@pytest.mark.parametrize("name", NOT_UNDOABLE)
def test_what_cannot_be_taken_back_stands_before_what_could(
    desk: Workers, name: str, named: dict[str, int]
) -> None:
    calls(desk)
    for request, body in NOT_UNDOABLE[name]:
        does(desk, request, number=1, **body)
    refused = refusal(desk, "undo", **named)
    assert refused.reason is NotPermittedReason.CHANGED_SINCE
    assert (
        refused.detail
        == "GIG-001 was changed since, and that cannot be taken back; go on from how it stands."
    )


def test_a_patient_who_has_cancelled_is_not_called_back(desk: Workers) -> None:
    ticket = desk.register(4)
    does(desk, "desk_cancel", number=4, reason="duplicate")
    does(desk, "undo", number=4)
    desk.ticket(cancellation(ticket.ticket_code))
    assert refusal(desk, "undo", number=4).reason is NotPermittedReason.NOTHING_TO_UNDO
    for _ in range(2):
        calls(desk)
    desk.clock.forward(minutes=1)
    again = desk.register(4)
    assert calls(desk) == 3
    assert calls(desk) == again.number
    desk.ticket(cancellation(again.ticket_code))
    assert refusal(desk, "undo", number=again.number).reason is NotPermittedReason.CHANGED_SINCE


def test_what_can_be_taken_back_is_named(desk: Workers) -> None:
    calls(desk)
    calls(desk)
    does(desk, "start", number=2)
    detail = "GIG-002 was changed since; take the last thing that was done with it back first."
    assert refusal(desk, "undo", number=1).detail == detail


# --- a clinic that closes -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["call_next", "desk_cancel"])
def test_who_comes_back_to_a_closed_clinic_waits_there_and_is_called(desk: Workers, name: str) -> None:
    body = {"room": 1} if name == "call_next" else {"number": 1, "reason": "duplicate"}
    does(desk, name, **body)
    does(desk, "close_clinic", waiting="cancel", reason="Dokter sakit")
    assert numbers_waiting(desk) == []
    does(desk, "undo", number=1)
    assert numbers_waiting(desk) == [1]
    assert calls(desk) == 1
    is_whole(desk)


def test_closing_again_cancels_who_came_back(desk: Workers) -> None:
    ticket = desk.register(4)
    does(desk, "desk_cancel", number=4, reason="duplicate")
    does(desk, "close_clinic", waiting="cancel")
    does(desk, "undo", number=4)
    does(desk, "close_clinic", waiting="cancel", reason="Dokter sakit")
    [shown] = tickets_shown(desk, ticket)
    assert (shown.cancelled_by, shown.cancel_reason) == ("closing", "Dokter sakit")
    assert refusal(desk, "undo", number=4).reason is NotPermittedReason.NOTHING_TO_UNDO
    is_whole(desk)


# --- another record number ------------------------------------------------------------------------------


def test_who_gave_a_record_number_up_does_not_come_back_beside_who_got_it(desk: Workers) -> None:
    does(desk, "desk_cancel", number=1, reason="wrong_person")
    does(desk, "correct", number=2, medical_record_number=patient(1)["medical_record_number"])
    refused = refusal(desk, "undo", number=1)
    assert refused.reason is NotPermittedReason.HOLDS_ANOTHER
    assert "GIG-002" in refused.detail
    is_whole(desk)


def test_what_was_corrected_stays(desk: Workers) -> None:
    calls(desk)
    does(desk, "correct", number=1, **patient(9))
    does(desk, "undo", number=1)
    [first, *_] = sees(desk, with_names=True).waiting
    assert (first.number, first.patient_name) == (1, "Pasien 9")
    # The number that was given up is free, and the new one is held.
    assert desk.register(1).number == 4
    assert desk.refusal(registration(9)).code is ProblemCode.ALREADY_REGISTERED
    is_whole(desk)


# --- another ratio of the lanes -------------------------------------------------------------------------


def test_another_ratio_leaves_the_turns_before_the_call_as_they_came(engine: Engine) -> None:
    def hospital(ratio: int) -> dict[str, Any]:
        return hospital_table(
            "RSHS", clinic_table("GIG", mode="desk", rooms=3, priority_ratio=ratio), clinic_table("MAT")
        )

    def turns() -> tuple[int | None, int]:
        row = next(row for row in day_rows(engine) if row["clinic"] == "GIG")
        return row["now_serving"], row["priority_streak"]

    workers = workers_of(engine, hospital(1))
    for who in (1, 2):
        at_the_counter(workers, patient(who), priority="disability")
    for room in (1, 2):
        calls(workers, room)
    workers.register(3)
    as_it_was = turns()
    # By the ratio of then; by today's it would be 2.
    assert as_it_was == (2, 1)
    calls(workers, 3)
    apply_catalog(engine, catalog(hospital(3)), workers.clock.now())
    does(workers, "undo", room=3)
    assert turns() == as_it_was


def test_who_was_skipped_does_not_share_the_place_that_another_has_got_since(desk: Workers) -> None:
    calls(desk)
    does(desk, "mark_no_show", number=1)
    assert (calls(desk), calls(desk, room=2)) == (2, 3)
    does(desk, "skip", number=2)
    does(desk, "reinstate", number=1)
    assert numbers_waiting(desk) == [2, 1]
    does(desk, "undo", number=2)
    assert numbers_waiting(desk) == [1]
    is_whole(desk)
    does(desk, "park", number=2)
    does(desk, "unpark", number=2)
    assert numbers_waiting(desk) == [2, 1]
    is_whole(desk)


@pytest.mark.parametrize("leaves", ["mark_no_show", "park"])
def test_the_last_call_is_known_where_a_call_out_of_turn_was_taken_back_before_it(
    desk: Workers, leaves: str
) -> None:
    calls(desk)
    does(desk, leaves, number=1)
    does(desk, "call_ticket", number=1, room=1, reason="results")
    for _ in range(3):
        does(desk, "undo", number=1)
        is_whole(desk)
    assert numbers_waiting(desk) == [1, 2, 3]
