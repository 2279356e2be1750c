"""What a desk is told describes the moment of its own request, whatever the batch; on both databases."""

import json
import random
from typing import Any

import pytest
from sqlalchemy import Engine

from common.messages.desk_replies import DeskDone
from common.messages.message import encode_reply
from common.messages.patients import Ticket
from common.messaging.delivery import Delivery, Outcome
from tests.builders import clinic_table, desk_request, hospital_table, registration
from tests.replies import members_of
from tests.store.desks import TWO_CLINICS
from tests.store.workers import Workers, ticket_rows, workers_of

BATCHED, ONE_BY_ONE = "RSAA", "RSBB"
ESTIMATES = {"estimated_wait_seconds", "estimated_call_at", "earliest_call_at", "latest_call_at"}
"""They take what was learned from a batch into account only after it."""


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """GIG and MAT, two rooms each; four wait in GIG."""
    workers = workers_of(engine, TWO_CLINICS)
    workers.register_many(4)
    return workers


def done(outcome: Outcome) -> DeskDone:
    """What was done."""
    assert isinstance(outcome.reply, DeskDone), outcome.reply
    return outcome.reply


def test_who_is_called_and_served_in_one_batch_was_called_first(desk: Workers) -> None:
    call, end = desk_request("call_next", room=1), desk_request("complete", number=1)
    outcomes = desk.ticker.handle([call, end, call])
    assert [(each.ticket and each.ticket.status) for each in map(done, outcomes)] == [
        "called",
        "served",
        "served",
    ]


def test_a_transferred_patient_s_place_is_that_of_the_moment(desk: Workers) -> None:
    outcomes = desk.ticker.handle(
        [
            desk_request("transfer", number=2, to_clinic="MAT"),
            desk_request("transfer", number=1, to_clinic="MAT"),
            desk_request("call_next", "MAT", room=1),
            desk_request("transfer", number=4, to_clinic="MAT"),
        ]
    )
    tickets = [done(each).new_ticket for each in outcomes]
    shown = [(each.status, each.people_ahead, each.now_serving) if each else None for each in tickets]
    assert shown == [("waiting", 0, None), ("waiting", 1, None), None, ("waiting", 1, "MAT-001")]


def _requests(draw: random.Random, count: int) -> list[tuple[str, str, dict[str, Any]]]:
    made: list[tuple[str, str, dict[str, Any]]] = []
    for _ in range(count):
        clinic, other = draw.sample(["GIG", "MAT"], 2)
        number = {"number": draw.randrange(1, 8)}
        kinds: list[tuple[str, dict[str, Any]]] = [
            ("call_next", {"room": draw.choice([1, 2, 3])}),
            ("start", number),
            ("complete", number),
            ("mark_no_show", number),
            ("reinstate", number),
            ("recall", number),
            ("set_priority", {**number, "reason": draw.choice([None, "pregnancy"])}),
            ("transfer", {**number, "to_clinic": other}),
            ("set_rooms", {"rooms": draw.choice([1, 2, 3])}),
        ]
        name, body = draw.choice([*kinds[:1] * 4, *kinds[1:]])
        made.append((name, clinic, body))
    return made


def _deliveries(hospital: str, requests: list[tuple[str, str, dict[str, Any]]]) -> list[Delivery]:
    return [desk_request(name, clinic, hospital=hospital, **body) for name, clinic, body in requests]


def _told(workers: Workers, hospital: str, outcomes: list[Outcome]) -> list[Any]:
    """The replies without what names the hospital and its tickets' codes, and without estimates."""
    codes = {
        f"{code[:4]}-{code[4:8]}-{code[8:]}": f"{row['clinic']} {row['number']}"
        for row in ticket_rows(workers.engine, hospital)
        for code in [row["ticket_code"]]
    }
    found = []
    for outcome in outcomes:
        assert outcome.reply is not None
        text = encode_reply(outcome.reply).decode().replace(hospital, "HOSPITAL")
        for code, place in codes.items():
            text = text.replace(code, place)
        reply = json.loads(text)
        if reply.get("new_ticket"):
            reply["new_ticket"] = {k: v for k, v in reply["new_ticket"].items() if k not in ESTIMATES}
        found.append((reply, len(outcome.events)))
    return found


@pytest.mark.parametrize("seed", range(8))
def test_a_batch_is_answered_as_its_requests_would_be_one_by_one(engine: Engine, seed: int) -> None:
    draw = random.Random(seed)
    clinics = [clinic_table(code, mode="desk", rooms=2) for code in ("GIG", "MAT")]
    workers = workers_of(engine, *(hospital_table(code, *clinics) for code in (BATCHED, ONE_BY_ONE)))
    for hospital in (BATCHED, ONE_BY_ONE):
        workers.registrar.handle(
            [registration(who, hospital, clinic) for who in range(5) for clinic in ("GIG", "MAT")]
        )
    for minute in (1, 5):
        workers.clock.set(f"09:{minute:02d}")
        requests = _requests(draw, 14)
        in_one = workers.ticker.handle(_deliveries(BATCHED, requests))
        alone = [workers.ticker.handle([each])[0] for each in _deliveries(ONE_BY_ONE, requests)]
        assert _told(workers, BATCHED, in_one) == _told(workers, ONE_BY_ONE, alone)


def test_the_estimates_are_all_that_is_left_out() -> None:
    assert {*members_of(Ticket)} > ESTIMATES
