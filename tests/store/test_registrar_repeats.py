"""A request that comes again, in whatever company, gets the answer that it got: on both databases."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine, func, select

from admin_cli.database.catalog_changes import apply_catalog
from common.messages.problems import ProblemCode
from common.storage.tables import refusals
from tests.builders import (
    cancellation,
    catalog,
    clinic_table,
    delivery,
    hospital_table,
    patient,
    registration,
)
from tests.store.staff import Staff, a_problem, a_ticket, day_rows, journal_rows, staff_of, ticket_rows


def test_a_redelivered_registration_gives_the_same_ticket_and_the_same_events(staff: Staff) -> None:
    request = registration(1)
    first = staff.outcome(request)
    before = (ticket_rows(staff.engine), journal_rows(staff.engine), day_rows(staff.engine))
    again = staff.outcome(request)
    assert again == first
    assert again.events[0].body == journal_rows(staff.engine)[-1]["body"]
    assert (ticket_rows(staff.engine), journal_rows(staff.engine), day_rows(staff.engine)) == before


def test_other_processes_and_later_days_give_the_same_answer_too(staff: Staff) -> None:
    request = registration(1)
    first = staff.outcome(request)
    staff.clock.forward(days=1)
    restarted = Staff.on(staff.engine, staff.clock)
    again = restarted.outcome(request)
    assert (a_ticket(again).ticket_code, a_ticket(again).number) == (a_ticket(first).ticket_code, 1)
    assert again.events == first.events


def test_a_request_twice_in_one_batch_is_one_request(staff: Staff) -> None:
    request = registration(1)
    first, _, again = staff.registrar.handle([request, registration(2), request])
    assert first == again
    assert [row["number"] for row in ticket_rows(staff.engine)] == [1, 2]


def test_an_answer_is_known_long_after_a_new_request_would_have_expired(staff: Staff) -> None:
    request = registration(1, sent_at=staff.clock.now())
    ticket = staff.ticket(request)
    staff.clock.forward(minutes=20)
    assert staff.ticket(request).ticket_code == ticket.ticket_code


def test_the_id_of_a_tick_is_no_requests(staff: Staff) -> None:
    """Whoever is told of events knows such ids. One who sends them harms nobody in the same batch."""
    opened = next(row for row in journal_rows(staff.engine) if row["event_name"] == "clinic.opened")
    forged = registration(1, message_id=opened["cause_id"])

    refused, granted = staff.registrar.handle([forged, registration(2)])

    a_problem(refused, ProblemCode.REQUEST_ID_REUSED)
    assert a_ticket(granted).number == 1


@pytest.mark.parametrize(
    "written_otherwise",
    [{"name": " Pasien  1"}, {"medical_record_number": "0000-0001"}],
)
def test_the_same_contents_written_otherwise_are_the_same_request(
    staff: Staff, written_otherwise: dict[str, str]
) -> None:
    request_id = str(uuid4())
    first = staff.ticket(registration(1, message_id=request_id))
    again = staff.ticket(registration({**patient(1), **written_otherwise}, message_id=request_id.upper()))
    assert again == first


def test_a_request_id_with_other_contents_is_refused_and_tells_nothing(engine: Engine) -> None:
    staff = staff_of(engine, hospital_table("RSHS", clinic_table("GIG"), clinic_table("INT")))
    request_id = str(uuid4())
    ticket = staff.ticket(registration(1, message_id=request_id))
    others = [
        registration(2, message_id=request_id),
        registration(1, clinic="INT", message_id=request_id),
        cancellation(ticket.ticket_code, message_id=request_id),
    ]
    for other in others:
        answer = staff.refusal(other)
        assert answer.code is ProblemCode.REQUEST_ID_REUSED
        assert answer.ticket is None
    [row] = ticket_rows(engine)
    assert row["status"] == "waiting"


def test_a_request_id_used_twice_in_one_batch_belongs_to_the_first(staff: Staff) -> None:
    request_id = str(uuid4())
    first, second = staff.registrar.handle(
        [registration(1, message_id=request_id), registration(2, message_id=request_id)]
    )
    assert a_ticket(first).number == 1
    a_problem(second, ProblemCode.REQUEST_ID_REUSED)


# --- refusals are answers too ---------------------------------------------------------------------------


def test_closed_stays_closed_for_the_request_that_was_told_so(staff: Staff) -> None:
    staff.clock.set("07:55")
    request = registration(1)
    first = staff.refusal(request)
    assert first.code is ProblemCode.CLINIC_CLOSED
    staff.clock.set("08:01")
    assert staff.refusal(request) == first
    assert staff.ticket(registration(1)).number == 1
    assert staff.refusal(request) == first


def test_a_full_clinic_stays_full_for_the_request_that_was_told_so(engine: Engine) -> None:
    staff = staff_of(engine, hospital_table("RSHS", clinic_table("GIG", daily_quota=1)))
    held = staff.register(1)
    request = registration(2)
    first = staff.refusal(request)
    assert first.code is ProblemCode.QUOTA_REACHED
    staff.cancel(held)
    assert staff.refusal(request) == first
    assert staff.register(2).number == 2


def test_a_clinic_that_comes_later_does_not_change_an_answer(staff: Staff) -> None:
    request = registration(1, clinic="INT")
    first = staff.refusal(request)
    assert first.code is ProblemCode.CLINIC_NOT_FOUND
    more = catalog(hospital_table("RSHS", clinic_table("GIG"), clinic_table("INT")))
    apply_catalog(staff.engine, more, staff.clock.now())
    assert staff.refusal(request) == first
    assert staff.register(1, clinic="INT").number == 1


def test_already_registered_stays_the_answer_when_the_ticket_is_given_up(staff: Staff) -> None:
    held = staff.register(1)
    request = registration(1)
    first = staff.refusal(request)
    staff.cancel(held)
    assert staff.refusal(request) == first


def test_a_mismatch_stays_the_answer_when_the_ticket_is_given_up(staff: Staff) -> None:
    held = staff.register(1)
    request = registration({**patient(1), "name": "Pasien 2"})
    first = staff.refusal(request)
    staff.cancel(held)
    assert staff.refusal(request) == first


def test_a_refused_request_id_with_other_contents_is_refused_as_reused(staff: Staff) -> None:
    request_id = str(uuid4())
    assert staff.refusal(registration(1, clinic="XXX", message_id=request_id)).code == "clinic_not_found"
    assert staff.refusal(registration(1, message_id=request_id)).code is ProblemCode.REQUEST_ID_REUSED


def test_refusals_are_forgotten_once_their_requests_would_have_expired(staff: Staff) -> None:
    sent_at = staff.clock.now()
    request = registration(1, clinic="XXX", sent_at=sent_at)
    staff.refusal(request)
    staff.clock.forward(minutes=59)
    staff.tick()
    assert _refusals_kept(staff.engine) == 1
    staff.clock.forward(minutes=2)
    staff.tick()
    assert _refusals_kept(staff.engine) == 0
    assert staff.refusal(request).code is ProblemCode.REQUEST_EXPIRED


# --- cancellations --------------------------------------------------------------------------------------


def test_a_redelivered_cancellation_gives_the_same_answer_and_the_same_events(staff: Staff) -> None:
    request = cancellation(staff.register(1).ticket_code)
    first = staff.outcome(request)
    before = (ticket_rows(staff.engine), journal_rows(staff.engine), day_rows(staff.engine))
    assert staff.outcome(request) == first
    assert a_ticket(first).status == "cancelled"
    assert (ticket_rows(staff.engine), journal_rows(staff.engine), day_rows(staff.engine)) == before


def test_not_cancellable_stays_the_answer(staff: Staff) -> None:
    ticket = staff.register(1)
    staff.cancel(ticket)
    request = cancellation(ticket.ticket_code)
    first = staff.refusal(request)
    assert first.code is ProblemCode.NOT_CANCELLABLE
    staff.clock.forward(minutes=5)
    assert staff.refusal(request) == first


def test_a_code_that_was_nobody_s_stays_nobody_s_for_that_request(staff: Staff) -> None:
    request = cancellation("7K3F-9QXM-2T5R")
    first = staff.refusal(request)
    assert first.code is ProblemCode.TICKET_NOT_FOUND
    assert staff.refusal(request) == first


def test_a_whole_day_redelivered_at_once_gets_the_answers_that_it_got(staff: Staff) -> None:
    """Registrations and cancellations of the same tickets, granted and refused, in any order."""
    requests = []
    for who in range(1, 9):
        request = registration(who)
        requests += [request, cancellation(staff.ticket(request).ticket_code)]
        staff.outcome(requests[-1])
    requests += [registration(20), registration(20), registration(21, clinic="XXX")]
    requests.append(delivery("cancel", {"ticket_code": "7K3F-9QXM-2T5R"}))
    staff.registrar.handle(requests[-4:])
    answers = {request.message_id: staff.outcome(request) for request in requests}
    before = (ticket_rows(staff.engine), journal_rows(staff.engine), day_rows(staff.engine))
    for batch in (requests, requests[::-1], requests[::2] + requests[1::2]):
        outcomes = staff.registrar.handle(batch)
        assert {r.message_id: o for r, o in zip(batch, outcomes, strict=True)} == answers
    assert (ticket_rows(staff.engine), journal_rows(staff.engine), day_rows(staff.engine)) == before


def _refusals_kept(engine: Engine) -> int:
    with engine.connect() as connection:
        count: int = connection.execute(select(func.count()).select_from(refusals)).scalar_one()
    return count
