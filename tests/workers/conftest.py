"""What the tests of the workers share: databases to deploy on, and a broker whose users are made."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.broker import RunningBroker
from tests.conftest import BACKENDS
from tests.database import drop_database, new_database
from tests.deployment import Deployment, deployed
from tests.tcp_proxy import TcpProxy, proxy_to
from tests.workers.account_admin import managed_node
from tests.workers.installation import Node
from tests.workers.integrator_admin import IntegratorAdmin, integrators


@pytest.fixture(scope="module")
def module_database_url(_migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a fresh SQLite database for all tests of a module."""
    return _copy(_migrated_sqlite, tmp_path_factory.mktemp("database"))


@pytest.fixture(scope="module", params=BACKENDS)
def each_database_url(
    request: pytest.FixtureRequest, _migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The same on SQLite, then on PostgreSQL."""
    if request.param == "sqlite":
        yield _copy(_migrated_sqlite, tmp_path_factory.mktemp("database"))
        return
    server, schema = map(request.getfixturevalue, ("postgres", "postgres_schema"))
    with fresh_postgresql(server, schema) as url:
        yield url


@pytest.fixture
def sqlite_url(_migrated_sqlite: Path, tmp_path: Path) -> str:
    """The address of a fresh SQLite database for one test."""
    return _copy(_migrated_sqlite, tmp_path)


@pytest.fixture
def postgresql_url(postgres: str, postgres_schema: str) -> Iterator[str]:
    """The address of a fresh PostgreSQL database for one test."""
    with fresh_postgresql(postgres, postgres_schema) as url:
        yield url


@pytest.fixture
def database_proxy(postgresql_url: str) -> Iterator[TcpProxy]:
    """The proxy between the workers of `proxied` and their database."""
    with proxy_to(postgresql_url) as proxy:
        yield proxy


@pytest.fixture
def proxied(
    broker: RunningBroker, database_proxy: TcpProxy, postgresql_url: str, tmp_path: Path
) -> Iterator[Deployment]:
    """A deployment whose workers reach their database by `database_proxy`; no worker yet."""
    with deployed(broker, postgresql_url, tmp_path) as deployment:
        deployment.database_url = database_proxy.url(postgresql_url)
        yield deployment


@contextmanager
def fresh_postgresql(postgres: str, schema: str) -> Iterator[str]:
    """A database like that of `postgres_schema`, dropped at the end."""
    url = new_database(postgres, schema)
    try:
        yield url
    finally:
        drop_database(postgres, url)


def _copy(database: Path, directory: Path) -> str:
    path = directory / "antrean.sqlite"
    shutil.copyfile(database, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """A broker of its own with the management API, for all tests of a module."""
    with managed_node() as node:
        yield node


@pytest.fixture
def admin(
    node: Node, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[IntegratorAdmin]:
    """The commands for integrators at that broker."""
    with integrators(node, sqlite_url, monkeypatch, capsys) as admin:
        yield admin
