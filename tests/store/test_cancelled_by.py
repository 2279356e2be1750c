"""Who cancelled a ticket, and why, is told wherever the ticket is; what somebody wrote is in no event."""

import pytest
from sqlalchemy import Engine

from common.domain.cancellations import CancelledBy
from common.messages.patients import Ticket
from tests.builders import cancellation, desk_request
from tests.store.desks import calls, desk_of, is_whole, outcome_of
from tests.store.workers import Workers, a_ticket, contents, journal_rows, tickets_shown

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
