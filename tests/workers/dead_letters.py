"""Dead letters for tests: published to the dead-letter queue, or made by the broker."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from common.messaging.topology import DEAD_QUEUE, POISON_QUEUE, REGISTRAR_QUEUE
from tests.deployment import CLINICS, MONDAY_MORNING, Deployment, connected
from tests.processes import eventually
from tests.workers.admin import Ended
from tests.workers.bounded_queues import deliver_and_requeue
from tests.workers.requester import Message, registration

CLINIC = CLINICS[0]
SENT = int(MONDAY_MORNING.timestamp())
"""The default timestamp of a dead letter."""


def plant(deployment: Deployment, *dead_letters: Message) -> None:
    """Publishes dead letters to the dead-letter queue."""
    with connected(deployment.urls["registrar"]) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for each in dead_letters:
            channel.basic_publish("", DEAD_QUEUE, each.body, each.properties)


def dead_letter(body: bytes | None = None, name: str = "register", **properties: Any) -> Message:
    """A registration that reached the delivery limit of the registrars' queue; `properties` override."""
    died: dict[str, Any] = {
        "headers": {"x-death": [x_death(REGISTRAR_QUEUE)]},
        "timestamp": SENT,
        "type": name,
        "reply_to": None,
    }
    found = registration(CLINIC, **died | properties)
    return found if body is None else Message(body, found.properties, found.routing_key)


def x_death(queue: str, reason: str = "delivery_limit") -> dict[str, Any]:
    """An entry of the `x-death` header, as the broker writes it."""
    moment = datetime(2026, 11, 23, 3, 5, tzinfo=UTC)
    return {"queue": queue, "reason": reason, "count": 1, "exchange": "antrean.patient", "time": moment}


def deliver_too_often(deployment: Deployment, request: Message) -> None:
    """Sends a request and requeues it until the broker gives it up."""
    with connected(deployment.urls["patient"]) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish(request.exchange, request.routing_key, request.body, request.properties)

    before = deployment.ready(POISON_QUEUE)

    def given_up() -> bool:
        deliver_and_requeue(deployment, REGISTRAR_QUEUE, 1)
        return deployment.ready(POISON_QUEUE) > before

    eventually(given_up, "it is a dead letter")


def listed(admin: Callable[..., Ended]) -> list[dict[str, Any]]:
    """All dead letters, as JSON."""
    ended = admin("list", "--json")
    assert ended.exit_code == 0
    found: list[dict[str, Any]] = json.loads(ended.out)["letters"]
    return found
