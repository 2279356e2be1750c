"""Dead letters to look at: put where a worker or the broker would put them, or made by the broker itself."""

from datetime import UTC, datetime
from typing import Any

from common.messaging.topology import DEAD_QUEUE, REGISTRAR_QUEUE
from tests.deployment import CLINICS, MONDAY_MORNING, Deployment, connected
from tests.processes import eventually
from tests.workers.requester import Message, registration

CLINIC = CLINICS[0]
SENT = int(MONDAY_MORNING.timestamp())
"""The timestamp of a letter, unless it is given another."""


def plant(deployment: Deployment, *letters: Message) -> None:
    """Puts letters where a worker or the broker would."""
    with connected(deployment.urls["registrar"]) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for letter in letters:
            channel.basic_publish("", DEAD_QUEUE, letter.body, letter.properties)


def letter(body: bytes | None = None, name: str = "register", **properties: Any) -> Message:
    """A registration that died in the registrars' queue, unless its headers or its name say otherwise."""
    died: dict[str, Any] = {
        "headers": {"x-death": [death(REGISTRAR_QUEUE)]},
        "timestamp": SENT,
        "type": name,
        "reply_to": None,
    }
    found = registration(CLINIC, **died | properties)
    return found if body is None else Message(body, found.properties, found.routing_key)


def death(queue: str, reason: str = "delivery_limit") -> dict[str, Any]:
    """As the broker notes it."""
    moment = datetime(2026, 11, 23, 3, 5, tzinfo=UTC)
    return {"queue": queue, "reason": reason, "count": 1, "exchange": "antrean.patient", "time": moment}


def dies(deployment: Deployment, *requests: Message) -> None:
    """Has requests rejected, so that the broker makes dead letters of them."""
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
