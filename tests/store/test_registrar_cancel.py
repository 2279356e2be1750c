"""Giving a ticket up: when it can be done, and what becomes of the queue, on both databases."""

import pytest
from sqlalchemy import Engine

from common.domain.ticket_states import TicketStatus
from common.messages.patients import Ticket, Tickets, without_code
from common.messages.problems import ProblemCode
from tests.builders import cancellation, clinic_table, hospital_table, in_bandung, registration
from tests.store.workers import (
    Workers,
    a_problem,
    a_ticket,
    contents,
    day_rows,
    ticket_rows,
    told,
    workers_of,
)


def _now(workers: Workers, ticket: Ticket) -> Ticket:
    """The ticket as it is shown now."""
    answer = workers.ask("ticket_status", ticket_codes=[ticket.ticket_code])
    assert isinstance(answer, Tickets)
    return answer.tickets[0]


def test_a_waiting_ticket_is_given_up_and_those_behind_move_on(workers: Workers) -> None:
    workers.register(1)
    workers.tick()
    second, third = workers.register(2), workers.register(3)
    outcome = workers.outcome(cancellation(second.ticket_code))
    given_up = a_ticket(outcome)
    assert given_up.status is TicketStatus.CANCELLED
    assert given_up.ticket_code == second.ticket_code
    assert given_up.people_ahead is None
    assert given_up.estimated_call_at is None
    assert _now(workers, third).people_ahead == 0
    assert told(outcome.events) == ["ticket.cancelled GIG-002"]
    assert contents(outcome.events[0])["data"] == {
        "number": 2,
        "display_number": "GIG-002",
        "status": "cancelled",
        "lane": "regular",
        "room": None,
        "room_name": None,
        "waiting": 1,
        "now_serving": "GIG-001",
        "cancelled_by": "patient",
    }


@pytest.mark.parametrize("spelling", [str.lower, lambda code: code.replace("-", " "), lambda c: c])
def test_a_code_is_read_however_it_is_spelt(workers: Workers, spelling: object) -> None:
    assert callable(spelling)
    ticket = workers.register(1)
    assert workers.ticket(cancellation(spelling(ticket.ticket_code))).ticket_code == ticket.ticket_code


def test_giving_up_a_called_ticket_frees_the_room_at_that_moment(workers: Workers) -> None:
    first, _ = workers.register_many(2)
    workers.tick()
    assert _now(workers, first).status is TicketStatus.CALLED
    workers.clock.set("09:03")
    outcome = workers.outcome(cancellation(first.ticket_code))
    assert a_ticket(outcome).status is TicketStatus.CANCELLED
    assert contents(outcome.events[0])["data"]["waiting"] == 1
    workers.clock.set("09:08")
    events = workers.tick()
    assert told(events) == ["ticket.called GIG-002"]
    assert contents(events[0])["time"] == "2026-11-23T02:03:00Z"
    assert [row["called_at"] for row in ticket_rows(workers.engine)] == [
        in_bandung("09:00"),
        in_bandung("09:03"),
    ]


def test_a_freed_room_s_next_patient_is_due_at_once(engine: Engine) -> None:
    """Nobody waits for the next interval: the queue is claimed by the very next tick."""
    long = clinic_table("GIG", mean_service_minutes=120.0)
    workers = workers_of(engine, hospital_table("RSHS", long))
    first, _ = workers.register_many(2)
    workers.tick()
    workers.clock.set("09:01")
    assert workers.tick() == []
    workers.cancel(first)
    assert told(workers.tick()) == ["ticket.called GIG-002"]


def test_what_was_called_keeps_the_moment_at_which_it_was_called(workers: Workers) -> None:
    ticket = workers.register(1)
    workers.tick()
    workers.clock.set("09:03")
    given_up = workers.cancel(ticket)
    assert given_up.called_at == in_bandung("09:00")
    assert ticket_rows(workers.engine)[0]["ended_at"] == in_bandung("09:03")


def test_an_unknown_code_is_nobody_s_ticket(workers: Workers) -> None:
    workers.register(1)
    answer = workers.refusal(cancellation("7K3F-9QXM-2T5R"))
    assert answer.code is ProblemCode.TICKET_NOT_FOUND
    assert "7K3F" not in answer.detail


def test_a_ticket_is_given_up_once(workers: Workers) -> None:
    ticket = workers.register(1)
    first, second = workers.registrar.handle(
        [cancellation(ticket.ticket_code), cancellation(ticket.ticket_code)]
    )
    assert a_ticket(first).status is TicketStatus.CANCELLED
    assert a_problem(second, ProblemCode.NOT_CANCELLABLE).detail.startswith("GIG-001 is cancelled;")
    assert workers.refusal(cancellation(ticket.ticket_code)).code is ProblemCode.NOT_CANCELLABLE
    [day] = day_rows(workers.engine)
    assert (day["waiting"], day["cancelled"], day["last_number"]) == (0, 1, 1)


def test_who_was_served_cannot_give_up(workers: Workers) -> None:
    ticket = workers.register(1)
    workers.clock.forward(minutes=10)
    workers.tick()
    answer = workers.refusal(cancellation(ticket.ticket_code))
    assert answer.code is ProblemCode.NOT_CANCELLABLE
    assert answer.detail.startswith("GIG-001 is served;")


def test_after_the_day_nobody_can_give_up(engine: Engine) -> None:
    long = clinic_table("GIG", mean_service_minutes=240.0)
    workers = workers_of(engine, hospital_table("RSHS", long))
    ticket = workers.register_many(8)[-1]
    workers.clock.forward(days=1)
    workers.tick()
    answer = workers.refusal(cancellation(ticket.ticket_code))
    assert answer.code is ProblemCode.NOT_CANCELLABLE
    assert answer.detail.startswith("GIG-008 is expired;")


def test_whoever_gives_up_can_be_registered_again_in_the_same_batch(workers: Workers) -> None:
    ticket = workers.register(1)
    outcomes = workers.registrar.handle([cancellation(ticket.ticket_code), registration(1), registration(1)])
    assert a_ticket(outcomes[0]).status is TicketStatus.CANCELLED
    assert a_ticket(outcomes[1]).number == 2
    held = a_problem(outcomes[2], ProblemCode.ALREADY_REGISTERED).ticket
    assert held == without_code(a_ticket(outcomes[1]))
