"""What a patient is shown of a ticket: its place, its estimate, and how it ends, on both databases."""

import random
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine

from common.domain.ticket_states import TicketStatus
from common.messages.limits import TICKET_CODES_MAX
from common.messages.patients import SHOWN_ALONE, SHOWN_IN_SHORT_LISTS, ClinicQueue, Ticket, Tickets
from tests.builders import MONDAY, clinic_table, hospital_table, in_bandung
from tests.store.desks import at_the_counter
from tests.store.workers import Workers, ticket_rows, tickets_shown, workers_of


def test_a_ticket_is_followed_until_it_is_served(workers: Workers) -> None:
    workers.register(1)
    ticket = workers.register(2)
    workers.tick()
    workers.clock.set("09:04")
    [waiting] = tickets_shown(workers, ticket)
    assert (waiting.status, waiting.people_ahead, waiting.now_serving) == ("waiting", 0, "GIG-001")
    assert waiting.estimated_call_at == in_bandung("09:10")
    assert waiting.estimated_wait_seconds == 6 * 60
    assert waiting.called_at is None

    workers.clock.set("09:12")
    workers.tick()
    [called] = tickets_shown(workers, ticket)
    assert (called.status, called.people_ahead, called.now_serving) == ("called", None, "GIG-002")
    assert called.called_at == in_bandung("09:10")
    assert _estimates(called) == [None] * 4

    workers.clock.set("09:30")
    workers.tick()
    [served] = tickets_shown(workers, ticket)
    assert (served.status, served.called_at) == (TicketStatus.SERVED, in_bandung("09:10"))
    assert _estimates(served) == [None] * 4


def test_the_people_ahead_are_those_who_still_wait(workers: Workers) -> None:
    tickets = workers.register_many(6)
    workers.cancel(tickets[1])
    workers.cancel(tickets[4])
    assert [each.people_ahead for each in tickets_shown(workers, *tickets)] == [0, None, 1, 2, None, 3]
    workers.tick()
    assert [each.people_ahead for each in tickets_shown(workers, *tickets)] == [None, None, 0, 1, None, 2]


def test_everybody_in_several_queues_is_shown_their_own_place(engine: Engine) -> None:
    """Asked for all at once, in any selection, or one by one: it is the same place."""
    codes = ["GIG", "INT", "ANA"]
    workers = workers_of(engine, hospital_table("RSHS", *(clinic_table(code, rooms=2) for code in codes)))
    tickets = [ticket for code in codes for ticket in workers.register_many(10, clinic=code)]
    workers.tick()
    dice = random.Random(20261123)
    for gone in dice.sample(tickets, 9):
        workers.cancel(gone)
    waiting: dict[str, list[int]] = {code: [] for code in codes}
    for row in ticket_rows(engine):
        if row["status"] == "waiting":
            waiting[row["clinic"]].append(row["number"])
    shown = {ticket.ticket_code: ticket for ticket in tickets_shown(workers, *tickets)}
    for ticket in tickets:
        now = shown[ticket.ticket_code]
        numbers = waiting[ticket.clinic]
        ahead = numbers.index(ticket.number) if ticket.number in numbers else None
        assert (now.status == "waiting", now.people_ahead) == (ahead is not None, ahead)
        assert [_in_brief(each) for each in tickets_shown(workers, ticket)] == [now]
    for _ in range(5):
        some = dice.sample(tickets, 12)
        found = [_in_brief(each) for each in tickets_shown(workers, *some)]
        assert found == [shown[ticket.ticket_code] for ticket in some]


def _in_brief(ticket: Ticket) -> Ticket:
    """The ticket as it is in a long list."""
    nothing: dict[str, Any] = dict.fromkeys((*SHOWN_IN_SHORT_LISTS, *SHOWN_ALONE))
    return replace(ticket, **nothing)


def test_estimates_come_true_in_a_queue_whose_services_last_as_planned(workers: Workers) -> None:
    tickets = workers.register_many(5)
    workers.tick()
    workers.clock.set("09:07")
    expected = {each.number: each.estimated_call_at for each in tickets_shown(workers, *tickets[1:])}
    workers.clock.set("10:30")
    workers.tick()
    assert {row["number"]: row["called_at"] for row in ticket_rows(workers.engine)[1:]} == expected


