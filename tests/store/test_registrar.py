"""Registrations: who gets which number, who is refused and why, on both databases."""

import json
from datetime import datetime, timedelta
from itertools import groupby

import pytest
from sqlalchemy import Engine

from common.messages.message import EncodedReply, Reply, encode_reply
from common.messages.patients import Ticket, without_code
from common.messages.problems import Problem, ProblemCode
from common.messaging.delivery import Delivery
from common.messaging.received_requests import REQUEST_AGE_MAX
from tests.builders import (
    MONDAY,
    clinic_table,
    delivery,
    hospital_table,
    in_bandung,
    patient,
    registration,
)
from tests.store.workers import (
    Workers,
    a_problem,
    a_ticket,
    contents,
    day_rows,
    journal_rows,
    ticket_rows,
    told,
    workers_of,
)

# --- tickets --------------------------------------------------------------------------------------------


def test_the_first_patient_gets_the_first_number_and_is_called_at_once(workers: Workers) -> None:
    ticket = json.loads(encode_reply(workers.register(1)))
    assert len(ticket.pop("ticket_code")) == len("7K3F-9QXM-2T5R")
    assert ticket == {
        "number": 1,
        "display_number": "GIG-001",
        "hospital": "RSHS",
        "hospital_name": "RSUP RSHS",
        "clinic": "GIG",
        "clinic_name": "Poli GIG",
        "service_date": "2026-11-23",
        "status": "waiting",
        "lane": "regular",
        "people_ahead": 0,
        "now_serving": None,
        "estimated_wait_seconds": 0,
        "estimated_call_at": "2026-11-23T09:00:00+07:00",
        "earliest_call_at": "2026-11-23T09:00:00+07:00",
        "latest_call_at": "2026-11-23T09:00:00+07:00",
        "day_may_end_first": False,
        "registered_at": "2026-11-23T09:00:00+07:00",
        "called_at": None,
        "recalled_at": None,
        "room": None,
        "room_name": None,
        "transferred_to": None,
        "cancelled_by": None,
        "cancel_reason": None,
        "current_code": None,
        "visit": None,
        "zone": "WIB",
        "absences": None,
    }


def test_a_patient_with_people_ahead_is_told_when_to_expect_the_call(workers: Workers) -> None:
    """One is in the room since 09:00 and two wait: at ten minutes each, the call comes at 09:30."""
    workers.register(1)
    workers.tick()
    workers.clock.set("09:04")
    workers.register_many(2, first=2)
    ticket = workers.register(4)
    assert (ticket.number, ticket.people_ahead, ticket.now_serving) == (4, 2, "GIG-001")
    assert ticket.estimated_call_at == in_bandung("09:30")
    assert ticket.estimated_wait_seconds == 26 * 60
    assert ticket.earliest_call_at == ticket.latest_call_at == in_bandung("09:30")


def test_a_batch_gets_its_numbers_in_the_order_of_arrival(workers: Workers) -> None:
    tickets = workers.register_many(20)
    assert [ticket.number for ticket in tickets] == list(range(1, 21))
    assert [ticket.people_ahead for ticket in tickets] == list(range(20))
    assert len({ticket.ticket_code for ticket in tickets}) == 20


