"""PostgreSQL for the tests, by a ladder: `ANTREAN_TEST_DATABASE_URL`, installed binaries, Docker."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from testcontainers.community.postgres import PostgresContainer

from local_stack import container
from local_stack.child import Child, wait_until
from local_stack.endpoint import free_ports
from local_stack.install import find_postgresql

IMAGE = "postgres:17"
_USER = "antrean"
_START_SECONDS_MAX = 60
_STOP_SECONDS_MAX = 20

MISSING = (
    "The tests need a PostgreSQL: run `make test`, which installs one, or install postgresql (Debian, "
    "Ubuntu, Homebrew), or start Docker, or set ANTREAN_TEST_DATABASE_URL."
)


@contextmanager
def running_postgres() -> Iterator[str]:
    """The first server of the ladder, for as long as the block runs; without one, the tests fail.

    Yields the address of a database from which `new_database` makes others.
    """
    if given := os.environ.get("ANTREAN_TEST_DATABASE_URL"):
        yield given
    elif (binaries := find_postgresql()) is not None:
        with _private_server(binaries) as url:
            yield url
    elif container.docker_answers():
        with PostgresContainer(IMAGE, driver=None) as server:
            url = server.get_connection_url()
            if not wait_until(lambda: _answers(url), _START_SECONDS_MAX):
                pytest.fail("The PostgreSQL container did not start.")
            yield url
    else:
        pytest.fail(MISSING)


def new_database(url: str) -> str:
    """Creates an empty database on the server at `url`; returns its address."""
    name = f"antrean_test_{uuid4().hex[:12]}"
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


class PostgresServer:
    """A PostgreSQL server of our own that keeps everything in `directory`; started by its owner.

    Without `durable` it does not wait for its disk, which no test needs that does not end it at once.
    `url` is the address of its first database, the same for as long as this object lives.
    """

    def __init__(self, binaries: Path, directory: Path, *, durable: bool = False) -> None:
        data = directory / "data"
        as_user: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            user = _unprivileged_user()
            shutil.chown(directory, user.pw_uid, user.pw_gid)
            ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
            as_user = ["setpriv", *ids, "--pdeathsig=INT"]
        options = ["-U", _USER, "-A", "trust", "-E", "UTF8", "-N", "--locale=C"]
        initialise = [*as_user, str(binaries / "initdb"), "-D", str(data), *options]
        subprocess.run(initialise, cwd=directory, check=True, capture_output=True)
        port = free_ports({"postgres": 0})["postgres"]
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "fsync": "on" if durable else "off",
            "max_connections": "60",
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        program = [*as_user, str(binaries / "postgres"), "-D", str(data), *words]
        self._child = Child("postgres", program, {}, directory)
        self.url = f"postgresql://{_USER}@127.0.0.1:{port}/postgres"

    def launch(self) -> None:
        """Starts the server without waiting until it `answers`."""
        self._child.start()

    def start(self) -> None:
        """Starts the server and waits until it answers; fails, with its log, where it never does."""
        self.launch()
        wait_until(lambda: self.answers() or not self._child.alive(), _START_SECONDS_MAX)
        if not self.answers():
            pytest.fail(f"PostgreSQL did not start. {self._child.log_file.read_text()}")

    def answers(self) -> bool:
        """Whether it takes connections."""
        return _answers(self.url)

    def stop(self) -> None:
        """Stops in order, without waiting for clients."""
        self._end(signal.SIGINT)

    def stop_at_once(self) -> None:
        """PostgreSQL's "immediate" stop: every process of it ends where it is, as if the power failed."""
        self._end(signal.SIGQUIT)

    def _end(self, number: signal.Signals) -> None:
        if (pid := self._child.pid) is not None:
            os.kill(pid, number)
        if not self._child.wait(_STOP_SECONDS_MAX):
            self._child.kill()


@contextmanager
def _private_server(binaries: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="antrean-postgres-", ignore_cleanup_errors=True) as name:
        server = PostgresServer(binaries, Path(name))
        try:
            server.start()
            yield server.url
        finally:
            server.stop()


def _unprivileged_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _answers(url: str) -> bool:
    try:
        psycopg.connect(_plain(url), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _plain(url: str) -> str:
    """`url` as PostgreSQL's own library reads it, without the name of SQLAlchemy's driver."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
