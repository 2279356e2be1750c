"""What can be tried with one medical record number, and how often: on both databases."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, select

from common.messages.message import encode_reply
from common.messages.patients import Ticket
from common.messages.problems import Problem, ProblemCode, TicketHolder
from common.messaging.delivery import Delivery, Outcome
from common.storage.tables import access_log, mismatches
from tests.builders import (
    DESK_USER,
    MONDAY,
    cancellation,
    clinic_table,
    desk_request,
    hospital_table,
    patient,
    registration,
)
from tests.store.desks import at_the_counter, is_whole
from tests.store.registrars import REGISTRARS, OpenAnother, at_once, in_batches
from tests.store.workers import Workers, a_problem, workers_of

CLINICS = ("GIG", "INT", "MAT")
REGISTRATIONS_MAX, MISMATCHES_MAX = 3, 5
"""What a hospital allows where its catalog says nothing else."""


def hospital(code: str = "RSHS", **settings: Any) -> dict[str, Any]:
    """A hospital with three clinics."""
    return {**hospital_table(code, *(clinic_table(each) for each in CLINICS)), **settings}


@pytest.fixture
def workers(engine: Engine) -> Workers:
    """Two hospitals with the same clinics."""
    return workers_of(engine, hospital(), hospital("RSJL"))


def mismatched(who: int, guess: int = 0, where: str = "RSHS", clinic: str = "GIG") -> Delivery:
    """Somebody who knows a patient's record number and name tries a date of birth."""
    born = date(1940, 1, 1) + timedelta(days=guess)
    return registration({**patient(who), "date_of_birth": born.isoformat()}, where, clinic)


def counted(engine: Engine) -> dict[tuple[str, str], int]:
    """The mismatches that are kept, by hospital and medical record number."""
    columns = (mismatches.c.hospital, mismatches.c.medical_record_number, mismatches.c.times)
    with engine.connect() as connection:
        return {(row[0], row[1]): row[2] for row in connection.execute(select(*columns)) if row[2]}


def kind(outcome: Outcome) -> str:
    """The number that was given out, or why there is none."""
    if isinstance(outcome.reply, Ticket):
        return f"{outcome.reply.number} {outcome.reply.status}"
    return a_problem(outcome).code.value


# --- registrations --------------------------------------------------------------------------------------


def test_registering_and_cancelling_ends_at_the_desk(workers: Workers) -> None:
    for _ in range(REGISTRATIONS_MAX):
        workers.cancel(workers.register(1))
    assert workers.refusal(registration(1)).code is ProblemCode.ASK_AT_DESK

    assert workers.register(2).number == REGISTRATIONS_MAX + 1
    assert workers.register(1, clinic="INT").number == 1
    assert workers.register(1, "RSJL").number == 1
    assert at_the_counter(workers, patient(1)).number == REGISTRATIONS_MAX + 2
    workers.clock.forward(days=1)
    assert workers.register(1).number == 1


def test_a_batch_uses_registrations_up_as_its_requests_do_one_by_one(workers: Workers) -> None:
    held = workers.register(1)
    outcomes = workers.registrar.handle(
        [cancellation(held.ticket_code), registration(1), registration(1), registration(2)]
    )
    assert [kind(each) for each in outcomes] == [
        "1 cancelled",
        "2 waiting",
        "already_registered",
        "3 waiting",
    ]


def test_whoever_was_served_has_used_a_registration(workers: Workers) -> None:
    for number in range(1, REGISTRATIONS_MAX + 1):
        assert workers.register(1).number == number
        workers.tick()
        workers.clock.forward(minutes=10)
        workers.tick()
    assert workers.refusal(registration(1)).code is ProblemCode.ASK_AT_DESK


def test_a_ticket_that_is_held_is_shown_though_registrations_are_used_up(workers: Workers) -> None:
    for _ in range(REGISTRATIONS_MAX - 1):
        workers.cancel(workers.register(1))
    workers.register(1)
    assert workers.refusal(registration(1)).code is ProblemCode.ALREADY_REGISTERED


def test_the_catalog_says_how_often_a_patient_may_register(engine: Engine) -> None:
    workers = workers_of(engine, hospital(registrations_max=1))
    workers.cancel(workers.register(1))
    assert workers.refusal(registration(1)).code is ProblemCode.ASK_AT_DESK


