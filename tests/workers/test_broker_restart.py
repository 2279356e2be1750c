"""The broker restarts: published and unanswered requests survive."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from antrean_client.async_rpc import AsyncRpcClient
from common.messaging.topology import DEAD_QUEUE, PATIENT_EXCHANGE
from common.settings import Settings
from local_stack.broker import Broker, choose_broker
from tests.broker import RunningBroker
from tests.deployment import CLINICS, HOSPITAL, QUEUES, Deployment, Patient, deployed
from tests.processes import SECONDS_MAX, eventually
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


def test_what_one_client_asks_at_once_outlives_the_broker(own_broker: Broker, deployment: Deployment) -> None:
    """Half of it the registrar has read by then, and half is still in the queue."""
    (registrar,) = deployment.start_consuming("registrar")
    url, asked = deployment.urls["patient"], [threading.Event(), threading.Event()]

    async def register() -> list[int]:
        client = AsyncRpcClient(url, PATIENT_EXCHANGE, user_id=True, in_flight_max=50)
        client.start()

        async def one() -> int:
            body = Patient().body(HOSPITAL, CLINIC)
            answer = await client.ask("register", body, timeout_seconds=3 * SECONDS_MAX)
            return int(answer["number"])

        while not client.is_connected:
            await asyncio.sleep(0.02)
        calls = []
        for event in asked:
            calls += [asyncio.ensure_future(one()) for _ in range(25)]
            await asyncio.sleep(0.5)
            event.set()
        numbers = await asyncio.gather(*calls)
        await client.close()
        return numbers

    registrar.freeze()
    with ThreadPoolExecutor() as thread:
        numbers = thread.submit(asyncio.run, register())
        for event in asked:
            event.wait(SECONDS_MAX)
        own_broker.stop()
        registrar.thaw()
        own_broker.start()
        assert sorted(numbers.result()) == [*range(1, 51)]
    assert ticket_numbers(deployment, CLINIC) == [*range(1, 51)]
