"""`antrean-admin ticket` on real databases: who did what to a ticket, and whose it is only when asked."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from admin_cli.operating_user import operating_user
from admin_cli.program import run
from common.storage.engine import snapshot, transaction
from common.storage.purging import purge_some
from common.storage.tables import access_log
from tests.builders import MONDAY, clinic_table, desk_request, hospital_table, patient
from tests.staff import duty, let_serve
from tests.store.desks import at_the_counter, calls, desk_of, does, outcome_of
from tests.store.ended import Ended
from tests.store.workers import Workers, workers_of

Look = Callable[..., Ended]
TODAY = "RSHS/GIG/2026-11-23"
PERSONAL = ("patient_name", "medical_record_number", "date_of_birth")


@pytest.fixture
def look(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Look:
    """Runs `antrean-admin ticket`; what is given as `typed` comes by a pipe."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(tmp_path / "no-stack"))
    monkeypatch.setenv("ANTREAN_DATABASE_URL", database_url)

    def run_words(*words: str, typed: str = "", as_json: bool = True, language: str = "en") -> Ended:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        exit_code = run(["ticket", *words, "--lang", language, *(["--json"] if as_json else [])])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return Ended(exit_code, printed.out, printed.err)

    return run_words


@pytest.fixture
def desk(engine: Engine) -> Workers:
    """The clinic GIG by its desk."""
    workers = desk_of(engine)
    let_serve(engine, "siti", duty("caller", "RSHS", "GIG"))
    return workers


def events(said: Any) -> list[tuple[str, str, str | None]]:
    return [(each["event"], each["by"], each["user"]) for each in said["events"]]


def test_a_purged_ticket_has_its_history_and_no_patient(desk: Workers, look: Look) -> None:
    desk.register(1)
    does(desk, "complete", number=calls(desk))
    before = look(f"{TODAY}/1").said
    with transaction(desk.engine) as connection:
        purge_some(connection, MONDAY + timedelta(days=1), None, 10, desk.clock.now())
    assert look(f"{TODAY}/1").said == before
    ended = look(f"{TODAY}/1", "--reveal")
    assert "purged" in ended.err
    assert json.loads(ended.out) == before


def test_who_did_what_in_order(desk: Workers, look: Look) -> None:
    desk.register(1)
    for user, name, body in (
        ("siti", "call_next", {"room": 2}),
        ("siti", "undo", {"number": 1}),
        ("desk", "call_ticket", {"number": 1, "room": 1, "reason": "doctor"}),
        ("desk", "desk_cancel", {"number": 1, "reason": "duplicate"}),
    ):
        desk.clock.forward(minutes=1)
        outcome_of(desk, desk_request(name, "GIG", user=user, **body))

    said = look(f"{TODAY}/1").said
    assert events(said) == [
        ("ticket.registered", "patient", None),
        ("ticket.called", "staff", "siti"),
        ("ticket.call_undone", "staff", "siti"),
        ("ticket.called", "staff", "desk"),
        ("ticket.cancelled", "staff", "desk"),
    ]
    assert said["events"][2]["takes_back"] == said["events"][1]["request_id"]
    assert said["events"][3]["data"]["out_of_turn"] == "doctor"
    assert said["events"][1]["at"] == "2026-11-23T09:01:00+07:00"
    assert said["ticket"]["display_number"] == "GIG-001"
    assert (said["ticket"]["status"], said["ticket"]["cancel_reason"]) == ("cancelled", "duplicate")

    shown = look(f"{TODAY}/gig-001", as_json=False).out
    for words in ("the patient", "siti", "out of turn: the doctor asks for the patient", "a duplicate"):
        assert words in shown
    assert f"takes back {said['events'][1]['request_id'][-8:]}" in shown


def test_by_its_code_from_the_command_line_and_from_standard_input(desk: Workers, look: Look) -> None:
    code = desk.register(1).ticket_code
    assert code is not None
    numbers = [
        look(*words, typed=typed).said["ticket"]["display_number"]
        for words, typed in (([code], ""), ([code.lower()], ""), ([], f"{code}\n"), (["-"], f"\n {code} \n"))
    ]
    assert numbers == ["GIG-001"] * 4
    assert code not in look(code).out


def test_whose_it_is_only_where_that_is_asked_for_and_recorded(
    engine: Engine, desk: Workers, look: Look
) -> None:
    ticket = desk.register(1)
    who = patient(1)
    for as_json in (True, False):
        hidden = look(f"{TODAY}/1", as_json=as_json).out
        assert ticket.ticket_code is not None
        assert not any(
            each in hidden for each in (who["name"], who["medical_record_number"], ticket.ticket_code)
        )
    with snapshot(engine) as connection:
        assert connection.execute(select(access_log)).all() == []

    revealed = look(f"{TODAY}/1", "--reveal").said["patient"]
    assert [revealed[name] for name in PERSONAL] == [
        who["name"],
        who["medical_record_number"],
        who["date_of_birth"],
    ]
    assert revealed["ticket_code"] == ticket.ticket_code
    assert who["name"] in look(f"{TODAY}/1", "--reveal", as_json=False).out
    with snapshot(engine) as connection:
        rows = connection.execute(select(access_log)).all()
    assert [(row.username, row.hospital, row.clinic, row.request, row.names) for row in rows] == [
        (operating_user(), "RSHS", "GIG", "admin_ticket", 1)
    ]
    assert sum(row.looks for row in rows) == 2


