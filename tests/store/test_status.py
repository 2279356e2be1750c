"""Look-ups: what is shown of hospitals, clinics, queues and tickets, on both databases."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from admin_cli.database.catalog_changes import apply_catalog
from common.messages.message import encode_reply
from common.messages.patients import ClinicQueue, Clinics, ClinicSummary, Hospitals, Tickets
from common.messages.problems import Problem, ProblemCode
from tests.builders import MONDAY, catalog, clinic_table, delivery, hospital_table, in_bandung
from tests.store.workers import Workers, day_rows, journal_rows, ticket_rows, tickets_shown, workers_of

SATURDAY = MONDAY + timedelta(days=5)


@pytest.fixture
def three_zones(engine: Engine) -> Workers:
    """A hospital in each time zone; the clinics of all have the same hours by their own clocks."""
    return workers_of(
        engine,
        hospital_table("RSHS", clinic_table("GIG"), clinic_table("INT", hours={"mon": ["07:00-14:00"]})),
        hospital_table("RSMK", clinic_table("ANA"), time_zone="Asia/Makassar"),
        hospital_table("RSJP", clinic_table("OBG"), time_zone="Asia/Jayapura"),
    )


def _clinics(workers: Workers, hospital: str = "RSHS", **more: Any) -> list[ClinicSummary]:
    answer = workers.ask("list_clinics", hospital=hospital, **more)
    assert isinstance(answer, Clinics)
    assert answer.hospital == hospital
    return answer.clinics


def _queue(workers: Workers, clinic: str = "GIG") -> ClinicQueue:
    answer = workers.ask("clinic_queue", hospital="RSHS", clinic=clinic)
    assert isinstance(answer, ClinicQueue)
    return answer


def _problem(workers: Workers, name: str, **body: Any) -> ProblemCode:
    answer = workers.ask(name, **body)
    assert isinstance(answer, Problem)
    return answer.code


# --- hospitals and clinics ------------------------------------------------------------------------------


def test_hospitals_are_listed_with_what_is_open_by_their_own_clocks(three_zones: Workers) -> None:
    """At 12:30 in Bandung it is lunchtime, but for INT; 13:30 in Makassar, and 14:30 in Jayapura."""
    three_zones.clock.set("12:30")
    answer = three_zones.ask("list_hospitals")
    assert isinstance(answer, Hospitals)
    assert [(each.code, each.time_zone, each.open_clinics) for each in answer.hospitals] == [
        ("RSHS", "Asia/Jakarta", 1),
        ("RSJP", "Asia/Jayapura", 1),
        ("RSMK", "Asia/Makassar", 1),
    ]
    three_zones.clock.set("13:30")
    answer = three_zones.ask("list_hospitals")
    assert isinstance(answer, Hospitals)
    assert [each.open_clinics for each in answer.hospitals] == [2, 0, 1]


def test_a_clinic_nobody_came_to_is_shown_as_the_protocol_says(three_zones: Workers) -> None:
    answer = three_zones.ask("list_clinics", hospital="RSHS")
    assert json.loads(encode_reply(answer))["clinics"][0] == {
        "code": "GIG",
        "name": "Poli GIG",
        "is_open": True,
        "opens_at": "2026-11-23T08:00:00+07:00",
        "closes_at": "2026-11-23T12:00:00+07:00",
        "waiting": 0,
        "now_serving": None,
        "estimated_wait_seconds": 0,
        "shortest_wait_seconds": 0,
        "longest_wait_seconds": 0,
        "day_may_end_first": False,
        "quota_left": 1000,
        "next_opening": None,
        "zone": "WIB",
        "closed_reason": None,
        "absences": None,
    }


def test_a_clinic_shows_its_queue_and_the_wait_of_who_would_come_now(workers: Workers) -> None:
    workers.register_many(4)
    workers.tick()
    workers.clock.set("09:04")
    [clinic] = _clinics(workers)
    assert (clinic.waiting, clinic.now_serving, clinic.quota_left) == (3, "GIG-001", 996)
    assert clinic.estimated_wait_seconds == (6 + 3 * 10) * 60
    ticket = workers.register(5)
    assert ticket.estimated_wait_seconds == clinic.estimated_wait_seconds
    shortest, longest = clinic.shortest_wait_seconds, clinic.longest_wait_seconds
    assert shortest is not None
    assert longest is not None
    assert (ticket.earliest_call_at, ticket.latest_call_at) == (
        workers.clock.now() + timedelta(seconds=shortest),
        workers.clock.now() + timedelta(seconds=longest),
    )


def test_tickets_given_up_return_their_place_in_the_quota(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", daily_quota=3)))
    tickets = workers.register_many(3)
    assert _clinics(workers)[0].quota_left == 0
    workers.cancel(tickets[1])
    assert _clinics(workers)[0].quota_left == 1
    lower = catalog(hospital_table("RSHS", clinic_table("GIG", daily_quota=1)))
    apply_catalog(engine, lower, workers.clock.now())
    assert _clinics(workers)[0].quota_left == 0


@pytest.mark.parametrize(
    ("now", "day", "is_open", "session", "next_opening"),
    [
        ("07:00", MONDAY, False, ("08:00", "12:00"), in_bandung("08:00")),
        ("12:00", MONDAY, False, ("13:00", "15:00"), in_bandung("13:00")),
        ("14:00", MONDAY, True, ("13:00", "15:00"), None),
        ("20:00", MONDAY, False, ("13:00", "15:00"), in_bandung("08:00", MONDAY + timedelta(days=1))),
        ("09:00", SATURDAY, False, None, in_bandung("08:00", MONDAY + timedelta(days=7))),
    ],
)
def test_hours_are_those_of_the_session_that_is_on_or_comes_next(
    workers: Workers, now: str, day: Any, is_open: bool, session: tuple[str, str] | None, next_opening: Any
) -> None:
    workers.clock.set(now, day)
    [clinic] = _clinics(workers)
    assert clinic.is_open is is_open
    told = (clinic.estimated_wait_seconds, clinic.shortest_wait_seconds, clinic.longest_wait_seconds)
    assert {wait is None for wait in told} == {not is_open}
    assert (clinic.opens_at, clinic.closes_at) == (
        (None, None) if session is None else tuple(in_bandung(at, day) for at in session)
    )
    assert clinic.next_opening == next_opening


def test_only_open_clinics_are_listed_where_asked_for(three_zones: Workers) -> None:
    three_zones.clock.set("12:30")
    assert [clinic.code for clinic in _clinics(three_zones)] == ["GIG", "INT"]
    assert [clinic.code for clinic in _clinics(three_zones, open_only=True)] == ["INT"]
    three_zones.clock.set("22:00")
    assert _clinics(three_zones, open_only=True) == []


def test_yesterday_s_queue_is_not_today_s(workers: Workers) -> None:
    workers.register_many(3)
    workers.tick()
    workers.clock.forward(days=1)
    [clinic] = _clinics(workers)
    assert (clinic.waiting, clinic.now_serving, clinic.quota_left) == (0, None, 1000)
    assert _queue(workers).service_date == MONDAY + timedelta(days=1)
    assert _queue(workers).next == []


def test_changes_of_the_catalog_are_seen_at_once_and_retired_clinics_no_more(three_zones: Workers) -> None:
    assert [clinic.code for clinic in _clinics(three_zones)] == ["GIG", "INT"]
    ticket = three_zones.register(1, clinic="GIG")
    changed = catalog(hospital_table("RSHS", clinic_table("INT", name="Penyakit Dalam")))
    apply_catalog(three_zones.engine, changed, three_zones.clock.now(), retire_busy=True)
    assert [(clinic.code, clinic.name) for clinic in _clinics(three_zones)] == [("INT", "Penyakit Dalam")]
    assert _problem(three_zones, "clinic_queue", hospital="RSHS", clinic="GIG") == "clinic_not_found"
    assert _problem(three_zones, "list_clinics", hospital="RSMK") == "hospital_not_found"
    [shown] = tickets_shown(three_zones, ticket)
    assert shown.display_number == "GIG-001"


# --- queues ---------------------------------------------------------------------------------------------


def test_a_queue_shows_who_is_in_and_who_comes_next_by_number_only(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", rooms=2, room_names=["Loket A"])))
    tickets = workers.register_many(12)
    workers.tick()
    workers.cancel(tickets[3])
    answer = workers.ask("clinic_queue", hospital="RSHS", clinic="GIG")
    assert json.loads(encode_reply(answer)) == {
        "hospital": "RSHS",
        "hospital_name": "RSUP RSHS",
        "clinic": "GIG",
        "clinic_name": "Poli GIG",
        "service_date": "2026-11-23",
        "is_open": True,
        "now_serving": "GIG-002",
        "in_rooms": ["GIG-001", "GIG-002"],
        "rooms": [
            {"room": 1, "room_name": "Loket A", "display_number": "GIG-001", "status": "called"},
            {"room": 2, "room_name": None, "display_number": "GIG-002", "status": "called"},
        ],
        "next": ["GIG-003", "GIG-005", "GIG-006", "GIG-007", "GIG-008"],
        "waiting": 9,
        "absences": None,
        "sequence": 16,
    }


def test_an_empty_queue_is_shown_as_empty(three_zones: Workers) -> None:
    three_zones.clock.set("06:30", MONDAY + timedelta(days=1))
    queue = _queue(three_zones)
    assert (queue.is_open, queue.now_serving, queue.in_rooms, queue.next, queue.waiting) == (
        False,
        None,
        [],
        [],
        0,
    )


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("list_clinics", {"hospital": "RSXX"}, "hospital_not_found"),
        ("clinic_queue", {"hospital": "RSXX", "clinic": "GIG"}, "hospital_not_found"),
        ("clinic_queue", {"hospital": "RSHS", "clinic": "XXX"}, "clinic_not_found"),
        ("clinic_queue", {"hospital": "rshs", "clinic": "GIG"}, "invalid_request"),
        ("ticket_status", {"ticket_codes": ["7K3F-9QXM-2T5R"]}, "ticket_not_found"),
        ("ticket_status", {"ticket_codes": ["nobody"]}, "invalid_request"),
        ("register", {}, "unknown_request"),
    ],
)
def test_what_there_is_not_is_refused(workers: Workers, name: str, body: dict[str, Any], code: str) -> None:
    assert _problem(workers, name, **body) == code


def test_moments_carry_the_hospital_s_offset(three_zones: Workers) -> None:
    ticket = three_zones.register(1, "RSJP", "OBG")
    [shown] = tickets_shown(three_zones, ticket)
    assert shown.registered_at.isoformat() == "2026-11-23T11:00:00+09:00"
    assert json.loads(encode_reply(shown))["estimated_call_at"] == "2026-11-23T11:00:00+09:00"


# --- all together ---------------------------------------------------------------------------------------


def test_a_batch_is_answered_in_its_order_and_a_bad_request_alone(workers: Workers) -> None:
    ticket = workers.register(1)
    outcomes = workers.status.handle(
        [
            delivery("ticket_status", {"ticket_codes": [ticket.ticket_code]}),
            delivery("clinic_queue", b"{"),
            delivery("list_hospitals", {}),
            delivery("dance", {}),
            delivery("clinic_queue", {"hospital": "RSHS", "clinic": "GIG"}),
            delivery("list_clinics", {"hospital": "RSHS"}, message_id=""),
        ]
    )
    kinds = [type(outcome.reply) for outcome in outcomes]
    assert kinds == [Tickets, Problem, Hospitals, Problem, ClinicQueue, Clinics]
    assert not any(outcome.events or outcome.dead_letter for outcome in outcomes)


def test_looking_changes_nothing(three_zones: Workers) -> None:
    ticket = three_zones.register(1)
    three_zones.clock.set("20:00", SATURDAY)

    def everything() -> tuple[object, ...]:
        engine = three_zones.engine
        return day_rows(engine), ticket_rows(engine), journal_rows(engine)

    before = everything()
    three_zones.ask("list_hospitals")
    _clinics(three_zones)
    _queue(three_zones)
    tickets_shown(three_zones, ticket)
    assert everything() == before
