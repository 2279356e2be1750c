"""A broker of two nodes: to whose clients workers reply, and what an operator is told to set."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from admin_cli.doctor.findings import Status
from admin_cli.doctor.management_checks import management_findings
from common.messaging.topology import REGISTRAR_QUEUE
from common.settings import load_settings
from common.words.texts import Texts
from local_stack.private_node import PrivateNode, find_server
from tests.broker import MISSING, RunningBroker
from tests.deployment import CLINICS, Deployment, deployed
from tests.processes import eventually
from tests.workers.admin import Admin
from tests.workers.cluster import FIRST, SECOND, SecondNode
from tests.workers.requester import message, registration, requester

pytestmark = pytest.mark.long

LINE = f"ANTREAN_BROKER_NODES={SECOND},{FIRST}"


@dataclass(frozen=True)
class Cluster:
    """Workers at the first node: status responders that know both, registrars that know only their own."""

    management_url: str
    deployment: Deployment
    second: SecondNode


@pytest.fixture(scope="module")
def cluster(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two nodes, and workers at the first."""
    if (server := find_server()) is None:
        pytest.fail(MISSING)
    with ExitStack() as stack:
        folders = [
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="antrean-broker-"))) for _ in range(2)
        ]
        first = PrivateNode(folders[0], server, management=True)
        stack.callback(first.kill)
        first.start()
        second = SecondNode(folders[1], server, first)
        stack.callback(second.kill)
        second.start()
        broker = RunningBroker(first.urls, has_roles=True, has_policies=True, node=first)
        directory = tmp_path_factory.mktemp("cluster")
        deployment = stack.enter_context(deployed(broker, module_database_url, directory))
        deployment.start("registrar")
        deployment.start_consuming("status", ANTREAN_BROKER_NODES=f"{FIRST},{SECOND}")
        deployment.await_consumers(REGISTRAR_QUEUE, 1)
        assert first.management_url is not None
        yield Cluster(first.management_url, deployment, second)


def test_a_client_of_a_node_that_is_named_gets_its_reply(cluster: Cluster) -> None:
    with requester(cluster.deployment, cluster.second.urls["patient"]) as patient:
        assert patient.call(message("list_hospitals", {})).name == "hospitals"


def test_a_client_of_a_node_that_is_not_named_costs_nobody_a_reply(cluster: Cluster) -> None:
    deployment = cluster.deployment
    with (
        requester(deployment, cluster.second.urls["patient"]) as there,
        requester(deployment) as here,
    ):
        unanswered = registration(CLINICS[0])
        there.send(unanswered)
        eventually(lambda: "reply to an unknown node not sent" in deployment.logs(), "the log names the node")
        assert here.call(registration(CLINICS[0])).body["number"] == 2, "the other registration was done, too"
        assert there.replies_so_far(unanswered) == []
    assert "link lost" not in deployment.logs()


@pytest.fixture
def admin(cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Admin:
    """`antrean-admin`, with the management API's address."""
    ready = Admin(cluster.deployment, monkeypatch, capsys)
    monkeypatch.setenv("ANTREAN_MANAGEMENT_URL", cluster.management_url)
    return ready


def test_who_declares_the_topology_is_told_the_line_to_set(admin: Admin) -> None:
    said = admin("broker", "declare").out.splitlines()
    assert said[0] == "Exchanges, queues and bindings are declared."
    assert said[1:] == ["The broker is a cluster of 2 nodes. Set for all workers:", LINE]
    found = json.loads(admin("broker", "declare", "--json").out)
    assert found == {"declared": True, "nodes": [SECOND, FIRST], "workers_setting": LINE}


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("", f"does not name {SECOND}, {FIRST}:"),
        (FIRST, f"does not name {SECOND}:"),
        (f"{FIRST},{SECOND},rabbit@gone", "no node of the broker: rabbit@gone."),
    ],
)
def test_the_doctor_says_which_nodes_the_workers_do_not_know(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, named: str, said: str
) -> None:
    status, message, advice = doctor_on_nodes(cluster, monkeypatch, named)
    assert status is Status.WARNING
    assert said in message
    assert advice is not None
    assert LINE in advice


def test_the_doctor_is_content_with_all_nodes_and_names_one_that_is_down(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last test: the second node does not come back."""
    all_nodes = f"{FIRST},{SECOND}"
    status, message, _ = doctor_on_nodes(cluster, monkeypatch, all_nodes)
    assert status is Status.OK
    assert "all nodes of the broker: 2" in message

    cluster.second.kill()

    def told() -> bool:
        status, message, _ = doctor_on_nodes(cluster, monkeypatch, all_nodes)
        return status is Status.WARNING and f"Not running: {SECOND}." in message

    eventually(told, "the doctor knows that it is down")


def doctor_on_nodes(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, named: str
) -> tuple[Status, str, str | None]:
    """The doctor's one finding about nodes, where the setting names these."""
    addresses = {"ANTREAN_MANAGEMENT_URL": cluster.management_url, "ANTREAN_BROKER_NODES": named}
    for name, value in (cluster.deployment.environment("deploy") | addresses).items():
        monkeypatch.setenv(name, value)
    found = list(management_findings(load_settings("deploy"), None))
    (nodes,) = [each for each in found if each.check == "broker.nodes"]
    texts = Texts("en")
    return nodes.status, nodes.message(texts), nodes.advice(texts)