def test_each_clinic_counts_for_itself_and_anew_every_day(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG"), clinic_table("INT")))
    assert [workers.register(who, clinic="GIG").number for who in (1, 2)] == [1, 2]
    assert [workers.register(who, clinic="INT").number for who in (1, 2)] == [1, 2]
    workers.clock.forward(days=1)
    ticket = workers.register(1)
    assert (ticket.number, ticket.service_date) == (1, MONDAY + timedelta(days=1))


def test_the_hospital_s_time_zone_decides_the_service_day(engine: Engine) -> None:
    """At 06:30 on Tuesday in Jayapura it is still Monday in Greenwich, and in Bandung not yet five."""
    early = clinic_table("GIG", hours={"tue": ["06:00-12:00"]})
    workers = workers_of(engine, hospital_table("RSJP", early, time_zone="Asia/Jayapura"))
    workers.clock.moment = datetime.fromisoformat("2026-11-24T06:30:00+09:00")
    ticket = workers.register(1, "RSJP")
    assert ticket.service_date == MONDAY + timedelta(days=1)
    assert ticket.registered_at.isoformat() == "2026-11-24T06:30:00+09:00"


def test_a_registration_is_told_to_everybody_without_the_patient_s_data(workers: Workers) -> None:
    workers.register(1)
    outcome = workers.outcome(registration(2))
    assert told(outcome.events) == ["ticket.registered GIG-002"]
    assert contents(outcome.events[0])["data"] == {
        "number": 2,
        "display_number": "GIG-002",
        "status": "waiting",
        "lane": "regular",
        "room": None,
        "room_name": None,
        "waiting": 2,
        "now_serving": None,
    }
    ticket_code = a_ticket(outcome).ticket_code
    for secret in (ticket_code, ticket_code.replace("-", ""), *patient(2).values()):
        assert secret not in outcome.events[0].body.decode()


def test_the_events_of_each_queue_count_up_without_a_gap_and_have_ids_of_their_own(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG"), clinic_table("INT")))
    for who in range(1, 6):
        workers.register(who, clinic="GIG")
        ticket = workers.register(who, clinic="INT")
        workers.refusal(registration(who, clinic="GIG"))
        workers.clock.forward(minutes=4)
        workers.tick()
        if ticket.number % 2:
            workers.cancel(ticket)
    workers.clock.forward(days=1)
    workers.tick()
    workers.register(1, clinic="GIG")
    rows = journal_rows(engine)
    for key, of_queue in groupby(rows, key=lambda row: (row["hospital"], row["clinic"], row["service_date"])):
        events = [json.loads(row["body"]) for row in of_queue]
        assert [event["sequence"] for event in events] == [f"{n:010d}" for n in range(1, len(events) + 1)]
        assert {event["source"] for event in events} == {"/hospitals/{}/clinics/{}/{}".format(*key)}
    assert len({json.loads(row["body"])["id"] for row in rows}) == len(rows)
    assert len({(row["clinic"], row["service_date"]) for row in rows}) == 3


# --- refusals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hospital", "clinic", "code"),
    [
        ("RSXX", "GIG", ProblemCode.HOSPITAL_NOT_FOUND),
        ("RSHS", "XXX", ProblemCode.CLINIC_NOT_FOUND),
        ("GIG", "RSHS", ProblemCode.HOSPITAL_NOT_FOUND),
    ],
)
def test_nobody_registers_where_there_is_nothing(
    workers: Workers, hospital: str, clinic: str, code: ProblemCode
) -> None:
    assert workers.refusal(registration(1, hospital, clinic)).code is code
    assert ticket_rows(workers.engine) == []


@pytest.mark.parametrize(
    ("now", "opens_at", "shown"),
    [
        ("07:59:59", "2026-11-23T08:00:00+07:00", "2026-11-23 at 08:00 WIB"),
        ("12:00:00", "2026-11-23T13:00:00+07:00", "2026-11-23 at 13:00 WIB"),
        ("15:00:00", "2026-11-24T08:00:00+07:00", "2026-11-24 at 08:00 WIB"),
    ],
)
def test_a_closed_clinic_says_when_it_opens_again(
    workers: Workers, now: str, opens_at: str, shown: str
) -> None:
    workers.clock.set(now)
    answer = workers.refusal(registration(1))
    assert answer.code is ProblemCode.CLINIC_CLOSED
    assert answer.next_opening == datetime.fromisoformat(opens_at)
    assert answer.detail == f"Poli GIG opens again on {shown}."


def test_a_closed_clinic_without_opening_hours_says_so(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", hours={})))
    answer = workers.refusal(registration(1))
    assert answer.code is ProblemCode.CLINIC_CLOSED
    assert answer.next_opening is None
    assert "no opening in the next two weeks" in answer.detail


def test_past_its_quota_a_clinic_says_on_which_day_it_has_numbers_again(engine: Engine) -> None:
    """Another session today would not help, so tomorrow's is named; and a cancelled ticket makes room."""
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", daily_quota=2)))
    first, _ = workers.register_many(2)
    answer = workers.refusal(registration(3))
    assert answer.code is ProblemCode.QUOTA_REACHED
    assert answer.next_opening == in_bandung("08:00", MONDAY + timedelta(days=1))
    assert "2 tickets" in answer.detail
    workers.cancel(first)
    assert workers.register(3).number == 3
    assert workers.refusal(registration(4)).code is ProblemCode.QUOTA_REACHED


def test_a_quota_is_not_exceeded_within_one_batch(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", daily_quota=3)))
    outcomes = workers.registrar.handle([registration(who) for who in range(1, 6)])
    assert [_kind(outcome.reply) for outcome in outcomes] == ["1", "2", "3", *["quota_reached"] * 2]


@pytest.mark.parametrize("date_of_birth", ["2026-11-24", "1896-01-01", "9999-12-31"])
def test_an_impossible_date_of_birth_is_named(workers: Workers, date_of_birth: str) -> None:
    answer = workers.refusal(registration({**patient(1), "date_of_birth": date_of_birth}))
    assert answer.code is ProblemCode.INVALID_REQUEST
    assert [error.field for error in answer.errors] == ["date_of_birth"]
    assert date_of_birth not in encode_reply(answer).decode()


def test_who_was_born_today_can_be_registered(workers: Workers) -> None:
    assert workers.register({**patient(1), "date_of_birth": "2026-11-23"}).number == 1


def test_a_registration_that_waited_too_long_takes_no_number(workers: Workers) -> None:
    now = workers.clock.now()
    too_late = registration(1, sent_at=now - REQUEST_AGE_MAX - timedelta(seconds=1))
    assert workers.refusal(too_late).code is ProblemCode.REQUEST_EXPIRED
    assert ticket_rows(workers.engine) == []
    assert workers.ticket(registration(1, sent_at=now - REQUEST_AGE_MAX)).number == 1


BAD_REQUESTS = [
    (delivery("register", b"{"), ProblemCode.INVALID_REQUEST),
    (delivery("register", {}), ProblemCode.INVALID_REQUEST),
    (delivery("register", {"hospital": "RSHS"}, content_type="text/plain"), ProblemCode.INVALID_REQUEST),
    (registration(9, message_id=""), ProblemCode.INVALID_REQUEST),
    (registration(9, message_id="17"), ProblemCode.INVALID_REQUEST),
    (registration({**patient(9), "name": "\x00"}), ProblemCode.INVALID_REQUEST),
    (delivery("registrasi", {}), ProblemCode.UNKNOWN_REQUEST),
    (delivery(None, {}), ProblemCode.UNKNOWN_REQUEST),
    (delivery("register", b" " * 100_000), ProblemCode.MESSAGE_TOO_LARGE),
    (delivery("cancel", {"ticket_code": "7K3F"}), ProblemCode.INVALID_REQUEST),
]


@pytest.mark.parametrize(("bad", "code"), BAD_REQUESTS)
def test_a_bad_request_is_refused_and_its_neighbours_are_not_touched(
    workers: Workers, bad: Delivery, code: ProblemCode
) -> None:
    outcomes = workers.registrar.handle([registration(1), bad, registration(2)])
    assert [a_ticket(outcome).number for outcome in (outcomes[0], outcomes[2])] == [1, 2]
    a_problem(outcomes[1], code)
    assert len(ticket_rows(workers.engine)) == 2


def test_a_batch_of_bad_requests_changes_nothing(workers: Workers) -> None:
    before = day_rows(workers.engine)
    outcomes = workers.registrar.handle([bad for bad, _ in BAD_REQUESTS])
    assert [a_problem(outcome).code for outcome in outcomes] == [code for _, code in BAD_REQUESTS]
    assert day_rows(workers.engine) == before


# --- one active ticket for each patient -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["Pasien 1", "PASIEN 1", "  pasien   1 "])
def test_a_patient_who_asks_again_is_told_of_the_ticket_held(workers: Workers, name: str) -> None:
    held = workers.register(1)
    answer = workers.refusal(registration({**patient(1), "name": name}))
    assert answer.code is ProblemCode.ALREADY_REGISTERED
    assert answer.ticket == without_code(held)
    assert "GIG-001" in answer.detail
    assert held.ticket_code not in encode_reply(answer).decode()


@pytest.mark.parametrize("name", ["Mu\u2019minah", "Muminah", "Ny. Mu\u02bcminah", "MU`MINAH, S.H."])
def test_a_name_typed_differently_is_the_same_patient_s_and_kept_as_it_was_typed(
    workers: Workers, name: str
) -> None:
    held = workers.register({**patient(1), "name": "Mu'minah"})
    answer = workers.refusal(registration({**patient(1), "name": name}))
    assert (answer.code, answer.ticket) == (ProblemCode.ALREADY_REGISTERED, without_code(held))
    assert [row["patient_name"] for row in ticket_rows(workers.engine)] == ["Mu'minah"]


@pytest.mark.parametrize("other", [{"name": "Pasien 2"}, {"date_of_birth": "1990-01-31"}])
def test_who_knows_only_the_record_number_learns_nothing(workers: Workers, other: dict[str, str]) -> None:
    held = workers.register(1)
    answer = workers.refusal(registration({**patient(1), **other}))
    assert answer.code is ProblemCode.MEDICAL_RECORD_MISMATCH
    assert answer.ticket is None
    written = encode_reply(answer).decode()
    for secret in (held.ticket_code, held.display_number, *patient(1).values(), *other.values()):
        assert secret not in written


def test_a_record_number_is_the_same_with_and_without_separators(workers: Workers) -> None:
    workers.register({**patient(1), "medical_record_number": "ab-00-12"})
    again = registration({**patient(1), "medical_record_number": "AB.0012"})
    assert workers.refusal(again).code is ProblemCode.ALREADY_REGISTERED


def test_a_patient_may_hold_tickets_of_several_clinics(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG"), clinic_table("INT")))
    outcomes = workers.registrar.handle(
        [registration(1, clinic="GIG"), registration(1, clinic="INT"), registration(1, clinic="GIG")]
    )
    assert [_kind(outcome.reply) for outcome in outcomes] == ["1", "1", "already_registered"]


def test_after_being_served_or_giving_up_a_patient_may_come_again(workers: Workers) -> None:
    workers.cancel(workers.register(1))
    assert workers.register(1).number == 2
    workers.clock.forward(minutes=10)
    workers.tick()
    assert [row["status"] for row in ticket_rows(workers.engine)] == ["cancelled", "served"]
    assert workers.register(1).number == 3


def _kind(reply: Reply | EncodedReply | None) -> str:
    """The number, or why there is none."""
    if isinstance(reply, Ticket):
        return str(reply.number)
    assert isinstance(reply, Problem)
    return reply.code.value
