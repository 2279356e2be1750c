"""Exit codes, problems and the command that repeats a registration: all that needs no broker."""

import io
import json
import shlex
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from common.errors import BrokerUnavailable, NoReply, RequestNotTaken, SettingsError
from common.settings import Settings
from common.terminal import program
from common.terminal.failures import OutcomeUnknown, ProblemReply, failure_of
from common.terminal.prompts import WentBack, ask, choose, confirm
from common.terminal.registration import Registration
from common.words.texts import Texts
from patient_cli.program import antrean
from patient_cli.remembered import show_remembered
from patient_cli.session import PatientSession
from patient_cli.ticket_book import FIELDS
from patient_cli.ticket_requests import remember, remembered, take_ticket

REGISTER = ["register", "RSHS", "GIG", "--mrn", "1", "--name", "Siti"]
REQUEST_ID = "0198c0de-0000-7000-8000-000000000001"


def run(words: list[str]) -> int:
    return program.run("antrean", antrean, PatientSession, words)


@pytest.fixture(autouse=True)
def _nothing_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("AMQP_URL", "DATABASE_URL", "LANGUAGE"):
        monkeypatch.delenv(f"ANTREAN_{name}", raising=False)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(tmp_path / "stack"))
    monkeypatch.setenv("ANTREAN_DATA_DIR", str(tmp_path / "data"))


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (["--help"], 0),
        (["register", "--help"], 0),
        (["tickets"], 0),
        (["hospitals"], 69),
        ([*REGISTER, "--dob", "31-01-1990"], 69),
        ([*REGISTER, "--dob", "31-02-1990"], 2),
        (REGISTER, 2),
        ([*REGISTER, "--dob", "31-01-1990", "--request-id", "seven"], 2),
        (["status"], 2),
        (["fly"], 2),
        (["--fly"], 2),
        (["--lang", "fr", "hospitals"], 2),
        (["watch", "7K3F-9QXM-2T5R", "--interval", "0"], 2),
        (["status", "\udcff"], 2),
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


@pytest.mark.parametrize("words", [["--json", "hospitals"], ["hospitals", "--json"]])
def test_a_problem_is_json_wherever_json_was_asked_for(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 69
    problem = json.loads(capsys.readouterr().err)
    assert set(problem) == {"type", "title", "detail", "code", "errors"}
    assert problem["code"] == "temporarily_unavailable"


def test_the_language_comes_from_the_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["fly"])
    monkeypatch.setenv("ANTREAN_LANGUAGE", "en")
    run(["fly"])
    assert capsys.readouterr().err.splitlines() == [
        "Tidak ada perintah fly. Bantuan: antrean --help",
        "There is no command fly. Help: antrean --help",
    ]


def test_a_setting_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTREAN_CLOCK_SPEED", "fast")
    assert run(["hospitals"]) == 2
    assert "ANTREAN_CLOCK_SPEED" in capsys.readouterr().err


def test_the_language_counts_also_where_another_setting_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTREAN_CLOCK_SPEED", "fast")
    monkeypatch.setenv("ANTREAN_LANGUAGE", "en")
    assert run(["hospitals"]) == 2
    assert "cannot be used" in capsys.readouterr().err
    assert run(["hospitals", "--lang", "id"]) == 2
    assert "tidak valid" in capsys.readouterr().err


def test_a_broker_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTREAN_AMQP_URL", "amqp://nobody:secret@127.0.0.1:1/")
    assert run(["status", "7K3F-9QXM-2T5R"]) == 69
    assert "secret" not in capsys.readouterr().err


def test_an_empty_book_is_an_empty_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tickets", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (ProblemReply({"code": "clinic_closed"}), 1),
        (ProblemReply({"code": "busy"}), 75),
        (ProblemReply({"code": "temporarily_unavailable"}), 75),
        (SettingsError("..."), 2),
        (BrokerUnavailable("..."), 69),
        (NoReply("..."), 75),
        (RequestNotTaken("..."), 75),
        (KeyboardInterrupt(), 130),
        (RuntimeError("a fault"), 70),
    ],
)
def test_every_error_has_its_exit_code(error: BaseException, exit_code: int) -> None:
    assert failure_of(error, Texts("en")).exit_code == exit_code


@pytest.mark.parametrize(
    ("cause", "exit_code"), [(NoReply("..."), 75), (RequestNotTaken("..."), 75), (KeyboardInterrupt(), 130)]
)
def test_a_registration_without_an_answer_gives_the_command_that_repeats_it(
    cause: NoReply | RequestNotTaken | KeyboardInterrupt, exit_code: int
) -> None:
    failure = failure_of(OutcomeUnknown(cause, "Repeat it safely:", "antrean x"), Texts("id"))
    assert failure.exit_code == exit_code
    assert failure.sentence is not None
    assert failure.sentence.endswith("\n  antrean x")
    assert failure.problem is not None
    assert failure.problem["repeat_command"] == "antrean x"


