"""What the staff of a clinic do with its queue: each request, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from common.domain.catalog import ClinicState, QueueMode
from common.domain.lanes import Lane
from common.domain.ticket_states import TicketStatus
from common.domain.tickets import PriorityReason
from common.messages.patients import ClinicQueue, Tickets
from common.messages.problems import Problem, ProblemCode
from common.messaging.topology import DESK_EXCHANGE, PATIENT_EXCHANGE
from tests.builders import DESK_USER, delivery, desk_request, in_bandung, patient, tick_delivery
from tests.store.desks import (
    at_the_counter,
    calls,
    desk_of,
    does,
    is_whole,
    numbers_waiting,
    outcome_of,
    refusal,
    sees,
)
from tests.store.workers import Workers, journal_rows, ticket_rows, told


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """RSHS's clinics GIG and MAT, in desk mode, on Monday at 09:00."""
    return desk_of(engine)


# --- calling --------------------------------------------------------------------------------------------


def test_nobody_is_called_but_by_the_desk(desk: Workers) -> None:
    desk.register_many(3)
    desk.clock.forward(minutes=30)
    assert desk.apply(desk.tick_for()) == []
    assert numbers_waiting(desk) == [1, 2, 3]
    assert calls(desk, room=2) == 1
    [called] = sees(desk).in_rooms
    assert (called.number, called.room, called.status) == (1, 2, TicketStatus.CALLED)
    is_whole(desk)


def test_the_next_one_ends_the_service_in_the_same_room_first(desk: Workers) -> None:
    desk.register_many(3)
    calls(desk, room=1)
    calls(desk, room=2)
    desk.clock.forward(minutes=7)
    done = outcome_of(desk, desk_request("call_next", room=1))
    assert told(done.events) == ["ticket.served GIG-001", "ticket.called GIG-003"]
    assert sees(desk).served_count == 1
    assert [ticket.number for ticket in sees(desk).in_rooms] == [3, 2]
    is_whole(desk)


def test_where_nobody_waits_the_room_is_emptied_and_then_there_is_nothing_to_do(desk: Workers) -> None:
    desk.register(1)
    calls(desk)
    done = does(desk, "call_next", room=1)
    assert ([change.event for change in done.changes], done.ticket) == (["ticket.served"], None)
    assert refusal(desk, "call_next", room=1).code is ProblemCode.NOT_PERMITTED_NOW
    is_whole(desk)


def test_a_room_that_there_is_not(desk: Workers) -> None:
    desk.register(1)
    assert refusal(desk, "call_next", room=3).code is ProblemCode.NOT_PERMITTED_NOW
    assert numbers_waiting(desk) == [1]


def test_service_begins_and_ends(desk: Workers) -> None:
    desk.register(1)
    calls(desk)
    desk.clock.forward(minutes=1)
    assert does(desk, "start", number=1).ticket.status is TicketStatus.IN_SERVICE  # type: ignore[union-attr]
    desk.clock.forward(minutes=5)
    assert does(desk, "complete", number=1).ticket.status is TicketStatus.SERVED  # type: ignore[union-attr]
    [row] = ticket_rows(desk.engine)
    assert row["ended_at"] - row["started_at"] == timedelta(minutes=5)
    assert row["started_at"] - row["called_at"] == timedelta(minutes=1)
    for name in ("start", "complete", "recall", "mark_no_show"):
        assert refusal(desk, name, number=1).code is ProblemCode.NOT_PERMITTED_NOW
    is_whole(desk)


def test_a_recall_is_an_event_and_only_its_moment_is_kept(desk: Workers) -> None:
    desk.register(1)
    calls(desk)
    [before] = ticket_rows(desk.engine)
    desk.clock.forward(minutes=2)
    done = outcome_of(desk, desk_request("recall", number=1))
    assert told(done.events) == ["ticket.recalled GIG-001"]
    assert ticket_rows(desk.engine) == [{**before, "recalled_at": desk.clock.now()}]
    is_whole(desk)


def test_who_does_not_come_may_come_after_all(desk: Workers) -> None:
    desk.register_many(3)
    calls(desk)
    assert told(outcome_of(desk, desk_request("mark_no_show", number=1)).events) == ["ticket.no_show GIG-001"]
    assert [ticket.number for ticket in sees(desk).no_shows] == [1]
    assert calls(desk) == 2
    desk.clock.forward(minutes=3)
    does(desk, "reinstate", number=1)
    # Behind the first three, of whom there is one.
    assert numbers_waiting(desk) == [3, 1]
    assert (calls(desk, room=2), calls(desk, room=1)) == (3, 1)
    is_whole(desk)


