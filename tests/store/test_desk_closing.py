"""A clinic closes with everybody cancelled, however many they are: in steps, each of which may be its
process's last."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event, update

from common.messages.desk_replies import RANGES_SHOWN_MAX, DeskChange, DeskDone, NumberRange
from common.messages.limits import MESSAGE_BYTES_MAX
from common.messages.message import encode_reply
from common.messages.problems import ProblemCode
from common.messaging.delivery import Outcome
from common.storage.engine import transaction
from common.storage.tables import clinic_days, tickets
from tests.builders import clinic_table, desk_request, hospital_table, registration
from tests.store.desks import calls, desk_of, does, is_whole, numbers_waiting, outcome_of
from tests.store.statements import killed_in_step, noticed
from tests.store.workers import Workers, contents, journal_rows, ticket_rows, told, workers_of
from ticker_worker.cancelling_waiting import CANCELLED_AT_ONCE_MAX

OpenAnother = Callable[[], Engine]

CROWD, AT_ONCE, STEPS = 50, 20, 3


@pytest.fixture
def desk(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Workers:
    """RSHS's clinics GIG and MAT, in desk mode, on Monday at 09:00; a step cancels few tickets."""
    monkeypatch.setattr("ticker_worker.cancelling_waiting.CANCELLED_AT_ONCE_MAX", AT_ONCE)
    return desk_of(engine)


def crowd(desk: Workers, count: int = CROWD) -> None:
    """So many patients come to GIG."""
    desk.register_many(count)


def closing(**more: Any) -> Any:
    return desk_request("close_clinic", message_id=str(uuid4()), waiting="cancel", **more)


def is_complete(desk: Workers, outcome: Outcome, numbers: list[int]) -> None:
    """The clinic was closed, and these tickets cancelled, each once; the queue's sequence has no gap."""
    assert told(outcome.events) == ["clinic.closed GIG", *(f"ticket.cancelled GIG-{n:03d}" for n in numbers)]
    sequences = [int(contents(event)["sequence"]) for event in outcome.events]
    assert sequences == sorted(sequences)
    rows = [row for row in journal_rows(desk.engine) if row["clinic"] == "GIG"]
    assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
    cancelled = [row["number"] for row in rows if row["event_name"] == "ticket.cancelled"]
    assert cancelled == numbers
    assert [row["event_name"] for row in rows].count("clinic.closed") == 1
    is_whole(desk)


def test_it_is_done_in_steps_and_told_as_one_change(desk: Workers) -> None:
    crowd(desk)
    outcome = outcome_of(desk, closing())
    is_complete(desk, outcome, list(range(1, CROWD + 1)))
    assert isinstance(outcome.reply, DeskDone)
    assert outcome.reply.changes == [
        DeskChange(event="clinic.closed", clinic="GIG", number=None, display_number=None),
        DeskChange(
            event="ticket.cancelled",
            clinic="GIG",
            number=None,
            display_number=None,
            count=CROWD,
            numbers=[NumberRange(first=1, last=CROWD)],
        ),
    ]


def test_thousands_are_cancelled_with_so_many_in_each_transaction(engine: Engine) -> None:
    desk = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", mode="desk", daily_quota=10_000)))
    count = 2 * CANCELLED_AT_ONCE_MAX + 1
    for first in range(1, count + 1, CANCELLED_AT_ONCE_MAX):
        desk.register_many(min(CANCELLED_AT_ONCE_MAX, count + 1 - first), first=first)
    statements: list[str] = []
    with noticed(engine, statements.append):
        outcome = outcome_of(desk, closing())
    assert sum("INSERT INTO journal" in each for each in statements) == 3
    assert len(outcome.events) == count + 1
    assert {row["status"] for row in ticket_rows(engine)} == {"cancelled"}
    is_whole(desk)


def test_a_step_costs_the_same_however_many_were_cancelled_before(desk: Workers) -> None:
    crowd(desk, 4 * AT_ONCE)
    steps: list[list[str]] = [[]]

    def note(statement: str) -> None:
        steps[-1].append(statement)
        if "INSERT INTO journal" in statement:
            steps.append([])

    with noticed(desk.engine, note):
        outcome_of(desk, closing())
    assert steps[2] == steps[3]
    assert len(steps[2]) <= 5
    assert len(steps) == 5


