"""A memory alarm: clients get an error in time, workers handle confirmed requests, nothing is lost."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from antrean_client.async_rpc import AsyncRpcClient
from antrean_client.rpc_client import RpcClient
from common.clock import SystemClock
from common.errors import NoReply, RequestNotTaken
from common.messaging.topology import PATIENT_EXCHANGE, STATUS_QUEUE
from local_stack.private_node import PrivateNode
from tests.broker import RunningBroker, private_node
from tests.deployment import CLINICS, HOSPITAL, Patient, deployed
from tests.processes import Program, eventually
from tests.workers.node_control import short_of_memory
from tests.workers.proxied_registrars import ticket_numbers
from tests.workers.requester import message, registration, requester

CLINIC = CLINICS[0]
NO_ANSWER = 75


@pytest.fixture
def node(broker: RunningBroker) -> Iterator[PrivateNode]:
    """The broker of all tests where it is a node of ours, else one for this test."""
    if broker.node is not None:
        yield broker.node
        return
    with private_node() as own:
        yield own


def test_clients_are_told_and_workers_go_on(node: PrivateNode, sqlite_url: str, tmp_path: Path) -> None:
    broker = RunningBroker(node.urls, has_roles=True, has_policies=True, node=node)
    with deployed(broker, sqlite_url, tmp_path) as deployment, requester(deployment) as patient:
        deployment.start_together({"registrar": 1, "status": 1})
        for program in deployment.programs:
            program.freeze()
        registrations = [registration(CLINIC) for _ in range(50)]
        look_ups = [message("clinic_queue", {"hospital": HOSPITAL, "clinic": CLINIC}) for _ in range(50)]
        for request in (*registrations, *look_ups):
            patient.send(request)
        url = deployment.urls["patient"]

        with short_of_memory(node):
            for program in deployment.programs:
                program.thaw()
            with RpcClient(url, PATIENT_EXCHANGE, SystemClock()) as client, pytest.raises(NoReply):
                client.call("list_hospitals", {}, timeout_seconds=2)
            settings = {"ANTREAN_REPLY_TIMEOUT_SECONDS": "2", "ANTREAN_LANGUAGE": "en"}
            environment = deployment.environment("patient", **settings)
            arguments = [sys.executable, "-m", "patient_cli", "hospitals"]
            command = Program("antrean", arguments, environment, tmp_path)
            assert command.ends() == NO_ANSWER
            assert "try again" in command.output
            assert "Traceback" not in command.output
            eventually(lambda: len(ticket_numbers(deployment, CLINIC)) == 50, "what was taken is carried out")
            eventually(lambda: deployment.ready(STATUS_QUEUE) == 0, "look-ups are taken up")

        for request in (*registrations, *look_ups):
            patient.replies_to(request)
        assert ticket_numbers(deployment, CLINIC) == [*range(1, 51)]
        assert [program.stop() for program in deployment.programs] == [0, 0]
        assert deployment.unsettled() == []


def test_many_requests_at_once_are_told_and_go_on(node: PrivateNode, sqlite_url: str, tmp_path: Path) -> None:
    broker = RunningBroker(node.urls, has_roles=True, has_policies=True, node=node)
    with deployed(broker, sqlite_url, tmp_path) as deployment:
        deployment.start_consuming("registrar")

        async def register(client: AsyncRpcClient, count: int, seconds: float) -> list[Any]:
            bodies = [Patient().body(HOSPITAL, CLINIC) for _ in range(count)]
            calls = [client.ask("register", body, timeout_seconds=seconds) for body in bodies]
            return [*await asyncio.gather(*calls, return_exceptions=True)]

        async def all_day() -> None:
            client = AsyncRpcClient(
                deployment.urls["patient"], PATIENT_EXCHANGE, user_id=True, in_flight_max=100
            )
            client.start()
            while not client.is_connected:
                await asyncio.sleep(0.02)
            with short_of_memory(node):
                # Of the first the broker has been sent all, and has taken nothing; then it says so.
                assert {type(each) for each in await register(client, 10, 2)} == {NoReply}
                assert {type(each) for each in await register(client, 10, 1)} == {RequestNotTaken}
                waiting = asyncio.ensure_future(register(client, 20, 60))
                await asyncio.sleep(0.5)
            assert len({ticket["number"] for ticket in await waiting}) == 20
            await client.close()

        asyncio.run(all_day())
        assert ticket_numbers(deployment, CLINIC) == [*range(1, 31)], (
            "what was sent first is carried out, too"
        )
        deployment.stop()
