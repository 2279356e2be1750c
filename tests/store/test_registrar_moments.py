"""A reply describes the moment of its own decision, whatever the batch; on both databases."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from common.messages.message import encode_reply
from common.messages.problems import Problem, ProblemCode
from common.messaging.delivery import Delivery, Outcome
from tests.builders import (
    cancellation,
    clinic_table,
    desk_request,
    hospital_table,
    patient,
    registration,
)
from tests.store.workers import Workers, a_problem, a_ticket, day_rows, ticket_rows, workers_of

BATCHED, ONE_BY_ONE = "RSAA", "RSBB"
ELDERLY = "1940-05-06"


@pytest.fixture
def three_waiting(workers: Workers) -> Workers:
    """GIG-001 is in the room, three wait."""
    workers.register(1)
    workers.tick()
    workers.clock.set("09:04")
    workers.register_many(3, first=2)
    return workers


def _code(workers: Workers, number: int) -> str:
    return str(ticket_rows(workers.engine)[number - 1]["ticket_code"])


def test_who_registers_again_is_told_of_the_ticket_as_it_was_then(three_waiting: Workers) -> None:
    """Not of what a later request of the same batch has made of it."""
    again, cancelled = three_waiting.registrar.handle(
        [registration(3), cancellation(_code(three_waiting, 3))]
    )
    held = a_problem(again, ProblemCode.ALREADY_REGISTERED).ticket
    assert held is not None
    assert (held.status, held.people_ahead) == ("waiting", 1)
    assert a_ticket(cancelled).status == "cancelled"


def test_who_registers_before_and_after_somebody_ahead_gives_up_has_as_many_ahead_as_then(
    three_waiting: Workers,
) -> None:
    outcomes = three_waiting.registrar.handle(
        [
            registration(4),
            registration(5),
            cancellation(_code(three_waiting, 2)),
            registration(6),
            registration(4),
        ]
    )
    tickets = [each.reply.ticket if isinstance(each.reply, Problem) else a_ticket(each) for each in outcomes]
    assert [each and each.people_ahead for each in tickets] == [2, 3, None, 3, 1]


def test_a_freed_room_is_not_free_before_it_is(three_waiting: Workers) -> None:
    """The estimate of who registers before GIG-001 gives up knows its patient in the room."""
    before, _, after = three_waiting.registrar.handle(
        [registration(5), cancellation(_code(three_waiting, 1)), registration(6)]
    )
    assert a_ticket(before).estimated_wait_seconds == (6 + 30) * 60
    assert a_ticket(after).estimated_wait_seconds == (4 * 10) * 60


def test_a_repetition_is_answered_by_the_ticket_as_it_stands_when_it_is_taken_up(
    three_waiting: Workers,
) -> None:
    first = registration(5)
    ticket = three_waiting.ticket(first)
    giving_up = cancellation(ticket.ticket_code)
    outcomes = three_waiting.registrar.handle([first, giving_up, first, giving_up])
    assert [a_ticket(each).status for each in outcomes] == ["waiting", "cancelled", "cancelled", "cancelled"]
    assert [len(each.events) for each in outcomes] == [1, 1, 1, 1]


# --- random batches -------------------------------------------------------------------------------------


@dataclass
class _Twin:
    """One of two hospitals in which the same happens; `ids` are the ids of its requests, by their names."""

    workers: Workers
    hospital: str
    ids: dict[str, str] = field(default_factory=dict)

    def request(self, what: "_What") -> Delivery:
        message_id = self.ids.setdefault(what.name, str(uuid4()))
        if what.number is not None:
            code = self.codes().get((what.clinic, what.number), "7K3F-9QXM-2T5R")
            return cancellation(code, message_id=message_id)
        if what.patient["date_of_birth"] == ELDERLY:  # the desk confirms it, and gives priority
            who: dict[str, Any] = {**what.patient, "hospital": self.hospital}
            return desk_request("desk_register", what.clinic, message_id=message_id, **who)
        return registration(what.patient, self.hospital, what.clinic, message_id=message_id)

    def codes(self) -> dict[tuple[str, int], str]:
        rows = ticket_rows(self.workers.engine, self.hospital)
        return {(row["clinic"], row["number"]): row["ticket_code"] for row in rows}

    def told(self, outcomes: Sequence[Outcome]) -> list[Any]:
        """The replies and events, without what names the hospital, its requests and its tickets' codes, and
        without the events' ids, which are random."""
        written = [
            [encode_reply(each.reply).decode(), [event.body.decode() for event in each.events]]
            for each in outcomes
            if each.reply
        ]
        text = json.dumps(written).replace(self.hospital, "HOSPITAL")
        for name, message_id in self.ids.items():
            text = text.replace(message_id, name)
        for (clinic, number), code in self.codes().items():
            text = text.replace(f"{code[:4]}-{code[4:8]}-{code[8:]}", f"{clinic} {number}")
        return [
            [json.loads(reply), [json.loads(event) | {"id": "random"} for event in events]]
            for reply, events in json.loads(text)
        ]

    def rows(self) -> list[dict[str, Any]]:
        """All that is kept of tickets and queues, without the same."""
        kept = [*ticket_rows(self.workers.engine, self.hospital), *day_rows(self.workers.engine)]
        apart = {"hospital", "ticket_code"}
        return [
            {name: value for name, value in row.items() if name not in apart}
            for row in kept
            if row["hospital"] == self.hospital
        ]


