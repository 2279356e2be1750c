"""Who cancelled a ticket, and why, is told wherever the ticket is; what somebody wrote is in no event."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine

from common.domain.cancellations import CancelledBy, CancelReason
from common.domain.refusals import NotPermittedReason
from common.domain.ticket_states import TicketStatus
from common.messages.desk_replies import DeskDone
from common.messages.patients import Clinics, Ticket
from common.messages.problems import Problem, ProblemCode
from common.messaging.delivery import Outcome
from tests.builders import cancellation, desk_request, in_bandung, patient, registration
from tests.store.desks import calls, desk_of, does, is_whole, numbers_waiting, outcome_of, refusal, sees
from tests.store.registrars import OpenAnother, patiently
from tests.store.workers import (
    Workers,
    a_problem,
    a_ticket,
    contents,
    journal_rows,
    tickets_shown,
    told,
)

RAPAT = "Dokter Budi dipanggil ke rapat"


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """RSHS's clinics GIG and MAT, in desk mode, on Monday at 09:00."""
    return desk_of(engine)


def cancelled(ticket: Ticket) -> tuple[str | None, str | None]:
    return (ticket.cancelled_by, ticket.cancel_reason)


def test_a_patient_who_gives_up_is_told_so_now_and_when_asked_again(desk: Workers) -> None:
    waiting, called = desk.register_many(2)
    calls(desk)
    for ticket in (waiting, called):
        request = cancellation(ticket.ticket_code)
        outcome = desk.outcome(request)
        assert cancelled(a_ticket(outcome)) == (CancelledBy.PATIENT, None)
        assert cancelled(desk.ticket(request)) == (CancelledBy.PATIENT, None)
        assert cancelled(tickets_shown(desk, ticket)[0]) == (CancelledBy.PATIENT, None)
        data = contents(outcome.events[0])["data"]
        assert data["cancelled_by"] == "patient"
        assert "cancel_reason" not in data
    is_whole(desk)


@pytest.mark.parametrize("reason", [RAPAT, None])
def test_those_whom_a_closing_cancels_learn_why(desk: Workers, reason: str | None) -> None:
    in_room, *tickets = desk.register_many(3)
    calls(desk)
    request = desk_request("close_clinic", waiting="cancel", reason=reason)
    events = outcome_of(desk, request).events
    assert [cancelled(each) for each in tickets_shown(desk, *tickets)] == [(CancelledBy.CLOSING, reason)] * 2
    assert cancelled(tickets_shown(desk, in_room)[0]) == (None, None)
    data = [contents(event)["data"] for event in events if event.name == "ticket.cancelled"]
    assert [each["cancelled_by"] for each in data] == ["closing"] * 2
    assert all("cancel_reason" not in each for each in data)
    assert RAPAT.encode() not in b"".join(row["body"] for row in journal_rows(desk.engine))
    is_whole(desk)


# --- the staff cancel one ticket ------------------------------------------------------------------------


@pytest.mark.parametrize("reason", CancelReason)
def test_the_staff_give_up_a_ticket_and_its_patient_learns_why(desk: Workers, reason: CancelReason) -> None:
    waiting, behind = desk.register_many(2)
    request = desk_request("desk_cancel", number=1, reason=reason.value)
    outcome = outcome_of(desk, request)
    assert isinstance(outcome.reply, DeskDone)
    assert outcome.reply.ticket is not None
    assert outcome.reply.ticket.status is TicketStatus.CANCELLED
    assert told(outcome.events) == ["ticket.cancelled GIG-001"]
    data = contents(outcome.events[0])["data"]
    assert (data["cancelled_by"], data["cancel_reason"], data["waiting"]) == ("staff", reason.value, 1)
    assert cancelled(tickets_shown(desk, waiting)[0]) == (CancelledBy.STAFF, reason.value)
    assert numbers_waiting(desk) == [behind.number]
    # Delivered once more, to this ticker or another: the same answer and the same event, and nothing else.
    assert outcome_of(Workers.on(desk.engine, desk.clock), request) == outcome
    is_whole(desk)


def test_a_called_ticket_that_the_staff_give_up_leaves_its_room(desk: Workers) -> None:
    desk.register_many(2)
    calls(desk, room=1)
    does(desk, "desk_cancel", number=1, reason="wrong_person")
    assert sees(desk).in_rooms == []
    assert calls(desk, room=1) == 2
    is_whole(desk)


