"""A worker is healthy while it consumes and its database answers, and reports that in its health file."""

from common.health import HealthFile
from common.settings import Role
from tests.deployment import Deployment
from tests.processes import Program, eventually
from tests.tcp_proxy import TcpProxy, proxy_to

ROLES: tuple[Role, ...] = ("registrar", "ticker", "status")


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


def test_every_worker_says_whether_it_can_work(proxied: Deployment, database_proxy: TcpProxy) -> None:
    with (
        proxy_to(proxied.urls["registrar"]) as first,
        proxy_to(proxied.urls["ticker"]) as second,
        proxy_to(proxied.urls["status"]) as third,
    ):
        proxies: dict[Role, TcpProxy] = {"registrar": first, "ticker": second, "status": third}
        programs = started(proxied, proxies)
        for role, program in zip(ROLES, programs, strict=True):
            becomes_healthy(proxied, role)
            program.prints('"event": "ready"')
            assert program.output.count('"event": "ready"') == 1

        database_proxy.refuse()
        database_proxy.cut()
        for role in ROLES:
            becomes_unhealthy(proxied, role, "database does not answer")
        database_proxy.open()
        for role in ROLES:
            becomes_healthy(proxied, role)

        for proxy in proxies.values():
            proxy.refuse()
            proxy.cut()
        for role in ROLES:
            becomes_unhealthy(proxied, role, "does not consume")
        for proxy in proxies.values():
            proxy.open()
        for role, program in zip(ROLES, programs, strict=True):
            becomes_healthy(proxied, role)
            assert program.output.count('"event": "not ready"') == 2
            assert program.stop() == 0
