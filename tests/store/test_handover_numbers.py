"""Who holds a medical record number across the end of a service day, on both databases.

Who waits on the day that is over holds it on the new one, too, until the handover.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Engine, select

from common.messages.patients import Ticket
from common.messages.problems import ProblemCode
from common.messaging.delivery import Delivery, Outcome
from common.storage.tables import mismatches
from tests.builders import (
    MONDAY,
    cancellation,
    clinic_table,
    desk_request,
    hospital_table,
    in_bandung,
    patient,
    registration,
)
from tests.store.desks import is_whole
from tests.store.nights import (
    ALWAYS,
    TUESDAY,
    look,
    pass_midnight,
    register_apart,
    rows_of,
    workers_by_night,
)
from tests.store.workers import Workers, a_problem, day_rows, workers_of

MISMATCHES_MAX = 5
"""What a hospital allows where its catalog says nothing else."""


def another(who: int) -> dict[str, Any]:
    """Somebody else with a patient's medical record number."""
    return {**patient(who), "name": "Orang Lain", "date_of_birth": "1975-05-05"}


def test_a_stranger_takes_the_place_of_nobody_who_waits_for_the_handover(engine: Engine) -> None:
    workers = workers_by_night(engine, mean_service_minutes=60.0)
    tickets = workers.register_many(8)
    workers.tick()
    workers.clock.set("00:00:00", TUESDAY)
    tries = [registration(another(who)) for who in range(2, 9)]
    answers = [a_problem(each).code for each in workers.registrar.handle(tries)]
    assert answers == [ProblemCode.MEDICAL_RECORD_MISMATCH] * 7
    pass_midnight(workers)
    shown = [look(workers, each) for each in tickets[1:]]
    assert {each.status for each in shown} == {"transferred"}
    assert [row["number"] for row in rows_of(engine, TUESDAY)] == [*range(1, 8)]
    is_whole(workers)


def test_who_waits_for_the_handover_is_registered_already(engine: Engine) -> None:
    workers = workers_by_night(engine, mean_service_minutes=60.0)
    tickets = workers.register_many(3)
    workers.tick()
    workers.clock.set("00:00:01", TUESDAY)
    answer = workers.refusal(registration(3))
    assert answer.code is ProblemCode.ALREADY_REGISTERED
    assert answer.ticket is not None
    assert (answer.ticket.ticket_code, answer.ticket.number) == (None, 3)
    at_desk = workers.refusal(desk_request("desk_register", **patient(3)))
    assert at_desk.ticket is not None
    assert at_desk.ticket.ticket_code == tickets[2].ticket_code
    mismatched = workers.refusal(desk_request("desk_register", **another(3)))
    assert mismatched.code is ProblemCode.MEDICAL_RECORD_MISMATCH
    # Who is in a room is not handed over, and can register for the new day.
    assert workers.register(1).service_date == TUESDAY
    workers.cancel(tickets[2])
    assert workers.register(3).service_date == TUESDAY
    is_whole(workers)


def test_mismatches_before_the_handover_are_counted_on_the_new_day(engine: Engine) -> None:
    workers = workers_by_night(engine, mean_service_minutes=60.0)
    workers.register_many(2)
    workers.tick()
    workers.clock.set("00:00:01", TUESDAY)
    tries = [registration(another(2)) for _ in range(MISMATCHES_MAX + 1)]
    *counted, last = [a_problem(each).code for each in workers.registrar.handle(tries)]
    assert counted == [ProblemCode.MEDICAL_RECORD_MISMATCH] * MISMATCHES_MAX
    assert last is ProblemCode.ASK_AT_DESK
    assert workers.refusal(registration(2)).code is ProblemCode.ASK_AT_DESK
    pass_midnight(workers)
    assert workers.refusal(registration(2)).code is ProblemCode.ASK_AT_DESK


def test_where_tickets_expire_nobody_holds_a_number_on_the_next_day(engine: Engine) -> None:
    """However late they do."""
    workers = workers_of(engine)
    workers.register_many(2)
    workers.clock.set("09:00", TUESDAY)
    assert workers.ticket(registration(another(2))).service_date == TUESDAY


def _registered_late(workers: Workers, who: int | Mapping[str, str]) -> Ticket:
    """Registered for the day that is over, by a registrar whose clock is behind."""
    workers.clock.set("23:59:59")
    ticket = workers.register(who)
    assert ticket.service_date == MONDAY
    return ticket


def test_a_patient_who_registers_anew_before_the_handover_keeps_the_better_place(engine: Engine) -> None:
    workers = workers_by_night(engine, mean_service_minutes=60.0)
    register_apart(workers, 2)
    workers.tick()
    workers.clock.set("00:00:01", TUESDAY)
    other, again = workers.register(50), workers.register(3)
    assert (other.number, again.number) == (1, 2)
    late = _registered_late(workers, 3)
    pass_midnight(workers)
    old = look(workers, late)
    assert (old.status, old.transferred_to) == ("expired", None)
    assert [row["number"] for row in rows_of(engine, TUESDAY)] == [1, 2, 3]
    assert look(workers, again).people_ahead == 1
    assert look(workers, other).people_ahead == 2
    is_whole(workers)