def test_tickets_are_shown_in_the_order_asked_for_and_each_once(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG"), clinic_table("INT")))
    one, two, other = workers.register(1), workers.register(2), workers.register(1, clinic="INT")
    unknown = "0000-0000-0000"
    codes = [two.ticket_code.lower(), unknown, other.ticket_code, one.ticket_code, two.ticket_code]
    answer = workers.ask("ticket_status", ticket_codes=codes)
    assert isinstance(answer, Tickets)
    assert [each.display_number for each in answer.tickets] == ["GIG-002", "INT-001", "GIG-001"]
    assert answer.not_found == [unknown]


def test_as_many_tickets_as_allowed_are_shown_in_one_answer(workers: Workers) -> None:
    tickets = workers.register_many(TICKET_CODES_MAX)
    assert [each.number for each in tickets_shown(workers, *tickets)] == list(range(1, TICKET_CODES_MAX + 1))


def test_yesterday_s_ticket_can_still_be_looked_up(workers: Workers) -> None:
    ticket = workers.register(1)
    workers.clock.forward(days=1)
    workers.tick()
    [shown] = tickets_shown(workers, ticket)
    assert (shown.service_date, shown.status) == (MONDAY, TicketStatus.SERVED)


def _estimates(ticket: Ticket) -> list[object]:
    return [
        ticket.estimated_wait_seconds,
        ticket.estimated_call_at,
        ticket.earliest_call_at,
        ticket.latest_call_at,
    ]


def test_the_places_of_both_lanes_are_those_in_which_they_are_called(engine: Engine) -> None:
    """Five regular and four elderly patients, in this order; two of the elderly per regular one."""
    workers = workers_of(engine, hospital_table("RSHS", clinic_table(rooms=1)))
    elderly = {"name": "Siti Aminah", "date_of_birth": "1950-01-31"}
    given = [workers.register(who) for who in range(1, 6)]
    given += [at_the_counter(workers, {**elderly, "medical_record_number": f"E{who}"}) for who in range(4)]
    assert [ticket.lane for ticket in given] == ["regular"] * 5 + ["priority"] * 4
    reply = workers.ask("ticket_status", ticket_codes=[ticket.ticket_code for ticket in given])
    assert isinstance(reply, Tickets)
    expected = {number: ahead for ahead, number in enumerate([6, 7, 1, 8, 9, 2, 3, 4, 5])}
    assert {ticket.number: ticket.people_ahead for ticket in reply.tickets} == expected
    # What each was told when they came: only of those who were there by then.
    assert [ticket.people_ahead for ticket in given] == [0, 1, 2, 3, 4, 0, 1, 3, 4]
    queue = workers.ask("clinic_queue", hospital="RSHS", clinic="GIG")
    assert isinstance(queue, ClinicQueue)
    assert queue.next == ["GIG-006", "GIG-007", "GIG-001", "GIG-008", "GIG-009"]
    workers.clock.set("11:55")
    workers.tick()
    called = [each for each in ticket_rows(engine) if each["called_at"]]
    order = [row["number"] for row in sorted(called, key=lambda row: row["called_at"])]
    assert order == sorted(expected, key=lambda number: expected[number])


def test_a_late_tick_reads_on_where_one_lane_is_called_to_its_end(engine: Engine) -> None:
    """More of each lane than a tick reads at first; a late tick leaves the queue of many that are on time."""
    clinic = clinic_table(rooms=2, mean_service_minutes=1.0)
    workers = workers_of(engine, hospital_table("RSHS", clinic), hospital_table("RSUD", clinic))
    for who in range(40):
        born = "1950-01-31" if who % 3 else "1990-01-31"
        data = {"name": "Siti", "date_of_birth": born, "medical_record_number": f"E{who}"}
        for hospital in ("RSHS", "RSUD"):
            at_the_counter(workers, data, hospital=hospital)
    for minute in range(1, 15):
        workers.clock.set(f"09:{minute:02d}")
        workers.apply(workers.tick_for("RSHS"))
    workers.clock.set("09:15")
    workers.apply(workers.tick_for("RSHS"), workers.tick_for("RSUD"))

    def calls(hospital: str) -> list[tuple[object, ...]]:
        return [(row["number"], row["room"], row["called_at"]) for row in ticket_rows(engine, hospital)]

    assert calls("RSHS") == calls("RSUD")
    assert sum(call[2] is not None for call in calls("RSHS")) == 32
