"""A client that follows docs/protocol.md only: it sends raw requests and collects raw replies."""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.spec import Basic

from antrean_client.connection import user_of
from common.messaging.topology import DESK_EXCHANGE, PATIENT_EXCHANGE
from tests.deployment import HOSPITAL, Deployment, Patient, connected
from tests.processes import SECONDS_MAX

REPLY_TO = "amq.rabbitmq.reply-to"

_RESEND_SECONDS = 1.0


@dataclass(frozen=True)
class ReceivedReply:
    """A reply: its `type` property, its correlation id and its body."""

    name: str | None
    correlation_id: str | None
    content_type: str | None
    body: dict[str, Any]

    @property
    def code(self) -> str:
        """The code of a problem."""
        assert self.name == "problem", self
        return str(self.body["code"])


@dataclass(frozen=True)
class Message:
    """A request as it is published."""

    body: bytes
    properties: pika.BasicProperties
    routing_key: str
    exchange: str = PATIENT_EXCHANGE


def message(name: str, body: Mapping[str, Any] | bytes, **properties: Any) -> Message:
    """The request `name`; `properties` override those that a correct client sets."""
    given: dict[str, Any] = {
        "type": name,
        "message_id": str(uuid.uuid4()),
        "correlation_id": str(uuid.uuid4()),
        "reply_to": REPLY_TO,
        "content_type": "application/json",
        "delivery_mode": 2,
    }
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Message(raw, pika.BasicProperties(**given | properties), name)


def registration(
    clinic: str, patient: Patient | None = None, hospital: str = HOSPITAL, **properties: Any
) -> Message:
    """A registration of `patient`, by default a new one."""
    return message("register", (patient or Patient()).body(hospital, clinic), **properties)


class Requester:
    """One connection that sends requests and collects the replies."""

    def __init__(self, channel: BlockingChannel, ticket_codes: set[str], user: str | None = None) -> None:
        self._channel = channel
        self._user = user
        self._ticket_codes = ticket_codes
        self.replies: list[ReceivedReply] = []
        channel.basic_consume(REPLY_TO, self._received, auto_ack=True)
        channel.confirm_delivery()

    def send(self, request: Message) -> None:
        """Publishes a request; returns when the broker has confirmed it. A desk's request names its user."""
        if request.exchange == DESK_EXCHANGE and request.properties.user_id is None:
            request.properties.user_id = self._user
        self._channel.basic_publish(
            request.exchange, request.routing_key, request.body, request.properties, mandatory=True
        )

    def replies_to(self, request: Message, count: int = 1) -> list[ReceivedReply]:
        """Waits for `count` replies to a request; returns all that have arrived."""
        self._wait(lambda: len(self._found(request)) >= count, f"{count} replies to {request.routing_key}")
        return self._found(request)

    def replies_so_far(self, request: Message) -> list[ReceivedReply]:
        """The replies to a request that have arrived by now."""
        self._channel.connection.process_data_events(0)
        return self._found(request)

    def call(self, request: Message) -> ReceivedReply:
        """Sends a request and waits for its reply."""
        self.send(request)
        return self.replies_to(request)[0]

    def call_until_answered(self, request: Message) -> ReceivedReply:
        """Sends a request repeatedly, as clients do, until its reply arrives."""
        for _ in range(round(SECONDS_MAX / _RESEND_SECONDS)):
            if found := self._found(request):
                return found[0]
            self.send(request)
            self._wait_until(lambda: self._found(request), _RESEND_SECONDS)
        pytest.fail(f"No reply to {request.routing_key} within {SECONDS_MAX:g} s.")

    def collect(self, count: int) -> list[ReceivedReply]:
        """Waits for `count` replies to any requests; returns all."""
        self._wait(lambda: len(self.replies) >= count, f"{count} replies, {len(self.replies)} arrived")
        return self.replies

    def _found(self, request: Message) -> list[ReceivedReply]:
        wanted = request.properties.correlation_id
        return [answer for answer in self.replies if answer.correlation_id == wanted]

    def _wait(self, condition: Callable[[], Any], what: str) -> None:
        self._wait_until(condition, SECONDS_MAX)
        if not condition():
            pytest.fail(f"Did not arrive within {SECONDS_MAX:g} s: {what}.")

    def _wait_until(self, condition: Callable[[], Any], seconds_max: float) -> None:
        end = time.monotonic() + seconds_max
        while not condition() and (left := end - time.monotonic()) > 0:
            self._channel.connection.process_data_events(min(left, 0.5))

    def _received(
        self, _channel: BlockingChannel, _method: Basic.Deliver, properties: pika.BasicProperties, body: bytes
    ) -> None:
        answer = ReceivedReply(
            properties.type, properties.correlation_id, properties.content_type, json.loads(body)
        )
        if answer.name == "ticket":
            self._ticket_codes.add(answer.body["ticket_code"])
        self.replies.append(answer)


@contextmanager
def requester(deployment: Deployment, url: str | None = None) -> Iterator[Requester]:
    """A requester with the permissions of a patient."""
    with connected(url or deployment.urls["patient"]) as connection:
        user = user_of(url or deployment.urls["patient"])
        yield Requester(connection.channel(), deployment.ticket_codes, user)