def test_a_no_show_with_a_new_ticket_is_not_reinstated(desk: Workers) -> None:
    desk.register(1)
    calls(desk)
    does(desk, "mark_no_show", number=1)
    assert desk.register(1).number == 2
    assert refusal(desk, "reinstate", number=1).code is ProblemCode.NOT_PERMITTED_NOW
    is_whole(desk)


def test_a_number_that_was_not_given_out(desk: Workers) -> None:
    assert refusal(desk, "recall", number=9).code is ProblemCode.TICKET_NOT_FOUND


# --- priority -------------------------------------------------------------------------------------------


def test_priority_patients_are_called_two_to_one(desk: Workers) -> None:
    desk.register_many(3)
    for who in range(4, 9):
        at_the_counter(desk, patient(who), priority="disability")
    assert numbers_waiting(desk) == [4, 5, 1, 6, 7, 2, 8, 3]
    assert [calls(desk) for _ in range(8)] == [4, 5, 1, 6, 7, 2, 8, 3]
    is_whole(desk)


def test_the_desk_marks_a_waiting_patient_and_takes_it_back(desk: Workers) -> None:
    desk.register_many(3)
    marked = does(desk, "set_priority", number=3, reason="pregnancy").ticket
    assert marked is not None
    assert (marked.lane, marked.priority_reason) == (Lane.PRIORITY, PriorityReason.PREGNANCY)
    assert sees(desk).waiting_priority_count == 1
    assert numbers_waiting(desk) == [3, 1, 2]
    does(desk, "set_priority", number=3, reason=None)
    assert numbers_waiting(desk) == [1, 2, 3]
    assert refusal(desk, "set_priority", number=3, reason=None).code is ProblemCode.NOT_PERMITTED_NOW
    is_whole(desk)


def test_what_patients_are_told_is_the_order_of_the_calls(desk: Workers) -> None:
    tickets = desk.register_many(4)
    tickets += [at_the_counter(desk, patient(who), priority="infant") for who in range(5, 8)]
    found = desk.ask("ticket_status", ticket_codes=[ticket.ticket_code for ticket in tickets])
    assert isinstance(found, Tickets)
    ahead = {ticket.number: ticket.people_ahead for ticket in found.tickets}
    order = [calls(desk) for _ in tickets]
    assert [ahead[number] for number in order] == list(range(7))


# --- the clinic -----------------------------------------------------------------------------------------


def test_a_closed_clinic_calls_who_waits(desk: Workers) -> None:
    desk.register_many(2)
    done = outcome_of(desk, desk_request("close_clinic", reason="Dokter sakit"))
    assert told(done.events) == ["clinic.closed GIG"]
    seen = sees(desk)
    assert (seen.is_open, seen.state, seen.forced_reason) == (False, ClinicState.CLOSED, "Dokter sakit")
    assert desk.refusal(desk_request("desk_register", **patient(3))).code is ProblemCode.CLINIC_CLOSED
    assert calls(desk) == 1
    assert refusal(desk, "close_clinic", reason="Dokter sakit").code is ProblemCode.NOT_PERMITTED_NOW
    is_whole(desk)


def test_a_clinic_closes_with_everybody_cancelled(desk: Workers) -> None:
    desk.register_many(3)
    calls(desk)
    done = outcome_of(desk, desk_request("close_clinic", waiting="cancel"))
    cancelled = [f"ticket.cancelled GIG-00{number}" for number in (2, 3)]
    assert told(done.events) == ["clinic.closed GIG", *cancelled]
    assert [row["status"] for row in ticket_rows(desk.engine)] == ["called", "cancelled", "cancelled"]
    is_whole(desk)


def test_a_clinic_opens_again_by_itself(desk: Workers) -> None:
    until = in_bandung("10:00").isoformat()
    does(desk, "close_clinic", until=until)
    desk.clock.set("09:59")
    assert desk.refusal(desk_request("desk_register", **patient(1))).code is ProblemCode.CLINIC_CLOSED
    desk.clock.set("10:00")
    assert told(desk.tick()) == ["clinic.opened GIG"]
    assert at_the_counter(desk, patient(1)).number == 1
    is_whole(desk)


def test_a_clinic_is_opened_outside_its_hours(desk: Workers) -> None:
    desk.clock.set("15:30")
    desk.tick()
    assert not sees(desk).is_open
    does(desk, "open_clinic", until=in_bandung("17:00").isoformat())
    assert at_the_counter(desk, patient(1)).number == 1
    desk.clock.set("17:00")
    assert "clinic.closed GIG" in told(desk.tick())
    assert not sees(desk).is_open
    is_whole(desk)


