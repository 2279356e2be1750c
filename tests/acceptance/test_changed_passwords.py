"""Passwords of broker and database are changed while workers run: nothing is lost, and nothing tells them."""

import secrets
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from admin_cli.database.roles import make_roles, role_of
from admin_cli.database.schema import migrate
from common.settings import Role
from local_stack.install import find_postgresql
from local_stack.private_postgres import PostgresServer
from tests.broker import RunningBroker, private_node
from tests.database import MISSING, opened
from tests.deployment import Deployment, deployed
from tests.processes import eventually
from tests.workers.node_control import control
from tests.workers.requester import registration, requester

WORKERS: tuple[Role, ...] = ("registrar", "ticker", "status")
BEFORE, BETWEEN, AFTER = 20, 20, 20


@dataclass
class Passwords:
    """The workers' passwords, in files that only they can read; `all` are those that there were."""

    directory: Path
    broker_at: str
    database_at: str
    all: set[str] = field(default_factory=set)

    def write(self, of: str, worker: str) -> str:
        """A new password into the worker's file, in one step; returns it."""
        password = secrets.token_hex(12)
        self.all.add(password)
        if of == "broker":
            address = f"amqp://{worker}:{password}@{self.broker_at}/"
        else:
            address = f"postgresql://{role_of(worker)}:{password}@{self.database_at}"
        path = self.file(of, worker)
        new = path.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(address + "\n")
        new.replace(path)
        return password

    def file(self, of: str, worker: str) -> Path:
        """Where the address of a worker stands."""
        return self.directory / f"{of}.{worker}"


@pytest.fixture(scope="module")
def broker() -> Iterator[RunningBroker]:
    """A broker of its own: its passwords are changed."""
    with private_node() as node:
        yield RunningBroker(node.urls, has_roles=True, has_policies=True, node=node)


@pytest.fixture
def database() -> Iterator[str]:
    """A PostgreSQL that asks the workers' roles for their passwords; the owner's address."""
    if (binaries := find_postgresql()) is None:
        pytest.fail(MISSING)
    with tempfile.TemporaryDirectory(prefix="antrean-postgres-", ignore_cleanup_errors=True) as name:
        server = PostgresServer(binaries, Path(name))
        (Path(name) / "data" / "pg_hba.conf").write_text(
            "host all antrean 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        )
        try:
            server.start()
            yield server.url
        finally:
            server.stop()


def test_passwords_are_changed_while_patients_register(
    broker: RunningBroker, database: str, tmp_path: Path
) -> None:
    assert broker.node is not None
    places = urlsplit(broker.url("registrar")), urlsplit(database)
    passwords = Passwords(
        tmp_path, f"127.0.0.1:{places[0].port}", f"127.0.0.1:{places[1].port}{places[1].path}"
    )
    with opened(database) as engine:
        migrate(engine)
        _change_database(passwords, database)
        _change_broker(passwords, broker)
        with deployed(broker, database, tmp_path) as deployment:
            for worker in WORKERS:
                _start(deployment, worker, passwords)
            answered = _register(deployment, BEFORE)
            _change_broker(passwords, broker)
            answered += _register(deployment, BETWEEN)
            _change_database(passwords, database)
            answered += _register(deployment, AFTER)
            assert answered == [*range(1, BEFORE + BETWEEN + AFTER + 1)]
            assert all(program.exit_code is None for program in deployment.programs), "none was restarted"
            assert "link lost" in deployment.logs()
            _are_told_by_nothing(deployment, passwords.all)


def _start(deployment: Deployment, worker: Role, passwords: Passwords) -> None:
    files = {
        "ANTREAN_AMQP_URL": "",
        "ANTREAN_AMQP_URL_FILE": str(passwords.file("broker", worker)),
        "ANTREAN_DATABASE_URL": "",
        "ANTREAN_DATABASE_URL_FILE": str(passwords.file("database", worker)),
    }
    deployment.start_together({worker: 1}, **files)


def _register(deployment: Deployment, count: int) -> list[int]:
    """The numbers that so many patients got."""
    with requester(deployment) as patient:
        return [patient.call_until_answered(registration("C01")).body["number"] for _ in range(count)]


def _change_broker(passwords: Passwords, broker: RunningBroker) -> None:
    assert broker.node is not None
    for worker in WORKERS:
        new = passwords.write("broker", worker)
        control(broker.node, ["--quiet", "change_password", worker], new + "\n")
        control(broker.node, ["--quiet", "close_all_user_connections", worker, "new password"])


def _change_database(passwords: Passwords, database: str) -> None:
    new: dict[str, str] = {worker: passwords.write("database", worker) for worker in WORKERS}
    with opened(database) as engine:
        make_roles(engine, new)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'antrean\\_%'"
        )
        eventually(lambda: not _old_ones_let_in(passwords, new), "old passwords are refused")


def _old_ones_let_in(passwords: Passwords, new: Mapping[str, str]) -> list[str]:
    """The workers whom the database lets in with a password of before."""
    found: list[str] = []
    for worker in WORKERS:
        for old in passwords.all - {*new.values()}:
            address = f"postgresql://{role_of(worker)}:{old}@{passwords.database_at}"
            try:
                psycopg.connect(address).close()
            except psycopg.OperationalError:
                continue
            found.append(worker)
    return found


def _are_told_by_nothing(deployment: Deployment, told: set[str]) -> None:
    """Neither by logs nor by what tools show of a process: its command line and its environment."""
    for program in deployment.programs:
        shown = [program.output]
        process = Path("/proc") / str(program.pid)
        if process.exists():
            shown += [(process / name).read_text(errors="replace") for name in ("cmdline", "environ")]
        assert not [each for each in told for text in shown if each in text], program.name
