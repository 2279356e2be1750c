"""Queues that are full or missing while a block runs; messages that were delivered many times."""

from collections.abc import Iterator
from contextlib import contextmanager

import pika
from pika.exceptions import NackError

from common.messaging import topology
from tests.deployment import Deployment
from tests.processes import eventually
from tests.workers.requester import Message, Requester

_KEY = "filling"


@contextmanager
def full(deployment: Deployment, queue: str, sender: Requester, filling: Message) -> Iterator[int]:
    """Fills the queue with `filling` until it refuses more; yields the number of messages in it.

    The limit is a queue argument, which works on a broker without policies too. The original queue is
    restored at the end.
    """
    arguments = {"x-queue-type": "quorum", "x-max-length": 1, "x-overflow": "reject-publish"}
    with _replaced(deployment, queue):
        with deployment.channel() as channel:
            channel.queue_declare(queue, durable=True, arguments=arguments)
            channel.queue_bind(queue, topology.PATIENT_EXCHANGE, _KEY)
        taken = 0

        def refused() -> bool:
            nonlocal taken
            try:
                sender.send(Message(filling.body, filling.properties, _KEY))
            except NackError:
                return True
            taken += 1
            return False

        # A quorum queue takes a few more than its limit, since its members count asynchronously.
        eventually(refused, f"{queue} refuses")
        with deployment.channel() as channel:
            channel.queue_unbind(queue, topology.PATIENT_EXCHANGE, _KEY)
        yield taken


@contextmanager
def missing(deployment: Deployment, queue: str) -> Iterator[None]:
    """Deletes the queue while the block runs; restores it at the end."""
    with _replaced(deployment, queue):
        yield


@contextmanager
def _replaced(deployment: Deployment, queue: str) -> Iterator[None]:
    try:
        with deployment.channel() as channel:
            channel.queue_delete(queue)
        yield
    finally:
        with deployment.channel() as channel:
            channel.queue_delete(queue)
        topology.deploy(deployment.urls["deploy"])


def deliver_and_requeue(deployment: Deployment, queue: str, times: int) -> None:
    """Delivers all messages of the queue `times` times, and requeues them each time."""
    with deployment.channel() as channel:
        for _ in range(times):
            tags = []
            while (method := channel.basic_get(queue)[0]) is not None:
                tags.append(method.delivery_tag)
            for tag in tags:
                channel.basic_nack(tag, requeue=True)


def take_reasons(deployment: Deployment) -> list[str]:
    """Takes out all dead letters; returns the reasons that workers gave."""
    found: list[str] = []
    with deployment.channel() as channel:
        while True:
            properties: pika.BasicProperties | None = channel.basic_get(topology.DEAD_QUEUE, auto_ack=True)[1]
            if properties is None:
                return found
            found.append(str((properties.headers or {}).get("x-antrean-reason")))
