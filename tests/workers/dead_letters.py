"""Dead letters for tests: published to the dead-letter queue, or made by the broker."""

from datetime import UTC, datetime
from typing import Any

from common.messaging.topology import DEAD_QUEUE, REGISTRAR_QUEUE
from tests.deployment import CLINICS, MONDAY_MORNING, Deployment, connected
from tests.processes import eventually
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


def reject(deployment: Deployment, *requests: Message) -> None:
    """Sends requests and rejects them, so that the broker makes dead letters of them."""
    with connected(deployment.urls["patient"]) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for request in requests:
            channel.basic_publish(request.exchange, request.routing_key, request.body, request.properties)
    with connected(deployment.urls["registrar"]) as connection:
        channel = connection.channel()
        for _ in requests:
            method, _, _ = channel.basic_get(REGISTRAR_QUEUE)
            assert method is not None
            channel.basic_reject(method.delivery_tag, requeue=False)
    eventually(lambda: deployment.ready(DEAD_QUEUE) == len(requests), "they are dead letters")
