"""Work is done in sets: a batch costs as many statements as one request, whatever was done before."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine

from common.messaging.delivery import Delivery
from tests.builders import (
    cancellation,
    clinic_table,
    delivery,
    hospital_table,
    patient,
    registration,
    tick_delivery,
)
from tests.store.statements import noticed
from tests.store.workers import Workers, a_ticket, workers_of

CODES = [f"C{number:02d}" for number in range(20)]
BATCH = 100


@pytest.fixture(params=["clock", "desk"])
def busy(engine: Engine, request: pytest.FixtureRequest) -> Workers:
    """The workers of one hospital with many clinics of one mode; they have read the catalog already."""
    clinics = [clinic_table(code, mode=request.param) for code in CODES]
    workers = workers_of(engine, hospital_table("RSHS", *clinics))
    workers.registrar.handle([registration(0, clinic=code) for code in CODES])
    workers.ask("list_hospitals")
    workers.tick()
    return workers


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that are executed in the block, each up to its list of values."""
    statements: list[str] = []
    with noticed(engine, lambda statement: statements.append(statement.split(" IN (")[0])):
        yield statements
    assert statements


Requests = Callable[[Workers, int, int], Sequence[Delivery]]
"""So many requests, of patients from a number on."""


def _clinic(number: int) -> str:
    return CODES[number % len(CODES)]


def _new(_workers: Workers, first: int, count: int) -> list[Delivery]:
    return [registration(who, clinic=_clinic(who)) for who in range(first, first + count)]


def _redelivered(workers: Workers, first: int, count: int) -> list[Delivery]:
    requests = _new(workers, first, count)
    workers.registrar.handle(requests)
    return requests


def _refused(_workers: Workers, first: int, count: int) -> list[Delivery]:
    return [registration(who, "RSXX") for who in range(first, first + count)]


def _held(workers: Workers, first: int, count: int) -> list[Delivery]:
    workers.registrar.handle(_new(workers, first, count))
    return _new(workers, first, count)


def _mismatched(workers: Workers, first: int, count: int) -> list[Delivery]:
    workers.registrar.handle(_new(workers, first, count))
    return [
        registration({**patient(who), "name": "Somebody Else"}, clinic=_clinic(who))
        for who in range(first, first + count)
    ]


def _cancelled(workers: Workers, first: int, count: int) -> list[Delivery]:
    tickets = [a_ticket(outcome) for outcome in workers.registrar.handle(_new(workers, first, count))]
    return [cancellation(ticket.ticket_code) for ticket in tickets]


def _of_every_kind(workers: Workers, first: int, count: int) -> list[Delivery]:
    kinds: list[Requests] = [_new, _redelivered, _refused, _held, _mismatched, _cancelled]
    return [each for kind in kinds for each in kind(workers, _next(first, kinds.index(kind)), count)]


def _next(first: int, kind: int) -> int:
    return first + 1000 * kind


@pytest.mark.parametrize(
    "requests", [_new, _redelivered, _refused, _held, _mismatched, _cancelled, _of_every_kind]
)
def test_a_batch_of_a_hundred_costs_a_registrar_no_more_statements_than_one_request(
    busy: Workers, requests: Requests
) -> None:
    one, many = requests(busy, 10_000, 1), requests(busy, 20_000, BATCH)
    with counted(busy.engine) as for_one:
        busy.registrar.handle(one)
    with counted(busy.engine) as for_many:
        busy.registrar.handle(many)
    assert for_many == for_one


def _ticket_status(workers: Workers, first: int, count: int) -> list[Delivery]:
    tickets = [a_ticket(outcome) for outcome in workers.registrar.handle(_new(workers, first, count))]
    return [delivery("ticket_status", {"ticket_codes": [ticket.ticket_code]}) for ticket in tickets]


def _clinic_queue(_workers: Workers, _first: int, count: int) -> list[Delivery]:
    return [delivery("clinic_queue", {"hospital": "RSHS", "clinic": _clinic(n)}) for n in range(count)]


def _list_clinics(_workers: Workers, _first: int, count: int) -> list[Delivery]:
    return [delivery("list_clinics", {"hospital": "RSHS"})] * count


def _list_hospitals(_workers: Workers, _first: int, count: int) -> list[Delivery]:
    return [delivery("list_hospitals", {})] * count


def _every_look_up(workers: Workers, first: int, count: int) -> list[Delivery]:
    kinds: list[Requests] = [_ticket_status, _clinic_queue, _list_clinics, _list_hospitals]
    return [each for kind in kinds for each in kind(workers, first, count)]


@pytest.mark.parametrize(
    "requests", [_ticket_status, _clinic_queue, _list_clinics, _list_hospitals, _every_look_up]
)
def test_a_batch_of_a_hundred_costs_a_responder_no_more_statements_than_one_look_up(
    busy: Workers, requests: Requests
) -> None:
    one, many = requests(busy, 10_000, 1), requests(busy, 20_000, BATCH)
    with counted(busy.engine) as for_one:
        busy.status.handle(one)
    with counted(busy.engine) as for_many:
        busy.status.handle(many)
    assert for_many == for_one


def test_ticks_of_many_queues_cost_a_ticker_no_more_statements_than_one(busy: Workers) -> None:
    busy.registrar.handle([registration(who, clinic=code) for who in range(1, 6) for code in CODES])
    busy.clock.forward(minutes=25)
    ticks = [tick_delivery(busy.tick_for("RSHS", code)) for code in CODES]
    with counted(busy.engine) as for_one:
        busy.ticker.handle(ticks[:1])
    with counted(busy.engine) as for_many:
        busy.ticker.handle(ticks[1:])
    assert for_many == for_one


def test_a_claim_of_many_queues_is_one_statement(busy: Workers) -> None:
    with counted(busy.engine) as for_none:
        assert busy.emitter.emit() == []
    busy.clock.forward(hours=3)
    with counted(busy.engine) as for_all:
        assert len(busy.emitter.emit()) == len(CODES)
    assert len(for_all) == len(for_none)