@dataclass(frozen=True)
class _What:
    """A request of either twin, named for its id: the registration of a patient, or the cancellation of the
    ticket with a number."""

    name: str
    clinic: str
    patient: dict[str, str] = field(default_factory=dict)
    number: int | None = None


def _patient(number: int, draw: random.Random) -> dict[str, str]:
    known = {**patient(number)}
    if number % 4 == 0:
        known["date_of_birth"] = ELDERLY
    if draw.random() < 0.15:
        known["name"] = "Orang Lain"
    return known


def _requests(
    draw: random.Random, count: int, before: Sequence[_What], clinics: Sequence[str]
) -> list[_What]:
    made = [*before]
    for place in range(count):
        clinic, name = draw.choice(clinics), f"request-{len(before) + place}"
        kind = draw.choice(["register", "register", "cancel", "cancel", "repeat", "other contents"])
        if kind == "register":
            made.append(_What(name, clinic, _patient(draw.randrange(14), draw)))
        elif kind == "cancel":
            made.append(_What(name, clinic, number=draw.randrange(1, 12)))
        elif made and kind == "repeat":
            made.append(draw.choice(made))
        elif made:
            made.append(replace(draw.choice(made), patient=_patient(draw.randrange(14), draw), number=None))
    return made[len(before) :]


@pytest.mark.parametrize("mode", ["clock", "desk"])
@pytest.mark.parametrize("seed", range(12))
def test_a_batch_is_answered_as_its_requests_would_be_one_by_one(
    engine: Engine, mode: str, seed: int
) -> None:
    draw = random.Random(f"{seed} {mode}")
    clinics = ["GIG", "MAT"]
    tables = [clinic_table(code, mode=mode, rooms=2, daily_quota=draw.choice([8, 1000])) for code in clinics]
    workers = workers_of(engine, *(hospital_table(code, *tables) for code in (BATCHED, ONE_BY_ONE)))
    twins = [_Twin(workers, BATCHED), _Twin(workers, ONE_BY_ONE)]
    before: list[_What] = []
    for minute in (0, 4, 9):
        workers.clock.set(f"09:{minute:02d}")
        new = _requests(draw, 8, before, clinics)
        before += new
        _compare(twins[0], twins[1], new)
        _move_on(workers, twins, mode, clinics)
    assert any(row["status"] == "called" for row in ticket_rows(engine, BATCHED))


def _compare(batched: _Twin, one_by_one: _Twin, requests: Sequence[_What]) -> None:
    handle: Callable[[list[Delivery]], list[Outcome]] = batched.workers.registrar.handle
    in_one = handle([batched.request(each) for each in requests])
    # Their codes are those of the tickets before the batch, as a batch's requests can only know them.
    alone = [handle([each])[0] for each in [one_by_one.request(each) for each in requests]]
    assert batched.told(in_one) == one_by_one.told(alone)
    assert batched.rows() == one_by_one.rows()


def _move_on(workers: Workers, twins: Sequence[_Twin], mode: str, clinics: Sequence[str]) -> None:
    workers.tick()
    if mode == "desk":
        for twin in twins:
            calls = [desk_request("call_next", code, hospital=twin.hospital, room=1) for code in clinics]
            workers.ticker.handle(calls)
