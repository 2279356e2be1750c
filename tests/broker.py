"""The broker for the tests, by a ladder: `ANTREAN_TEST_AMQP_URL`, else Docker, else a private node."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pika
import pytest

from common.errors import BrokerUnavailable
from common.messaging.topology import (
    PATIENT_EXCHANGE,
    POISON_QUEUE,
    REGISTRAR_QUEUE,
    configuration,
    definitions,
    deploy,
    purge,
    roles,
)
from local_stack import container
from local_stack.child import wait_until
from local_stack.private_node import PrivateNode, find_server
from local_stack.staff import MANAGER
from tests.processes import SECONDS_MAX

_DEAD_LETTER_SECONDS_MAX = 3
_ROLE = "{role}"
_DELIVERIES = 40
"""More than the policy's limit, some of them for nothing while the message is on its way back."""

MISSING = (
    "The tests need a RabbitMQ: run `make test`, which installs one, or install rabbitmq-server (Debian, "
    "Ubuntu) or rabbitmq (Homebrew), or start Docker, or set ANTREAN_TEST_AMQP_URL."
)


@dataclass(frozen=True)
class RunningBroker:
    """A broker with the topology declared and its queues empty.

    `has_roles` tells whether each role is a user of its own with its own permissions, and `has_policies`
    whether the policies of definitions.json are in force: both hold wherever the tests started the broker.
    `node` is there where the tests may stop and start it.
    """

    urls: Mapping[str, str]
    has_roles: bool
    has_policies: bool
    node: PrivateNode | None = None

    def url(self, role: str) -> str:
        """The address for `role`."""
        return self.urls[role]

    def purge(self) -> None:
        """Empties every queue but the journal."""
        purge(self.url("deploy"))


@contextmanager
def running_broker() -> Iterator[RunningBroker]:
    """The first broker of the ladder, for as long as the block runs; without one, the tests fail."""
    with ExitStack() as stack:
        yield _first_rung(stack)


@contextmanager
def private_node() -> Iterator[PrivateNode]:
    """A node of its own for a test that stops its broker, whichever broker the other tests use."""
    if (server := find_server()) is None:
        pytest.fail(MISSING)
    with tempfile.TemporaryDirectory(prefix="antrean-broker-") as directory:
        node = PrivateNode(Path(directory), server)
        try:
            node.start()
            yield node
        finally:
            node.stop()


def _first_rung(stack: ExitStack) -> RunningBroker:
    if given := os.environ.get("ANTREAN_TEST_AMQP_URL"):
        if _ROLE in given:
            return _with_roles(given)
        deploy(given)
        purge(given)
        urls: Mapping[str, str] = dict.fromkeys((*roles(), "desk"), given)
        return RunningBroker(urls, has_roles=False, has_policies=_dead_letters(given))
    if container.docker_answers():
        urls = stack.enter_context(_container())
        return RunningBroker(urls, has_roles=True, has_policies=True)
    node = stack.enter_context(private_node())
    return RunningBroker(node.urls, has_roles=True, has_policies=True, node=node)


def _with_roles(given: str) -> RunningBroker:
    """A broker that has loaded `definitions`: `{role}` stands in its address for each role."""
    urls = {role: given.replace(_ROLE, role) for role in (*roles(), "desk")}
    deploy(urls["deploy"])
    purge(urls["deploy"])
    return RunningBroker(urls, has_roles=True, has_policies=True)


@contextmanager
def _container() -> Iterator[Mapping[str, str]]:
    from testcontainers.core.container import DockerContainer  # only here: it takes a second

    passwords, staff = {role: f"{role}-password" for role in roles()}, {MANAGER: "password"}
    with tempfile.TemporaryDirectory(prefix="antrean-broker-") as name:
        directory = Path(name)
        directory.chmod(0o755)  # the broker's user in the container reads it
        (directory / "definitions.json").write_text(json.dumps(definitions(passwords, staff)))
        loading = "load_definitions = /etc/rabbitmq/antrean/definitions.json\n"
        (directory / "antrean.conf").write_text(configuration() + loading)
        broker = (
            DockerContainer(container.IMAGE)
            .with_volume_mapping(name, "/etc/rabbitmq/antrean")
            .with_volume_mapping(str(directory / "antrean.conf"), "/etc/rabbitmq/conf.d/90-antrean.conf")
            .with_exposed_ports(5672)
        )
        with broker:
            where = f"{broker.get_container_host_ip()}:{broker.get_exposed_port(5672)}"
            urls = {role: f"amqp://{role}:{password}@{where}/" for role, password in passwords.items()}
            urls["desk"] = f"amqp://{MANAGER}:{staff[MANAGER]}@{where}/"
            _await(lambda: _deployed(urls["deploy"]), SECONDS_MAX)
            yield urls


def _deployed(amqp_url: str) -> bool:
    try:
        deploy(amqp_url)
    except BrokerUnavailable:
        return False
    return True


def _await(condition: Callable[[], bool], seconds_max: float) -> None:
    if not wait_until(condition, seconds_max):
        pytest.fail("The RabbitMQ container did not start.")


def _dead_letters(amqp_url: str) -> bool:
    """Whether what was delivered too often becomes a dead letter, which only a policy brings about."""
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish(PATIENT_EXCHANGE, "register", b"probe")
        for _ in range(_DELIVERIES):
            method, _, _ = channel.basic_get(REGISTRAR_QUEUE)
            if method is not None:
                channel.basic_nack(method.delivery_tag, requeue=True)
        found = wait_until(
            lambda: channel.basic_get(POISON_QUEUE, auto_ack=True)[0] is not None, _DEAD_LETTER_SECONDS_MAX
        )
        channel.queue_purge(REGISTRAR_QUEUE)
        return found
