"""What patients see of a visit: its stations with their states, with the code of any of them."""

from itertools import pairwise

import pytest
from sqlalchemy import Engine

from common.messages.message import encode_reply
from common.messages.patients import Ticket, Tickets
from common.messages.problems import ProblemCode
from tests.builders import clinic_table, hospital_table, registration
from tests.store.desks import calls, does
from tests.store.statements import noticed
from tests.store.workers import Workers, tickets_shown, workers_of

STATIONS = ("GIG", "LAB", "RAD", "MAT", "KAS")


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """Five clinics that their desks move."""
    tables = [clinic_table(code, mode="desk", rooms=2) for code in STATIONS]
    return workers_of(engine, hospital_table("RSHS", *tables))


def in_service(workers: Workers, clinic: str) -> int:
    """The next patient is called and being served; the number."""
    number = calls(workers, clinic=clinic)
    does(workers, "start", clinic, number=number)
    return number


def sent(workers: Workers, clinic: str, to_clinic: str, *, returns: bool = False) -> Ticket:
    """The next patient is served and sent on; the ticket there."""
    number = in_service(workers, clinic)
    new = does(workers, "send", clinic, number=number, to_clinic=to_clinic, returns=returns).new_ticket
    assert new is not None
    return new


def five_stations(workers: Workers) -> list[Ticket]:
    """A patient at the last of five stations."""
    tickets = [workers.register(1)]
    for here, there in pairwise(STATIONS):
        workers.clock.forward(minutes=2)
        tickets.append(sent(workers, here, there))
    return tickets


def test_the_whole_visit_is_seen_with_any_of_its_codes(desk: Workers) -> None:
    tickets = five_stations(desk)
    shown = [tickets_shown(desk, each)[0] for each in tickets]
    visits = [each.visit for each in shown]
    first = visits[0]
    assert first is not None
    assert all(each == first for each in visits)
    assert [(each.display_number, each.status, each.is_current) for each in first] == [
        *((f"{code}-001", "served", False) for code in STATIONS[:-1]),
        ("KAS-001", "waiting", True),
    ]
    assert [each.ticket_code for each in first] == [each.ticket_code for each in tickets]
    assert {each.current_code for each in shown} == {tickets[-1].ticket_code}
    assert [each.display_number for each in shown] == [each.display_number for each in tickets]


def test_a_room_of_the_current_station_and_the_way_back_are_shown(desk: Workers) -> None:
    ticket = desk.register(1)
    sent(desk, "GIG", "LAB", returns=True)
    calls(desk, room=2, clinic="LAB")
    [shown] = tickets_shown(desk, ticket)
    assert shown.visit is not None
    first, second = shown.visit
    assert (first.status, first.room, first.return_clinic) == ("served", 1, None)
    assert (second.status, second.room, second.return_clinic) == ("called", 2, "GIG")
    does(desk, "complete", "LAB", number=1)
    [shown] = tickets_shown(desk, ticket)
    assert shown.visit is not None
    assert [each.display_number for each in shown.visit] == ["GIG-001", "LAB-001", "GIG-002"]
    assert shown.current_code == shown.visit[-1].ticket_code


def test_where_nothing_is_left_there_is_no_current_station(desk: Workers) -> None:
    ticket = desk.register(1)
    sent(desk, "GIG", "LAB")
    does(desk, "complete", "LAB", number=in_service(desk, "LAB"))
    [shown] = tickets_shown(desk, ticket)
    assert shown.current_code is None
    assert shown.visit is not None
    assert not any(each.is_current for each in shown.visit)


def test_of_several_at_once_the_one_with_a_room_is_current(desk: Workers) -> None:
    ticket = desk.register(1)
    sent(desk, "GIG", "LAB")
    does(desk, "send", number=1, to_clinic="RAD")
    calls(desk, clinic="RAD")
    [shown] = tickets_shown(desk, ticket)
    assert shown.visit is not None
    assert [each.is_current for each in shown.visit] == [False, False, True]


def test_lists_leave_the_stations_out_and_name_the_current_one(desk: Workers) -> None:
    tickets = five_stations(desk)
    reply = desk.ask("ticket_status", ticket_codes=[each.ticket_code for each in tickets])
    assert isinstance(reply, Tickets)
    assert b'"visit"' not in encode_reply(reply)
    assert {each.current_code for each in reply.tickets} == {tickets[-1].ticket_code}


def test_a_ticket_of_no_visit_has_none(desk: Workers) -> None:
    [shown] = tickets_shown(desk, desk.register(1))
    assert (shown.visit, shown.current_code) == (None, None)


def test_whoever_knows_a_patients_data_sees_no_code_of_the_visit(desk: Workers) -> None:
    five_stations(desk)
    refused = desk.refusal(registration(1, clinic="KAS"))
    assert refused.code is ProblemCode.ALREADY_REGISTERED
    assert refused.ticket is not None
    held = refused.ticket
    assert (held.ticket_code, held.current_code, held.visit) == (None, None, None)


def test_visits_cost_one_statement_however_many_they_are(desk: Workers) -> None:
    def look(*tickets: Ticket) -> list[str]:
        statements: list[str] = []
        with noticed(desk.engine, statements.append):
            tickets_shown(desk, *tickets)
        return statements

    tickets = desk.register_many(6)
    for _ in range(5):
        sent(desk, "GIG", "LAB")
    look(tickets[0])  # reads the catalog, too
    one, many, none = look(tickets[0]), look(*tickets[:5]), look(tickets[5])
    assert len(one) == len(many)
    assert sum("return_clinic" in statement for statement in many) == 1
    assert not any("return_clinic" in statement for statement in none)
