"""The example client of docs/examples/node, on a real broker and real workers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from admin_cli.database.schema import migrate
from common.storage.engine import snapshot
from common.storage.tables import tickets
from tests.broker import RunningBroker
from tests.database import opened
from tests.deployment import CLINICS, CLOSED_CLINIC, HOSPITAL, QUEUES, Deployment, Patient, deployed
from tests.docs.conftest import NODE
from tests.processes import Program, eventually

_SPEED = 150.0  # a service of ten minutes takes four seconds
_FOLLOWED, _RESENT, _WATCHED = CLINICS[:3]


@pytest.fixture(scope="module")
def antrean(broker: RunningBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """All workers but the registrar."""
    directory = tmp_path_factory.mktemp("antrean")
    url = f"sqlite:///{directory / 'antrean.sqlite'}"
    with opened(url) as engine:
        migrate(engine)
    with deployed(broker, url, directory, speed=_SPEED) as deployment:
        deployment.start_consuming("status")
        deployment.start_consuming("ticker")
        yield deployment


@pytest.fixture
def registrar(antrean: Deployment) -> Iterator[Program]:
    """A registrar for one test."""
    (program,) = antrean.start_consuming("registrar")
    yield program
    program.stop()
    antrean.await_consumers(QUEUES["registrar"], 0)


def _run(
    node_example: Path, deployment: Deployment, script: str, *words: str, role: str = "patient"
) -> Program:
    environment = {"ANTREAN_AMQP_URL": deployment.urls[role], "LOOK_MS": "200"}
    # The process works in the deployment's directory, so the script is named in full.
    name = f"{script}-{len(list(deployment.directory.glob('*.log')))}"
    return Program(name, [NODE, str(node_example / script), *words], environment, deployment.directory)


def _register(node_example: Path, deployment: Deployment, clinic: str) -> Program:
    body = Patient().body(HOSPITAL, clinic)
    return _run(node_example, deployment, "register_and_follow.js", *body.values())


def _lines(program: Program) -> list[dict[str, Any]]:
    return [json.loads(line) for line in program.output.splitlines()]


@pytest.mark.usefixtures("registrar")
def test_takes_a_number_and_follows_it_until_called(node_example: Path, antrean: Deployment) -> None:
    first = _register(node_example, antrean, _FOLLOWED)
    assert first.ends() == 0, first.output
    second = _register(node_example, antrean, _FOLLOWED)
    assert second.ends() == 0, second.output
    seen = _lines(second)
    assert seen[0]["number"] == 2
    assert seen[0]["status"] == "waiting"
    assert seen[-1]["status"] == "called"
    assert seen[-1]["called_at"] is not None


def test_sends_again_and_is_registered_once(node_example: Path, antrean: Deployment) -> None:
    client = _register(node_example, antrean, _RESENT)
    eventually(lambda: antrean.ready(QUEUES["registrar"]) >= 2, "the client sends its request again")
    (late,) = antrean.start_consuming("registrar")
    assert client.ends() == 0, client.output
    assert _lines(client)[0]["number"] == 1
    eventually(lambda: antrean.ready(QUEUES["registrar"]) == 0, "the registrar takes the other request")
    late.stop()
    antrean.await_consumers(QUEUES["registrar"], 0)
    with opened(antrean.database_url) as engine, snapshot(engine) as connection:
        given_out = select(func.count()).select_from(tickets).where(tickets.c.clinic == _RESENT)
        assert connection.scalar(given_out) == 1


@pytest.mark.usefixtures("registrar")
def test_a_refusal_is_told_by_its_code(node_example: Path, antrean: Deployment) -> None:
    client = _register(node_example, antrean, CLOSED_CLINIC)
    assert client.ends() == 1
    (problem,) = _lines(client)
    assert problem["code"] == "clinic_closed"
    assert problem["next_opening"] is not None


@pytest.mark.usefixtures("registrar")
def test_listens_to_a_clinic(node_example: Path, antrean: Deployment) -> None:
    pattern = f"{HOSPITAL}.{_WATCHED}.ticket.*"
    listener = _run(node_example, antrean, "subscribe.js", "example", pattern, role="deploy")
    try:
        listener.prints(f"listening to {pattern}")
        assert _register(node_example, antrean, _WATCHED).ends() == 0
        listener.prints("id.antrean.ticket.registered.v1")
        listener.prints("id.antrean.ticket.called.v1")
        assert listener.stop() == 0
        # Two workers publish them: they may arrive in either order, and `sequence` tells which was first.
        events = [json.loads(line) for line in listener.output.splitlines()[1:]]
        events.sort(key=lambda event: int(event["sequence"]))
        types = [event["type"] for event in events][:2]
        assert types == ["id.antrean.ticket.registered.v1", "id.antrean.ticket.called.v1"]
        sequences = [int(event["sequence"]) for event in events]
        assert sequences == sorted(set(sequences))
        assert events[0]["subject"] == f"{_WATCHED}-001"
    finally:
        listener.kill()
        with antrean.channel() as channel:
            channel.queue_delete("antrean.sub.example")


def test_says_how_it_is_used(node_example: Path, antrean: Deployment) -> None:
    assert _run(node_example, antrean, "register_and_follow.js").ends() == 2
    assert _run(node_example, antrean, "subscribe.js").ends() == 2