# --- mismatches -----------------------------------------------------------------------------------------


def test_a_date_of_birth_is_not_found_by_trying(workers: Workers) -> None:
    """After the last mismatch the right date is answered as all others are, in every clinic."""
    workers.register(1)
    answers = [workers.refusal(mismatched(1, guess)) for guess in range(MISMATCHES_MAX)]
    assert {answer.code for answer in answers} == {ProblemCode.MEDICAL_RECORD_MISMATCH}

    after = [
        mismatched(1, 77),
        registration(1),
        mismatched(1, 78, clinic="INT"),
        registration(1, clinic="INT"),
    ]
    neutral = {encode_reply(a_problem(outcome)) for outcome in workers.registrar.handle(after)}
    neutral |= {encode_reply(workers.refusal(again)) for again in after}
    [answer] = neutral
    assert b'"ask_at_desk"' in answer
    assert counted(workers.engine) == {("RSHS", patient(1)["medical_record_number"]): MISMATCHES_MAX}


def test_who_has_no_more_tries_at_one_hospital_has_them_at_another_and_on_another_day(
    workers: Workers,
) -> None:
    workers.register(1)
    workers.register(1, "RSJL")
    for guess in range(MISMATCHES_MAX):
        workers.refusal(mismatched(1, guess))
    assert workers.refusal(registration(1)).code is ProblemCode.ASK_AT_DESK
    assert workers.refusal(mismatched(1, where="RSJL")).code is ProblemCode.MEDICAL_RECORD_MISMATCH
    workers.clock.forward(days=1)
    assert workers.register(1).number == 1


def test_a_mismatch_is_counted_once_however_often_it_is_delivered(workers: Workers) -> None:
    workers.register(1)
    request = mismatched(1)
    first = workers.refusal(request)
    for batch in ([request], [request, request], [registration(2), request]):
        restarted = Workers.on(workers.engine, workers.clock)
        again = [each for each in restarted.registrar.handle(batch) if isinstance(each.reply, Problem)]
        assert {encode_reply(a_problem(each)) for each in again} == {encode_reply(first)}
        workers.clock.forward(minutes=5)
    assert counted(workers.engine) == {("RSHS", patient(1)["medical_record_number"]): 1}


def test_in_one_batch_mismatches_are_counted_as_one_by_one(workers: Workers) -> None:
    asked = [registration(1), *(mismatched(1, guess) for guess in range(MISMATCHES_MAX + 2)), registration(1)]
    outcomes = workers.registrar.handle(asked)
    expected = ["1 waiting", *["medical_record_mismatch"] * MISMATCHES_MAX, *["ask_at_desk"] * 3]
    assert [kind(each) for each in outcomes] == expected


def test_a_clinic_that_is_closed_or_full_counts_no_mismatch_and_tells_of_none(engine: Engine) -> None:
    full = hospital_table("RSHS", clinic_table("GIG", daily_quota=1))
    workers = workers_of(engine, full)
    workers.register(1)
    for guess in range(MISMATCHES_MAX + 1):
        assert workers.refusal(mismatched(1, guess)).code is ProblemCode.QUOTA_REACHED
    workers.clock.set("12:30")
    assert workers.refusal(mismatched(1)).code is ProblemCode.CLINIC_CLOSED
    assert counted(engine) == {}


def test_the_desk_is_bound_by_no_mismatches_and_makes_none(workers: Workers) -> None:
    workers.register(1)
    for guess in range(MISMATCHES_MAX):
        workers.refusal(mismatched(1, guess))
    at_desk = workers.refusal(desk_request("desk_register", **patient(1)))
    assert at_desk.code is ProblemCode.ALREADY_REGISTERED
    assert at_the_counter(workers, patient(1), "INT").number == 1

    workers.register(2)
    wrong = {**patient(2), "name": "Salah Ketik"}
    for _ in range(MISMATCHES_MAX + 1):
        answer = workers.refusal(desk_request("desk_register", **wrong))
        assert answer.code is ProblemCode.MEDICAL_RECORD_MISMATCH
    assert workers.refusal(registration(2)).code is ProblemCode.ALREADY_REGISTERED


