"""PostgreSQL for the tests, by a ladder: `ANTREAN_TEST_DATABASE_URL`, installed binaries, Docker."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine, make_url, text

from common.storage.engine import open_engine
from local_stack import container
from local_stack.child import wait_until
from local_stack.install import find_postgresql
from local_stack.private_postgres import PostgresServer
from tests.processes import SECONDS_MAX

IMAGE = "postgres:17"

FAST_PATH = os.environ.get("ANTREAN_TEST_FAST_PATH") != "off"
"""Whether the tests of the store take the fast path to PostgreSQL."""

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
        from testcontainers.community.postgres import PostgresContainer  # only here: it takes a second

        with PostgresContainer(IMAGE, driver=None) as server:
            url = server.get_connection_url()
            if not wait_until(lambda: _answers(url), SECONDS_MAX):
                pytest.fail("The PostgreSQL container did not start.")
            yield url
    else:
        pytest.fail(MISSING)


@contextmanager
def opened(url: str, *, fast_path: bool = FAST_PATH) -> Iterator[Engine]:
    """An engine on the database at `url`; its connections are closed at the end, whatever happens.

    From Python 3.13 on a SQLite connection that nobody closed is a warning, which fails some later test.
    """
    engine = open_engine(url, fast_path=fast_path)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def sqlite_file(path: Path | str) -> Iterator[sqlite3.Connection]:
    """A connection to a SQLite file, past all that is ours: committed and closed at the end."""
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def new_database(url: str, like: str = "") -> str:
    """Creates a database on the server at `url`, empty or as the one at `like` is; returns its address.

    Nobody may be connected to that one.
    """
    name = f"antrean_test_{uuid4().hex[:12]}"
    template = f' TEMPLATE "{make_url(like).database}"' if like else ""
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"{template}'.encode())
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def drop_database(server: str, url: str) -> None:
    """Drops the database at `url` from the server, whoever is still connected to it."""
    with opened(server) as engine:
        outside = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with outside as connection:
            connection.execute(text(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)'))


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
        psycopg.connect(plain_url(url), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def plain_url(url: str) -> str:
    """`url` as PostgreSQL's own library reads it, without the name of SQLAlchemy's driver."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