@pytest.mark.parametrize("others", [{"name": "Bukan Dia"}, {"date_of_birth": "1971-05-06"}])
def test_nobody_gets_the_code_of_another_person_with_the_same_record_number(
    engine: Engine, others: dict[str, str]
) -> None:
    """Who registers for the new day holds the number there: the old ticket ends."""
    workers = workers_by_night(engine, mean_service_minutes=60.0)
    tickets = register_apart(workers, 2)
    workers.tick()
    workers.clock.set("00:00:01", TUESDAY)
    theirs = workers.ticket(registration({**patient(3), "date_of_birth": "1940-01-31", **others}))
    old = _registered_late(workers, {**patient(3), "date_of_birth": "1940-01-31"})
    last = _registered_late(workers, 4)
    assert pass_midnight(workers) == [
        "ticket.transferred GIG-002",
        "ticket.registered GIG-002",
        "ticket.expired GIG-003",
        "ticket.transferred GIG-004",
        "ticket.registered GIG-003",
    ]
    shown = look(workers, old)
    assert (shown.status, shown.transferred_to) == ("expired", None)
    row = rows_of(engine, MONDAY)[2]
    assert row["ended_at"] == in_bandung("00:00", TUESDAY)
    [held, *_] = rows_of(engine, TUESDAY)
    assert held["arrived_at"] == in_bandung("00:00:01", TUESDAY)
    assert look(workers, theirs).status == "waiting"
    assert {look(workers, each).status for each in (tickets[1], last)} == {"transferred"}
    assert [(day["waiting"], day["cancelled"]) for day in day_rows(engine)] == [(0, 2), (3, 0)]
    is_whole(workers)


def test_a_name_written_in_another_way_is_the_same_patient_s(engine: Engine) -> None:
    workers = workers_by_night(engine, mean_service_minutes=60.0)
    workers.register(1)
    workers.tick()
    workers.clock.set("00:00:01", TUESDAY)
    again = workers.ticket(registration({**patient(2), "name": "Ny. MUMINAH"}))
    old = _registered_late(workers, {**patient(2), "name": "Mu'minah"})
    pass_midnight(workers)
    assert (look(workers, old).status, look(workers, again).people_ahead) == ("expired", 0)
    is_whole(workers)


# --- batches --------------------------------------------------------------------------------------------


def _kind(outcome: Outcome) -> str:
    reply = outcome.reply
    if isinstance(reply, Ticket):
        return f"{reply.service_date} {reply.number} {reply.status}"
    problem = a_problem(outcome)
    return f"{problem.code} {problem.ticket and problem.ticket.number}"


@dataclass
class _Hospital:
    """Carries a night out at one hospital, and remembers what it gave out."""

    workers: Workers
    code: str
    codes: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def handle(self, asked: Sequence[tuple[str, int]]) -> None:
        """One batch of registrations, and of cancellations by the place among the tickets given out."""
        for outcome in self.workers.registrar.handle([self._request(*each) for each in asked]):
            self.kinds.append(_kind(outcome))
            if isinstance(outcome.reply, Ticket) and outcome.reply.status == "waiting":
                self.codes.append(outcome.reply.ticket_code)

    def _request(self, name: str, who: int) -> Delivery:
        if name == "cancel":
            return cancellation(self.codes[who])
        return registration(patient(who) if name == "register" else another(who), self.code)


@pytest.mark.parametrize("seed", range(6))
def test_batches_before_the_handover_decide_as_the_same_requests_one_by_one(
    engine: Engine, seed: int
) -> None:
    dice = random.Random(seed)
    table = clinic_table("GIG", hours=ALWAYS, mode="desk")
    workers = workers_of(engine, hospital_table("RSHS", table), hospital_table("RSJL", table))
    one_by_one, batched = _Hospital(workers, "RSHS"), _Hospital(workers, "RSJL")
    early: list[tuple[str, int]] = [("another", 1), ("register", 2)]
    late: list[tuple[str, int]] = [("register", who) for who in range(6)]
    for moment, asked in ((("00:00:01", TUESDAY), early), (("23:59:59", MONDAY), late)):
        workers.clock.set(*moment)
        for hospital in (one_by_one, batched):
            hospital.handle(asked)
    workers.clock.set("00:00:02", TUESDAY)
    names = dice.choices(("register", "another", "cancel"), (40, 30, 30), k=60)
    night = [(name, dice.randrange(8 if name == "cancel" else 6)) for name in names]
    for step in night:
        one_by_one.handle([step])
    while night:
        size = dice.randint(1, 12)
        batched.handle(night[:size])
        night = night[size:]
    assert batched.kinds == one_by_one.kinds
    columns = (mismatches.c.medical_record_number, mismatches.c.times)
    with engine.connect() as connection:
        of_each = [
            {
                *connection.execute(
                    select(*columns).where(mismatches.c.hospital == code, mismatches.c.times > 0)
                )
            }
            for code in ("RSHS", "RSJL")
        ]
    assert of_each[0] == of_each[1] != set()
    told = " ".join(batched.kinds)
    assert all(code in told for code in ("medical_record_mismatch", "already_registered", "cancelled"))
    pass_midnight(workers)
    is_whole(workers)