def test_the_desk_s_look_at_whose_ticket_is_in_the_way_is_recorded_once(workers: Workers) -> None:
    """Those who hold tickets are named to the desk, to nobody else, and that is written down with it."""
    workers.register_many(2)
    wrong = [{**patient(who), "name": "Salah Ketik"} for who in (1, 2)]
    assert [workers.refusal(registration(who)).holder for who in wrong] == [None, None]
    assert looks(workers.engine) == []
    first, *others = [desk_request("desk_register", **who) for who in (wrong[0], wrong[0], wrong[1])]
    shown = workers.refusal(first)
    assert shown.holder == TicketHolder(name="Pasien 1", date_of_birth=born(1))
    assert "Pasien" not in shown.detail
    assert looks(workers.engine) == [(DESK_USER, "RSHS", "GIG", "desk_register", 1, 1)]
    # What is answered once more is no other look.
    assert workers.refusal(first) == shown
    assert looks(workers.engine) == [(DESK_USER, "RSHS", "GIG", "desk_register", 1, 1)]
    workers.registrar.handle(others)
    assert looks(workers.engine) == [(DESK_USER, "RSHS", "GIG", "desk_register", 3, 1)]
    workers.clock.forward(minutes=1)
    workers.refusal(desk_request("desk_register", **wrong[1]))
    assert [row[4] for row in looks(workers.engine)] == [3, 1]
    assert workers.refusal(desk_request("desk_register", **patient(1))).holder is None


def looks(engine: Engine) -> list[tuple[Any, ...]]:
    """What the access log has, the earliest first."""
    columns = ("username", "hospital", "clinic", "request", "looks", "names")
    with engine.connect() as connection:
        rows = connection.execute(select(access_log).order_by(access_log.c.minute)).mappings()
        return [tuple(row[name] for name in columns) for row in rows]


def born(who: int) -> str:
    return str(patient(who)["date_of_birth"])


def test_the_desk_gets_a_patient_the_place_that_a_stranger_has_taken(workers: Workers) -> None:
    stranger = workers.register({**patient(1), "name": "Orang Lain"})
    for _ in range(MISMATCHES_MAX):
        assert workers.refusal(registration(1)).ticket is None

    shown = workers.refusal(desk_request("desk_register", **patient(1)))

    assert shown.code is ProblemCode.MEDICAL_RECORD_MISMATCH
    assert shown.ticket is not None
    assert shown.ticket.ticket_code == stranger.ticket_code
    assert shown.holder == TicketHolder(name="Orang Lain", date_of_birth=born(1))
    workers.ticket(cancellation(shown.ticket.ticket_code))
    assert at_the_counter(workers, patient(1)).number == stranger.number + 1


def test_mismatches_are_forgotten_when_their_day_is_over(workers: Workers) -> None:
    workers.register(1)
    workers.refusal(mismatched(1))
    workers.clock.set("23:59")
    workers.tick()
    assert len(counted(workers.engine)) == 1
    workers.clock.set("12:00", MONDAY + timedelta(days=2))
    workers.tick()
    assert counted(workers.engine) == {}


# --- batches and races ----------------------------------------------------------------------------------


class Step(NamedTuple):
    """One of the requests of a busy morning; who cancels gives up a ticket by its place among those that were
    given out."""

    name: str
    who: int
    clinic: str
    guess: int
    place: int


def _morning(dice: random.Random) -> list[Step]:
    names = dice.choices(("register", "mismatch", "desk", "cancel"), (45, 25, 10, 20), k=120)
    return [
        Step(name, dice.randrange(4), dice.choice(CLINICS), dice.randrange(3), dice.randrange(8))
        for name in names
    ]


@dataclass
class _Hospital:
    """Carries a morning out at one hospital, and remembers what it gave out."""

    workers: Workers
    code: str
    codes: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def handle(self, asked: Sequence[Step]) -> None:
        """One batch."""
        for outcome in self.workers.registrar.handle([self._request(each) for each in asked]):
            self.kinds.append(kind(outcome))
            if isinstance(outcome.reply, Ticket) and outcome.reply.status == "waiting":
                self.codes.append(outcome.reply.ticket_code)

    def _request(self, asked: Step) -> Delivery:
        if asked.name == "cancel":
            return cancellation(self.codes[asked.place])
        if asked.name == "mismatch":
            return mismatched(asked.who, asked.guess, self.code, asked.clinic)
        if asked.name == "register":
            return registration(asked.who, self.code, asked.clinic)
        return desk_request("desk_register", asked.clinic, **patient(asked.who), hospital=self.code)


