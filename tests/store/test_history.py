"""What happened to a ticket or in a clinic, by whom: `desk_history`."""

from typing import Any

import pytest
from sqlalchemy import Engine

from common.messages.desk_replies import DeskHistory, HistoryLine
from common.messages.message import encode_reply
from common.messages.problems import Problem
from tests.builders import MONDAY, desk_request, patient, registration
from tests.staff import duty, let_serve
from tests.store.desks import desk_of, outcome_of
from tests.store.workers import Workers


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """The clinic GIG with two patients, of whom one was called, corrected and taken back."""
    workers = desk_of(engine)
    let_serve(engine, "siti", duty("caller", "RSHS", "GIG"))
    workers.register_many(2)
    for user, name, body in (
        ("siti", "call_next", {"room": 2}),
        ("desk", "correct", {"number": 1, "name": "Other Name", "date_of_birth": "1990-01-31"}),
        ("siti", "undo", {"number": 1}),
        ("desk", "set_rooms", {"rooms": 1}),
    ):
        workers.clock.forward(minutes=1)
        outcome_of(workers, desk_request(name, "GIG", user=user, **body))
    return workers


def history(workers: Workers, **body: Any) -> DeskHistory:
    reply = outcome_of(workers, desk_request("desk_history", "GIG", **body)).reply
    assert isinstance(reply, DeskHistory), reply
    return reply


def told(line: HistoryLine) -> tuple[str, str | None, int | None, str | None]:
    return line.event, line.display_number, line.room, line.user


def test_of_the_clinic_the_last_first(desk: Workers) -> None:
    found = history(desk)
    assert (found.hospital, found.clinic, found.service_date) == ("RSHS", "GIG", MONDAY)
    assert [told(line) for line in found.lines] == [
        ("clinic.rooms_changed", None, None, "desk"),
        ("ticket.call_undone", "GIG-001", 2, "siti"),
        ("ticket.corrected", "GIG-001", 2, "desk"),
        ("ticket.called", "GIG-001", 2, "siti"),
        ("ticket.registered", "GIG-002", None, None),
        ("ticket.registered", "GIG-001", None, None),
        ("clinic.opened", None, None, None),
    ]
    assert [line.members for line in found.lines if line.members] == [["name", "date_of_birth"]]
    assert found.lines[0].at.isoformat() == "2026-11-23T09:04:00+07:00"


def test_of_one_ticket(desk: Workers) -> None:
    events = [line.event for line in history(desk, number=1).lines]
    assert events == ["ticket.call_undone", "ticket.corrected", "ticket.called", "ticket.registered"]
    assert history(desk, number=3).lines == []


def test_as_many_lines_as_are_asked_for(desk: Workers) -> None:
    assert [line.event for line in history(desk, limit=1).lines] == ["clinic.rooms_changed"]
    assert [line.event for line in history(desk, number=1, limit=1).lines] == ["ticket.call_undone"]
    desk.register_many(20, first=10)
    assert len(history(desk).lines) == 10
    assert len(history(desk, limit=50).lines) == 27


def test_of_another_day(desk: Workers) -> None:
    desk.clock.forward(days=1)
    assert history(desk).lines == []
    assert len(history(desk, service_date=MONDAY.isoformat()).lines) == 7


def test_nobodys_data_is_in_it(desk: Workers) -> None:
    desk.ticket(registration({**patient(3), "name": "Siti Aminah"}))
    written = encode_reply(history(desk)).decode()
    for personal in ("Siti", "Other", "Pasien", "1990", "0000000"):
        assert personal not in written
    assert history(desk).names_shown() == 0


@pytest.mark.parametrize("limit", [0, 51])
def test_no_more_lines_than_fit(desk: Workers, limit: int) -> None:
    reply = outcome_of(desk, desk_request("desk_history", "GIG", limit=limit)).reply
    assert isinstance(reply, Problem)
    assert [each.field for each in reply.errors] == ["limit"]
