"""One request id is one request, whichever clinics it names: the first is done, in its own clinic; any other
with its id is refused and changes nothing. In one batch or several, delivered again, in any order."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from common.messages.desk_replies import DeskDone
from common.messages.problems import Problem, ProblemCode
from common.messaging.delivery import Delivery, Outcome
from common.messaging.received_requests import REQUEST_AGE_MAX
from tests.builders import (
    clinic_table,
    desk_request,
    hospital_table,
    patient,
    registration,
    tick_delivery,
)
from tests.store.desks import does, is_whole, numbers_waiting, outcome_of
from tests.store.workers import Workers, contents, journal_rows, ticket_rows, told, workers_of


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """RSHS's clinics GIG, MAT and INT and RSUD's GIG, in desk mode; three patients wait in each."""
    codes = ("GIG", "MAT", "INT")
    clinics = [clinic_table(code, mode="desk", rooms=2) for code in codes]
    workers = workers_of(
        engine, hospital_table("RSHS", *clinics), hospital_table("RSUD", clinic_table("GIG", mode="desk"))
    )
    for place, code in enumerate(codes):
        workers.register_many(3, code, first=10 * place + 1)
    for who in range(50, 53):
        workers.register(who, "RSUD")
    return workers


Pair = tuple[tuple[str, str, dict[str, Any]], tuple[str, str, dict[str, Any]]]
"""Two requests that are given one id, each with its clinic."""

PAIRS: dict[str, Pair] = {
    "two clinics": (("call_next", "GIG", {"room": 1}), ("call_next", "MAT", {"room": 1})),
    "two hospitals": (
        ("call_next", "GIG", {"room": 1}),
        ("call_next", "GIG", {"room": 1, "hospital": "RSUD"}),
    ),
    "two rooms": (("call_next", "GIG", {"room": 1}), ("call_next", "GIG", {"room": 2})),
    "two destinations": (
        ("transfer", "GIG", {"number": 1, "to_clinic": "MAT"}),
        ("transfer", "GIG", {"number": 1, "to_clinic": "INT"}),
    ),
    "forth and back": (
        ("transfer", "GIG", {"number": 1, "to_clinic": "MAT"}),
        ("transfer", "MAT", {"number": 1, "to_clinic": "GIG"}),
    ),
    "a transfer and a call where it goes": (
        ("transfer", "GIG", {"number": 1, "to_clinic": "MAT"}),
        ("call_next", "MAT", {"room": 1}),
    ),
    "one that is refused": (("recall", "GIG", {"number": 1}), ("call_next", "MAT", {"room": 1})),
    "an unknown clinic": (("call_next", "NONE", {"room": 1}), ("call_next", "MAT", {"room": 1})),
    "two closings": (
        ("close_clinic", "GIG", {"waiting": "cancel"}),
        ("close_clinic", "MAT", {"waiting": "cancel"}),
    ),
    "a closing and a call": (
        ("close_clinic", "GIG", {"waiting": "cancel"}),
        ("call_next", "GIG", {"room": 1}),
    ),
}


def requests_of(pair: Pair, *, backwards: bool) -> list[Delivery]:
    """The two requests, with one id."""
    request_id = str(uuid4())
    asked = [desk_request(name, clinic, message_id=request_id, **body) for name, clinic, body in pair]
    return asked[::-1] if backwards else asked


def is_reused(outcome: Outcome) -> bool:
    """The request was refused for its id, and nothing is told of any clinic."""
    reply = outcome.reply
    return isinstance(reply, Problem) and reply.code is ProblemCode.REQUEST_ID_REUSED and not outcome.events


def in_one_batch(desk: Workers, first: Delivery, second: Delivery) -> list[Outcome]:
    return desk.ticker.handle([first, second])


def one_after_the_other(desk: Workers, first: Delivery, second: Delivery) -> list[Outcome]:
    return [outcome_of(desk, first), outcome_of(Workers.on(desk.engine, desk.clock), second)]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("how", [in_one_batch, one_after_the_other])
@pytest.mark.parametrize("pair", PAIRS)
def test_the_first_is_done_and_the_second_refused(
    desk: Workers, pair: str, how: Any, backwards: bool
) -> None:
    first, second = requests_of(PAIRS[pair], backwards=backwards)
    done, refused = how(desk, first, second)
    assert is_reused(refused), refused
    assert not is_reused(done)
    if isinstance(done.reply, DeskDone):
        body = {"hospital": done.reply.hospital, "clinic": done.reply.clinic}
        asked = first.body.decode()
        assert all(f'"{value}"' in asked for value in body.values())
        sources = {contents(event)["source"].split("/")[4] for event in done.events}
        assert done.reply.clinic in sources
    state = ticket_rows(desk.engine), ticket_rows(desk.engine, "RSUD"), journal_rows(desk.engine)
    # Delivered again, in any order, to somebody who knows nothing.
    later = Workers.on(desk.engine, desk.clock)
    assert later.ticker.handle([second, first, second]) == [refused, done, refused]
    assert outcome_of(later, second) == refused
    assert outcome_of(later, first) == done
    assert (ticket_rows(desk.engine), ticket_rows(desk.engine, "RSUD"), journal_rows(desk.engine)) == state
    is_whole(desk)


def test_the_call_of_one_clinic_is_not_told_to_another(desk: Workers) -> None:
    """As it was seen: MAT's patient was called, and GIG's desk told so."""
    first, second = requests_of(PAIRS["two clinics"], backwards=False)
    done, refused = desk.ticker.handle([first, second])
    assert told(done.events) == ["ticket.called GIG-001"]
    assert isinstance(done.reply, DeskDone)
    assert (done.reply.clinic, done.reply.ticket and done.reply.ticket.display_number) == ("GIG", "GIG-001")
    assert is_reused(refused)
    assert numbers_waiting(desk, "MAT") == [1, 2, 3]


def test_what_came_too_late_does_not_keep_its_id(desk: Workers) -> None:
    """In one batch as in two: it was not carried out, so whoever comes with its id is the first."""
    request_id, late = str(uuid4()), desk.clock.now() - REQUEST_AGE_MAX - timedelta(seconds=1)
    too_late = desk_request("call_next", "GIG", message_id=request_id, sent_at=late, room=1)
    other = desk_request("call_next", "MAT", message_id=request_id, room=1)
    expired, done = desk.ticker.handle([too_late, other])
    assert isinstance(expired.reply, Problem)
    assert expired.reply.code is ProblemCode.REQUEST_EXPIRED
    assert told(done.events) == ["ticket.called MAT-001"]
    assert is_reused(outcome_of(desk, too_late))


def test_time_passes_in_a_queue_whatever_its_request_s_id_did_elsewhere(desk: Workers) -> None:
    """The clock moves two clinics of one code; one id comes to both, and is refused in both."""
    for hospital in ("RSHS", "RSUD"):
        does(desk, "set_mode", "GIG", hospital=hospital, mode="clock")
    desk.tick()
    desk.clock.forward(minutes=11)
    request_id = str(uuid4())
    here = desk_request("start", "GIG", message_id=request_id, number=1)
    there = desk_request("start", "GIG", message_id=request_id, hospital="RSUD", number=1)
    first, second = desk.ticker.handle([here, there])
    assert "ticket.served GIG-001" in told(first.events)
    assert is_reused(second)
    # Hours later the refusal is forgotten, and the id is free again.
    desk.clock.forward(hours=2)
    desk.emitter.emit()
    again = outcome_of(desk, there)
    assert "ticket.served GIG-001" in told(again.events)
    assert {contents(event)["source"].split("/")[2] for event in again.events} == {"RSUD"}
    assert outcome_of(desk, there) == again
    is_whole(desk)


def test_a_tick_s_id_for_two_clinics_moves_both(desk: Workers) -> None:
    for clinic in ("GIG", "MAT"):
        does(desk, "set_mode", clinic, mode="clock")
    ticks = [desk.tick_for("RSHS", clinic) for clinic in ("GIG", "MAT")]
    same_id = [
        tick._replace(id=ticks[0].id, body=tick.body.replace(tick.id.encode(), ticks[0].id.encode()))
        for tick in ticks
    ]
    desk.ticker.handle([tick_delivery(tick) for tick in same_id])
    assert [len(numbers_waiting(desk, clinic)) for clinic in ("GIG", "MAT")] == [1, 1]
    is_whole(desk)


# --- registrars -----------------------------------------------------------------------------------------


def of_registrar(request_id: str, name: str, clinic: str, who: int) -> Delivery:
    if name == "register":
        return registration(who, clinic=clinic, message_id=request_id)
    return desk_request("desk_register", clinic, message_id=request_id, **patient(who))


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("in_batch", [False, True])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("register", "GIG", 80), ("register", "MAT", 80)),
        (("register", "GIG", 80), ("register", "GIG", 81)),
        (("register", "GIG", 80), ("desk_register", "GIG", 80)),
        (("register", "GIG", 80), ("desk_register", "MAT", 81)),
        (("register", "NONE", 80), ("register", "GIG", 80)),
    ],
)
def test_one_id_registers_one_patient_in_one_clinic(
    desk: Workers, first: Any, second: Any, in_batch: bool, backwards: bool
) -> None:
    request_id = str(uuid4())
    asked = [of_registrar(request_id, *each) for each in (first, second)][:: -1 if backwards else 1]
    before = len(ticket_rows(desk.engine))
    if in_batch:
        done, refused = desk.registrar.handle(asked)
    else:
        done, refused = [outcome for each in asked for outcome in desk.registrar.handle([each])]
    assert is_reused(refused)
    assert not is_reused(done)
    assert len(ticket_rows(desk.engine)) - before == len(done.events)
    later = Workers.on(desk.engine, desk.clock)
    assert later.registrar.handle([asked[1], asked[0]]) == [refused, done]
    is_whole(desk)


def test_an_id_of_one_worker_is_reused_at_the_other(desk: Workers) -> None:
    request_id = str(uuid4())
    desk.outcome(registration(80, message_id=request_id))
    assert is_reused(outcome_of(desk, desk_request("call_next", message_id=request_id, room=1)))
    called = str(uuid4())
    outcome_of(desk, desk_request("call_next", message_id=called, room=1))
    assert is_reused(desk.outcome(registration(81, message_id=called)))
    opened = str(uuid4())
    outcome_of(desk, desk_request("close_clinic", message_id=opened))
    assert is_reused(desk.outcome(registration(82, message_id=opened)))


def test_a_registration_that_came_too_late_does_not_keep_its_id(desk: Workers) -> None:
    request_id, late = str(uuid4()), desk.clock.now() - REQUEST_AGE_MAX - timedelta(seconds=1)
    too_late = registration(80, message_id=request_id, sent_at=late)
    other = registration(80, clinic="MAT", message_id=request_id)
    expired, done = desk.registrar.handle([too_late, other])
    assert isinstance(expired.reply, Problem)
    assert expired.reply.code is ProblemCode.REQUEST_EXPIRED
    assert told(done.events) == ["ticket.registered MAT-004"]
