"""Registrars that connect to the broker through a proxy, and what they wrote to the database."""

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
"""AMQP's confirm.select-ok: the last frame that a publisher gets before it can publish."""


@contextmanager
def proxied_registrars(deployment: Deployment, count: int) -> Iterator[list[tuple[Program, TcpProxy]]]:
    """`count` consuming registrars, each connected through its own proxy."""
    with ExitStack() as stack:
        found = []
        for _ in range(count):
            proxy = stack.enter_context(proxy_to(deployment.urls["registrar"]))
            url = proxy.url(deployment.urls["registrar"])
            (program,) = deployment.start_consuming("registrar", ANTREAN_AMQP_URL=url)
            # A test must not hold back the handshake of the publisher, so that is awaited too.
            eventually(partial(_publishes, proxy), f"{program.name} can publish")
            found.append((program, proxy))
        yield found
        deployment.stop()


def _publishes(proxy: TcpProxy) -> bool:
    return any(
        link.name.endswith("publisher") and _CONFIRMS in link.to_client.beginning for link in proxy.links
    )


def ticket_numbers(deployment: Deployment, clinic: str) -> list[int]:
    """The numbers of all tickets of a clinic, in order."""
    with opened(deployment.database_url) as engine, engine.connect() as connection:
        found = list(connection.scalars(select(tickets.c.number).where(tickets.c.clinic == clinic)))
    return sorted(found)


def journal_sequences(deployment: Deployment, clinic: str) -> list[int]:
    """The sequence numbers of a clinic's events in the journal, in order."""
    with opened(deployment.database_url) as engine, engine.connect() as connection:
        found = list(connection.scalars(select(journal.c.sequence).where(journal.c.clinic == clinic)))
    return sorted(found)