@pytest.mark.parametrize("seed", range(6))
def test_any_batches_decide_as_the_same_requests_one_by_one(workers: Workers, seed: int) -> None:
    dice = random.Random(seed)
    one_by_one, batched = _Hospital(workers, "RSHS"), _Hospital(workers, "RSJL")
    morning = []
    for asked in _morning(dice):
        if asked.name == "cancel":
            if not one_by_one.codes:
                continue
            asked = asked._replace(place=asked.place % len(one_by_one.codes))
        one_by_one.handle([asked])
        morning.append(asked)

    batch: list[Step] = []
    size = 1
    for asked in morning:
        if len(batch) >= size or (asked.name == "cancel" and asked.place >= len(batched.codes)):
            batched.handle(batch)
            batch, size = [], dice.randint(1, 12)
        batch.append(asked)
    batched.handle(batch)

    assert batched.kinds == one_by_one.kinds
    assert {"medical_record_mismatch", "ask_at_desk", "already_registered"} <= {*batched.kinds}
    of_each: dict[str, dict[str, int]] = {"RSHS": {}, "RSJL": {}}
    for (code, number), times in counted(workers.engine).items():
        of_each[code][number] = times
    assert of_each["RSHS"] == of_each["RSJL"] != {}
    is_whole(workers)


def test_registrars_who_race_tell_of_as_many_mismatches_as_the_hospital_allows(
    workers: Workers, open_another: OpenAnother
) -> None:
    """Over several clinics, whose queues they do not wait for each other at."""
    patients = range(1, 9)
    for who in patients:
        for clinic in CLINICS:
            workers.register(who, clinic=clinic)
    work = []
    for registrar in range(REGISTRARS):
        dice = random.Random(registrar)
        tries = [
            mismatched(who, 100 * registrar + n, clinic=clinic)
            for who in patients
            for n, clinic in enumerate(CLINICS)
        ]
        dice.shuffle(tries)
        work.append(in_batches(tries, registrar))
    done = at_once(workers, open_another, work)

    told: Counter[tuple[str, str]] = Counter()
    for batches, outcomes in zip(work, done, strict=True):
        requests = [request for batch in batches for request in batch]
        for request, outcome in zip(requests, outcomes, strict=True):
            told[json.loads(request.body)["medical_record_number"], kind(outcome)] += 1
    numbers = [patient(who)["medical_record_number"] for who in patients]
    tries_of_each = REGISTRARS * len(CLINICS)
    for number in numbers:
        assert told[number, "medical_record_mismatch"] == MISMATCHES_MAX
        assert told[number, "ask_at_desk"] == tries_of_each - MISMATCHES_MAX
    assert counted(workers.engine) == {("RSHS", number): MISMATCHES_MAX for number in numbers}


def test_registrars_who_race_give_out_as_many_tickets_as_a_patient_may_take(
    workers: Workers, open_another: OpenAnother
) -> None:
    for _ in range(REGISTRATIONS_MAX - 1):
        workers.cancel(workers.register(1))
    work = [[[registration(1)] for _ in range(5)] for _ in range(REGISTRARS)]
    outcomes = [kind(outcome) for done in at_once(workers, open_another, work) for outcome in done]
    assert outcomes.count(f"{REGISTRATIONS_MAX} waiting") == 1
    assert outcomes.count("already_registered") == 5 * REGISTRARS - 1


def test_a_mismatch_in_several_registrars_hands_is_counted_once(
    workers: Workers, open_another: OpenAnother
) -> None:
    workers.register(1)
    requests = [mismatched(1, guess) for guess in range(3)]
    done = at_once(workers, open_another, [[[request] for request in requests]] * REGISTRARS)
    assert {kind(outcome) for outcomes in done for outcome in outcomes} == {"medical_record_mismatch"}
    assert counted(workers.engine) == {("RSHS", patient(1)["medical_record_number"]): 3}
