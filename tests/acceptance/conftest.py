"""What the acceptance tests share: the sample catalog at work on a Monday morning, and users at shells."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from admin_cli.catalog_file import Catalog
from common.settings import Role
from tests.acceptance.command_line import Shell
from tests.acceptance.message_copies import MessageCopies, message_copies
from tests.acceptance.personal_data import Disclosures
from tests.broker import RunningBroker
from tests.builders import in_bandung
from tests.contract_check import ContractCheck
from tests.deployment import Deployment, deployed, personal_data_in
from tests.processes import PATIENT
from tests.tls_front import tls_front
from tests.web.web_process import await_ready, start_web
from tests.workers.metrics_pages import metrics_port, page


@pytest.fixture(scope="package")
def _copies(broker: RunningBroker) -> Iterator[MessageCopies | None]:
    """Copies of all messages; None at a broker that is not the tests' own: they cannot start its tracer."""
    if broker.node is None:
        yield None
        return
    with message_copies(broker.node) as copies:
        yield copies


@pytest.fixture(scope="module")
def disclosures() -> Disclosures:
    """What the file's tests had told, beside the messages."""
    return Disclosures()


@pytest.fixture(scope="module")
def keeps_the_contract(_copies: MessageCopies | None, disclosures: Disclosures) -> Iterator[None]:
    """Every message of the file's tests is as docs/asyncapi.yaml says; other files publish what is not. And
    nothing personal is told but in the replies to those who may know it."""
    if _copies is not None:
        _copies.forget()
    yield
    if _copies is not None:
        published = list(_copies.taken())
        faults = sorted(set(ContractCheck().faults_of_all(published)))
        assert not faults, "\n".join(["not as docs/asyncapi.yaml has it:", *faults])
        leaks = sorted(set(disclosures.leaks(published)))
        assert not leaks, "\n".join(["tells of patients:", *leaks])


@pytest.fixture(scope="module")
def no_workers(
    broker: RunningBroker,
    keeps_the_contract: None,
    disclosures: Disclosures,
    sample_catalog: Catalog,
    _migrated_sqlite: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployment]:
    """The sample catalog, at nine in Bandung."""
    directory = tmp_path_factory.mktemp("antrean")
    path = directory / "antrean.sqlite"
    shutil.copyfile(_migrated_sqlite, path)
    starts_at = in_bandung("09:00")
    with deployed(
        broker, f"sqlite:///{path}", directory, catalog=sample_catalog, starts_at=starts_at
    ) as deployment:
        disclosures.add("logs", deployment.logs)
        disclosures.add("standard error", lambda: "\n".join(deployment.errors))
        yield deployment


@pytest.fixture(scope="module")
def system(no_workers: Deployment, disclosures: Disclosures) -> Iterator[Deployment]:
    """All workers, as `make up` runs them; whoever comes to a free room is called within a second."""
    counts: dict[Role, int] = {"registrar": 2, "ticker": 2, "status": 2}
    no_workers.start_together(counts, ANTREAN_TICK_SECONDS="0.5", ANTREAN_METRICS_PORT="0")
    yield no_workers
    for program in no_workers.programs:
        if program.exit_code is None and "metrics shown" in program.output:
            disclosures.add("metrics", partial(str, page(metrics_port(program), "/metrics").text))


@pytest.fixture(scope="module")
def web(no_workers: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An antrean-web behind TLS, which does not wait for workers for long: the settings by which `antrean`
    reaches it."""
    process = start_web(no_workers, "web", ANTREAN_REPLY_TIMEOUT_SECONDS="2")
    await_ready(process)
    with tls_front(process.port, tmp_path_factory.mktemp("front")) as settings:
        yield settings
    assert process.program.stop() == 0


@pytest.fixture
def way() -> str:
    """How `antrean` asks, unless a test asks for `both_ways`."""
    return "amqp"


both_ways = pytest.mark.parametrize("way", ["amqp", "https"])
"""Of a test that has to go the same way over the broker and over antrean-web."""


def shell_over(way: str, deployment: Deployment, directory: Path, request: pytest.FixtureRequest) -> Shell:
    """A user's shell that asks over the broker (`amqp`), or over antrean-web (`https`)."""
    shell = shell_of(deployment, directory)
    if way == "https":
        variables = {name: value for name, value in shell.variables.items() if name != "ANTREAN_AMQP_URL"}
        shell = replace(shell, variables=variables | request.getfixturevalue("web"))
    return shell


def shell_of(deployment: Deployment, directory: Path) -> Shell:
    """A user's shell that knows where the broker is, and nothing of the database."""
    variables = {
        **deployment.variables,
        **PATIENT,
        "ANTREAN_AMQP_URL": deployment.urls["patient"],
        "ANTREAN_DATA_DIR": str(directory / "data"),
        "ANTREAN_STACK_DIR": str(directory / "stack"),
    }
    return Shell(directory, variables, deployment.ticket_codes, deployment.errors)


@pytest.fixture
def shell(system: Deployment, tmp_path: Path, way: str, request: pytest.FixtureRequest) -> Shell:
    """A user's shell while everything is up."""
    return shell_over(way, system, tmp_path, request)


@pytest.fixture
def shell_without_workers(
    no_workers: Deployment, tmp_path: Path, way: str, request: pytest.FixtureRequest
) -> Shell:
    """A user's shell where the broker is up and no worker need be."""
    return shell_over(way, no_workers, tmp_path, request)


def nothing_personal_in(shell: Shell) -> None:
    """Checks the files in a user's home: no name, number or date of birth; ticket codes are theirs."""
    for path in shell.directory.rglob("*"):
        if path.is_file():
            assert not personal_data_in(path.read_text(errors="replace")), path
