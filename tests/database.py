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
            _await_server(url)
            yield url
    else:
        pytest.fail(MISSING)


def new_database(url: str) -> str:
    """Creates an empty database on the server at `url`; returns its address."""
    name = f"antrean_test_{uuid4().hex[:12]}"
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextmanager
def _private_server(binaries: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="antrean-postgres-", ignore_cleanup_errors=True) as name:
        directory, data = Path(name), Path(name) / "data"
        as_user: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            user = _unprivileged_user()
            shutil.chown(directory, user.pw_uid, user.pw_gid)
            ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
            as_user = ["setpriv", *ids, "--pdeathsig=INT"]
        initialise = [
            str(binaries / "initdb"),
            "-D",
            str(data),
            "-U",
            _USER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "-N",
        ]
        subprocess.run([*as_user, *initialise, "--locale=C"], cwd=directory, check=True, capture_output=True)
        port = free_ports({"postgres": 0})["postgres"]
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "fsync": "off",
            "max_connections": "60",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        program = [*as_user, str(binaries / "postgres"), "-D", str(data), *options]
        server = Child("postgres", program, {}, directory)
        server.start()
        try:
            url = f"postgresql://{_USER}@127.0.0.1:{port}/postgres"
            _await_server(url, server)
            yield url
        finally:
            if (pid := server.pid) is not None:
                os.kill(pid, signal.SIGINT)  # does not wait for clients, unlike SIGTERM
            if not server.wait(_STOP_SECONDS_MAX):
                server.kill()


def _unprivileged_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _await_server(url: str, server: Child | None = None) -> None:
    def answers() -> bool:
        try:
            psycopg.connect(_plain(url), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    up = wait_until(lambda: answers() or (server is not None and not server.alive()), _START_SECONDS_MAX)
    if not up or not answers():
        log = server.log_file.read_text() if server is not None else ""
        pytest.fail(f"PostgreSQL did not start. {log}")


def _plain(url: str) -> str:
    """`url` as PostgreSQL's own library reads it, without the name of SQLAlchemy's driver."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
