"""Reception corrects the data of a ticket's patient, of which nothing is told or journaled."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine

from common.domain.lanes import Lane
from common.domain.partial_dates import PartialDate
from common.domain.refusals import NotPermittedReason
from common.messages.desk_replies import DeskDone
from common.messages.message import encode_reply
from common.messages.patients import Ticket
from common.messages.problems import Problem, ProblemCode
from common.messaging.delivery import Outcome
from tests.builders import DESK_USER, MONDAY, cancellation, desk_request, patient, registration
from tests.store.desks import (
    at_the_counter,
    calls,
    desk_of,
    does,
    is_whole,
    numbers_waiting,
    outcome_of,
    refusal,
    sees,
)
from tests.store.registrars import OpenAnother, patiently
from tests.store.workers import Workers, contents, journal_rows, ticket_rows, tickets_shown, told

OLD = "1950-01-31"
RIGHT: dict[str, Any] = {
    "medical_record_number": "00990099",
    "name": "Raden Ajeng Kartini",
    "date_of_birth": "1979-04-21",
}
TYPED: dict[str, Any] = {
    "medical_record_number": "00-99-00-99",
    "name": " Raden  Ajeng Kartini ",
    "date_of_birth": "1979-04-21",
}
WRONG: list[dict[str, Any]] = [
    RIGHT,
    {"date_of_birth": "1813-02-17"},
    {"name": "Raden\u202eKartini"},
    {"medical_record_number": "0099_KARTINI"},
]


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """RSHS's clinics GIG and MAT, in desk mode, on Monday at 09:00."""
    return desk_of(engine)


def row_of(desk: Workers, number: int = 1) -> dict[str, Any]:
    [row] = [each for each in ticket_rows(desk.engine) if each["number"] == number]
    return dict(row)


@pytest.mark.parametrize("status", ["waiting", "called", "in_service"])
def test_a_ticket_that_has_not_been_served_gets_the_right_data(desk: Workers, status: str) -> None:
    ticket = desk.register(1)
    if status != "waiting":
        calls(desk)
    if status == "in_service":
        does(desk, "start", number=1)
    before = row_of(desk)
    request = desk_request("correct", number=1, **TYPED)
    outcome = outcome_of(desk, request)
    assert isinstance(outcome.reply, DeskDone)
    assert told(outcome.events) == ["ticket.corrected GIG-001"]
    data = contents(outcome.events[0])["data"]
    assert data["corrected"] == ["medical_record_number", "name", "date_of_birth"]
    assert data["status"] == status
    after = row_of(desk)
    corrected = {
        "medical_record_number": "00990099",
        "patient_name": "Raden Ajeng Kartini",
        "date_of_birth": PartialDate(1979, 4, 21),
        "date_of_birth_confirmed": True,
    }
    assert after == before | corrected
    [row] = [each for each in journal_rows(desk.engine) if each["event_name"] == "ticket.corrected"]
    assert row["operator"] == DESK_USER
    # Delivered once more, to this ticker or another: the same answer and the same event, and nothing else.
    assert outcome_of(Workers.on(desk.engine, desk.clock), request) == outcome
    assert tickets_shown(desk, ticket)[0].ticket_code == ticket.ticket_code
    is_whole(desk)


def test_nothing_of_the_data_is_told_or_journaled(desk: Workers) -> None:
    desk.register({**patient(1), "medical_record_number": "77770001"})
    desk.register(2)
    said = [outcome_of(desk, desk_request("correct", number=1, **RIGHT))]
    said += [outcome_of(desk, desk_request("correct", number=2, **each)) for each in WRONG]
    assert all(isinstance(each.reply, Problem) for each in said[1:])
    told_of = b"".join(encode_reply(each.reply) for each in said if each.reply is not None)
    told_of += b"".join(event.body for each in said for event in each.events)
    told_of += b"".join(row["body"] for row in journal_rows(desk.engine))
    for words in (b"Kartini", b"KARTINI", b"Pasien 1", b"00990099", b"77770001", b"1979", b"1813", b"1980"):
        assert words not in told_of


