"""Whole days in which patients, staff and the clock do what they please: the database stays of one piece."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from common.messages.problems import Problem, ProblemCode
from tests.builders import cancellation, desk_request, registration
from tests.store.desks import desk_of, is_whole, outcome_of
from tests.store.workers import Workers, journal_rows, ticket_rows

STEPS = 150
_CLINICS = ("GIG", "MAT")
_EXPECTED = {
    ProblemCode.NOT_PERMITTED_NOW,
    ProblemCode.TICKET_NOT_FOUND,
    ProblemCode.CLINIC_CLOSED,
    ProblemCode.ALREADY_REGISTERED,
    ProblemCode.NOT_CANCELLABLE,
}


class _Session:
    """Somebody does something, `seed` says what."""

    def __init__(self, workers: Workers, seed: int) -> None:
        self.workers = workers
        self.chance = random.Random(seed)
        self.codes: list[str] = []

    def step(self) -> None:
        """One thing happens, and some time passes."""
        acts: list[Callable[[], None]] = [self._register, self._call, self._of_ticket]
        acts = [*acts, *acts, self._cancel, self._of_clinic, self._tick]
        act = self.chance.choice(acts)
        act()
        self.workers.clock.forward(seconds=self.chance.choice([0, 1, 30, 120, 600]))

    def _register(self) -> None:
        who, clinic = self.chance.randint(1, 60), self.chance.choice(_CLINICS)
        reply = self.workers.outcome(registration(who, clinic=clinic)).reply
        if not _refused(reply):
            self.codes.append(reply.ticket_code)  # type: ignore[union-attr]

    def _cancel(self) -> None:
        if self.codes:
            _refused(self.workers.outcome(cancellation(self.chance.choice(self.codes))).reply)

    def _call(self) -> None:
        self._ask("call_next", room=self.chance.randint(1, 3))

    def _of_ticket(self) -> None:
        name = self.chance.choice(
            ["recall", "start", "complete", "mark_no_show", "reinstate", "set_priority", "transfer"]
        )
        more: dict[str, Any] = {}
        if name == "set_priority":
            more["reason"] = self.chance.choice(["infant", "disability", None])
        if name == "transfer":
            more["to_clinic"] = self.chance.choice(_CLINICS)
        self._ask(name, number=self.chance.randint(1, 12), **more)

    def _of_clinic(self) -> None:
        asked: list[tuple[str, dict[str, Any]]] = [
            ("set_mode", {"mode": "clock"}),
            ("set_mode", {"mode": "desk"}),
            ("set_rooms", {"rooms": self.chance.randint(1, 3)}),
            ("close_clinic", {"waiting": self.chance.choice(["drain", "cancel"])}),
            ("open_clinic", {}),
            ("open_clinic", {}),
        ]
        name, more = self.chance.choice(asked)
        self._ask(name, **more)

    def _tick(self) -> None:
        self.workers.tick()

    def _ask(self, name: str, **more: Any) -> None:
        request = desk_request(name, self.chance.choice(_CLINICS), **more)
        outcome = outcome_of(self.workers, request)
        _refused(outcome.reply)
        if self.chance.random() < 0.3:
            assert outcome_of(self.workers, request).events == outcome.events


def _refused(reply: object) -> bool:
    if isinstance(reply, Problem):
        assert reply.code in _EXPECTED, reply
        return True
    return False


@pytest.mark.parametrize("seed", range(6))
def test_the_database_stays_of_one_piece(engine: Engine, seed: int) -> None:
    session = _Session(desk_of(engine), seed)
    for _ in range(STEPS):
        session.step()
    is_whole(session.workers)
    called = [
        (row["clinic"], row["service_date"], row["number"])
        for row in journal_rows(engine)
        if row["event_name"] == "ticket.called"
    ]
    again = [
        (row["clinic"], row["service_date"], row["number"])
        for row in journal_rows(engine)
        if row["event_name"] == "ticket.reinstated"
    ]
    # Nobody is called twice, unless they were reinstated.
    assert all(called.count(ticket) <= 1 + again.count(ticket) for ticket in called)
    session.workers.clock.forward(hours=24)
    session.workers.tick()
    is_whole(session.workers)
    assert {row["status"] for row in ticket_rows(engine)}.isdisjoint({"waiting", "called", "in_service"})
