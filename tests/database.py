"""PostgreSQL for the tests, by a ladder: `ANTREAN_TEST_DATABASE_URL`, installed binaries, Docker."""

import os
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
from local_stack.child import wait_until
from local_stack.install import find_postgresql
from local_stack.private_postgres import PostgresServer

IMAGE = "postgres:17"
_START_SECONDS_MAX = 60

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


@contextmanager
def _private_server(binaries: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="antrean-postgres-", ignore_cleanup_errors=True) as name:
        server = PostgresServer(binaries, Path(name))
        try:
            server.start()
            yield server.url
        finally:
            server.stop()


def _answers(url: str) -> bool:
    try:
        psycopg.connect(_plain(url), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _plain(url: str) -> str:
    """`url` as PostgreSQL's own library reads it, without the name of SQLAlchemy's driver."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
