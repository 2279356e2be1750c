"""The dashboard's queries and the alerts, on a real Prometheus that asks real workers and a real broker."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.settings import Role
from local_stack.private_node import find_server
from tests.broker import RunningBroker
from tests.deployment import CLINICS, CLOSED_CLINIC, Deployment, deployed
from tests.processes import eventually
from tests.unit.watch_files import queries
from tests.web.web_process import await_ready, start_web
from tests.workers.metrics_pages import metrics_port
from tests.workers.requester import message, registration, requester
from tests.workers.watched_node import Prometheus, WatchedNode, prometheus

ROLES: tuple[Role, ...] = ("registrar", "ticker", "status")
WEB: tuple[Role, ...] = ("web", "board")
WITHOUT_VALUES = {"Overdue clinics A", "Errors and refusals in a second, by address A"}
"""Queries that have nothing to show while all is well."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedNode]:
    """A broker that Prometheus can ask."""
    server = find_server()
    if server is None:
        pytest.skip("no rabbitmq-server is installed")
    node = WatchedNode(tmp_path_factory.mktemp("watched"), server)
    try:
        node.start()
        yield node
    finally:
        node.stop()


@pytest.fixture
def deployment(node: WatchedNode, sqlite_url: str, tmp_path: Path) -> Iterator[Deployment]:
    """A deployment with no worker yet."""
    broker = RunningBroker(node.urls, has_roles=True, has_policies=True, node=node)
    with deployed(broker, sqlite_url, tmp_path) as deployment:
        yield deployment


@pytest.fixture
def watching(node: WatchedNode, deployment: Deployment, tmp_path: Path) -> Iterator[Prometheus]:
    """Prometheus, with one worker and one web process of each kind."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is missing: apt-get install prometheus")
    for role in ROLES:
        deployment.start(role, ANTREAN_METRICS_PORT="0")
    for process in [start_web(deployment, role, ANTREAN_METRICS_PORT="0") for role in WEB]:
        await_ready(process)
    ports = [metrics_port(each) for each in deployment.programs]
    with prometheus(program, tmp_path, ports, node.prometheus_port) as asked:
        yield asked


def test_every_query_shows_something_every_rule_is_evaluated_and_alerts_come(
    deployment: Deployment, watching: Prometheus
) -> None:
    def empty() -> list[str]:
        with requester(deployment) as patient:
            for _ in range(3):
                patient.call(registration(CLINICS[0]))
            assert patient.call(registration(CLOSED_CLINIC)).code == "clinic_closed"
            patient.call(message("list_hospitals", {}))
        return [name for name, query in queries().items() if not watching.query(query)]

    def rules() -> list[dict[str, str]]:
        return [rule for group in watching.get("rules")["groups"] for rule in group["rules"]]

    def pending() -> set[str]:
        return {each["labels"]["alertname"] for each in watching.get("alerts")["alerts"]}

    eventually(lambda: set(empty()) <= WITHOUT_VALUES, f"all have values; empty are {empty()}")
    eventually(lambda: all(rule["health"] == "ok" for rule in rules()), f"{rules()}")
    eventually(lambda: len(watching.query("antrean_ready == 1")) == len(ROLES + WEB), "all are ready")
    consumers = 'sum by (queue) (rabbitmq_detailed_queue_consumers{queue="antrean.ticker"}) == 1'
    eventually(lambda: bool(watching.query(consumers)), "the broker says who consumes")

    gone = [each for each in deployment.programs if each.name.startswith(("registrar", "web"))]
    assert [each.stop() for each in gone] == [0, 0]

    come = {"AntreanNoRegistrar", "AntreanNoWebProcess", "AntreanWorkerNotSeen", "AntreanNobodyConsumes"}
    eventually(lambda: come <= pending(), "they come")
