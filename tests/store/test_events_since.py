"""Integrators ask for the events of a queue that they have missed: `events_since`, on both databases."""

import json
from typing import Any

import pytest
from sqlalchemy import Engine, select

from common.messages.integrators import EVENTS_SHOWN_MAX, Events
from common.messages.limits import REPLY_BYTES_MAX
from common.messages.message import Reply, encode_reply
from common.messages.problems import Problem, ProblemCode
from common.messaging.topology import DESK_EXCHANGE, INTEGRATOR_EXCHANGE, PATIENT_EXCHANGE, hospital_exchange
from common.storage.engine import transaction
from common.storage.tables import journal
from tests.builders import delivery
from tests.store.workers import Workers

SOURCE = "/hospitals/RSHS/clinics/GIG/2026-11-23"


def asked(workers: Workers, body: dict[str, Any], exchange: str = INTEGRATOR_EXCHANGE) -> Reply:
    [outcome] = workers.status.handle([delivery("events_since", body, exchange=exchange)])
    assert isinstance(outcome.reply, Reply)
    return outcome.reply


def page(workers: Workers, **body: Any) -> Events:
    reply = asked(workers, {"source": SOURCE, **body})
    assert isinstance(reply, Events), reply
    return reply


def sequences(reply: Events) -> list[int]:
    return [int(event["sequence"]) for event in reply.events]


def test_the_events_are_those_that_were_published_in_their_order(workers: Workers) -> None:
    workers.register_many(3)
    with transaction(workers.engine) as connection:
        bodies = connection.execute(select(journal.c.body).order_by(journal.c.sequence)).scalars().all()
    found = page(workers)
    assert encode_reply(found) == encode_reply(
        Events(source=SOURCE, events=[json.loads(body) for body in bodies])
    )
    assert sequences(found) == [1, 2, 3, 4]
    assert not found.more


def test_they_come_in_pages_behind_a_sequence(workers: Workers) -> None:
    workers.register_many(5)
    first = page(workers, after=1, limit=2)
    assert (sequences(first), first.more) == ([2, 3], True)
    last = page(workers, after=3, limit=3)
    assert (sequences(last), last.more) == ([4, 5, 6], False)
    assert page(workers, after=6).events == []


def test_a_page_is_as_long_as_fits_into_a_reply(workers: Workers, engine: Engine) -> None:
    workers.register_many(EVENTS_SHOWN_MAX + 10)
    assert len(page(workers).events) <= EVENTS_SHOWN_MAX
    with transaction(engine) as connection:
        for row in connection.execute(select(journal.c.cause_id, journal.c.ordinal, journal.c.body)).all():
            event = json.loads(row.body)
            long = json.dumps(event | {"data": event["data"] | {"x": "x" * 2_000}}).encode()
            here = (journal.c.cause_id == row.cause_id) & (journal.c.ordinal == row.ordinal)
            connection.execute(journal.update().where(here).values(body=long))
    found: list[int] = []
    more = True
    while more:
        reply = page(workers, after=found[-1] if found else 0)
        assert len(encode_reply(reply)) <= REPLY_BYTES_MAX
        found += sequences(reply)
        more = reply.more
    assert found == list(range(1, EVENTS_SHOWN_MAX + 12))


def test_of_a_day_without_events_there_are_none(workers: Workers) -> None:
    assert page(workers, source="/hospitals/RSHS/clinics/GIG/2020-01-01").events == []


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("/hospitals/RSXX/clinics/GIG/2026-11-23", ProblemCode.HOSPITAL_NOT_FOUND),
        ("/hospitals/RSHS/clinics/XXX/2026-11-23", ProblemCode.CLINIC_NOT_FOUND),
        ("/hospitals/RSHS/clinics/GIG/2026-02-30", ProblemCode.INVALID_REQUEST),
        ("/hospitals/RSHS/clinics/GIG", ProblemCode.INVALID_REQUEST),
        ("/hospitals/RSHS/clinics/GIG/2026-11-23\n", ProblemCode.INVALID_REQUEST),
    ],
)
def test_what_is_no_source_is_said(workers: Workers, source: str, code: ProblemCode) -> None:
    reply = asked(workers, {"source": source})
    assert isinstance(reply, Problem)
    assert reply.code is code


@pytest.mark.parametrize("exchange", [PATIENT_EXCHANGE, DESK_EXCHANGE])
def test_only_integrators_may_ask(workers: Workers, exchange: str) -> None:
    reply = asked(workers, {"source": SOURCE}, exchange)
    assert isinstance(reply, Problem)
    assert reply.code is ProblemCode.UNKNOWN_REQUEST


def test_through_the_exchange_of_a_hospital_only_its_events_are_told(workers: Workers) -> None:
    workers.register_many(1)
    assert asked(workers, {"source": SOURCE}, hospital_exchange("RSHS")).name == "events"
    for hospital in ("RSCM", "RSH", "RSHS2", ""):
        reply = asked(workers, {"source": SOURCE}, hospital_exchange(hospital))
        assert isinstance(reply, Problem)
        assert reply.code is ProblemCode.NOT_PERMITTED


def test_integrators_may_ask_nothing_else(workers: Workers) -> None:
    for name in ("list_hospitals", "ticket_status", "desk_queue", "find_tickets", "register"):
        [outcome] = workers.status.handle([delivery(name, {}, exchange=INTEGRATOR_EXCHANGE)])
        assert isinstance(outcome.reply, Problem)
        assert outcome.reply.code is ProblemCode.UNKNOWN_REQUEST


def test_questions_of_all_kinds_in_one_batch_are_answered_in_their_order(workers: Workers) -> None:
    workers.register_many(1)
    batch = [
        delivery("list_hospitals", {}),
        delivery("events_since", {"source": SOURCE}, exchange=INTEGRATOR_EXCHANGE),
        delivery("nonsense", {}),
        delivery("clinic_queue", {"hospital": "RSHS", "clinic": "GIG"}),
        delivery("events_since", {"source": SOURCE, "after": 1}, exchange=INTEGRATOR_EXCHANGE),
    ]
    names = [outcome.reply.name for outcome in workers.status.handle(batch) if outcome.reply]
    assert names == ["hospitals", "events", "problem", "clinic_queue", "events"]
