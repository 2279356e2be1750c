"""A worker is healthy while it consumes and its database answers, and reports that in its health file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.health import HealthFile
from common.settings import Role
from tests.broker import RunningBroker
from tests.deployment import Deployment, deployed
from tests.processes import Program, eventually
from tests.tcp_proxy import TcpProxy, proxy_to

ROLES: tuple[Role, ...] = ("registrar", "ticker", "status")


@pytest.fixture
def database(postgresql_url: str) -> Iterator[TcpProxy]:
    """The proxy between workers and database."""
    with proxy_to(postgresql_url) as proxy:
        yield proxy


@pytest.fixture
def deployment(
    broker: RunningBroker, database: TcpProxy, postgresql_url: str, tmp_path: Path
) -> Iterator[Deployment]:
    """A deployment with no worker yet."""
    with deployed(broker, postgresql_url, tmp_path) as deployment:
        deployment.database_url = database.url(postgresql_url)
        yield deployment


def health(deployment: Deployment, role: Role) -> HealthFile:
    """The health file of the worker of this role."""
    return HealthFile(deployment.directory / f"{role}.json")


def becomes_healthy(deployment: Deployment, role: Role) -> None:
    """Waits until the worker reports itself healthy."""
    file = health(deployment, role)
    eventually(lambda: file.trouble() is None, f"{role} is healthy: {deployment.logs()[-2000:]}")


def becomes_unhealthy(deployment: Deployment, role: Role, words: str) -> None:
    """Waits until the worker reports why it cannot work; it is alive all the time."""
    file = health(deployment, role)
    eventually(lambda: words in (file.trouble() or ""), f"{role} says {words!r}: {file.trouble()}")
    assert file.trouble(alive_only=True) is None


def started(deployment: Deployment, proxies: dict[Role, TcpProxy]) -> list[Program]:
    """One worker of each kind, each with its own proxy to the broker."""
    return [
        deployment.start(
            role,
            ANTREAN_AMQP_URL=proxies[role].url(deployment.urls[role]),
            ANTREAN_HEALTH_FILE=str(deployment.directory / f"{role}.json"),
        )
        for role in ROLES
    ]


def test_every_worker_says_whether_it_can_work(deployment: Deployment, database: TcpProxy) -> None:
    with (
        proxy_to(deployment.urls["registrar"]) as first,
        proxy_to(deployment.urls["ticker"]) as second,
        proxy_to(deployment.urls["status"]) as third,
    ):
        proxies: dict[Role, TcpProxy] = {"registrar": first, "ticker": second, "status": third}
        programs = started(deployment, proxies)
        for role, program in zip(ROLES, programs, strict=True):
            becomes_healthy(deployment, role)
            program.prints('"event": "ready"')
            assert program.output.count('"event": "ready"') == 1

        database.refuse()
        database.cut()
        for role in ROLES:
            becomes_unhealthy(deployment, role, "database does not answer")
        database.open()
        for role in ROLES:
            becomes_healthy(deployment, role)

        for proxy in proxies.values():
            proxy.refuse()
            proxy.cut()
        for role in ROLES:
            becomes_unhealthy(deployment, role, "does not consume")
        for proxy in proxies.values():
            proxy.open()
        for role, program in zip(ROLES, programs, strict=True):
            becomes_healthy(deployment, role)
            assert program.output.count('"event": "not ready"') == 2
            assert program.stop() == 0