def test_what_was_told_and_whether_it_held(desk: Workers, look: Look) -> None:
    for who in (1, 2, 3):
        desk.register(who)
    first = look(f"{TODAY}/1").said["estimates"]
    assert [(each["outcome"], each["told_at"]) for each in first] == [("open", "2026-11-23T09:00:00+07:00")]

    desk.clock.forward(minutes=1)
    calls(desk, room=1)
    does(desk, "skip", number=2)
    [told] = look(f"{TODAY}/1").said["estimates"]
    assert told["called_at"] == "2026-11-23T09:01:00+07:00"
    within = told["earliest_call_at"] <= told["called_at"] <= told["latest_call_at"]
    assert told["outcome"] == ("held" if within else "late")
    [moved] = look(f"{TODAY}/2").said["estimates"]
    assert (moved["outcome"], moved["called_at"]) == ("moved", None)
    assert look(f"{TODAY}/3").said["estimates"][0]["outcome"] == "open"

    outcome_of(desk, desk_request("undo", "GIG", number=1))
    [again] = look(f"{TODAY}/1").said["estimates"]
    assert (again["outcome"], again["called_at"]) == ("open", None)


def test_where_it_was_transferred_from_and_to(desk: Workers, look: Look) -> None:
    desk.register(1)
    does(desk, "transfer", number=1, to_clinic="MAT")
    assert look(f"{TODAY}/1").said["transferred_to"]["display_number"] == "MAT-001"
    new = look("RSHS/MAT/2026-11-23/1").said
    assert new["transferred_from"]["display_number"] == "GIG-001"
    assert events(new) == [("ticket.registered", "staff", "desk")]
    assert "to MAT-001" in look(f"{TODAY}/1", as_json=False).out


def test_the_other_tickets_of_its_visit(desk: Workers, look: Look) -> None:
    at_the_counter(desk, patient(1))
    calls(desk)
    does(desk, "start", number=1)
    does(desk, "send", number=1, to_clinic="MAT")
    visit = look(f"{TODAY}/1").said["visit"]
    assert [(each["display_number"], each["status"]) for each in visit] == [
        ("GIG-001", "served"),
        ("MAT-001", "waiting"),
    ]
    assert "GIG-001 (23 Nov 2026) · served (this one)" in look(f"{TODAY}/1", as_json=False).out
    assert "from GIG-001" in look("RSHS/MAT/2026-11-23/1", as_json=False).out


def test_what_the_clock_did(engine: Engine, look: Look) -> None:
    workers = workers_of(engine, hospital_table("RSHS", clinic_table("GIG", mode="clock")))
    workers.register(1)
    workers.tick()
    workers.clock.forward(minutes=30)
    workers.tick()
    said = look(f"{TODAY}/1").said
    assert events(said)[:2] == [("ticket.registered", "patient", None), ("ticket.called", "clock", None)]
    assert said["estimates"] == []
    assert "jam" in look(f"{TODAY}/1", as_json=False, language="id").out


@pytest.mark.parametrize("typed", ["", "one\ntwo\n", "\n", "RSHS/G\0IG/2026-11-23/1", "7K3F-9QXM-2T5\0R"])
def test_what_comes_by_a_pipe_names_one_ticket(desk: Workers, look: Look, typed: str) -> None:
    assert look(typed=typed).exit_code == 2


@pytest.mark.parametrize(
    ("named", "exit_code", "told"),
    [
        ("7K3F-9QXM-2T5R", 1, "no ticket with this code"),
        (f"{TODAY}/99", 1, "no ticket number 99 of RSHS GIG on 23 Nov 2026"),
        ("RSXX/GIG/2026-11-23/1", 1, "no ticket number 1 of RSXX GIG"),
        ("8M4F-9QXM-2T5", 2, "no ticket code"),
        ("RSHS/GIG/17", 2, "hospital, clinic, day and number"),
        ("RSHS/GIG/23/11/2026/17", 2, "with hyphens"),
        ("RSHS'; DROP TABLE tickets--/GIG/2026-11-23/17", 2, "hospital, clinic, day and number"),
        ("RSHS/G\x1b[31mIG/2026-11-23/17", 2, "hospital, clinic, day and number"),
        (f"RSHS/{'A' * 5000}/2026-11-23/17", 2, "hospital, clinic, day and number"),
        ("RSHS/GIG/yesterday/17", 2, "The day is written as"),
        ("RSHS/GIG/2026-11-23/0", 2, "The number is written as 17"),
        ("RSHS/GIG/2026-11-23/MAT-001", 2, "The number is written as 17"),
        ("RSHS/GIG/2026-11-23/999999999", 1, "no ticket number"),
        ("RSHS/GIG/2026-11-23/99999999999999", 2, "The number is written as 17"),
        (" ", 2, "Name the ticket"),
    ],
)
def test_what_is_not_there_or_no_ticket_is_one_sentence(
    desk: Workers, look: Look, named: str, exit_code: int, told: str
) -> None:
    ended = look(named, as_json=False)
    assert (ended.exit_code, ended.out) == (exit_code, "")
    assert told in ended.err
    problem = json.loads(look(named).err)
    assert told in problem["detail"]
    if "8M4F" in named:
        assert named not in ended.err, "a code that was mistyped is nearly one"
