"""Exit codes, and the commands that repeat an action: all that needs no broker."""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

import clinic_desk
from clinic_desk.actions import NO_REASON, Action, Desk, desk_registration
from clinic_desk.program import antrean_desk
from clinic_desk.session import DeskSession
from common.messages.desk_requests import (
    Away,
    Back,
    CallNext,
    CallTicket,
    CloseClinic,
    Complete,
    Correct,
    DeskCancel,
    DeskRegister,
    MarkNoShow,
    OpenClinic,
    Park,
    Recall,
    Reinstate,
    Send,
    SetMode,
    SetPriority,
    SetRooms,
    Skip,
    Start,
    Transfer,
    Unpark,
)
from common.messages.message import Request
from common.settings import Settings
from common.terminal import program
from common.terminal.failures import OutcomeUnknown
from common.terminal.registration import Registration

REQUEST_ID = "0198c0de-0000-7000-8000-000000000001"
UNTIL = "2026-11-23T14:00:00+07:00"
DESK = Desk("RSHS", "GIG", REQUEST_ID)
WISH = Registration("RSHS", "GIG", "00-12", "Siti O'Neill; $(id)", "1990-01-31", REQUEST_ID)

ACTIONS = [
    DESK.open(),
    DESK.open(UNTIL, "Dokter datang"),
    DESK.close(cancel_waiting=False),
    DESK.close(cancel_waiting=True, until=UNTIL, reason="Dokter 'sakit'"),
    DESK.call_next(2),
    DESK.call_next(2, anyhow=True),
    DESK.call(17, 2, "results"),
    DESK.call(17, 2, "emergency", anyhow=True),
    DESK.with_ticket("skip", 17),
    DESK.with_ticket("park", 17),
    DESK.with_ticket("unpark", 17),
    DESK.with_ticket("recall", 17),
    DESK.with_ticket("start", 17),
    DESK.with_ticket("complete", 17),
    DESK.with_ticket("complete", 17, "2026-11-22"),
    DESK.with_ticket("no-show", 17),
    DESK.with_ticket("reinstate", 17),
    DESK.set_priority(17, "pregnancy"),
    DESK.set_priority(17, NO_REASON),
    DESK.transfer(17, "INT"),
    DESK.transfer(17, "INT", "2026-11-22"),
    DESK.send(17, "LAB"),
    DESK.send(17, "LAB", "2026-11-22", returns=True),
    DESK.cancel(17, "asked-at-counter"),
    DESK.cancel(17, "wrong-person", "2026-11-22"),
    DESK.correct(17, {"name": "Siti O'Neill; $(id)", "medical_record_number": "00-12"}),
    DESK.correct(17, {"date_of_birth": "1990-01-31"}, "2026-11-22"),
    DESK.away("late", until=UNTIL),
    DESK.away("break", 2),
    DESK.back(2),
    DESK.back(),
    DESK.set_rooms(0),
    DESK.set_rooms(3),
    DESK.set_mode("clock"),
    desk_registration(WISH, "infant"),
    desk_registration(WISH, None),
]
REQUESTS: tuple[type[Request], ...] = (
    *(Away, Back, OpenClinic, CloseClinic, SetRooms, SetMode, CallNext, DeskRegister),
    *(Recall, Start, Complete, MarkNoShow, Reinstate, SetPriority, Transfer, Send, DeskCancel, Correct),
    *(CallTicket, Skip, Park, Unpark),
)


@pytest.fixture(autouse=True)
def _nothing_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(tmp_path / "stack"))
    monkeypatch.setattr(sys, "argv", ["/opt/antrean/bin/antrean-desk"])


def run(words: list[str]) -> int:
    return program.run("antrean-desk", antrean_desk, DeskSession, words)


