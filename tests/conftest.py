"""The broker and the databases that tests run on: real ones, started once, and fresh data for each test."""

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from functools import cache
from importlib.resources import as_file, files
from itertools import count
from pathlib import Path

import psycopg
import pytest
import structlog
from hypothesis import settings
from sqlalchemy import Engine

from admin_cli.catalog_file import Catalog, read_catalog
from admin_cli.database.schema import migrate
from common.storage.engine import transaction
from common.storage.staff import write_duty
from common.storage.tables import catalog_version, metadata
from tests.broker import RunningBroker, running_broker
from tests.builders import DESK_USER
from tests.collection import kept_out_of_garbage_collection, read_own_share
from tests.database import drop_database, new_database, opened, plain_url, running_postgres
from tests.staff import MANAGES_EVERYTHING

# How long an example takes says more about what else the machine does than about our code.
settings.register_profile("antrean", deadline=None)
settings.load_profile("antrean")

BACKENDS = ("sqlite", "postgresql")
"""Both databases: a test that takes `engine`, `empty_engine` or `database_url` runs on each."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """How many processes `pytest -n auto` divides the tests among.

    Two more than there are processors, since most tests wait. Each process has a broker of its own, so a
    broker that was named for them all gets one process.
    """
    return 0 if os.environ.get("ANTREAN_TEST_AMQP_URL") else (os.cpu_count() or 1) + 2


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """At less cost."""
    with kept_out_of_garbage_collection():
        read_own_share(session.config)
        return (yield)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """What whoever runs the tests has set for their own Antrean concerns no test."""
    for name in list(os.environ):
        if name.startswith("ANTREAN_") and not name.startswith("ANTREAN_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _logs_of_each_test_apart() -> Iterator[None]:
    """A program that ran within a test logs to the standard error of that test, which is closed after it."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def broker() -> Iterator[RunningBroker]:
    """The broker of all tests; a test that leaves messages behind purges them."""
    with running_broker() as running:
        yield running


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a database on the PostgreSQL of all tests."""
    with running_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "antrean.sqlite"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def _migrated_postgres(postgres: str) -> Iterator[str]:
    url = new_database(postgres)
    _migrate(url)
    yield url
    drop_database(postgres, url)


@pytest.fixture(scope="session")
def postgres_schema(postgres: str) -> str:
    """The address of a database with the newest schema, which is there to be copied: nobody uses it."""
    url = new_database(postgres)
    with opened(url) as engine:
        migrate(engine)
    return url


@pytest.fixture(scope="session")
def _sqlite_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("databases")


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a database with the newest schema, and nothing in it but the user of the desk.

    It is the same one for every test: on SQLite a new file, on PostgreSQL emptied, since copying one takes a
    hundred times as long.
    """
    if request.param == "sqlite":
        folder: Path = request.getfixturevalue("_sqlite_folder")
        for left in folder.iterdir():
            left.unlink()
        shutil.copyfile(request.getfixturevalue("_migrated_sqlite"), folder / "antrean.sqlite")
        return f"sqlite:///{folder / 'antrean.sqlite'}"
    url: str = request.getfixturevalue("_migrated_postgres")
    _empty(url)
    return url


@pytest.fixture(scope="session")
def _engines() -> Iterator[Callable[[str, int], Engine]]:
    """The engines on each database, counted from 0: the next test finds compiled what a test has executed."""
    with ExitStack() as stack:
        yield cache(lambda database_url, _place: stack.enter_context(opened(database_url)))


@pytest.fixture
def open_another(database_url: str, _engines: Callable[[str, int], Engine]) -> Iterator[Callable[[], Engine]]:
    """Opens further engines on `database_url`, as other processes would; all are closed at the end. Who
    listens to an engine's events stops to listen: the next test gets the same one."""
    with ExitStack() as stack:
        places = count()

        def open_engine() -> Engine:
            engine = _engines(database_url, next(places))
            stack.callback(engine.dispose)
            return engine

        yield open_engine


@pytest.fixture
def engine(open_another: Callable[[], Engine]) -> Engine:
    """An engine on `database_url`."""
    return open_another()


@pytest.fixture(params=BACKENDS)
def empty_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a fresh database without any table."""
    if request.param == "sqlite":
        with opened(f"sqlite:///{tmp_path / 'empty.sqlite'}") as engine:
            yield engine
        return
    server: str = request.getfixturevalue("postgres")
    url = new_database(server)
    with opened(url) as engine:
        yield engine
    drop_database(server, url)


@pytest.fixture(scope="session")
def sample_catalog() -> Catalog:
    """The catalog that `make demo` and `make up` apply."""
    with as_file(files("local_stack") / "sample_catalog.toml") as path:
        return read_catalog(path)


def _migrate(url: str) -> None:
    with opened(url) as engine:
        migrate(engine)
        with transaction(engine) as connection:
            # With the version of the first catalog that a test applies.
            write_duty(connection, DESK_USER, MANAGES_EVERYTHING, 1)


def _empty(url: str) -> None:
    # Whatever an earlier test has left behind holds no locks any more.
    statements = [
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND backend_type = 'client backend'"
        " AND pid <> pg_backend_pid()",
        *(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)),
        f"INSERT INTO {catalog_version.name} (id, version) VALUES (1, 0)",
        "INSERT INTO staff (username, hospital, role, active, version)"
        f" VALUES ('{DESK_USER}', '*', 'manager', true, 1)",
    ]
    # In one round trip, and without an engine, which would cost more than most tests.
    with psycopg.connect(plain_url(url)) as connection:
        connection.execute(";".join(statements).encode())
