"""Attacks by an integrator: whose event is it, and how much of the disk is mine?"""

import json
import re
import time
from contextlib import suppress
from typing import Any
from uuid import UUID

import pika
from pika.exceptions import AMQPError

from common.messaging.topology import EVENTS_EXCHANGE, INTEGRATORS_PREFIX
from tests.hostile.attacks.attackers import Asking
from tests.hostile.attacks.findings import Findings
from tests.hostile.attacks.identities import registering, young
from tests.hostile.scene import HOSPITAL, Scene

_CLINIC = "V10"
_PATIENTS = 5
_EVENTS_SECONDS_MAX = 20.0
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_QUEUES_WANTED = 300
_QUEUE_TYPES = ("stream", "quorum", "classic")
_CHUNK = b"x" * 32_768


def whose_events(scene: Scene, _seconds: float) -> Findings:
    """Sends a list of patients under the ids that stand in events: whose was it?"""
    patients = [young() for _ in range(_PATIENTS)]
    connection = pika.BlockingConnection(pika.URLParameters(scene.integrator_url))
    channel = connection.channel()
    queue = f"{INTEGRATORS_PREFIX}{scene.integrator}"
    channel.queue_declare(queue, durable=True)
    channel.queue_bind(queue, EVENTS_EXCHANGE, f"{HOSPITAL}.{_CLINIC}.ticket.registered")
    with Asking(scene.urls["patient"]) as asking:
        tickets = asking.ask_all(registering(each, HOSPITAL, _CLINIC) for each in patients)
        assert all(each is not None and each.name == "ticket" for each in tickets)
        events = _events(channel, queue)
        found = 0
        for event in events:
            for request_id in {str(UUID(each)) for each in _UUID.findall(event["id"])}:
                replies = [asking.ask(*registering(each, HOSPITAL, _CLINIC), request_id) for each in patients]
                matching = [each for each in replies if each.name == "ticket"]
                found += any(each.body["number"] == event["data"]["number"] for each in matching)
    channel.queue_delete(queue)
    connection.close()
    return Findings(f"{found} of {len(events)} events named by their id", found > 0)


def _events(channel: Any, queue: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    until = time.monotonic() + _EVENTS_SECONDS_MAX
    while len(events) < _PATIENTS and time.monotonic() < until:
        method, _, body = channel.basic_get(queue, auto_ack=True)
        if method is None:
            time.sleep(0.05)
        else:
            events.append(json.loads(body))
    return events


def disk(scene: Scene, seconds: float) -> Findings:
    """As many queues of each type as it gets, all filled from an exchange of its own."""
    until = time.monotonic() + seconds
    exchange = f"{INTEGRATORS_PREFIX}{scene.integrator}"
    connection = pika.BlockingConnection(pika.URLParameters(scene.integrator_url))
    connection.channel().exchange_declare(exchange, "fanout")
    queues: list[str] = []
    for number in range(_QUEUES_WANTED):
        if time.monotonic() > until - seconds / 2 or not _declared(connection, exchange, number):
            break
        queues.append(f"{exchange}.{number}")
    sent, channel = 0, connection.channel()
    with suppress(AMQPError):
        while time.monotonic() < until:
            channel.basic_publish(exchange, "", _CHUNK, pika.BasicProperties(delivery_mode=2))
            sent += len(_CHUNK)
    return Findings(f"{len(queues)} queues, {sent >> 20} MiB sent to each", queues=queues)


def _declared(connection: pika.BlockingConnection, exchange: str, number: int) -> bool:
    """Whether the broker lets the integrator have one more queue."""
    queue = f"{exchange}.{number}"
    try:
        channel = connection.channel()
        channel.queue_declare(queue, durable=True, arguments={"x-queue-type": _QUEUE_TYPES[number % 3]})
        channel.queue_bind(queue, exchange)
        channel.close()
    except AMQPError:
        return False
    return True
