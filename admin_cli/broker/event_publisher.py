"""Publishes events for a program that can wait until the broker has them."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from pika.adapters.select_connection import IOLoop
from pika.exceptions import AMQPError

from antrean_client.connection import blocking_connection, connection_parameters
from common.errors import BrokerUnavailable, RequestNotTaken
from common.messages.events import Event
from common.messaging.broker_connection import BrokerConnection
from common.messaging.publisher import Publisher
from common.messaging.topology import EVENTS_EXCHANGE

PATIENCE_SECONDS = 30
"""How long the confirmations of one batch are waited for; what was refused, or lost with a connection, is
sent again meanwhile, with growing pauses."""

_HEARTBEAT_SECONDS = 30  # the program does other things between two batches
_CLOSE_SECONDS_MAX = 3
_NAME = "antrean-events"


class EventPublisher:
    """A `Publisher` with a loop of its own, which runs only while something is being published."""

    def __init__(self, amqp_url: str) -> None:
        """Blocks; raises BrokerUnavailable, saying why, where nothing can be published at all."""
        _check(amqp_url)
        self._loop = IOLoop()
        self._publisher = Publisher(
            self._loop,
            lambda: connection_parameters(amqp_url, _NAME, _HEARTBEAT_SECONDS),
            BrokerConnection,
            on_up=lambda: None,
            on_closed=self._loop.stop,
            nodes=None,
        )
        self._confirmed = False

    def __enter__(self) -> Self:
        self._publisher.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_later(0, self._publisher.close)
        self._run(_CLOSE_SECONDS_MAX)
        self._loop.close()

    def publish(self, events: Sequence[Event]) -> None:
        """Blocks until the broker has confirmed all events, unchanged.

        Raises RequestNotTaken where the broker does not take them all for `PATIENCE_SECONDS`, and
        BrokerUnavailable where it is away for so long. Some may have been published; nothing more can be.
        """
        if not events:
            return
        self._confirmed = False
        self._publisher.publish(events, self._all_confirmed)
        self._run(PATIENCE_SECONDS)
        if self._confirmed:
            return
        if self._publisher.is_up:
            raise RequestNotTaken(
                f"RabbitMQ has not taken these events for {PATIENCE_SECONDS} seconds: a queue is full, or a"
                " resource alarm is raised."
            )
        raise BrokerUnavailable(
            f"RabbitMQ has been away for {PATIENCE_SECONDS} seconds, or does not let this user publish events"
            " (use the role deploy)."
        )

    def _all_confirmed(self) -> None:
        self._confirmed = True
        self._loop.stop()

    def _run(self, seconds_max: float) -> None:
        limit = self._loop.call_later(seconds_max, self._loop.stop)
        self._loop.start()
        self._loop.remove_timeout(limit)


def _check(amqp_url: str) -> None:
    connection = blocking_connection(amqp_url, _NAME)
    try:
        connection.channel().exchange_declare(EVENTS_EXCHANGE, passive=True)
    except AMQPError as error:
        raise BrokerUnavailable(
            f"RabbitMQ lacks the exchange {EVENTS_EXCHANGE}: see `antrean-admin broker declare`."
        ) from error
    finally:
        if connection.is_open:
            connection.close()
