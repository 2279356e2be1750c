"""As every user of the broker, everything that it must not do: all is refused, whatever the queues hold.

docs/security.md says how it is run against another RabbitMQ.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from typing import Final
from urllib.parse import urlsplit

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from antrean_client.connection import user_of
from common.errors import BrokerUnavailable
from common.messaging import topology
from tests.broker import RunningBroker
from tests.deployment import connected
from tests.processes import eventually

EVENTS, PATIENT, DESK = topology.EVENTS_EXCHANGE, topology.PATIENT_EXCHANGE, topology.DESK_EXCHANGE
DEFAULT = ""

MAY_PUBLISH_TO: Final[Mapping[str, set[str]]] = {
    "patient": {PATIENT},
    "desk": {DESK},
    "registrar": {DEFAULT, EVENTS},
    "ticker": {DEFAULT, EVENTS},
    "status": {DEFAULT},
    "integrator": {topology.INTEGRATOR_EXCHANGE},
    "web": {PATIENT, topology.PUSH_EXCHANGE},
    "board": {PATIENT, topology.INTEGRATOR_EXCHANGE},
    "accounts": set(),
}
MAY_READ: Final[Mapping[str, set[str]]] = {
    "patient": set(),
    "desk": set(),
    "registrar": {"antrean.registrar", "antrean.registrar.quarantine", "antrean.desk-registrar"},
    "ticker": {"antrean.ticker", "antrean.ticker.quarantine"},
    "status": {"antrean.status", "antrean.desk-status", "antrean.integrator-status"},
    "integrator": {"antrean.journal"},
    "web": {"antrean.journal", "antrean.push"},
    "board": {"antrean.journal"},
    "accounts": set(),
}
"""Written down once more, for who changes definitions.json: what is not here has to be refused."""

USERS: Final = [*MAY_READ]

EXCHANGES: Final = [
    DEFAULT,
    *topology.exchanges(),
    *("amq.direct", "amq.topic", "amq.fanout", "amq.headers", "amq.match", "amq.rabbitmq.trace"),
]

READING: Final[Mapping[str, Callable[[BlockingChannel, str], object]]] = {
    "get": lambda channel, queue: channel.basic_get(queue),
    "consume": lambda channel, queue: channel.basic_consume(queue, lambda *_: None),
    "purge": lambda channel, queue: channel.queue_purge(queue),
}
CHANGING: Final[Mapping[str, Callable[[BlockingChannel, str], object]]] = {
    "delete": lambda channel, queue: channel.queue_delete(queue),
    "declare": lambda channel, queue: channel.queue_declare(queue, durable=True),
    "bind": lambda channel, queue: channel.queue_bind(queue, EVENTS, "#"),
    "unbind": lambda channel, queue: channel.queue_unbind(queue, PATIENT, "register"),
}
OF_ITS_OWN: Final[Mapping[str, Callable[[BlockingChannel], object]]] = {
    "a queue named by the broker": lambda channel: channel.queue_declare("", exclusive=True),
    "a queue": lambda channel: channel.queue_declare("mine", durable=True),
    "a queue of ours": lambda channel: channel.queue_declare("antrean.mine", durable=True),
    "an integrator's queue": lambda channel: channel.queue_declare("antrean.sub.papan", durable=True),
    "an exchange": lambda channel: channel.exchange_declare("mine"),
    "an exchange of ours": lambda channel: channel.exchange_declare("antrean.mine"),
    "to delete an exchange": lambda channel: channel.exchange_delete(EVENTS),
    "to bind exchanges": lambda channel: channel.exchange_bind(PATIENT, EVENTS, "#"),
    "to unbind exchanges": lambda channel: channel.exchange_unbind(PATIENT, EVENTS, "#"),
    "another virtual host's queue": lambda channel: channel.queue_declare("other/mine"),
}


@pytest.fixture(scope="module")
def urls(broker: RunningBroker) -> dict[str, str]:
    """The address of every user."""
    if not broker.has_roles:
        pytest.skip("this broker has one user for all")
    return {user: _address(broker, user) for user in USERS}


def _address(broker: RunningBroker, user: str) -> str:
    if user in broker.urls:
        return broker.url(user)
    if broker.node is not None:
        parts = urlsplit(broker.url("deploy"))
        where = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=f"{user}:{broker.node._passwords[user]}@{where}").geturl()
    return os.environ["ANTREAN_TEST_AMQP_URL"].replace("{role}", user)


@pytest.fixture(params=USERS)
def user(request: pytest.FixtureRequest, urls: dict[str, str]) -> str:
    """Each user but `deploy`, who may declare and read everything of ours."""
    name: str = request.param
    return name


@pytest.fixture
def channels(user: str, urls: dict[str, str]) -> Iterator[Callable[[], BlockingChannel]]:
    """New channels of the user: the broker closes each that is refused something."""
    with ExitStack() as stack:
        connections: list[pika.BlockingConnection] = []

        def opened() -> BlockingChannel:
            if not connections or not connections[-1].is_open:
                connections.append(stack.enter_context(connected(urls[user])))
            channel = connections[-1].channel()
            channel.confirm_delivery()
            return channel

        def opened_at_last() -> BlockingChannel:
            # A user who may have one channel gets another when the broker has counted the end of the first.
            found: list[BlockingChannel] = []

            def tried() -> bool:
                with suppress(pika.exceptions.AMQPConnectionError, BrokerUnavailable):
                    found.append(opened())
                return bool(found)

            eventually(tried, "a channel is free")
            return found[0]

        yield opened_at_last


def refusal(channel: BlockingChannel, attempt: Callable[[BlockingChannel], object]) -> int:
    """The code with which the broker closes the channel; 0 where it does not."""
    try:
        attempt(channel)
    except ChannelClosedByBroker as closed:
        return int(closed.reply_code)
    channel.close()
    return 0


def test_publishing(user: str, channels: Callable[[], BlockingChannel]) -> None:
    for exchange in EXCHANGES:
        if exchange not in MAY_PUBLISH_TO[user]:
            code = refusal(channels(), lambda channel: channel.basic_publish(exchange, "x", b"{}"))  # noqa: B023
            # A tracer's exchange is the broker's own, and may be missing.
            assert code == 403 or (code == 404 and exchange == "amq.rabbitmq.trace"), exchange


@pytest.mark.parametrize("queue", topology.queues())
def test_our_queues(user: str, channels: Callable[[], BlockingChannel], queue: str) -> None:
    attempts = CHANGING if queue in MAY_READ[user] else {**READING, **CHANGING}
    for name, attempt in attempts.items():
        assert refusal(channels(), lambda channel: attempt(channel, queue)) == 403, name  # noqa: B023


def test_what_is_of_its_own(user: str, channels: Callable[[], BlockingChannel]) -> None:
    for name, attempt in OF_ITS_OWN.items():
        assert refusal(channels(), attempt) == 403, name


def test_another_users_name(user: str, urls: dict[str, str], channels: Callable[[], BlockingChannel]) -> None:
    for other in {*USERS, "deploy", "dewi", "siti"} - {str(user_of(urls[user]))}:
        for exchange in MAY_PUBLISH_TO[user]:
            forged = pika.BasicProperties(user_id=other)
            code = refusal(
                channels(),
                lambda channel: channel.basic_publish(exchange, "x", b"{}", forged),  # noqa: B023
            )
            assert code == 406, other


def test_every_user_is_here() -> None:
    assert {*topology.roles(), "desk", topology.ACCOUNTS_USER} == {*USERS, "deploy"}


def test_what_is_permitted_is_what_is_written_down() -> None:
    """Nobody reads, or publishes to, more of ours than `MAY_READ` and `MAY_PUBLISH_TO` say."""
    rows = topology.permissions() | {"desk": topology.STAFF_PERMISSION}
    for name in USERS:
        row = rows.get(name, {"configure": "^$", "write": "^$", "read": "^$"})
        read = {queue for queue in topology.queues() if re.search(row["read"], queue)}
        assert read == MAY_READ[name]
        names = {exchange: exchange or "amq.default" for exchange in EXCHANGES}
        written = {exchange for exchange, called in names.items() if re.search(row["write"], called)}
        assert written == MAY_PUBLISH_TO[name]
        ours = (*topology.queues(), *topology.exchanges())
        assert not [each for each in ours if re.search(row["configure"], each)]
