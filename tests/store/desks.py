"""Clinics that their staff move, and what they ask for."""

from typing import Any

from sqlalchemy import Engine

from admin_cli.database.integrity import check_integrity
from antrean_client.protocol import LOOK_UPS
from common.messages.desk_replies import DeskDone, DeskQueue
from common.messages.patients import Ticket
from common.messages.problems import Problem
from common.messaging.delivery import Delivery, Outcome
from common.storage.engine import snapshot
from tests.builders import clinic_table, desk_request, hospital_table, registration
from tests.store.workers import Workers, day_rows, ticket_rows, workers_of

TWO_CLINICS = hospital_table(
    "RSHS", clinic_table("GIG", mode="desk", rooms=2), clinic_table("MAT", mode="desk", rooms=2)
)

_NOT_AS_BEFORE = {"last_sequence", "next_change_at", "announced_until", "announced_state"}


def desk_of(engine: Engine) -> Workers:
    """The workers of RSHS, whose clinics GIG and MAT have two rooms each and are moved by their desks."""
    return workers_of(engine, TWO_CLINICS)


def state(workers: Workers) -> Any:
    """All of the queue but its events, and what was learned."""
    days = [
        {name: value for name, value in row.items() if name not in _NOT_AS_BEFORE}
        for row in day_rows(workers.engine)
    ]
    return days, ticket_rows(workers.engine)


def desk_of_six(engine: Engine) -> Workers:
    """The clinic GIG by the desk, where six patients wait."""
    workers = desk_of(engine)
    for number in range(1, 7):
        workers.ticket(registration(number))
    workers.clock.forward(minutes=1)
    return workers


def outcome_of(workers: Workers, request: Delivery) -> Outcome:
    """What becomes of one request of a desk."""
    worker = workers.status if request.name in LOOK_UPS else workers.ticker
    [outcome] = worker.handle([request])
    return outcome


def does(workers: Workers, name: str, clinic: str = "GIG", /, **body: Any) -> DeskDone:
    """Has a request of a desk done."""
    reply = outcome_of(workers, desk_request(name, clinic, **body)).reply
    assert isinstance(reply, DeskDone), reply
    return reply


def calls(workers: Workers, room: int = 1, clinic: str = "GIG") -> int:
    """Calls the next patient to a room; the number."""
    ticket = does(workers, "call_next", clinic, room=room).ticket
    assert ticket is not None
    return ticket.number


def refusal(workers: Workers, name: str, clinic: str = "GIG", /, **body: Any) -> Problem:
    """Why a request of a desk is not done."""
    reply = outcome_of(workers, desk_request(name, clinic, **body)).reply
    assert isinstance(reply, Problem), reply
    return reply


def sees(workers: Workers, clinic: str = "GIG", *, with_names: bool = False) -> DeskQueue:
    """The queue as its desk sees it."""
    reply = outcome_of(workers, desk_request("desk_queue", clinic, with_names=with_names)).reply
    assert isinstance(reply, DeskQueue), reply
    return reply


def numbers_waiting(workers: Workers, clinic: str = "GIG") -> list[int]:
    """Who waits, in the order in which they will be called."""
    return [ticket.number for ticket in sees(workers, clinic).waiting]


def at_the_counter(workers: Workers, who: dict[str, Any], clinic: str = "GIG", **more: Any) -> Ticket:
    """A patient gets a ticket at the desk."""
    return workers.ticket(desk_request("desk_register", clinic, **who, **more))


def is_whole(workers: Workers) -> None:
    """Tickets, queues and journal agree."""
    with snapshot(workers.engine) as connection:
        findings = check_integrity(connection).findings
    assert findings == (), findings
