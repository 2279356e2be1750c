"""Patients and boards are told to which room a ticket is called, by its name; on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from common.messages.events import Event
from common.messages.patients import ClinicQueue, Ticket
from tests.builders import cancellation, clinic_table, desk_request, hospital_table
from tests.store.catalogs import apply
from tests.store.desks import calls, does, outcome_of, sees
from tests.store.workers import Workers, contents, tickets_shown, workers_of

ROOMS = {"rooms": 2, "room_names": ["Ruang Gigi", "Loket A", "", "Ruang 4"]}


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """A clinic that its staff move: two rooms with names, and names of rooms that do not serve yet."""
    clinics = (clinic_table("GIG", mode="desk", **ROOMS), clinic_table("MAT", mode="desk", rooms=2))
    return workers_of(engine, hospital_table("RSHS", *clinics))


def rooms_told(events: Any) -> list[tuple[str, int | None, str | None]]:
    """The name of each event of a ticket, with its room."""
    return [(event.name.value, data["room"], data["room_name"]) for event, data in _data(events)]


def _data(events: list[Event]) -> list[tuple[Event, Any]]:
    return [(event, contents(event)["data"]) for event in events if event.name.value.startswith("ticket.")]


def room_of(workers: Workers, ticket: Ticket) -> tuple[int | None, str | None]:
    """The room that its patient is told."""
    [shown] = tickets_shown(workers, ticket)
    return shown.room, shown.room_name


def test_a_call_tells_its_room_to_the_patient_to_boards_and_to_the_desk(desk: Workers) -> None:
    ticket = desk.register(1)
    assert (ticket.hospital_name, ticket.clinic_name) == ("RSUP RSHS", "Poli GIG")
    assert (ticket.room, ticket.room_name) == (None, None)
    called = outcome_of(desk, desk_request("call_next", room=2))
    assert rooms_told(called.events) == [("ticket.called", 2, "Loket A")]
    assert room_of(desk, ticket) == (2, "Loket A")
    queue = desk.ask("clinic_queue", hospital="RSHS", clinic="GIG")
    assert isinstance(queue, ClinicQueue)
    [occupied] = queue.rooms
    assert (occupied.room, occupied.room_name, occupied.display_number) == (2, "Loket A", "GIG-001")
    assert sees(desk).room_names == ["Ruang Gigi", "Loket A", "", "Ruang 4"]
    done = does(desk, "recall", number=1)
    assert done.room_name == "Loket A"
    assert done.ticket is not None
    assert done.ticket.room == 2


def test_a_queue_says_which_event_is_the_last_one_in_it(desk: Workers) -> None:
    def told() -> int:
        queue = desk.ask("clinic_queue", hospital="RSHS", clinic="GIG")
        assert isinstance(queue, ClinicQueue)
        return queue.sequence

    desk.register(1)
    for request in (desk_request("call_next", room=1), desk_request("recall", number=1)):
        event = outcome_of(desk, request).events[-1]
        assert told() == int(contents(event)["sequence"])


def test_each_event_of_a_ticket_tells_the_room_that_it_is_in_or_leaves(desk: Workers) -> None:
    desk.register_many(2)
    told = []
    for name, body in (
        ("call_next", {"room": 1}),
        ("recall", {"number": 1}),
        ("start", {"number": 1}),
        ("complete", {"number": 1}),
        ("call_next", {"room": 2}),
        ("mark_no_show", {"number": 2}),
        ("reinstate", {"number": 2}),
        ("call_next", {"room": 2}),
        ("transfer", {"number": 2, "to_clinic": "MAT"}),
    ):
        told += rooms_told(outcome_of(desk, desk_request(name, **body)).events)
    first, second = (1, "Ruang Gigi"), (2, "Loket A")
    assert told == [
        ("ticket.called", *first),
        ("ticket.recalled", *first),
        ("ticket.started", *first),
        ("ticket.served", *first),
        ("ticket.called", *second),
        ("ticket.no_show", *second),
        ("ticket.reinstated", None, None),
        ("ticket.called", *second),
        ("ticket.transferred", *second),
        ("ticket.registered", None, None),
    ]


def test_a_room_without_a_name_has_only_its_number(desk: Workers) -> None:
    does(desk, "set_rooms", rooms=4)
    tickets = desk.register_many(2)
    told = [rooms_told(outcome_of(desk, desk_request("call_next", room=room)).events) for room in (3, 4)]
    assert told == [[("ticket.called", 3, None)], [("ticket.called", 4, "Ruang 4")]]
    assert [room_of(desk, each) for each in tickets] == [(3, None), (4, "Ruang 4")]


def test_a_patient_who_gives_up_leaves_the_room_to_which_he_was_called(desk: Workers) -> None:
    ticket = desk.register(1)
    calls(desk, room=2)
    outcome = desk.outcome(cancellation(ticket.ticket_code))
    assert rooms_told(outcome.events) == [("ticket.cancelled", 2, "Loket A")]
    assert room_of(desk, ticket) == (None, None)


def test_the_room_is_told_as_long_as_the_patient_has_to_know_it(desk: Workers) -> None:
    ticket = desk.register(1)
    shown = []
    actions: list[tuple[str, dict[str, Any]]] = [
        ("call_next", {"room": 2}),
        ("mark_no_show", {"number": 1}),
        ("reinstate", {"number": 1}),
        ("call_next", {"room": 1}),
        ("start", {"number": 1}),
        ("complete", {"number": 1}),
    ]
    for name, body in actions:
        does(desk, name, **body)
        shown.append(room_of(desk, ticket)[0])
    assert shown == [2, None, None, 1, 1, 1]


def test_a_patient_sees_that_his_number_is_called_once_more(desk: Workers) -> None:
    ticket = desk.register(1)

    def recalled_at() -> object:
        [shown] = tickets_shown(desk, ticket)
        return shown.recalled_at

    calls(desk)
    assert recalled_at() is None
    desk.clock.forward(minutes=1)
    does(desk, "recall", number=1)
    first = desk.clock.now()
    assert recalled_at() == first
    desk.clock.forward(minutes=1)
    does(desk, "recall", number=1)
    assert recalled_at() == first + timedelta(minutes=1)
    does(desk, "mark_no_show", number=1)
    does(desk, "reinstate", number=1)
    assert recalled_at() is None
    desk.clock.forward(minutes=1)
    calls(desk)
    assert recalled_at() is None


def test_the_clock_calls_to_rooms_with_their_names(engine: Engine) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", **ROOMS)))
    tickets = workers.register_many(3)
    assert rooms_told(workers.tick()) == [
        ("ticket.called", 1, "Ruang Gigi"),
        ("ticket.called", 2, "Loket A"),
    ]
    assert [room_of(workers, each) for each in tickets] == [(1, "Ruang Gigi"), (2, "Loket A"), (None, None)]
    workers.clock.forward(minutes=10)
    assert rooms_told(workers.tick()) == [
        ("ticket.served", 1, "Ruang Gigi"),
        ("ticket.served", 2, "Loket A"),
        ("ticket.called", 1, "Ruang Gigi"),
    ]


def test_a_new_name_counts_at_once_and_what_was_told_stays(desk: Workers) -> None:
    ticket = desk.register(1)
    request = desk_request("call_next", room=2)
    told = outcome_of(desk, request).events
    renamed = clinic_table("GIG", mode="desk", rooms=2, room_names=["", "Loket B"])
    apply(desk.engine, hospital_table("RSHS", renamed, clinic_table("MAT", mode="desk", rooms=2)))
    assert room_of(desk, ticket) == (2, "Loket B")
    assert rooms_told(outcome_of(desk, desk_request("recall", number=1)).events) == [
        ("ticket.recalled", 2, "Loket B")
    ]
    # Published again, it is the same event as before.
    assert outcome_of(desk, request).events == told
