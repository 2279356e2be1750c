"""The broker restarts: published and unanswered requests survive."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.messaging.topology import DEAD_QUEUE
from common.settings import Settings
from local_stack.broker import Broker, choose_broker
from tests.broker import RunningBroker
from tests.deployment import CLINICS, QUEUES, Deployment, deployed
from tests.processes import eventually
from tests.workers.event_tap import event_tap
from tests.workers.proxied_registrars import ticket_numbers
from tests.workers.requester import message, registration, requester

CLINIC = CLINICS[0]


@pytest.fixture
def own_broker(broker: RunningBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The broker of all tests where they may stop it, else one for this test: a node, or a container."""
    if broker.node is not None:
        yield broker.node
        return
    own = choose_broker(Settings(), tmp_path_factory.mktemp("broker"), management=False)
    own.start()
    yield own
    own.stop()


@pytest.fixture
def deployment(own_broker: Broker, sqlite_url: str, tmp_path: Path) -> Iterator[Deployment]:
    """A deployment with no worker yet."""
    running = RunningBroker(own_broker.urls, has_roles=True, has_policies=True)
    with deployed(running, sqlite_url, tmp_path) as deployment:
        yield deployment


def test_workers_and_requests_outlive_their_broker(own_broker: Broker, deployment: Deployment) -> None:
    deployment.start_together({"registrar": 2, "ticker": 1, "status": 1}, ANTREAN_TICK_SECONDS="0.5")
    registrars = deployment.programs[:2]
    with requester(deployment) as patient:
        codes = [patient.call(registration(CLINIC)).body["ticket_code"] for _ in range(3)]
        for program in registrars:
            program.freeze()
        requests = [registration(CLINIC) for _ in range(20)]
        for request in requests:
            patient.send(request)

    own_broker.stop()
    for program in registrars:
        program.thaw()
    for program in deployment.programs:
        program.prints("link lost", times=2)
    own_broker.start()

    for role, count in {"registrar": 2, "ticker": 1, "status": 1}.items():
        deployment.await_consumers(QUEUES[role], count)
    eventually(
        lambda: ticket_numbers(deployment, CLINIC) == list(range(1, 24)),
        "each request has its ticket, although nobody waits for the reply",
    )
    with requester(deployment) as patient, event_tap(deployment) as tap:
        found = patient.call(message("ticket_status", {"ticket_codes": codes})).body["tickets"]
        assert [ticket["number"] for ticket in found] == [1, 2, 3]
        again = [patient.call(request).body["number"] for request in requests]
        assert sorted(again) == list(range(4, 24))
        clinic = CLINICS[1]
        patient.call(registration(clinic))
        tap.awaits(clinic, "ticket.called")
    assert all(program.exit_code is None for program in deployment.programs)
    assert deployment.ready(DEAD_QUEUE) == 0
