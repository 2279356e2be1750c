"""An integrator's view: every event, as it is published."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.spec import Basic

from common.messaging.topology import EVENTS_EXCHANGE
from tests.deployment import Deployment, connected
from tests.processes import eventually


@dataclass(frozen=True)
class Seen:
    """An event as it came, `raw` with its properties and routing key in one text."""

    routing_key: str
    content_type: str | None
    body: dict[str, Any]
    raw: str

    @property
    def name(self) -> str:
        """Such as `ticket.called`."""
        return ".".join(self.routing_key.split(".")[2:])

    @property
    def sequence(self) -> int:
        """The place among the events of its source."""
        return int(self.body["sequence"])


class EventTap:
    """Collects what is published to `antrean.events` from the moment it exists."""

    def __init__(self, channel: BlockingChannel) -> None:
        self._channel = channel
        self._seen: list[Seen] = []
        queue = channel.queue_declare(f"antrean.test.{uuid.uuid4()}", exclusive=True).method.queue
        channel.queue_bind(queue, EVENTS_EXCHANGE, "#")
        channel.basic_consume(queue, self._arrived, auto_ack=True)

    def seen(self) -> list[Seen]:
        """All events that have come by now, without ticks."""
        self._channel.connection.process_data_events(0)
        return list(self._seen)

    def of(self, clinic: str, name: str = "") -> list[Seen]:
        """The events of one clinic, or only those called `name`, in the order in which they came."""
        return [
            event
            for event in self.seen()
            if event.routing_key.split(".")[1] == clinic and name in ("", event.name)
        ]

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Collects until `condition` holds."""
        eventually(condition, f"{what}; events: {[event.routing_key for event in self.seen()][-30:]}")

    def awaits(self, clinic: str, name: str, count: int = 1) -> None:
        """Collects until there are so many events `name` of a clinic."""
        self.until(lambda: len(self.of(clinic, name)) >= count, f"{count} {name} in {clinic}")

    def _arrived(
        self, _channel: BlockingChannel, method: Basic.Deliver, properties: pika.BasicProperties, body: bytes
    ) -> None:
        if method.routing_key.endswith(".clinic.tick"):
            return
        raw = f"{method.routing_key} {vars(properties)} {body.decode()}"
        self._seen.append(Seen(method.routing_key, properties.content_type, json.loads(body), raw))


@contextmanager
def event_tap(deployment: Deployment) -> Iterator[EventTap]:
    """A tap on a connection of its own."""
    with connected(deployment.urls["deploy"]) as connection:
        yield EventTap(connection.channel())


def first_of_each(events: list[Seen]) -> list[Seen]:
    """The events by their sequence; one that was published again, with the same id, counts once.

    Fails where two different events have one id.
    """
    found: dict[str, Seen] = {}
    for event in events:
        assert found.setdefault(event.body["id"], event).body == event.body
    return sorted(found.values(), key=lambda event: event.sequence)
