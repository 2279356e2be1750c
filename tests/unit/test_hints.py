"""Hints: every command that a text names can be run as it is printed, and what was mistyped is guessed."""

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from admin_cli.program import antrean_admin
from admin_cli.session import AdminSession
from clinic_desk.problem_words import CONSOLE_WORDS, DESK_WORDS
from clinic_desk.program import antrean_desk
from clinic_desk.session import DeskSession
from common.settings import Settings
from common.terminal import program
from common.terminal.failures import ProblemReply
from common.terminal.problem_text import problem_text
from common.terminal.requesting import RequestingSession
from common.terminal.session import Session
from common.translation import LOCALES
from common.words.problems import ProblemWords
from common.words.texts import Texts
from patient_cli.program import antrean
from patient_cli.session import PatientSession
from tests.catalogs import read_catalog

PROGRAMS: dict[str, tuple[click.Group, type[Session]]] = {
    "antrean": (antrean, PatientSession),
    "antrean-desk": (antrean_desk, DeskSession),
    "antrean-admin": (antrean_admin, AdminSession),
}
COMMAND = re.compile(r"(?:: |`|gunakan |use |see |lihat )(antrean(?:-desk|-admin)?(?: [\w./<>=-]*[\w/>])+)")
ASKED = {"hospital": "RSHS", "clinic": "GIG", "ticket_code": "7K3F-9QXM-2T5R", "room": 2}


@pytest.fixture(autouse=True)
def _nothing_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTREAN_STACK_DIR", str(tmp_path / "stack"))
    monkeypatch.setattr(sys, "argv", ["antrean"])


def check_command(name: str, words: list[str]) -> None:
    """The words are a whole command of the program: click takes them."""
    command, kind = PROGRAMS[name]
    context = click.Context(command, info_name=name, obj=kind(Settings(), "en", language_given=True))
    found: click.Command = command
    while isinstance(found, click.Group):
        found = found.commands[words[0]]
        words = words[1:]
    if found.params:
        found.make_context(found.name, words, parent=context)


def test_a_text_names_no_command_without_its_arguments() -> None:
    for each in read_catalog(LOCALES / "id.po"):
        if all(place.startswith("local_stack/") for place, _ in each.locations):
            continue  # it says of a command what it writes
        for text in (each.id, each.string) if isinstance(each.id, str) else (*each.id, *(each.string or ())):
            for found in COMMAND.findall(text):
                name, *words = shlex.split(found)
                if name == "antrean" and words[0] not in antrean.commands:
                    continue  # the word, not the program
                Path("catalog.toml").touch()
                given = ["catalog.toml" if word in ("FILE", "BERKAS") else word for word in words]
                check_command(name, given)


@pytest.mark.parametrize("kind", [PatientSession, DeskSession])
def test_a_hint_is_a_whole_command(kind: type[RequestingSession]) -> None:
    session = kind(Settings(), "en", language_given=False)
    for key in kind.hints:
        member = "reason" if key in kind.words.by_reason else "code"
        problem = {"code": "not_permitted_now", "detail": "...", "errors": [], member: key}
        failure = session.failure_of(ProblemReply(problem, ASKED))
        assert failure.problem is not None
        command = failure.problem["hint_command"]
        assert (failure.sentence or "").endswith(command)
        check_command({"patient": "antrean", "desk": "antrean-desk"}[kind.role], shlex.split(command)[1:])


@pytest.mark.parametrize(
    ("problem", "command"),
    [
        ({"code": "clinic_closed"}, "open RSHS MAT"),
        ({"reason": "holds_another"}, "queue RSHS MAT"),
        ({"reason": "ticket_status"}, "queue RSHS SAR"),
        ({"reason": "clock_mode"}, "mode RSHS SAR desk"),
    ],
)
def test_a_hint_of_a_transfer_names_the_clinic_that_is_concerned(
    problem: dict[str, str], command: str
) -> None:
    session = DeskSession(Settings(), "id")
    asked = {"hospital": "RSHS", "clinic": "SAR", "to_clinic": "MAT", "number": 1}
    told = {"code": "not_permitted_now", "detail": "...", "errors": [], **problem}
    failure = session.failure_of(ProblemReply(told, asked))
    assert (failure.problem or {})["hint_command"].endswith(f" {command}")


HELD = {"reason": "holds_another", "display_number": "MAT-003", "clinic": "MAT"}
WAITS = {"reason": "ticket_status", "display_number": "SAR-001", "status": "waiting"}