def test_within_its_hours_an_opened_clinic_follows_them_again(desk: Workers) -> None:
    does(desk, "close_clinic")
    does(desk, "open_clinic")
    assert sees(desk).state is ClinicState.SCHEDULE
    assert refusal(desk, "open_clinic").code is ProblemCode.NOT_PERMITTED_NOW
    desk.clock.set("12:00")
    assert "clinic.closed GIG" in told(desk.tick())


@pytest.mark.parametrize("name", ["open_clinic", "close_clinic"])
@pytest.mark.parametrize("hours", [-1, 0, 31 * 24 + 1])
def test_a_moment_until_which_no_clinic_is_forced(desk: Workers, name: str, hours: int) -> None:
    until = desk.clock.now() + timedelta(hours=hours)
    assert refusal(desk, name, until=until.isoformat()).code is ProblemCode.INVALID_REQUEST


def test_rooms_are_set(desk: Workers) -> None:
    desk.register_many(3)
    calls(desk, room=1)
    calls(desk, room=2)
    assert told(outcome_of(desk, desk_request("set_rooms", rooms=1)).events) == ["clinic.rooms_changed GIG"]
    # Who is in the other room stays until the service ends.
    assert [ticket.room for ticket in sees(desk).in_rooms] == [1, 2]
    assert refusal(desk, "call_next", room=2).code is ProblemCode.NOT_PERMITTED_NOW
    does(desk, "complete", number=2)
    assert sees(desk).rooms == 1
    assert refusal(desk, "set_rooms", rooms=1).code is ProblemCode.NOT_PERMITTED_NOW
    is_whole(desk)


# --- the clock and the desk ----------------------------------------------------------------------------


def test_the_clock_takes_over_and_gives_back(desk: Workers) -> None:
    desk.register_many(5)
    calls(desk)
    desk.clock.forward(minutes=30)
    does(desk, "set_mode", mode="clock")
    desk.tick()
    # From now on: the service that lasts too long ends, nobody is called for a time before.
    seen = sees(desk)
    assert (seen.mode, [ticket.number for ticket in seen.in_rooms]) == (QueueMode.CLOCK, [2, 3])
    assert refusal(desk, "call_next", room=1).code is ProblemCode.NOT_PERMITTED_NOW
    desk.clock.forward(minutes=10)
    # Time passes before the desk takes over, though no tick came.
    done = outcome_of(desk, desk_request("set_mode", mode="desk"))
    assert told(done.events)[-1] == "clinic.mode_changed GIG"
    assert [ticket.number for ticket in sees(desk).in_rooms] == [4, 5]
    desk.clock.forward(minutes=30)
    assert desk.apply(desk.tick_for()) == []
    is_whole(desk)


def test_a_room_whose_patient_did_not_come_is_the_clocks_again(desk: Workers) -> None:
    desk.register_many(4)
    does(desk, "set_mode", mode="clock")
    desk.tick()
    desk.clock.forward(minutes=2)
    does(desk, "mark_no_show", number=1)
    assert told(desk.tick()) == ["ticket.called GIG-003"]
    is_whole(desk)


def test_the_end_of_the_day_ends_a_desks_queue(desk: Workers) -> None:
    desk.register_many(3)
    calls(desk, room=1)
    calls(desk, room=2)
    does(desk, "start", number=2)
    desk.clock.forward(hours=16)
    desk.tick()
    assert [row["status"] for row in ticket_rows(desk.engine)] == ["expired", "served", "expired"]
    is_whole(desk)


# --- transfer -------------------------------------------------------------------------------------------


def test_a_transferred_patient_keeps_the_place_by_arrival(desk: Workers) -> None:
    gone = desk.register(1)
    desk.clock.forward(minutes=5)
    desk.register_many(2, clinic="MAT", first=2)
    desk.clock.forward(minutes=5)
    done = does(desk, "transfer", number=1, to_clinic="MAT")
    assert done.new_ticket is not None
    assert (done.new_ticket.clinic, done.new_ticket.number, done.new_ticket.people_ahead) == ("MAT", 3, 0)
    assert [(change.event, change.clinic) for change in done.changes] == [
        ("ticket.transferred", "GIG"),
        ("ticket.registered", "MAT"),
    ]
    found = desk.ask("ticket_status", ticket_codes=[gone.ticket_code])
    assert isinstance(found, Tickets)
    [old] = found.tickets
    assert (old.status, old.transferred_to) == (TicketStatus.TRANSFERRED, done.new_ticket.ticket_code)
    assert numbers_waiting(desk, "MAT") == [3, 1, 2]
    assert numbers_waiting(desk) == []
    is_whole(desk)


