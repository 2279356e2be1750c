"""Registrars that can be cut off from the broker, and what the database says that they did."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from sqlalchemy import select

from common.storage.tables import journal, tickets
from tests.database import opened
from tests.deployment import Deployment
from tests.processes import Program, eventually
from tests.tcp_proxy import TcpProxy, proxy_to

_CONFIRMS = b"\x00\x55\x00\x0b"
"""AMQP's confirm.select-ok: the last thing that a broker tells a publisher before it can begin."""


@contextmanager
def registrars_by_proxy(deployment: Deployment, count: int) -> Iterator[list[tuple[Program, TcpProxy]]]:
    """Registrars that consume, each connected by way of a proxy of its own."""
    with ExitStack() as stack:
        found = []
        for _ in range(count):
            proxy = stack.enter_context(proxy_to(deployment.urls["registrar"]))
            url = proxy.url(deployment.urls["registrar"])
            (program,) = deployment.start_consuming("registrar", ANTREAN_AMQP_URL=url)
            # Consuming is not all: what a test holds back must not be the beginning of the conversation.
            eventually(partial(_publishes, proxy), f"{program.name} can publish")
            found.append((program, proxy))
        yield found
        deployment.stop()


def _publishes(proxy: TcpProxy) -> bool:
    return any(
        link.name.endswith("publisher") and _CONFIRMS in link.to_client.beginning for link in proxy.links
    )


def numbers_given_out(deployment: Deployment, clinic: str) -> list[int]:
    """The numbers of all tickets of a clinic, in order."""
    with opened(deployment.database_url) as engine, engine.connect() as connection:
        found = list(connection.scalars(select(tickets.c.number).where(tickets.c.clinic == clinic)))
    return sorted(found)


def sequences_journaled(deployment: Deployment, clinic: str) -> list[int]:
    """The sequence numbers of a clinic's events in the journal, in order."""
    with opened(deployment.database_url) as engine, engine.connect() as connection:
        found = list(connection.scalars(select(journal.c.sequence).where(journal.c.clinic == clinic)))
    return sorted(found)
