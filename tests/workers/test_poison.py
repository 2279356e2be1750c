"""A request that kills its registrar, or makes it fail, becomes a dead letter, and its neighbours do not."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from common.messaging.topology import (
    DEAD_LETTER_QUEUES,
    DEAD_QUEUE,
    POISON_EXCHANGE,
    POISON_QUEUE,
    REGISTRAR_QUARANTINE,
    REGISTRAR_QUEUE,
    deploy,
)
from tests.broker import RunningBroker
from tests.deployment import CLINICS, Deployment, deployed
from tests.processes import Program, eventually
from tests.workers.poisoned_registrar import FAILS, KILLS
from tests.workers.proxied_registrars import ticket_numbers
from tests.workers.requester import Message, Requester, registration, requester

CLINIC = CLINICS[0]
GOOD = 300
DELIVERY_LIMIT = 2
"""The quarantine's delivery limit here: less than the policy's, to save time."""


@pytest.fixture
def deployment(broker: RunningBroker, sqlite_url: str, tmp_path: Path) -> Iterator[Deployment]:
    """A deployment with no worker yet."""
    with deployed(broker, sqlite_url, tmp_path) as deployment:
        yield deployment


def start_poisoned(deployment: Deployment) -> Program:
    """Starts a registrar that poison kills."""
    return deployment.start("registrar", "tests.workers.poisoned_registrar")


def poison(kind: str) -> Message:
    """A valid registration that kills the registrar or makes it fail."""
    return registration(CLINIC, correlation_id=f"{kind}{uuid.uuid4()}")


def dead_letters(deployment: Deployment) -> set[str | None]:
    """The ids of all dead letters, which are taken out."""
    found: set[str | None] = set()
    with deployment.channel() as channel:
        for queue in DEAD_LETTER_QUEUES:
            while (properties := channel.basic_get(queue, auto_ack=True)[1]) is not None:
                found.add(properties.message_id)
    return found


@contextmanager
def delivery_limit(deployment: Deployment) -> Iterator[None]:
    """The registrars' quarantine drops a message after `DELIVERY_LIMIT` redeliveries."""
    arguments = {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": POISON_EXCHANGE,
    }
    try:
        with deployment.channel() as channel:
            channel.queue_delete(REGISTRAR_QUARANTINE)
            channel.queue_declare(REGISTRAR_QUARANTINE, durable=True, arguments=arguments)
        yield
    finally:
        with deployment.channel() as channel:
            channel.queue_delete(REGISTRAR_QUARANTINE)
        deploy(deployment.urls["deploy"])


def all_have_one_ticket_each(deployment: Deployment, patient: Requester, requests: list[Message]) -> None:
    """Each request has one ticket, all its replies are the same, and there are no other numbers."""
    numbers = []
    for request in requests:
        (number,) = {answer.body["number"] for answer in patient.replies_to(request)}
        numbers.append(number)
    assert sorted(numbers) == list(range(1, len(requests) + 1))
    assert ticket_numbers(deployment, CLINIC) == sorted(numbers)


def test_only_the_request_that_kills_workers_becomes_a_dead_letter(deployment: Deployment) -> None:
    """The request is among hundreds of unacknowledged ones of one registrar, which restarts each time."""
    good, killer = [registration(CLINIC) for _ in range(GOOD)], poison(KILLS)
    with delivery_limit(deployment), requester(deployment) as patient:
        for request in [*good[: GOOD // 2], killer, *good[GOOD // 2 :]]:
            patient.send(request)
        lives = [start_poisoned(deployment)]

        def the_poison_is_dead() -> bool:
            if lives[-1].exit_code is not None:
                lives.append(start_poisoned(deployment))
            return deployment.ready(POISON_QUEUE) > 0

        eventually(the_poison_is_dead, "the poison is dead")
        the_poison_is_dead()  # starts again whom it killed last
        all_have_one_ticket_each(deployment, patient, good)
        assert dead_letters(deployment) == {killer.properties.message_id}
        assert patient.call(registration(CLINIC)).name == "ticket", "the last one goes on"
        assert deployment.ready(REGISTRAR_QUEUE) == 0


def test_only_the_request_that_fails_becomes_a_dead_letter(deployment: Deployment) -> None:
    """The request is in the middle of a full batch; its neighbours are handled one by one."""
    good, failing = [registration(CLINIC) for _ in range(127)], poison(FAILS)
    with requester(deployment) as patient:
        for request in [*good[:60], failing, *good[60:]]:
            patient.send(request)
        registrar = start_poisoned(deployment)

        assert patient.replies_to(failing)[0].code == "internal_error"
        all_have_one_ticket_each(deployment, patient, good)
        eventually(lambda: deployment.ready(DEAD_QUEUE) == 1, "the dead letter")
        assert dead_letters(deployment) == {failing.properties.message_id}
        assert registrar.exit_code is None
        assert registrar.output.count("dead letter") == 1
        assert '"where"' in registrar.output, "it says where it failed"