def test_who_holds_a_ticket_there_is_not_transferred(desk: Workers) -> None:
    desk.register(1)
    desk.register(1, clinic="MAT")
    assert refusal(desk, "transfer", number=1, to_clinic="MAT").code is ProblemCode.NOT_PERMITTED_NOW
    assert refusal(desk, "transfer", number=1, to_clinic="GIG").code is ProblemCode.NOT_PERMITTED_NOW
    assert refusal(desk, "transfer", number=1, to_clinic="NONE").code is ProblemCode.CLINIC_NOT_FOUND
    does(desk, "close_clinic", "MAT")
    desk.register(2)
    assert refusal(desk, "transfer", number=2, to_clinic="MAT").code is ProblemCode.CLINIC_CLOSED
    assert numbers_waiting(desk) == [1, 2]
    is_whole(desk)


def test_no_clock_calls_a_transferred_patient_for_a_time_before(desk: Workers) -> None:
    does(desk, "set_mode", "MAT", mode="clock")
    desk.register(1)
    desk.clock.forward(minutes=30)
    does(desk, "transfer", number=1, to_clinic="MAT")
    desk.tick()
    [_, there] = ticket_rows(desk.engine)
    assert (there["status"], there["called_at"]) == ("called", desk.clock.now())


# --- who may ask ----------------------------------------------------------------------------------------


def test_names_are_shown_to_those_who_ask_for_them(desk: Workers) -> None:
    desk.register(1)
    assert sees(desk).waiting[0].patient_name is None
    assert sees(desk, with_names=True).waiting[0].patient_name == "Pasien 1"


def test_the_operator_is_in_the_journal(desk: Workers) -> None:
    at_the_counter(desk, patient(1))
    calls(desk)
    operators = [row["operator"] for row in journal_rows(desk.engine) if row["number"]]
    assert operators == [DESK_USER, DESK_USER]


@pytest.mark.parametrize("name", ["call_next", "desk_queue", "close_clinic"])
def test_a_patient_is_not_the_staff(desk: Workers, name: str) -> None:
    body = {"hospital": "RSHS", "clinic": "GIG", "room": 1}
    reply = outcome_of(desk, delivery(name, body, exchange=PATIENT_EXCHANGE)).reply
    assert isinstance(reply, Problem)
    assert reply.code is ProblemCode.UNKNOWN_REQUEST


@pytest.mark.parametrize("exchange", [DESK_EXCHANGE, PATIENT_EXCHANGE])
@pytest.mark.parametrize("body", [b"", b"{}", None])
def test_what_does_not_come_as_an_event_is_no_tick(desk: Workers, exchange: str, body: bytes | None) -> None:
    """And no dead letter either: a stranger's ticks must not fill the queue for those."""
    tick = tick_delivery(desk.tick_for())
    forged = tick._replace(exchange=exchange, body=tick.body if body is None else body)
    outcome = outcome_of(desk, forged)
    assert isinstance(outcome.reply, Problem)
    assert outcome.reply.code is ProblemCode.UNKNOWN_REQUEST
    assert outcome.dead_letter is None


def test_a_patient_does_not_register_as_the_staff_do(desk: Workers) -> None:
    body = {"hospital": "RSHS", "clinic": "GIG", **patient(1)}
    asked = delivery("desk_register", body, exchange=PATIENT_EXCHANGE)
    assert desk.refusal(asked).code is ProblemCode.UNKNOWN_REQUEST


def test_clinics_that_there_are_not(desk: Workers) -> None:
    assert refusal(desk, "call_next", "NONE", room=1).code is ProblemCode.CLINIC_NOT_FOUND
    elsewhere = desk_request("desk_queue", hospital="NOWHERE")
    reply = outcome_of(desk, elsewhere).reply
    assert isinstance(reply, Problem)
    assert reply.code is ProblemCode.HOSPITAL_NOT_FOUND


def test_a_clinic_in_which_nobody_stood_today(desk: Workers) -> None:
    desk.clock.set("05:00")
    seen = sees(desk)
    assert (seen.waiting_count, seen.waiting, seen.now_serving, seen.is_open) == (0, [], None, False)
    queue = desk.ask("clinic_queue", hospital="RSHS", clinic="GIG")
    assert isinstance(queue, ClinicQueue)
