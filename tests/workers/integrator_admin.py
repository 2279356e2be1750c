"""`antrean-admin integrator` on a broker, and what an integrator tries there."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from common.messaging.topology import EVENTS_EXCHANGE, INTEGRATOR_EXCHANGE
from tests.deployment import connected
from tests.workers.account_admin import AccountAdmin, Ended
from tests.workers.installation import Node

CALLED = ("--bind", "RSHS.*.ticket.called")
ACCESS_REFUSED = 403


class IntegratorAdmin(AccountAdmin):
    """With the commands for integrators."""

    def integrator(self, *words: str) -> Ended:
        return self("integrator", *words, "--json")

    def add(self, name: str, *words: str) -> str:
        """The address that a new integrator is given."""
        url: str = self.integrator("add", name, *(words or CALLED)).said["url"]
        return url

    def listed(self, name: str) -> dict[str, Any]:
        [row] = [each for each in self.listed_all() if each["name"] == name]
        return row

    def listed_all(self) -> list[dict[str, Any]]:
        ended = self.integrator("list")
        assert ended.exit_code == 0, ended.err
        rows: list[dict[str, Any]] = json.loads(ended.out)
        return rows

    def publish(self, *routing_keys: str) -> None:
        """Publishes events, each with its routing key as its body."""
        with connected(self.node.urls["deploy"]) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            for key in routing_keys:
                channel.basic_publish(EVENTS_EXCHANGE, key, key.encode())


@contextmanager
def integrators(
    node: Node, sqlite_url: str, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[IntegratorAdmin]:
    """The commands, on a database of its own; in the end the node has no integrators."""
    admin = IntegratorAdmin(node, Path(sqlite_url.removeprefix("sqlite:///")), patch, capsys)
    yield admin
    admin.use(ANTREAN_MANAGEMENT_URL=str(node.management_url))
    for each in admin.listed_all():
        admin.integrator("remove", each["name"])


def taken(url: str, queue: str) -> list[str]:
    """What waits in a queue, taken by the user of `url`."""
    bodies = []
    with connected(url) as connection:
        channel = connection.channel()
        while (body := channel.basic_get(queue, auto_ack=True)[2]) is not None:
            bodies.append(body.decode())
    return bodies


def is_refused(url: str, attempt: Callable[[BlockingChannel], object]) -> bool:
    """Whether the broker says that the user of `url` must not; waits until it has looked at the attempt."""
    with connected(url) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        try:
            attempt(channel)
            channel.basic_qos()
        except ChannelClosedByBroker as closed:
            return int(closed.reply_code) == ACCESS_REFUSED
    return False


def declared(queue: str) -> Callable[[BlockingChannel], object]:
    return lambda channel: channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})


def asking(channel: BlockingChannel, exchange: str = INTEGRATOR_EXCHANGE) -> None:
    channel.basic_consume("amq.rabbitmq.reply-to", lambda *_: None, auto_ack=True)
    properties = pika.BasicProperties(reply_to="amq.rabbitmq.reply-to")
    channel.basic_publish(exchange, "events_since", b"{}", properties, mandatory=True)