def test_the_largest_reply_fits(desk: Workers) -> None:
    """Every other one is called, so that no two numbers that are left follow one another."""
    crowd(desk, 4 * RANGES_SHOWN_MAX)
    with transaction(desk.engine) as connection:
        odd = tickets.c.number % 2 == 1
        connection.execute(update(tickets).where(odd).values(status="served"))
        connection.execute(update(clinic_days).values(waiting=2 * RANGES_SHOWN_MAX))
    reply = outcome_of(desk, closing()).reply
    assert isinstance(reply, DeskDone)
    [_, change] = reply.changes
    assert (change.count, len(change.numbers)) == (2 * RANGES_SHOWN_MAX, RANGES_SHOWN_MAX)
    assert change.numbers[-1] == NumberRange(first=2 * RANGES_SHOWN_MAX, last=2 * RANGES_SHOWN_MAX)
    assert len(encode_reply(reply)) < MESSAGE_BYTES_MAX // 8


@pytest.mark.parametrize("step", range(STEPS))
def test_killed_between_steps_a_redelivery_goes_on(desk: Workers, step: int) -> None:
    crowd(desk)
    request = closing()
    with killed_in_step(desk.engine, step):
        outcome_of(desk, request)
    if step:
        # From the first step on nobody comes in.
        assert desk.refusal(registration(9000)).code is ProblemCode.CLINIC_CLOSED
        assert len(numbers_waiting(desk)) > 0
    later = Workers.on(desk.engine, desk.clock)
    outcome = outcome_of(later, request)
    is_complete(desk, outcome, list(range(1, CROWD + 1)))
    assert outcome_of(Workers.on(desk.engine, desk.clock), request) == outcome
    assert outcome_of(desk, request) == outcome


def test_a_redelivery_that_comes_late_goes_on_with_those_who_waited_then(desk: Workers) -> None:
    """Meanwhile the clinic was opened again, somebody came, and somebody is back."""
    crowd(desk)
    called = calls(desk)
    does(desk, "mark_no_show", number=called)
    request = closing(sent_at=desk.clock.now())
    with killed_in_step(desk.engine, 1):
        outcome_of(desk, request)
    does(desk, "open_clinic")
    newcomer = desk.register(9000)
    does(desk, "reinstate", number=called)
    desk.clock.forward(minutes=30)
    outcome = outcome_of(desk, request)
    is_complete(desk, outcome, list(range(2, CROWD + 1)))
    assert numbers_waiting(desk) == [called, newcomer.number]
    assert outcome_of(desk, request) == outcome


def test_a_finished_closing_that_comes_again_cancels_nobody_else(desk: Workers) -> None:
    desk.register_many(3)
    calls(desk)
    request = closing()
    outcome = outcome_of(desk, request)
    is_complete(desk, outcome, [2, 3])
    does(desk, "open_clinic")
    does(desk, "mark_no_show", number=1)
    does(desk, "reinstate", number=1)
    desk.register(2)
    assert outcome_of(desk, request) == outcome
    assert numbers_waiting(desk) == [1, 4]
    is_whole(desk)


def test_two_processes_that_have_it_in_hand_share_the_work(desk: Workers, open_another: OpenAnother) -> None:
    """The broker gave it out again while the first one was still at it."""
    crowd(desk)
    request = closing()
    other = Workers.on(open_another(), desk.clock)
    others: list[Outcome] = []

    def between_two_steps(*_: Any) -> None:
        closed = any(row["event_name"] == "clinic.closed" for row in journal_rows(other.engine))
        if closed and not others:
            others.append(outcome_of(other, request))

    event.listen(desk.engine, "checkin", between_two_steps)
    try:
        outcome = outcome_of(desk, request)
    finally:
        event.remove(desk.engine, "checkin", between_two_steps)
    assert others == [outcome]
    is_complete(desk, outcome, list(range(1, CROWD + 1)))