def test_only_what_is_new_counts_as_corrected(desk: Workers) -> None:
    at_the_counter(desk, RIGHT)
    assert refusal(desk, "correct", number=1, **TYPED).reason is NotPermittedReason.ALREADY_SO
    [event] = outcome_of(desk, desk_request("correct", number=1, **RIGHT | {"name": "Kartini"})).events
    assert contents(event)["data"]["corrected"] == ["name"]
    assert row_of(desk)["patient_name"] == "Kartini"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"date_of_birth": (MONDAY + timedelta(days=1)).isoformat()}, "date_of_birth"),
        ({"date_of_birth": "1890-01-31"}, "date_of_birth"),
        ({"date_of_birth": "1990-02-30"}, "date_of_birth"),
        ({"name": "Siti\u200bAminah"}, "name"),
        ({"name": "123"}, "name"),
        ({"medical_record_number": "00 12 _"}, "medical_record_number"),
        ({}, ""),
        ({"name": None}, ""),
    ],
)
def test_what_no_registration_would_take_is_no_correction(
    desk: Workers, wrong: dict[str, Any], field: str
) -> None:
    desk.register(1)
    before = row_of(desk)
    refused = refusal(desk, "correct", number=1, **wrong)
    assert (refused.code, [each.field for each in refused.errors]) == (ProblemCode.INVALID_REQUEST, [field])
    if not field:
        assert (
            refused.detail == "Give at least one of medical_record_number, name, date_of_birth and newborn."
        )
    assert row_of(desk) == before


def test_what_is_over_is_not_corrected(desk: Workers) -> None:
    desk.register_many(3)
    calls(desk)
    does(desk, "complete", number=1)
    calls(desk)
    does(desk, "mark_no_show", number=2)
    does(desk, "desk_cancel", number=3, reason="duplicate")
    for number in (1, 2, 3):
        refused = refusal(desk, "correct", number=number, name="Siti Aminah")
        assert refused.reason is NotPermittedReason.TICKET_STATUS
    assert refusal(desk, "correct", number=4, name="Siti").code is ProblemCode.TICKET_NOT_FOUND


def test_a_request_id_corrects_once(desk: Workers) -> None:
    desk.register(1)
    first = desk_request("correct", number=1, name="Siti Aminah")
    outcome_of(desk, first)
    again = desk_request("correct", number=1, name="Siti Aminah Putri", message_id=first.message_id)
    refused = outcome_of(desk, again).reply
    assert isinstance(refused, Problem)
    assert refused.code is ProblemCode.REQUEST_ID_REUSED
    assert row_of(desk)["patient_name"] == "Siti Aminah"


# --- priority by age ------------------------------------------------------------------------------------


def lane(desk: Workers, number: int) -> tuple[str, str | None]:
    row = row_of(desk, number)
    return (row["lane"], row["priority_reason"])


def test_a_date_of_birth_that_the_desk_confirms_decides_about_age_anew(desk: Workers) -> None:
    desk.register_many(2)
    elderly = desk.register({**patient(3), "date_of_birth": OLD})
    assert elderly.lane is Lane.REGULAR  # anybody can say so
    outcome = outcome_of(desk, desk_request("correct", number=3, date_of_birth=OLD))
    assert told(outcome.events) == ["ticket.corrected GIG-003", "ticket.prioritised GIG-003"]
    assert lane(desk, 3) == ("priority", "age")
    assert numbers_waiting(desk) == [3, 1, 2]
    outcome = outcome_of(desk, desk_request("correct", number=3, date_of_birth="1990-01-31"))
    assert told(outcome.events) == ["ticket.corrected GIG-003", "ticket.unprioritised GIG-003"]
    assert lane(desk, 3) == ("regular", None)
    assert numbers_waiting(desk) == [1, 2, 3]
    is_whole(desk)


def test_what_the_staff_have_decided_about_a_lane_stays(desk: Workers) -> None:
    at_the_counter(desk, patient(1), priority="pregnancy")
    at_the_counter(desk, {**patient(2), "date_of_birth": OLD})
    does(desk, "set_priority", number=2, reason=None)
    does(desk, "correct", number=1, date_of_birth="1949-01-31")
    does(desk, "correct", number=2, date_of_birth="1949-01-31")
    assert [lane(desk, 1), lane(desk, 2)] == [("priority", "pregnancy"), ("regular", "regular")]
    is_whole(desk)