@pytest.mark.parametrize(
    ("told", "language", "said"),
    [
        (HELD, "en", "This patient holds MAT-003;"),
        (HELD, "id", "memegang MAT-003;"),
        (WAITS, "en", 'the status of SAR-001 is "waiting".'),
        (WAITS, "id", 'status SAR-001 "menunggu".'),
        (WAITS | {"status": "newer"}, "en", 'the status of SAR-001 is "newer".'),
        ({"reason": "ticket_status"}, "en", "The ticket's status does not allow it"),
    ],
)
@pytest.mark.parametrize("words", [DESK_WORDS, CONSOLE_WORDS])
def test_the_ticket_in_the_way_is_named(
    told: dict[str, str], language: str, said: str, words: ProblemWords
) -> None:
    problem = {"code": "not_permitted_now", "detail": "...", "errors": [], **told}
    text = problem_text(problem, Texts(language), None, words)
    assert said in text


def failed(capsys: pytest.CaptureFixture[str], name: str, *words: str) -> str:
    group, kind = PROGRAMS[name]
    assert program.run(name, group, kind, words) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("antrean", ["regsiter"], "register"),
        ("antrean", ["clinic", "RSHS"], "clinics"),
        ("antrean", ["hospitals", "--jsno"], "--json"),
        ("antrean-desk", ["trasnfer"], "transfer"),
        ("antrean-admin", ["catalgo"], "catalog"),
        ("antrean-admin", ["dead-letters", "retyr"], "retry"),
        ("antrean", ["--lang", "fr", "hospitals"], "id, en"),
        ("antrean-desk", ["priority", "RSHS", "GIG", "17", "--reason", "hamil"], "pregnancy (hamil)"),
        ("antrean-desk", ["mode", "RSHS", "GIG", "manual"], "clock (otomatis), desk"),
        ("antrean-desk", ["next", "RSHS", "GIG", "--room", "two"], "bilangan bulat"),
        ("antrean", ["watch", "X", "--interval", "0"], "dari 0.1 sampai 3600"),
        ("antrean-admin", ["dead-letters", "list", "--limit", "0"], "dari 1 sampai 65535"),
    ],
)
def test_what_was_meant_or_is_valid_is_said(
    capsys: pytest.CaptureFixture[str], name: str, words: list[str], said: str
) -> None:
    assert said in failed(capsys, name, *words)


def every_command(command: click.Command, *names: str) -> list[tuple[str, ...]]:
    subs = command.commands if isinstance(command, click.Group) else {}
    below = [each for name, sub in subs.items() for each in every_command(sub, *names, name)]
    return [names, *below]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_short_help_is_everywhere(capsys: pytest.CaptureFixture[str], name: str) -> None:
    group, kind = PROGRAMS[name]
    for names in every_command(group):
        assert program.run(name, group, kind, [*names, "-h"]) == 0
        short = capsys.readouterr().out
        assert program.run(name, group, kind, [*names, "--help"]) == 0
        assert capsys.readouterr().out == short


class Known(PatientSession):
    """Knows two hospitals without a broker."""

    def ask(self, name: str, body: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"hospitals": [{"code": "RSHS"}, {"code": "RSCM"}], "more": False}


@pytest.mark.parametrize(("asked", "said"), [("RSH", "RSHS"), ("XX", "RSHS, RSCM")])
def test_a_code_that_is_near_is_guessed(asked: str, said: str) -> None:
    session = Known(Settings(), "id")
    problem = {"code": "hospital_not_found", "detail": "...", "errors": []}
    failure = session.failure_of(ProblemReply(problem, {"hospital": asked}))
    assert said in (failure.sentence or "")
    assert (failure.problem or {}).get("suggestions", ["RSHS"]) == ["RSHS"]


class KnownToDesk(DeskSession):
    """Knows two clinics without a broker."""

    def ask(self, name: str, body: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {"clinics": [{"code": "SAR"}, {"code": "MAT"}], "more": False}


@pytest.mark.parametrize(
    ("clinic", "to_clinic", "meant"), [("SARR", "MAT", "SAR"), ("SAR", "MTA", "MAT"), ("SAR", "MATA", "MAT")]
)
def test_the_code_that_is_wrong_in_a_transfer_is_guessed(clinic: str, to_clinic: str, meant: str) -> None:
    session = KnownToDesk(Settings(), "id")
    problem = {"code": "clinic_not_found", "detail": "...", "errors": []}
    asked = {"hospital": "RSHS", "clinic": clinic, "to_clinic": to_clinic}
    failure = session.failure_of(ProblemReply(problem, asked))
    assert (failure.problem or {})["suggestions"] == [meant]
