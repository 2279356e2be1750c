"""Collects every published event, as an integrator sees it."""

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
class ReceivedEvent:
    """A delivered event; `raw` holds its routing key, properties and body in one text."""

    routing_key: str
    content_type: str | None
    message_id: str | None
    body: dict[str, Any]
    raw: str

    @property
    def name(self) -> str:
        """Such as `ticket.called`."""
        return ".".join(self.routing_key.split(".")[2:])

    @property
    def sequence(self) -> int:
        """The sequence number among the events of its source."""
        return int(self.body["sequence"])


class EventTap:
    """Collects what is published to `antrean.events` from the moment it exists."""

    def __init__(self, channel: BlockingChannel) -> None:
        self._channel = channel
        self._seen: list[ReceivedEvent] = []
        queue = channel.queue_declare(f"antrean.test.{uuid.uuid4()}", exclusive=True).method.queue
        channel.queue_bind(queue, EVENTS_EXCHANGE, "#")
        channel.basic_consume(queue, self._arrived, auto_ack=True)

    def seen(self) -> list[ReceivedEvent]:
        """All events that have arrived by now, without ticks."""
        self._channel.connection.process_data_events(0)
        return list(self._seen)

    def of(self, clinic: str, name: str = "") -> list[ReceivedEvent]:
        """The events of one clinic, optionally only those named `name`, in the order of arrival."""
        return [
            event
            for event in self.seen()
            if event.routing_key.split(".")[1] == clinic and name in ("", event.name)
        ]

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Collects until `condition` holds."""
        eventually(condition, f"{what}; events: {[event.routing_key for event in self.seen()][-30:]}")

    def awaits(self, clinic: str, name: str, count: int = 1) -> None:
        """Collects until there are `count` events `name` of a clinic."""
        self.until(lambda: len(self.of(clinic, name)) >= count, f"{count} {name} in {clinic}")

    def _arrived(
        self, _channel: BlockingChannel, method: Basic.Deliver, properties: pika.BasicProperties, body: bytes
    ) -> None:
        if method.routing_key.endswith(".clinic.tick"):
            return
        raw = f"{method.routing_key} {vars(properties)} {body.decode()}"
        self._seen.append(
            ReceivedEvent(
                method.routing_key, properties.content_type, properties.message_id, json.loads(body), raw
            )
        )


@contextmanager
def event_tap(deployment: Deployment) -> Iterator[EventTap]:
    """A tap on a connection of its own."""
    with connected(deployment.urls["deploy"]) as connection:
        yield EventTap(connection.channel())


def distinct_events(events: list[ReceivedEvent]) -> list[ReceivedEvent]:
    """The events in the order of their sequence, without repetitions of the same id.

    Fails if two different events have the same id.
    """
    found: dict[str, ReceivedEvent] = {}
    for event in events:
        assert found.setdefault(event.body["id"], event).body == event.body
    return sorted(found.values(), key=lambda event: event.sequence)