def test_whoever_is_called_already_keeps_the_lane(desk: Workers) -> None:
    desk.register(1)
    calls(desk)
    outcome = outcome_of(desk, desk_request("correct", number=1, date_of_birth=OLD))
    assert told(outcome.events) == ["ticket.corrected GIG-001"]
    assert lane(desk, 1) == ("regular", None)
    assert [each.number for each in sees(desk).in_rooms] == [1]


# --- another record number ------------------------------------------------------------------------------


def test_who_waits_with_the_elderly_since_a_correction_may_be_called_after_who_came_later(
    desk: Workers,
) -> None:
    desk.register(1)
    at_the_counter(desk, {**patient(2), "date_of_birth": OLD})
    assert calls(desk, room=2) == 2
    does(desk, "correct", number=1, date_of_birth=OLD)
    assert row_of(desk)["lane"] == Lane.PRIORITY
    assert calls(desk) == 1
    is_whole(desk)


def test_the_ticket_of_a_transferred_patient_may_be_corrected(desk: Workers) -> None:
    desk.register(1)
    does(desk, "transfer", number=1, to_clinic="MAT")
    does(desk, "correct", "MAT", number=1, **RIGHT)
    is_whole(desk)


def test_a_record_number_whose_patient_holds_a_ticket_is_not_given_to_another(desk: Workers) -> None:
    desk.register_many(2)
    refused = refusal(desk, "correct", number=2, medical_record_number=patient(1)["medical_record_number"])
    assert refused.reason is NotPermittedReason.HOLDS_ANOTHER
    assert "GIG-001" in refused.detail
    does(desk, "desk_cancel", number=1, reason="wrong_person")
    does(desk, "correct", number=2, medical_record_number=patient(1)["medical_record_number"])
    # In another clinic it is another ticket.
    desk.register(1, clinic="MAT")
    is_whole(desk)


def test_the_patient_s_requests_go_on_with_the_corrected_ticket(desk: Workers) -> None:
    mistyped = registration({**RIGHT, "medical_record_number": "00990098"})
    ticket = desk.ticket(mistyped)
    does(desk, "correct", number=1, medical_record_number=RIGHT["medical_record_number"])
    # The request that made the ticket is still answered with it.
    assert desk.ticket(mistyped) == ticket
    assert desk.refusal(registration(RIGHT)).code is ProblemCode.ALREADY_REGISTERED
    other_data = desk.refusal(registration({**RIGHT, "name": "Orang Lain"}))
    assert other_data.code is ProblemCode.MEDICAL_RECORD_MISMATCH
    # Nobody holds the mistyped number any more.
    assert desk.register({**RIGHT, "medical_record_number": "00990098"}).number == 2
    assert desk.ticket(cancellation(ticket.ticket_code)).number == 1
    assert desk.register(RIGHT).number == 3
    is_whole(desk)


def test_a_correction_and_a_registration_at_once_leave_one_ticket_to_a_patient(
    desk: Workers, open_another: OpenAnother
) -> None:
    """Eight tickets are corrected to the record numbers with which eight patients register."""
    desk.register_many(8)
    wanted = [patient(100 + n) for n in range(1, 9)]
    start = Barrier(2)

    def both(worker: str) -> list[Outcome]:
        colleague = Workers.on(open_another(), desk.clock)
        start.wait()
        if worker == "registrar":
            return [patiently(colleague.registrar, registration(who)) for who in reversed(wanted)]
        requests = [desk_request("correct", number=n, **who) for n, who in enumerate(wanted, 1)]
        return [patiently(colleague.ticker, each) for each in requests]

    with ThreadPoolExecutor(2) as pool:
        corrected, registered = pool.map(both, ("ticker", "registrar"))
    for one, other in zip(corrected, reversed(registered), strict=True):
        if isinstance(one.reply, DeskDone):
            assert isinstance(other.reply, Problem)
            assert other.reply.code is ProblemCode.ALREADY_REGISTERED
        else:
            assert isinstance(one.reply, Problem)
            assert one.reply.reason is NotPermittedReason.HOLDS_ANOTHER
            assert isinstance(other.reply, Ticket)
    held = [row["medical_record_number"] for row in ticket_rows(desk.engine) if row["status"] == "waiting"]
    assert len(held) == len({*held})
    assert {who["medical_record_number"] for who in wanted} <= {*held}
    is_whole(desk)
