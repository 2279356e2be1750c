"""Inspects a broker over AMQP: changes nothing there, and leaves nothing in a queue.

What the broker refuses closes a channel and is written to its log, with the connection's name
`antrean-doctor`: that is how its limits and permissions show.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError, ChannelClosedByBroker
from pika.frame import Method
from pika.spec import Queue

from antrean_client.connection import blocking_connection
from common.errors import BrokerUnavailable
from common.messaging import topology

CONNECTION_NAME: Final = "antrean-doctor"

_UNBOUND_KEY = "antrean-doctor"
"""A routing key without a binding: what is published with it is dropped."""

ACCESS_REFUSED: Final = 403
_NOT_FOUND = 404
_BLOCKED_SECONDS_MAX = 0.5
"""How long the broker may take to say that it blocks a connection that publishes."""


@dataclass(frozen=True, slots=True)
class TopologyFault:
    """An exchange or queue that is missing or other than declared; `detail` holds the broker's words."""

    kind: Literal["missing", "different", "unknown"]
    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many messages wait in a queue, and how many consume it."""

    messages: int
    consumers: int


@dataclass(frozen=True)
class Inspection:
    """One connection to the broker, for as long as `inspecting` holds it open."""

    connection: pika.BlockingConnection
    connect_seconds: float

    def topology_faults(self) -> list[TopologyFault]:
        """What is missing, other than in definitions.json, or, for want of permissions, unknown."""
        faults = [
            *(
                self._fault(each, _look_at_exchange, topology.declare_exchange)
                for each in topology.exchanges()
            ),
            *(self._fault(each, _look_at_queue, topology.declare_queue) for each in topology.queues()),
        ]
        return [fault for fault in faults if fault is not None]

    def _fault(
        self,
        name: str,
        look: Callable[[BlockingChannel, str], object],
        declare: Callable[[BlockingChannel, str], object],
    ) -> TopologyFault | None:
        error = self.refusal(lambda channel: look(channel, name))
        if error is not None:
            return TopologyFault("missing" if error.reply_code == _NOT_FOUND else "unknown", name)
        # It is there, so that declaring it makes nothing and only compares.
        error = self.refusal(lambda channel: declare(channel, name))
        if error is None:
            return None
        kind: Literal["different", "unknown"] = (
            "unknown" if error.reply_code == ACCESS_REFUSED else "different"
        )
        return TopologyFault(kind, name, error.reply_text)

    def queue_states(self) -> dict[str, QueueState]:
        """The state of each of our queues that is there."""
        states: dict[str, QueueState] = {}

        def look(channel: BlockingChannel, name: str) -> None:
            method = _look_at_queue(channel, name).method
            states[name] = QueueState(method.message_count, method.consumer_count)

        for name in topology.queues():
            self.refusal(partial(look, name=name))
        return states

    def accepts(self, exchange: str, size_bytes: int) -> bool | None:
        """Whether a message of this size may be published; None where the user may not publish at all."""

        def publish(channel: BlockingChannel) -> None:
            channel.basic_publish(exchange, _UNBOUND_KEY, bytes(size_bytes))
            channel.basic_qos()  # waits until the broker has dealt with it

        error = self.refusal(publish)
        if error is None:
            return True
        return None if error.reply_code in (ACCESS_REFUSED, _NOT_FOUND) else False

    def refusal(self, operation: Callable[[BlockingChannel], object]) -> ChannelClosedByBroker | None:
        """Tries `operation` on a channel of its own; how the broker refuses it, None where it does not."""
        channel = self.connection.channel()
        try:
            operation(channel)
        except ChannelClosedByBroker as error:
            return error
        channel.close()
        return None


def _look_at_exchange(channel: BlockingChannel, name: str) -> None:
    channel.exchange_declare(name, passive=True)


def _look_at_queue(channel: BlockingChannel, name: str) -> Method[Queue.DeclareOk]:
    return channel.queue_declare(name, passive=True)


@contextmanager
def inspecting(amqp_url: str) -> Iterator[Inspection]:
    """A connection to look with; raises BrokerUnavailable where there is none, or it is lost."""
    started = time.monotonic()
    connection = blocking_connection(amqp_url, CONNECTION_NAME)
    try:
        yield Inspection(connection, time.monotonic() - started)
    except (AMQPError, OSError) as error:
        raise BrokerUnavailable("The connection to RabbitMQ was lost in between; try again.") from error
    finally:
        if connection.is_open:
            connection.close()


def blocking_reason(amqp_url: str, exchange: str) -> str | None:
    """Why the broker takes nothing from those who publish (`low on memory`), None where it does.

    Only the connection that publishes is told: it is one of its own, which may stay blocked. Raises
    BrokerUnavailable.
    """
    reasons: list[str] = []
    connection = blocking_connection(amqp_url, CONNECTION_NAME)
    connection.add_on_connection_blocked_callback(lambda _, frame: reasons.append(frame.method.reason))
    try:
        channel = connection.channel()
        channel.basic_publish(exchange, _UNBOUND_KEY, b"")
        end = time.monotonic() + _BLOCKED_SECONDS_MAX
        while not reasons and (left := end - time.monotonic()) > 0:
            connection.process_data_events(left)
        return reasons[0] if reasons else None
    except (AMQPError, OSError) as error:
        raise BrokerUnavailable("The connection to RabbitMQ was lost in between; try again.") from error
    finally:
        if connection.is_open and not reasons:
            connection.close()
