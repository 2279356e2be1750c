"""`antrean-admin top` on a broker with the management API (rates, workers and their latency), and without."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from admin_cli.catalog_file import Catalog
from admin_cli.top.readers import BrokerReader
from antrean_client.rpc_client import RpcClient
from common.messaging.topology import PATIENT_EXCHANGE, REGISTRAR_QUEUE
from common.settings import Settings
from tests.broker import RunningBroker
from tests.deployment import Deployment, Patient, deployed, personal_data_in
from tests.processes import SECONDS_MAX, eventually
from tests.workers.account_admin import AccountAdmin, managed_node
from tests.workers.installation import Node


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with managed_node() as found:
        yield found


@pytest.fixture(scope="module")
def system(
    node: Node, _migrated_sqlite: Path, sample_catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A registrar with metrics, a ticker without, and nobody who answers look-ups."""
    directory = tmp_path_factory.mktemp("top")
    file = directory / "antrean.sqlite"
    shutil.copyfile(_migrated_sqlite, file)
    broker = RunningBroker(node.urls, has_roles=True, has_policies=True, node=node)
    with deployed(broker, f"sqlite:///{file}", directory, catalog=sample_catalog) as deployment:
        deployment.start_consuming("registrar", ANTREAN_METRICS_PORT="0")
        deployment.start_consuming("ticker")
        yield deployment


@pytest.fixture
def top(
    node: Node, system: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> AccountAdmin:
    """Runs `antrean-admin`, as the role deploy."""
    database = Path(system.database_url.removeprefix("sqlite:///"))
    admin = AccountAdmin(node, database, monkeypatch, capsys)
    admin.use(**node.known(), **system.variables)
    return admin


def said(top: AccountAdmin) -> dict[str, Any]:
    return top("top", "--json").said


def registers(system: Deployment, count: int) -> None:
    clock = Settings.read(system.variables).clock()
    with RpcClient(system.urls["patient"], PATIENT_EXCHANGE, clock) as client:
        for _ in range(count):
            body = Patient().body("RSHS", "GIG")
            client.call("register", body, timeout_seconds=SECONDS_MAX)  # also where the quota is used up


def consumers(found: dict[str, Any]) -> int:
    """How many take registrations."""
    [queue] = [each for each in found["queues"] if each["queue"] == REGISTRAR_QUEUE]
    return int(queue["consumers"])


def of_registrar(found: dict[str, Any]) -> dict[str, Any]:
    [worker] = [each for each in found["workers"] if each["worker"] == "registrar"]
    return dict(worker)


def test_workers_are_told_apart_and_only_who_has_metrics_has_a_latency(
    top: AccountAdmin, system: Deployment
) -> None:
    registers(system, 1)
    eventually(lambda: len(said(top)["workers"]) == 2, "the broker tells of both workers")
    found = said(top)
    registrar = of_registrar(found)
    [program] = [each for each in system.programs if each.name.startswith("registrar")]
    assert (registrar["host"], registrar["pid"]) == (socket.gethostname(), program.pid)
    assert registrar["ready"] is True
    [ticker] = [each for each in found["workers"] if each["worker"] == "ticker"]
    assert (ticker["ready"], ticker["batch_seconds"]) == (None, None)
    assert found["missing"] == []
    eventually(lambda: consumers(said(top)) == 1, "the broker has counted the consumers")


def test_what_is_missing_of_the_workers_is_said_first(top: AccountAdmin) -> None:
    eventually(lambda: consumers(said(top)) == 1, "the broker has counted the consumers")
    shown = top("top", "--once").out
    assert shown.startswith("\u2716 Nobody takes from antrean.status, antrean.desk-status")
    assert "start antrean-status" in shown
    assert "Slowest" not in shown
    assert "\u25cf ready" in shown


def test_rates_and_latency_are_those_of_the_last_seconds(
    top: AccountAdmin, system: Deployment, node: Node
) -> None:
    settings = Settings.read(
        {"ANTREAN_AMQP_URL": node.urls["deploy"], "ANTREAN_MANAGEMENT_URL": str(node.management_url)}
    )
    reader = BrokerReader(settings)

    def busy() -> bool:
        reader.read()
        registers(system, 20)
        [line] = [each for each in reader.read().workers or () if each.traffic.role == "registrar"]
        return bool(line.traffic.leaving) and line.batch_seconds is not None and line.batch_seconds > 0

    eventually(busy, "a rate and a latency are told")
    waiting = said(top)["waiting"]
    assert waiting["patients"] > 0
    assert not personal_data_in(top("top", "--json").out + top("top", "--once").out)


def test_a_frozen_worker_is_said_not_to_answer(top: AccountAdmin, system: Deployment) -> None:
    eventually(lambda: of_registrar(said(top))["ready"] is True, "it is ready")
    [registrar] = [each for each in system.programs if each.name.startswith("registrar")]
    with registrar.frozen():
        assert of_registrar(said(top))["ready"] is False
        shown = top("top", "--once").out
        assert "no answer" in shown
        assert f"antrean-registrar {registrar.pid} on " in shown
    eventually(lambda: of_registrar(said(top))["ready"] is True, "it goes on")


def test_without_the_management_api_there_is_what_amqp_tells(top: AccountAdmin, node: Node) -> None:
    for url, told in (
        ("", "set ANTREAN_MANAGEMENT_URL"),
        (node.url_of("deploy:wrong"), "needs the tag monitoring"),
        ("http://deploy:x@127.0.0.1:1/", "does not answer"),
    ):
        top.use(ANTREAN_MANAGEMENT_URL=url)
        found = said(top)
        assert consumers(found) == 1
        assert ({each["leaving_per_second"] for each in found["queues"]}, found["workers"]) == ({None}, None)
        [sentence] = found["missing"]
        assert sentence.startswith("Rates and workers are not shown: ")
        assert told in sentence


def test_without_a_database_there_is_all_but_clinics(top: AccountAdmin) -> None:
    top.use(ANTREAN_DATABASE_URL="sqlite:////nowhere/antrean.sqlite")
    found = said(top)
    assert (found["clinics"], len(found["missing"])) == (None, 1)
    assert "database" in found["missing"][0]
    assert found["queues"]


def test_where_nothing_can_be_had_it_fails_with_one_sentence(top: AccountAdmin) -> None:
    top.use(
        ANTREAN_AMQP_URL="amqp://deploy:x@127.0.0.1:1/",
        ANTREAN_MANAGEMENT_URL="http://deploy:x@127.0.0.1:1/",
        ANTREAN_DATABASE_URL="sqlite:////nowhere/antrean.sqlite",
    )
    ended = top("top", "--once")
    assert (ended.exit_code, ended.out) == (69, "")
    assert len(ended.err.splitlines()) == 1