def test_what_is_over_or_being_served_is_not_cancelled(desk: Workers) -> None:
    desk.register_many(2)
    calls(desk)
    does(desk, "start", number=1)
    for number, status in ((1, "in_service"), (2, "cancelled")):
        if status == "cancelled":
            does(desk, "desk_cancel", number=2, reason="duplicate")
        refused = refusal(desk, "desk_cancel", number=number, reason="duplicate")
        assert refused.reason is NotPermittedReason.TICKET_STATUS
        assert status in refused.detail
    assert refusal(desk, "desk_cancel", number=3, reason="duplicate").code is ProblemCode.TICKET_NOT_FOUND
    assert refusal(desk, "desk_cancel", number=1, reason="bored").code is ProblemCode.INVALID_REQUEST


def test_a_request_id_cancels_one_ticket_for_one_reason(desk: Workers) -> None:
    desk.register_many(2)
    first = desk_request("desk_cancel", number=1, reason="duplicate")
    outcome_of(desk, first)
    for number, reason in ((2, "duplicate"), (1, "wrong_person")):
        again = desk_request("desk_cancel", number=number, reason=reason, message_id=first.message_id)
        assert a_problem(outcome_of(desk, again)).code is ProblemCode.REQUEST_ID_REUSED
    assert numbers_waiting(desk) == [2]


def test_whoever_was_cancelled_by_the_staff_can_register_again(desk: Workers) -> None:
    first = desk.register(1)
    does(desk, "desk_cancel", number=1, reason="asked_at_counter")
    refused = desk.refusal(cancellation(first.ticket_code))
    assert refused.code is ProblemCode.NOT_CANCELLABLE
    assert desk.register(1).number == 2
    is_whole(desk)


def test_a_patient_and_the_staff_who_cancel_at_once_cancel_once(
    desk: Workers, open_another: OpenAnother
) -> None:
    """Whoever comes second is refused, and what is told of the ticket is true."""
    tickets = desk.register_many(8)
    start = Barrier(2)

    def both(worker: str) -> list[Outcome]:
        colleague = Workers.on(open_another(), desk.clock)
        start.wait()
        if worker == "ticker":
            requests = [desk_request("desk_cancel", number=n, reason="duplicate") for n in range(1, 9)]
            return [patiently(colleague.ticker, each) for each in requests]
        return [patiently(colleague.registrar, cancellation(each.ticket_code)) for each in reversed(tickets)]

    with ThreadPoolExecutor(2) as pool:
        of_staff, of_patients = pool.map(both, ("ticker", "registrar"))
    by_staff = [not isinstance(each.reply, Problem) for each in of_staff]
    by_patient = [not isinstance(each.reply, Problem) for each in reversed(of_patients)]
    assert [one != other for one, other in zip(by_staff, by_patient, strict=True)] == [True] * 8
    told_now = [each.cancelled_by for each in tickets_shown(desk, *tickets)]
    assert told_now == [CancelledBy.STAFF if each else CancelledBy.PATIENT for each in by_staff]
    assert [row["event_name"] for row in journal_rows(desk.engine)].count("ticket.cancelled") == 8
    is_whole(desk)


# --- a clinic that is closed ----------------------------------------------------------------------------


def test_a_newcomer_at_a_closed_clinic_learns_why(desk: Workers) -> None:
    until = in_bandung("11:00").isoformat()
    does(desk, "close_clinic", until=until, reason=RAPAT)
    refused = desk.refusal(registration(1))
    assert (refused.code, refused.closed_reason) == (ProblemCode.CLINIC_CLOSED, RAPAT)
    assert RAPAT not in refused.detail
    assert desk.refusal(desk_request("desk_register", **patient(1))).closed_reason == RAPAT
    assert listed(desk) == {"GIG": RAPAT, "MAT": None}
    desk.clock.set("11:00")
    assert desk.register(1).number == 1
    assert listed(desk) == {"GIG": None, "MAT": None}


def test_a_clinic_that_is_closed_by_its_hours_gives_no_reason(desk: Workers) -> None:
    does(desk, "open_clinic", until=in_bandung("17:00").isoformat(), reason="Lembur")
    desk.clock.set("17:30")
    assert desk.refusal(registration(1)).closed_reason is None
    assert listed(desk) == {"GIG": None, "MAT": None}
    does(desk, "open_clinic", until=in_bandung("18:00").isoformat(), reason="Lembur")
    assert listed(desk)["GIG"] is None


def listed(desk: Workers) -> dict[str, str | None]:
    """Why each clinic is closed, as `list_clinics` says."""
    reply = desk.ask("list_clinics", hospital="RSHS")
    assert isinstance(reply, Clinics)
    return {each.code: each.closed_reason for each in reply.clinics}
