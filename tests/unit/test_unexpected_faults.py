"""A fault in a program: what can be repeated is said, and nothing that would be done twice."""

import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from admin_cli import program as admin_program
from admin_cli.program import antrean_admin
from clinic_desk.program import antrean_desk
from clinic_desk.session import DeskSession
from common.terminal import program
from common.terminal.requesting import RequestingSession
from patient_cli.program import antrean
from patient_cli.session import PatientSession

UNEXPECTED = 70
PERSON = ["--mrn", "0012", "--name", "Siti", "--dob", "1990-01-31"]
REQUEST_ID = ["--request-id", "0198c0de-0000-7000-8000-000000000001"]

DESK_CHANGES = [
    ["register", "RSHS", "GIG", *PERSON, *REQUEST_ID],
    ["next", "RSHS", "GIG", "--room", "1", *REQUEST_ID],
    *([each, "RSHS", "GIG", "17", *REQUEST_ID] for each in ("recall", "start", "complete", "no-show")),
    ["reinstate", "RSHS", "GIG", "17", *REQUEST_ID],
    ["priority", "RSHS", "GIG", "17", "--reason", "infant", *REQUEST_ID],
    ["transfer", "RSHS", "GIG", "17", "--to", "INT", *REQUEST_ID],
    ["send", "RSHS", "GIG", "17", "--to", "INT", *REQUEST_ID],
    ["open", "RSHS", "GIG", *REQUEST_ID],
    ["close", "RSHS", "GIG", *REQUEST_ID],
    ["rooms", "RSHS", "GIG", "2", *REQUEST_ID],
    ["mode", "RSHS", "GIG", "desk", *REQUEST_ID],
]
CHANGES = [
    pytest.param("antrean", antrean, PatientSession, words, id=f"antrean {words[0]}")
    for words in (["register", "RSHS", "GIG", *PERSON, *REQUEST_ID], ["cancel", "7K3F9QXM2T5R"])
] + [
    pytest.param("antrean-desk", antrean_desk, DeskSession, words, id=f"antrean-desk {words[0]}")
    for words in DESK_CHANGES
]


@pytest.fixture(autouse=True)
def _nothing_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(tmp_path / "stack"))
    monkeypatch.setenv("ANTREAN_AMQP_URL", "amqp://dewi:secret@127.0.0.1:1/")
    monkeypatch.setattr(sys, "argv", ["/opt/antrean/bin/antrean"])


def failing(session_type: type[RequestingSession]) -> type[RequestingSession]:
    """A session whose requests end with a fault of the program."""

    class Failing(session_type):  # type: ignore[misc, valid-type]
        def ask(self, *_: Any, **__: Any) -> dict[str, Any]:
            raise ZeroDivisionError

    return Failing


@pytest.mark.parametrize("form", ["--lang=id", "--lang=en", "--json"])
@pytest.mark.parametrize(("name", "group", "session_type", "words"), CHANGES)
def test_a_change_is_repeated_only_by_what_cannot_do_it_twice(
    name: str,
    group: click.Group,
    session_type: type[RequestingSession],
    words: list[str],
    form: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert program.run(name, group, failing(session_type), [*words, form]) == UNEXPECTED
    said = capsys.readouterr().err

    if form == "--json":
        command = json.loads(said)["repeat_command"]
    else:
        sentence, command = said.splitlines()
        assert "(ZeroDivisionError)" in sentence
        assert ("periksa dahulu hasilnya" if form == "--lang=id" else "check the result") in sentence
        assert "--verbose" not in sentence
    given = shlex.split(command)
    assert "--verbose" in given
    assert given[1] == ("status" if words[0] == "cancel" else words[0])
    assert (REQUEST_ID[1] in given) == (REQUEST_ID[1] in words)


@pytest.mark.parametrize("words", [["hospitals"], ["clinics", "RSHS"], ["status", "7K3F9QXM2T5R"]])
def test_what_only_reads_can_be_repeated(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run("antrean", antrean, failing(PatientSession), [*words, "--lang=en"]) == UNEXPECTED
    assert "repeat with --verbose" in capsys.readouterr().err


def test_a_fault_after_the_change_is_no_reason_to_repeat_it(capsys: pytest.CaptureFixture[str]) -> None:
    class Strange(DeskSession):
        def ask(self, *_: Any, **__: Any) -> dict[str, Any]:
            return {"changes": 5}

    words = ["rooms", "RSHS", "GIG", "2", "--lang=en"]
    assert program.run("antrean-desk", antrean_desk, Strange, words) == UNEXPECTED
    said = capsys.readouterr().err
    assert "check the result" in said
    assert "What has been done:" in said
    assert "--verbose" not in said


def commands_of(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from ((f"{name} {each}", found) for each, found in commands_of(command))
        else:
            yield name, command


ADMIN_READS = {"catalog show", "doctor", "check-integrity", "dead-letters list", "dead-letters show"}
ADMIN_READS |= {
    "patients count",
    "staff list",
    "integrator list",
    "access-log",
    "export-patient",
    "ticket",
    "top",
}


@pytest.mark.parametrize(("name", "command"), [*commands_of(antrean_admin)])
def test_operators_are_told_to_check_what_they_changed(
    name: str, command: click.Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_self: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr("common.settings.Settings.require_database_url", fails)
    monkeypatch.setattr("common.settings.Settings.require_amqp_url", fails)
    monkeypatch.setattr("common.known_passwords.role_passwords", lambda: 1 / 0)
    words = {
        "catalog apply": [__file__],
        "broker definitions": ["--output", "x"],
        "dead-letters show": ["1"],
        "dead-letters drop": ["--all", "--yes"],
        "patients import": ["RSHS", "x.csv"],
        "patients remove": ["RSHS", "--all"],
        "staff add": ["siti", "--hospital", "RSHS", "--role", "caller"],
        "staff change": ["siti", "--new-password"],
        "staff disable": ["siti"],
        "integrator add": ["papan", "--bind", "RSHS.#"],
        "integrator rotate": ["papan"],
        "integrator remove": ["papan"],
        "certificates dev": ["--directory", "x"],
        "purge": ["--older-than", "90d"],
        "ticket": ["7K3F9QXM2T5R"],
        "top": ["--once"],
        "export-patient": ["RSHS", "0012"],
        "erase-patient": ["RSHS", "0012", "--yes"],
    }
    more = words.get(name, {"dead-letters retry": ["--all"], "republish": ["--since", "1d"]}.get(name, []))
    exit_code = admin_program.run([*name.split(), *more, "--lang=en"])
    said = capsys.readouterr().err
    if exit_code == UNEXPECTED:
        assert ("repeat with --verbose" in said) == (name in ADMIN_READS), said
        assert ("check the result" in said) == (name not in ADMIN_READS), said
    else:
        assert name in {"doctor", "catalog apply", "certificates dev"}, (name, exit_code, said)
