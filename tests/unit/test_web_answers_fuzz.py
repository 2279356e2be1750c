"""Arbitrary answers of a server: each is shown as what it is, or told apart; no command falls over one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.exit_codes import ExitCode
from common.messages import patients
from common.messages.message import ReplyPart, encode_part
from common.messages.problems import Problem
from common.terminal import program
from patient_cli.program import antrean
from patient_cli.session import PatientSession
from tests.json_values import any_json, like
from tests.raw_receiver import raw_receiver
from tests.unit.test_reply_sizes import largest
from tests.web_servers import answer, refusal


def as_json(kind: type[ReplyPart]) -> dict[str, Any]:
    """The largest part of a reply."""
    written: dict[str, Any] = json.loads(encode_part(largest(kind)))
    return written


TICKET = as_json(patients.Ticket) | {"visit": [as_json(patients.VisitStation)]}
CODE = str(TICKET["ticket_code"])


class Answered(NamedTuple):
    """The words of a command, what it is about, and the reply around that."""

    words: list[str]
    entry: dict[str, Any]
    reply: bytes = b"%s"


GOOD = {
    "hospitals": Answered(
        ["hospitals"], as_json(patients.HospitalSummary), b'{"hospitals": [%s], "more": false}'
    ),
    "clinics": Answered(
        ["clinics", "RSHS"], as_json(patients.ClinicSummary), b'{"clinics": [%s], "more": false}'
    ),
    "status": Answered(["status", CODE], TICKET, b'{"tickets": [%s], "not_found": []}'),
    "cancel": Answered(["cancel", CODE], TICKET),
}
PROBLEM = as_json(Problem)
TOLD = {ExitCode.DONE, ExitCode.REFUSED, ExitCode.UNAVAILABLE, ExitCode.NO_REPLY}

json_bytes = any_json.map(lambda value: json.dumps(value).encode())
many = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Server:
    """Answers everything with what was set last."""

    def __init__(self) -> None:
        self.body: Any = None
        self.is_refusal = False

    def __call__(self, connection: Any) -> None:
        (refusal(404, self.body) if self.is_refusal else answer(200, self.body))(connection)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTREAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ANTREAN_REPLY_TIMEOUT_SECONDS", "10")
    said = Server()
    with raw_receiver(said) as receiver:
        monkeypatch.setenv("ANTREAN_URL", f"http://127.0.0.1:{receiver.port}/")
        yield said


def shown(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What a command says in every form; none of them is a fault of the program."""
    said = ""
    for form in (["--json"], ["--lang", "en"], ["--lang", "id"]):
        exit_code = program.run("antrean", antrean, PatientSession, [*words, *form])
        captured = capsys.readouterr()
        assert exit_code in TOLD, captured.err
        assert captured.out or captured.err
        said += captured.out + captured.err
    assert "\x1b[2J" not in said
    return said


@pytest.mark.parametrize("name", GOOD)
@many
@given(data=st.data())
def test_any_answer(
    server: Server, capsys: pytest.CaptureFixture[str], name: str, data: st.DataObject
) -> None:
    about = GOOD[name]
    server.body = data.draw(like(about.entry).map(lambda entry: about.reply % entry) | json_bytes)
    server.is_refusal = False
    shown(about.words, capsys)


@many
@given(body=like(PROBLEM) | json_bytes)
def test_any_refusal(server: Server, capsys: pytest.CaptureFixture[str], body: bytes) -> None:
    server.body, server.is_refusal = body, True
    shown(["cancel", CODE], capsys)


@pytest.mark.parametrize("name", GOOD)
def test_what_a_worker_may_write_at_most(
    server: Server, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    about = GOOD[name]
    server.body = about.reply % json.dumps(about.entry).encode()
    assert "tidak menjawab sebagai" not in shown(about.words, capsys)