class Recorded(DeskSession):
    """Keeps what it would send."""

    sent: tuple[str, dict[str, Any], str | None] | None = None

    def ask(
        self,
        name: str,
        body: dict[str, Any],
        *,
        request_id: str | None = None,
        timeout_seconds: float | None = None,
    ) -> dict[str, Any]:
        type(self).sent = (name, body, request_id)
        raise KeyboardInterrupt


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: " ".join(action.words[:1]))
def test_the_command_that_repeats_an_action_sends_exactly_the_same(
    action: Action, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = "amqp://dewi:secret@127.0.0.1:1/"
    monkeypatch.setenv("ANTREAN_AMQP_URL", address)
    session = Recorded(Settings(amqp_url=address), "id")
    with pytest.raises(OutcomeUnknown) as unknown:
        session.carry_out(action)
    first = Recorded.sent
    command = unknown.value.command

    assert program.run("antrean-desk", antrean_desk, Recorded, shlex.split(command)[1:]) == 130
    assert Recorded.sent == first
    assert first is not None
    assert first[2] == REQUEST_ID
    assert "--user dewi" in command
    assert "secret" not in command
    assert command in capsys.readouterr().err
    (request,) = [each for each in REQUESTS if each.name == first[0]]
    request.model_validate_json(json.dumps(first[1]))


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (["--help"], 0),
        ([], 0),
        (["next", "--help"], 0),
        (["queue", "RSHS", "GIG"], 69),
        (["next", "RSHS", "GIG"], 2),
        (["next", "RSHS", "GIG", "--room", "two"], 2),
        (["complete", "RSHS", "GIG", "INT-017"], 2),
        (["close", "RSHS", "GIG", "--until", "soon"], 2),
        (["close", "RSHS", "GIG", "--drain", "--cancel-waiting"], 2),
        (["close", "RSHS", "GIG", "--cancel-waiting", "--drain"], 2),
        (["close", "RSHS", "GIG", "--drain"], 69),
        (["report", "RSHS", "--json", "--csv"], 2),
        (["priority", "RSHS", "GIG", "17", "--reason", "rich"], 2),
        (["mode", "RSHS", "GIG", "manual"], 2),
        (["login"], 69),
        (["logout"], 0),
        (["whoami"], 69),
        (["register", "RSHS", "GIG"], 2),
        (["console", "RSHS", "GIG"], 2),
        (["fly"], 2),
    ],
)
@pytest.mark.parametrize("language", ["id", "en"])
def test_exit_codes(
    words: list[str], exit_code: int, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--lang", language, *words]) == exit_code
    output = capsys.readouterr()
    assert len(output.err.splitlines()) == (0 if exit_code == 0 else 1)
    assert bool(output.out) == (exit_code == 0)


class OfOneClinic(DeskSession):
    """Of somebody who serves in some clinics of a hospital; keeps what it would send."""

    clinics: ClassVar[list[str] | None] = ["GIG"]
    sent: ClassVar[list[tuple[str, dict[str, Any]]]] = []

    def ask(self, name: str, body: dict[str, Any], **_: Any) -> dict[str, Any]:
        self.sent.append((name, body))
        if name == "desk_user":
            duty = {"hospital": "RSHS", "clinics": self.clinics}
            return {"duties": [duty], "more": False}
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("words", "requests"),
    [
        (["recall", "17"], ["desk_user", "recall"]),
        (["recall", "RSHS", "GIG", "17"], ["recall"]),
        (["priority", "17", "--reason", "age"], ["desk_user", "set_priority"]),
        (["next", "--room", "2"], ["desk_user", "call_next"]),
        (["undo", "--number", "GIG-017"], ["desk_user", "undo"]),
        (["undo", "--number", "GIG-017", "RSHS", "GIG"], ["undo"]),
        (["history", "--number", "gig-17", "RSHS", "GIG"], ["desk_history"]),
        (["rooms", "3"], ["desk_user", "set_rooms"]),
        (["close", "--reason", "Rapat"], ["desk_user", "close_clinic"]),
        (["register", "--mrn", "1", "--name", "Siti", "--dob", "1990-01-31"], ["desk_user", "desk_register"]),
    ],
)
def test_who_serves_in_one_clinic_need_not_name_it(
    words: list[str], requests: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTREAN_AMQP_URL", "amqp://siti:secret@127.0.0.1:1/")
    monkeypatch.setattr(OfOneClinic, "sent", [])

    assert program.run("antrean-desk", antrean_desk, OfOneClinic, words) == 130

    assert [name for name, _ in OfOneClinic.sent] == requests
    body = OfOneClinic.sent[-1][1]
    assert (body["hospital"], body["clinic"]) == ("RSHS", "GIG")


@pytest.mark.parametrize(
    ("clinics", "words"),
    [
        (["GIG", "INT"], ["recall", "17"]),
        (None, ["recall", "17"]),
        (["GIG"], ["recall", "RSHS", "17"]),
        (["GIG"], ["recall"]),
        (["GIG"], ["recall", "17", "--fly"]),
    ],
)
def test_what_is_left_out_and_not_known_is_asked_for(
    clinics: list[str] | None, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTREAN_AMQP_URL", "amqp://siti:secret@127.0.0.1:1/")
    monkeypatch.setattr(OfOneClinic, "clinics", clinics)
    assert program.run("antrean-desk", antrean_desk, OfOneClinic, words) == 2


def test_nothing_slow_is_read_before_it_is_needed() -> None:
    code = "import sys, clinic_desk.program; print([each for each in NOT_YET if each in sys.modules])"
    slow = ["textual", "rich", "pydantic", "pika"]
    found = subprocess.run(
        [sys.executable, "-c", code.replace("NOT_YET", repr(slow))],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(clinic_desk.__file__).parents[1],
    )
    assert found.stdout.strip() == "[]"
