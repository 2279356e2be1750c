"""A request that comes again, in whatever company, gets the answer that it got: on both databases."""

from uuid import uuid4

import pytest
from sqlalchemy import Engine, func, select, update

from admin_cli.database.catalog_changes import apply_catalog
from common.messages.problems import ProblemCode
from common.storage.engine import transaction
from common.storage.tables import journal, refusals
from tests.builders import (
    cancellation,
    catalog,
    clinic_table,
    delivery,
    hospital_table,
    patient,
    registration,
)
from tests.store.workers import Workers, a_problem, a_ticket, day_rows, journal_rows, ticket_rows, workers_of


def test_a_redelivered_registration_gives_the_same_ticket_and_the_same_events(workers: Workers) -> None:
    request = registration(1)
    first = workers.outcome(request)
    before = (ticket_rows(workers.engine), journal_rows(workers.engine), day_rows(workers.engine))
    again = workers.outcome(request)
    assert again == first
    assert again.events[0].body == journal_rows(workers.engine)[-1]["body"]
    assert (ticket_rows(workers.engine), journal_rows(workers.engine), day_rows(workers.engine)) == before


def test_an_events_id_says_nothing_of_the_request(workers: Workers) -> None:
    """Or whoever is told of events could send the request again, with the data of patients on a list."""
    requests = [registration(number) for number in (1, 2)]
    events = [event for request in requests for event in workers.outcome(request).events]
    assert len({event.id for event in events}) == len(events) == 2
    for request in requests:
        assert request.message_id is not None
        for event in events:
            assert request.message_id not in f"{event.id} {event.body.decode()}"


def test_an_event_keeps_the_id_that_an_older_version_gave_it(workers: Workers) -> None:
    request = registration(1)
    [event] = workers.outcome(request).events
    older = f"{request.message_id}.0"
    body = event.body.replace(event.id.encode(), older.encode())
    with transaction(workers.engine) as connection:
        connection.execute(update(journal).where(journal.c.body == event.body).values(body=body))
    [again] = workers.outcome(request).events
    assert (again.id, again.body) == (older, body)


def test_other_processes_and_later_days_give_the_same_answer_too(workers: Workers) -> None:
    request = registration(1)
    first = workers.outcome(request)
    workers.clock.forward(days=1)
    restarted = Workers.on(workers.engine, workers.clock)
    again = restarted.outcome(request)
    assert (a_ticket(again).ticket_code, a_ticket(again).number) == (a_ticket(first).ticket_code, 1)
    assert again.events == first.events


def test_a_request_twice_in_one_batch_is_one_request(workers: Workers) -> None:
    request = registration(1)
    first, _, again = workers.registrar.handle([request, registration(2), request])
    assert first == again
    assert [row["number"] for row in ticket_rows(workers.engine)] == [1, 2]


def test_an_answer_is_known_long_after_a_new_request_would_have_expired(workers: Workers) -> None:
    request = registration(1, sent_at=workers.clock.now())
    ticket = workers.ticket(request)
    workers.clock.forward(minutes=20)
    assert workers.ticket(request).ticket_code == ticket.ticket_code


def test_the_id_of_a_tick_is_no_requests(workers: Workers) -> None:
    """Whoever is told of events knows such ids. One who sends them harms nobody in the same batch."""
    opened = next(row for row in journal_rows(workers.engine) if row["event_name"] == "clinic.opened")
    forged = registration(1, message_id=opened["cause_id"])

    refused, granted = workers.registrar.handle([forged, registration(2)])

    a_problem(refused, ProblemCode.REQUEST_ID_REUSED)
    assert a_ticket(granted).number == 1


@pytest.mark.parametrize(
    "written_otherwise",
    [{"name": " Pasien  1"}, {"medical_record_number": "0000-0001"}],
)
def test_the_same_contents_written_otherwise_are_the_same_request(
    workers: Workers, written_otherwise: dict[str, str]
) -> None:
    request_id = str(uuid4())
    first = workers.ticket(registration(1, message_id=request_id))
    again = workers.ticket(registration({**patient(1), **written_otherwise}, message_id=request_id.upper()))
    assert again == first


