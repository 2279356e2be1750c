"""A broker at a planted address, and who answers there: nothing in the answers reaches a terminal raw."""

import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.spec import Basic

from clinic_desk.program import run as antrean_desk
from common.messaging.topology import DESK_STATUS_QUEUE, REGISTRAR_QUEUE, STATUS_QUEUE, TICKER_QUEUE
from contract.documents import Document
from patient_cli.program import run as antrean
from tests.broker import RunningBroker
from tests.deployment import Deployment, connected, deployed
from tests.hostile_text import HOSTILE, obeyed_in

CODE = "7K3F-9QXM-2T5R"
_EXAMPLES = dict(Document("protocol.md").examples("reply") + Document("desk-protocol.md").examples("reply"))
_UNKNOWN = {"detail": "No.", "code": "news", "errors": [{"field": "x", "message": "y"}], "title": "z"}
_ANSWERS = {
    "list_hospitals": "hospitals",
    "list_clinics": "clinics",
    "register": "ticket",
    "desk_queue": "desk_queue",
    "clinic_report": "clinic_report",
    "estimate_accuracy": "estimate_accuracy",
    "call_next": "desk_done",
}
"""What is answered to a request; a problem to every other one."""

_UNDERSTOOD = {"ticket_code", "time_zone", "mode", "state", "lane", "priority_reason", "event"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d.*")
"""What a program has to understand before it shows anything."""


def spoiled(value: Any) -> Any:
    """The same, with hostile text in each of its texts."""
    if isinstance(value, dict):
        return {name: each if name in _UNDERSTOOD else spoiled(each) for name, each in value.items()}
    if isinstance(value, list):
        return [spoiled(each) for each in value]
    return value + HOSTILE if isinstance(value, str) and not _MOMENT.fullmatch(value) else value


def answer(
    channel: BlockingChannel, _method: Basic.Deliver, properties: pika.BasicProperties, _body: bytes
) -> None:
    """Answers one request."""
    name = _ANSWERS.get(properties.type or "", "problem")
    body = spoiled(_UNKNOWN if name == "problem" else json.loads(_EXAMPLES[name]))
    channel.basic_publish(
        "",
        properties.reply_to or "",
        json.dumps(body).encode(),
        pika.BasicProperties(type=name, correlation_id=properties.correlation_id),
    )


@pytest.fixture
def deployment(broker: RunningBroker, sqlite_url: str, tmp_path: Path) -> Iterator[Deployment]:
    """A deployment in which somebody else answers in the workers' place."""
    with deployed(broker, sqlite_url, tmp_path) as deployment:
        stop = threading.Event()
        served = {
            STATUS_QUEUE: "status",
            DESK_STATUS_QUEUE: "status",
            REGISTRAR_QUEUE: "registrar",
            TICKER_QUEUE: "ticker",
        }
        threads = [
            threading.Thread(target=_answer_until, args=(stop, deployment.urls[role], queue))
            for queue, role in served.items()
        ]
        with ExitStack() as ends:
            for each in threads:
                each.start()
                ends.callback(each.join)
            ends.callback(stop.set)
            for queue in served:
                deployment.await_consumers(queue, 1)
            yield deployment


def _answer_until(stop: threading.Event, url: str, queue: str) -> None:
    with connected(url) as connection:
        connection.channel().basic_consume(queue, answer, auto_ack=True)
        while not stop.is_set():
            connection.process_data_events(0.05)


def test_no_program_shows_an_answer_raw(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def shown(run: Callable[[Sequence[str]], int], *words: str, form: str) -> str:
        run([*words, "--lang", "en", *([form] if form else [])])
        printed = capsys.readouterr()
        return printed.out + printed.err

    monkeypatch.chdir(deployment.directory)
    place = ("RSHS", "GIG")
    patients = {
        "hospitals": ["hospitals"],
        "clinics": ["clinics", "RSHS"],
        "register": ["register", *place, "--mrn", "1", "--name", "Siti", "--dob", "1990-01-31"],
        "tickets": ["tickets"],
        "status": ["status", CODE],
        "cancel": ["cancel", CODE],
    }
    staff = {
        "queue": ["queue", *place],
        "queue with names": ["queue", *place, "--names"],
        "report": ["report", *place],
        "accuracy": ["accuracy", *place],
        "report as CSV": ["report", *place, "--csv"],
        "next": ["next", *place, "--room", "1"],
        "recall": ["recall", *place, "17"],
    }
    for role, run, commands in (("patient", antrean, patients), ("desk", antrean_desk, staff)):
        monkeypatch.setenv("ANTREAN_AMQP_URL", deployment.urls[role])
        monkeypatch.setenv("ANTREAN_DATA_DIR", str(deployment.directory / "data"))
        for what, words in commands.items():
            for form in ("",) if "--csv" in words else ("", "--json", "--verbose"):
                said = shown(run, *words, form=form)
                assert "x1b" in said or "u001b" in said, (what, form, said)
                assert obeyed_in(said) == [], (what, form, said)
