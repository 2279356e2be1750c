"""The broker or the database goes away and comes back: nothing is lost, no reply is wrong."""

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing

import pytest

from common.messaging.topology import DEAD_QUEUE, EVENTS_EXCHANGE, REGISTRAR_QUEUE, deploy
from tests.broker import RunningBroker
from tests.deployment import CLINICS, QUEUES, Deployment, deployed
from tests.processes import Program, eventually
from tests.tcp_proxy import TcpProxy, proxy_to
from tests.workers.event_tap import event_tap
from tests.workers.proxied_registrars import ticket_numbers
from tests.workers.requester import Requester, message, registration, requester


@pytest.fixture(scope="module")
def proxy(broker: RunningBroker) -> Iterator[TcpProxy]:
    """The proxy between registrar and broker."""
    with proxy_to(broker.url("registrar")) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def deployment(
    broker: RunningBroker,
    proxy: TcpProxy,
    module_database_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployment]:
    """One worker of each kind. At the end all run and have acknowledged every message."""
    with deployed(broker, module_database_url, tmp_path_factory.mktemp("outages")) as deployment:
        url = proxy.url(broker.url("registrar"))
        deployment.start("registrar", "tests.workers.quick_registrar", ANTREAN_AMQP_URL=url)
        deployment.start_together({"ticker": 1, "status": 1})
        deployment.await_consumers(REGISTRAR_QUEUE, 1)
        yield deployment
        assert [program.stop() for program in deployment.programs] == [0, 0, 0], deployment.logs()
        assert deployment.unsettled(DEAD_QUEUE) == []


@pytest.fixture
def registrar(deployment: Deployment) -> Program:
    """The registrar."""
    return deployment.programs[0]


@pytest.fixture
def patient(deployment: Deployment) -> Iterator[Requester]:
    """A patient's connection."""
    with requester(deployment) as connected_requester:
        yield connected_requester


def test_the_connections_break_again_and_again(
    deployment: Deployment, registrar: Program, proxy: TcpProxy, patient: Requester
) -> None:
    """With requests under way each time: all are carried out, once each."""
    clinic, rounds, each = CLINICS[0], 3, 20
    requests = [registration(clinic) for _ in range(rounds * each)]
    with event_tap(deployment) as tap:
        for number in range(rounds):
            for request in requests[number * each : (number + 1) * each]:
                patient.send(request)
            patient.replies_to(requests[number * each])
            proxy.cut()
            registrar.prints("link lost", times=2 * (number + 1))
        found = [patient.call_until_answered(request) for request in requests]
        tap.until(
            lambda: len({event.body["id"] for event in tap.of(clinic, "ticket.registered")}) == len(requests),
            "every event, at least once",
        )

    assert sorted(answer.body["number"] for answer in found) == list(range(1, rounds * each + 1))
    assert ticket_numbers(deployment, clinic) == list(range(1, rounds * each + 1))
    # What was unacknowledged came back, and is answered again: the last one has no other before it.
    eventually(lambda: deployment.ready(REGISTRAR_QUEUE) == 0, "all that came back is taken")
    assert patient.call_until_answered(registration(clinic)).name == "ticket"


def test_the_queues_are_deleted_and_declared_again(deployment: Deployment, patient: Requester) -> None:
    """The broker then cancels the consumers; a worker must consume again."""
    lost_before = [program.output.count("link lost") for program in deployment.programs]
    try:
        with deployment.channel() as channel:
            for queue in QUEUES.values():
                channel.queue_delete(queue)
        for program, before in zip(deployment.programs, lost_before, strict=True):
            program.prints("link lost", times=before + 1)
    finally:
        deploy(deployment.urls["deploy"])

    for queue in QUEUES.values():
        deployment.await_consumers(queue, 1)
    assert patient.call(registration(CLINICS[1])).name == "ticket"
    assert patient.call(message("list_hospitals", {})).name == "hospitals"


def test_the_events_exchange_is_deleted_and_declared_again(
    deployment: Deployment, registrar: Program, patient: Requester
) -> None:
    """A registration is carried out, and acknowledged when its event is confirmed."""
    clinic, request = CLINICS[2], registration(CLINICS[2])
    try:
        with deployment.channel() as channel:
            channel.exchange_delete(EVENTS_EXCHANGE)
        patient.send(request)
        registrar.prints("NOT_FOUND")
    finally:
        deploy(deployment.urls["deploy"])

    assert patient.call_until_answered(request).body["number"] == 1
    with event_tap(deployment) as tap:
        assert patient.call_until_answered(registration(clinic)).body["number"] == 2
        tap.until(
            lambda: 2 in {event.body["data"]["number"] for event in tap.of(clinic, "ticket.registered")},
            "events go on",
        )
    assert ticket_numbers(deployment, clinic) == [1, 2]


def test_sqlite_is_locked_for_longer_than_a_worker_waits(
    deployment: Deployment, registrar: Program, patient: Requester
) -> None:
    clinic = CLINICS[3]
    path = deployment.database_url.removeprefix("sqlite:///")
    requests = [registration(clinic) for _ in range(3)]
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for request in requests:
            patient.send(request)
        registrar.prints("store unavailable")
        other.execute("ROLLBACK")
        numbers = [patient.replies_to(request)[0].body["number"] for request in requests]

    assert numbers == [1, 2, 3]
    assert {answer.name for answer in patient.replies} == {"ticket"}, "nobody answered while it was locked"


def test_an_integrators_queue_is_full_and_refuses(
    deployment: Deployment, registrar: Program, patient: Requester
) -> None:
    """Requests are answered and acknowledged; the events are dropped with a warning."""
    clinic, requests = CLINICS[4], [registration(CLINICS[4]) for _ in range(20)]
    limits = {"x-max-length": 1, "x-overflow": "reject-publish"}
    with deployment.channel() as channel:
        # Exclusive: it is deleted with this connection. The events of other clinics are not refused.
        queue = channel.queue_declare(
            f"antrean.test.{uuid.uuid4()}", exclusive=True, arguments=limits
        ).method.queue
        channel.queue_bind(queue, EVENTS_EXCHANGE, f"*.{clinic}.ticket.registered")
        for request in requests:
            patient.send(request)
        assert sorted(patient.replies_to(request)[0].body["number"] for request in requests) == [
            *range(1, 21)
        ]
        registrar.prints("event refused by a full queue", times=len(requests) - 1)

        later = [registration(clinic) for _ in range(5)]
        for request in later:
            patient.call(request)
        registrar.prints("event refused by a full queue", times=len(requests) + len(later) - 1)
        assert registrar.output.count('"event_id"') <= len(requests) + len(later), "once each"
