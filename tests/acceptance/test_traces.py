"""A request can be followed from the command line to the event that it causes."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pika
import pytest

from common.messaging.topology import EVENTS_EXCHANGE, PATIENT_EXCHANGE
from tests.acceptance.command_line import Shell
from tests.acceptance.conftest import shell_of
from tests.broker import RunningBroker
from tests.deployment import (
    CLINICS,
    HOSPITAL,
    Deployment,
    connected,
    deployed,
    personal_data_in,
    ticket_codes_in,
)
from tests.processes import eventually
from tests.trace_collector import Span, TraceCollector, trace_collector

REGISTER = "request register"
OWN_QUEUE = "antrean.sub.integrator.1"
REPLIES = "amq.rabbitmq.reply-to"
_CLOSED_PORT = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def collector() -> Iterator[TraceCollector]:
    with trace_collector() as running:
        yield running


@pytest.fixture(scope="module")
def traced(
    broker: RunningBroker,
    _migrated_sqlite: Path,
    collector: TraceCollector,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployment]:
    """A registrar and a status responder that trace."""
    directory = tmp_path_factory.mktemp("traced")
    path = directory / "antrean.sqlite"
    shutil.copyfile(_migrated_sqlite, path)
    with deployed(broker, f"sqlite:///{path}", directory) as deployment:
        deployment.start_together({"registrar": 1, "status": 1}, **collector.environment())
        yield deployment


def tracing_shell(deployment: Deployment, collector: TraceCollector, directory: Path) -> Shell:
    """A user's shell whose programs trace."""
    shell = shell_of(deployment, directory)
    shell.variables = {**shell.variables, **collector.environment()}
    return shell


def one(spans: list[Span]) -> Span:
    (span,) = spans
    return span


def test_from_a_registration_to_its_event(
    traced: Deployment, collector: TraceCollector, tmp_path: Path
) -> None:
    shell = tracing_shell(traced, collector, tmp_path)
    with connected(traced.urls["integrator"]) as connection:
        channel = connection.channel()
        channel.queue_declare(OWN_QUEUE, exclusive=True)
        channel.queue_bind(OWN_QUEUE, EVENTS_EXCHANGE, "#.ticket.registered")
        shell.register(HOSPITAL, CLINICS[0])

        events: list[tuple[pika.BasicProperties, bytes]] = []

        def received() -> bool:
            _, properties, body = channel.basic_get(OWN_QUEUE, auto_ack=True)
            if properties is not None and body is not None:
                events.append((properties, body))
            return bool(events)

        eventually(received, "the event has come")
    ((properties, body),) = events
    headers = properties.headers or {}
    _version, trace, parent, _flags = headers["traceparent"].split("-")
    made = f"create {EVENTS_EXCHANGE}"
    eventually(lambda: bool(collector.named("antrean-registrar", made)), "the registrar's spans have come")
    request = one(collector.named("antrean", REGISTER))
    process = one(collector.named("antrean-registrar", f"process {PATIENT_EXCHANGE}"))
    create = one(collector.named("antrean-registrar", made))
    send = one(collector.named("antrean", f"send {PATIENT_EXCHANGE}"))
    assert {each.trace for each in (request, process, create, send)} == {trace}
    assert (request.parent, send.parent, process.parent, create.parent, parent) == (
        "",
        request.id,
        request.id,
        process.id,
        create.id,
    )
    assert request.attributes["antrean.reply"] == process.attributes["antrean.reply"] == "ticket"
    assert create.attributes["messaging.message.id"] == json.loads(body)["id"]
    said = "".join(collector.bodies)
    assert not personal_data_in(said)
    assert not ticket_codes_in(said, traced.ticket_codes)


def test_a_refusal_says_its_code(traced: Deployment, collector: TraceCollector, tmp_path: Path) -> None:
    refused = tracing_shell(traced, collector, tmp_path).antrean("clinics", "XXXX", "--json")
    assert refused.problem()["code"] == "hospital_not_found"
    request = one(collector.named("antrean", "request list_clinics"))

    def processed() -> list[Span]:
        found = collector.named("antrean-status", f"process {PATIENT_EXCHANGE}")
        return [each for each in found if each.parent == request.id]

    eventually(lambda: bool(processed()), "the responder's span has come")
    process = one(processed())
    for each in (process, request):
        assert each.attributes["error.type"] == "hospital_not_found"


def test_a_collector_that_is_away_costs_nobody_a_ticket(traced: Deployment, tmp_path: Path) -> None:
    away = TraceCollector(_CLOSED_PORT).environment()
    (status,) = traced.start_consuming("status", 1, **away)
    shell = shell_of(traced, tmp_path)
    shell.variables = {**shell.variables, **away}
    for _ in range(4):  # the responders take turns
        assert shell.antrean("hospitals", "--json").json
    eventually(lambda: "traces not exported" in status.output, "the responder says so")
    lines = [json.loads(line) for line in status.output.splitlines()]
    assert [each["level"] for each in lines if each["event"] == "traces not exported"] == ["warning"]


@pytest.mark.parametrize(
    "headers",
    [
        {"traceparent": "00-x"},
        {"traceparent": "00-" + "0" * 32 + "-" + "0" * 16 + "-01"},
        {"traceparent": 7, "tracestate": {"a": 1}},
        {"traceparent": "0" * 3000},
    ],
    ids=["brief", "zeros", "other types", "long"],
)
def test_what_a_stranger_writes_as_context_is_harmless(traced: Deployment, headers: dict[str, Any]) -> None:
    answers: list[str | None] = []
    with connected(traced.urls["patient"]) as connection:
        channel = connection.channel()
        channel.basic_consume(
            REPLIES,
            lambda _channel, _method, properties, _body: answers.append(properties.type),
            auto_ack=True,
        )
        properties = pika.BasicProperties(
            type="list_hospitals", reply_to=REPLIES, content_type="application/json", headers=headers
        )
        channel.basic_publish(PATIENT_EXCHANGE, "list_hospitals", b"{}", properties)

        def answered() -> bool:
            connection.process_data_events(0.1)
            return bool(answers)

        eventually(answered, "the request is answered")
    assert answers == ["hospitals"]