@pytest.mark.parametrize("name", ["Siti Aminah", "O'Neill; rm -rf ~", '"$HOME" `id`', "-x", "Ünal\u00a0Ş"])
def test_the_command_that_repeats_a_registration_says_exactly_the_same(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/opt/antrean/bin/antrean"])
    session = PatientSession(Settings(), "en", language_given=True)
    session.as_json = True
    registration = Registration("RSHS", "GIG", "00-12", name, "1990-01-31", REQUEST_ID)
    program, *words = shlex.split(session.command_line(*registration.words(), "--request-id", REQUEST_ID))
    assert program == "/opt/antrean/bin/antrean"
    assert words[-3:] == ["--lang", "en", "--json"]
    context = antrean.commands["register"].make_context("register", words[1:], obj=session)
    assert context.params == {
        "hospital": "RSHS",
        "clinic": "GIG",
        "mrn": "00-12",
        "name": name,
        "dob": "1990-01-31",
        "newborn": None,
        "request_id": REQUEST_ID,
    }


# --- questions of the menu ------------------------------------------------------------------------------


def type_in(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_a_bad_answer_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, "seven", " 7 ")
    assert ask("Number", lambda answer: str(int(answer)), "Digits, please.") == "7"
    assert capsys.readouterr().out.count("Digits, please.") == 1


@pytest.mark.parametrize("answer", ["2", "gig"])
def test_a_choice_is_made_by_number_or_by_code(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, "9", "-1", "1.5", "²", answer)
    assert choose(Texts("id"), ["INT", "GIG"]) == 1


@pytest.mark.parametrize("answer", ["0", ""])
def test_a_choice_can_be_left(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, answer)
    with pytest.raises(WentBack):
        choose(Texts("id"), ["INT", "GIG"])


@pytest.mark.parametrize(("answers", "meant"), [(["Y"], True), (["ya"], True), (["t"], False), ([""], False)])
def test_yes_and_no(answers: list[str], meant: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, "perhaps", *answers)
    assert confirm("Sure?", Texts("id")) is meant


def test_the_end_of_input_ends_a_question(monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch)
    with pytest.raises(EOFError):
        ask("Number", str, "")


# --- the book of tickets that cannot be kept ------------------------------------------------------------


def test_a_ticket_that_cannot_be_recorded_is_still_good(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    settings = Settings(data_dir=tmp_path / "file" / "data")
    session = PatientSession(settings, "en")
    remember(session, dict.fromkeys(FIELDS, "7K3F-9QXM-2T5R"))
    assert "write its code down" in capsys.readouterr().err


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_book_that_others_can_write_is_told_with_what_to_do(
    tmp_path: Path, language: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.terminal.session.terminal_width", lambda: None)
    session = PatientSession(Settings(data_dir=tmp_path), language)
    ticket = dict.fromkeys(FIELDS, "7K3F-9QXM-2T5R")
    remember(session, ticket)
    session.book.path.chmod(0o666)
    assert remembered(session) == []
    told = capsys.readouterr().err
    remember(session, ticket)
    assert capsys.readouterr().err.startswith(told), "and then that its code is to be written down"
    assert told.startswith(f"{session.book.path} ")
    assert told.endswith(f": chmod go-w {session.book.path}\n")


@pytest.mark.parametrize(
    ("count", "said", "named"),
    [
        (1, "Sudah tidak ada di sistem: GIG-001 (", 1),
        (3, "Sudah tidak ada di sistem: GIG-001 (", 3),
        (27, "27 tiket sudah tidak ada di sistem, antara lain GIG-025 (", 3),
    ],
)
def test_of_many_tickets_that_are_not_known_any_more_the_last_are_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    said: str,
    named: int,
) -> None:
    monkeypatch.setattr("common.terminal.session.terminal_width", lambda: None)

    def none_is_known(_session: PatientSession, _name: str, _body: Any, **_given: Any) -> Any:
        raise ProblemReply({"code": "ticket_not_found", "detail": "...", "errors": []})

    monkeypatch.setattr(PatientSession, "ask", none_is_known)
    session = PatientSession(Settings(data_dir=tmp_path), "id")
    for number in range(1, count + 1):
        code = f"7K3F-9QXM-00{number:02d}"
        session.book.add(
            dict.fromkeys(FIELDS, "RSHS") | {"ticket_code": code, "display_number": f"GIG-{number:03d}"}
        )
    show_remembered(session)
    told = capsys.readouterr().err
    assert said in told
    assert told.count("GIG-") == named


# --- sent to the desk -----------------------------------------------------------------------------------


class SentToTheDesk(PatientSession):
    """A session whose registrations are answered by `ask_at_desk`."""

    def change(self, *_given: object, **_options: object) -> dict[str, Any]:
        raise ProblemReply({"code": "ask_at_desk", "detail": "...", "errors": []})


@pytest.mark.parametrize(("days_ago", "has_hint"), [(None, False), (0, True), (2, False)])
def test_who_is_sent_to_the_desk_and_took_a_ticket_here_today_is_told_how_to_see_it(
    tmp_path: Path, days_ago: int | None, has_hint: bool
) -> None:
    session = SentToTheDesk(Settings(data_dir=tmp_path), "en")
    if days_ago is not None:
        day = datetime.now().astimezone().date() - timedelta(days=days_ago)
        remember(session, dict.fromkeys(FIELDS, "7K3F-9QXM-2T5R") | {"service_date": day.isoformat()})
    with pytest.raises(ProblemReply) as raised:
        take_ticket(session, Registration("RSHS", "GIG", "1", "Siti", "1990-01-31"))
    failure = session.failure_of(raised.value)
    assert failure.problem is not None
    sentence = failure.sentence or session.problem_text(failure.problem)
    assert "A ticket that you hold stays valid." in " ".join(sentence.split()), "whoever asks"
    command = failure.problem.get("hint_command", "")
    assert command.endswith(" tickets") is has_hint
    assert sentence.endswith(f"See your tickets with: {command}") is has_hint
