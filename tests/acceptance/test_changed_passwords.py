"""Passwords of broker and database are changed while workers run: nothing is lost, and nothing tells them."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pika
import psycopg
import pytest
from pika.exceptions import AMQPConnectionError

from admin_cli.database.roles import make_roles, role_of
from admin_cli.database.schema import migrate
from common.settings import Role
from local_stack.install import find_postgresql
from local_stack.private_postgres import PostgresServer
from tests.acceptance.command_line import Shell, register_words
from tests.broker import RunningBroker, private_node
from tests.database import MISSING, opened
from tests.deployment import HOSPITAL, Deployment, Patient, deployed
from tests.processes import PATIENT, Program, eventually
from tests.workers.node_control import control
from tests.workers.requester import registration, requester

WORKERS: tuple[Role, ...] = ("registrar", "ticker", "status")
USERS = ("patient", "integrator", "deploy")
BEFORE, BETWEEN, AFTER = 20, 20, 20


@dataclass
class Passwords:
    """The users' passwords, in files that only they can read; `all` are those that there were."""

    directory: Path
    addresses: dict[str, str]
    broker_at: str
    database_at: str = ""
    all: set[str] = field(default_factory=set)

    def write(self, of: str, worker: str) -> str:
        """A new password into the user's file, in one step; returns it."""
        password = secrets.token_hex(12)
        if of == "broker":
            address = self.addresses[worker] = f"amqp://{worker}:{password}@{self.broker_at}/"
        else:
            address = f"postgresql://{role_of(worker)}:{password}@{self.database_at}"
        self.put(of, worker, address)
        return password

    def put(self, of: str, worker: str, address: str) -> None:
        """An address into the user's file, in one step."""
        self.all.add(urlsplit(address).password or "")
        path = self.file(of, worker)
        new = path.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(address + "\n")
        new.replace(path)

    def file(self, of: str, worker: str) -> Path:
        """Where the address of a worker stands."""
        return self.directory / f"{of}.{worker}"


@pytest.fixture(scope="module")
def addresses() -> dict[str, str]:
    """The users' addresses at the broker, as they are now."""
    return {}


@pytest.fixture(scope="module")
def broker(addresses: dict[str, str]) -> Iterator[RunningBroker]:
    """A broker of its own: its passwords are changed."""
    with private_node() as node:
        addresses |= node.urls
        yield RunningBroker(addresses, has_roles=True, has_policies=True, node=node)


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


@pytest.fixture
def sqlite_url(_migrated_sqlite: Path, tmp_path: Path) -> str:
    """A fresh database that asks for no password."""
    path = tmp_path / "antrean.sqlite"
    shutil.copyfile(_migrated_sqlite, path)
    return f"sqlite:///{path}"


def test_passwords_are_changed_while_patients_register(
    addresses: dict[str, str], broker: RunningBroker, database: str, tmp_path: Path
) -> None:
    assert broker.node is not None
    places = urlsplit(broker.url("registrar")), urlsplit(database)
    passwords = Passwords(
        tmp_path, addresses, f"127.0.0.1:{places[0].port}", f"127.0.0.1:{places[1].port}{places[1].path}"
    )
    with opened(database) as engine:
        migrate(engine)
        for worker in WORKERS:
            passwords.put("broker", worker, addresses[worker])
        _change_database(passwords, database)
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


def _change_broker(passwords: Passwords, broker: RunningBroker, users: Sequence[str] = WORKERS) -> None:
    assert broker.node is not None
    for user in users:
        new = passwords.write("broker", user)
        control(broker.node, ["--quiet", "change_password", user], new + "\n")
        control(broker.node, ["--quiet", "close_all_user_connections", user, "new password"])


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


def test_passwords_of_patients_integrators_and_operators_are_changed(
    addresses: dict[str, str], broker: RunningBroker, sqlite_url: str, tmp_path: Path
) -> None:
    """Who follows the events goes on; commands take the new password, and nobody is let in by the old one."""
    port = urlsplit(broker.url("patient")).port
    passwords = Passwords(tmp_path, addresses, f"127.0.0.1:{port}")
    for user in USERS:
        passwords.put("broker", user, addresses[user])
    with deployed(broker, sqlite_url, tmp_path) as deployment:
        deployment.start_together({"registrar": 1})
        shell = Shell(tmp_path, {**deployment.variables, **PATIENT}, deployment.ticket_codes)

        def variables(user: str) -> dict[str, str]:
            return {"ANTREAN_AMQP_URL_FILE": str(passwords.file("broker", user))}

        command = ("antrean-events", "tail", "--from", "first", "--clinic", f"{HOSPITAL}/C02")
        tail = shell.start("tail", *command, **variables("integrator"))
        received, forward = _forwarding(shell, variables("integrator"))
        for number in (1, 2):
            if number == 2:
                _change_broker(passwords, broker, USERS)
            words = register_words(HOSPITAL, "C02", Patient())
            ticket = shell.antrean(*words, "--json", **variables("patient")).json
            shell.ticket_codes.add(ticket["ticket_code"])
            tail.prints(f"C02-00{number}")
            received.prints(f"C02-00{number}")
            assert shell.run("antrean-admin", "broker", "declare", **variables("deploy")).exit_code == 0
        for follower in (tail, forward, received):
            assert follower.exit_code is None
            follower.kill()
            assert not [each for each in passwords.all if each in follower.output]
        _are_told_by_nothing(deployment, passwords.all)
    for user in USERS:
        for old in passwords.all:
            if old not in passwords.file("broker", user).read_text():
                with pytest.raises(AMQPConnectionError):
                    pika.BlockingConnection(pika.URLParameters(f"amqp://{user}:{old}@127.0.0.1:{port}/"))


def _forwarding(shell: Shell, variables: Mapping[str, str]) -> tuple[Program, Program]:
    """A receiver of webhooks, and who forwards the events of a clinic to it."""
    secret = ("--secret-file", "hook.secret")
    assert shell.run("antrean-events", "new-secret", "hook.secret").exit_code == 0
    received = shell.start("received", "antrean-events", "receive", "--port", "0", "--lang", "en", *secret)
    received.prints("Listening on http://127.0.0.1:")
    port = received.output.partition("127.0.0.1:")[2].partition("/")[0]
    where = ("--url", f"http://localhost:{port}/", "--allow-host", "localhost", "--from", "first")
    words = ("antrean-events", "forward", *where, *secret, "--clinic", f"{HOSPITAL}/C02")
    return received, shell.start("forward", *words, **variables)