def test_a_request_id_with_other_contents_is_refused_and_tells_nothing(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG"), clinic_table("INT")))
    request_id = str(uuid4())
    ticket = workers.ticket(registration(1, message_id=request_id))
    others = [
        registration(2, message_id=request_id),
        registration(1, clinic="INT", message_id=request_id),
        cancellation(ticket.ticket_code, message_id=request_id),
    ]
    for other in others:
        answer = workers.refusal(other)
        assert answer.code is ProblemCode.REQUEST_ID_REUSED
        assert answer.ticket is None
    [row] = ticket_rows(engine)
    assert row["status"] == "waiting"


def test_a_request_id_used_twice_in_one_batch_belongs_to_the_first(workers: Workers) -> None:
    request_id = str(uuid4())
    first, second = workers.registrar.handle(
        [registration(1, message_id=request_id), registration(2, message_id=request_id)]
    )
    assert a_ticket(first).number == 1
    a_problem(second, ProblemCode.REQUEST_ID_REUSED)


# --- refusals are answers too ---------------------------------------------------------------------------


def test_closed_stays_closed_for_the_request_that_was_told_so(workers: Workers) -> None:
    workers.clock.set("07:55")
    request = registration(1)
    first = workers.refusal(request)
    assert first.code is ProblemCode.CLINIC_CLOSED
    workers.clock.set("08:01")
    assert workers.refusal(request) == first
    assert workers.ticket(registration(1)).number == 1
    assert workers.refusal(request) == first


def test_a_full_clinic_stays_full_for_the_request_that_was_told_so(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", daily_quota=1)))
    held = workers.register(1)
    request = registration(2)
    first = workers.refusal(request)
    assert first.code is ProblemCode.QUOTA_REACHED
    workers.cancel(held)
    assert workers.refusal(request) == first
    assert workers.register(2).number == 2


def test_a_clinic_that_comes_later_does_not_change_an_answer(workers: Workers) -> None:
    request = registration(1, clinic="INT")
    first = workers.refusal(request)
    assert first.code is ProblemCode.CLINIC_NOT_FOUND
    more = catalog(hospital_table("RSHS", clinic_table("GIG"), clinic_table("INT")))
    apply_catalog(workers.engine, more, workers.clock.now())
    assert workers.refusal(request) == first
    assert workers.register(1, clinic="INT").number == 1


def test_already_registered_stays_the_answer_when_the_ticket_is_given_up(workers: Workers) -> None:
    held = workers.register(1)
    request = registration(1)
    first = workers.refusal(request)
    workers.cancel(held)
    assert workers.refusal(request) == first


def test_a_mismatch_stays_the_answer_when_the_ticket_is_given_up(workers: Workers) -> None:
    held = workers.register(1)
    request = registration({**patient(1), "name": "Pasien 2"})
    first = workers.refusal(request)
    workers.cancel(held)
    assert workers.refusal(request) == first


def test_a_refused_request_id_with_other_contents_is_refused_as_reused(workers: Workers) -> None:
    request_id = str(uuid4())
    assert workers.refusal(registration(1, clinic="XXX", message_id=request_id)).code == "clinic_not_found"
    assert workers.refusal(registration(1, message_id=request_id)).code is ProblemCode.REQUEST_ID_REUSED


def test_refusals_are_forgotten_once_their_requests_would_have_expired(workers: Workers) -> None:
    sent_at = workers.clock.now()
    request = registration(1, clinic="XXX", sent_at=sent_at)
    workers.refusal(request)
    workers.clock.forward(minutes=19)
    workers.tick()
    assert _refusals_kept(workers.engine) == 1
    workers.clock.forward(minutes=2)
    workers.tick()
    assert _refusals_kept(workers.engine) == 0
    assert workers.refusal(request).code is ProblemCode.REQUEST_EXPIRED


# --- cancellations --------------------------------------------------------------------------------------


def test_a_redelivered_cancellation_gives_the_same_answer_and_the_same_events(workers: Workers) -> None:
    request = cancellation(workers.register(1).ticket_code)
    first = workers.outcome(request)
    before = (ticket_rows(workers.engine), journal_rows(workers.engine), day_rows(workers.engine))
    assert workers.outcome(request) == first
    assert a_ticket(first).status == "cancelled"
    assert (ticket_rows(workers.engine), journal_rows(workers.engine), day_rows(workers.engine)) == before


def test_a_refusal_that_cannot_turn_out_otherwise_costs_no_row(workers: Workers) -> None:
    unknown = cancellation("7K3F-9QXM-2T5R")
    before = workers.refusal(unknown)
    with workers.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(refusals)) == 0
    workers.clock.forward(hours=2)
    workers.emitter.emit()
    assert workers.refusal(unknown) == before


def test_not_cancellable_stays_the_answer(workers: Workers) -> None:
    ticket = workers.register(1)
    workers.cancel(ticket)
    request = cancellation(ticket.ticket_code)
    first = workers.refusal(request)
    assert first.code is ProblemCode.NOT_CANCELLABLE
    workers.clock.forward(minutes=5)
    assert workers.refusal(request) == first


def test_a_code_that_was_nobody_s_stays_nobody_s_for_that_request(workers: Workers) -> None:
    request = cancellation("7K3F-9QXM-2T5R")
    first = workers.refusal(request)
    assert first.code is ProblemCode.TICKET_NOT_FOUND
    assert workers.refusal(request) == first


def test_a_whole_day_redelivered_at_once_gets_the_answers_that_it_got(workers: Workers) -> None:
    """Registrations and cancellations of the same tickets, granted and refused, in any order."""
    requests = []
    for who in range(1, 9):
        request = registration(who)
        requests += [request, cancellation(workers.ticket(request).ticket_code)]
        workers.outcome(requests[-1])
    requests += [registration(20), registration(20), registration(21, clinic="XXX")]
    requests.append(delivery("cancel", {"ticket_code": "7K3F-9QXM-2T5R"}))
    workers.registrar.handle(requests[-4:])
    answers = {request.message_id: workers.outcome(request) for request in requests}
    before = (ticket_rows(workers.engine), journal_rows(workers.engine), day_rows(workers.engine))
    for batch in (requests, requests[::-1], requests[::2] + requests[1::2]):
        outcomes = workers.registrar.handle(batch)
        assert {r.message_id: o for r, o in zip(batch, outcomes, strict=True)} == answers
    assert (ticket_rows(workers.engine), journal_rows(workers.engine), day_rows(workers.engine)) == before


def _refusals_kept(engine: Engine) -> int:
    with engine.connect() as connection:
        count: int = connection.execute(select(func.count()).select_from(refusals)).scalar_one()
    return count
