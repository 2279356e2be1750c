"""The queues of integrators, over AMQP: made, counted and removed."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError, ChannelClosedByBroker

from admin_cli.broker.integrator_rights import main_queue, queue_names
from antrean_client.connection import blocking_connection
from common.errors import BrokerUnavailable
from common.messaging.topology import EVENTS_EXCHANGE, INTEGRATOR_STATUS_QUEUE, hospital_exchange

_NAME: Final = "antrean-admin"
_ARGUMENTS: Final[dict[str, Any]] = {"x-queue-type": "quorum"}
_ASKED: Final = "events_since"
_NOT_FOUND = 404


class IntegratorQueues:
    """One connection to the broker, for as long as `integrator_queues` holds it open. What makes or removes
    may be repeated."""

    def __init__(self, connection: pika.BlockingConnection) -> None:
        self._connection = connection

    def make(self, name: str, patterns: Iterable[str], hospitals: Iterable[str]) -> None:
        """Declares the queue of an integrator, and binds it with these patterns; policies bound it. Declares
        where those ask who are restricted to `hospitals`."""
        with _channel(self._connection) as channel:
            for hospital in hospitals:
                exchange = hospital_exchange(hospital)
                channel.exchange_declare(exchange, "direct", durable=True)
                channel.queue_bind(INTEGRATOR_STATUS_QUEUE, exchange, _ASKED)
            channel.queue_declare(main_queue(name), durable=True, arguments=_ARGUMENTS)
            for pattern in patterns:
                channel.queue_bind(main_queue(name), EVENTS_EXCHANGE, pattern)

    def remove(self, name: str) -> None:
        """Removes every queue and exchange that an integrator of this name can have, and what is in them."""
        with _channel(self._connection) as channel:
            for each in queue_names(name):
                channel.queue_delete(each)
                channel.exchange_delete(each)

    def waiting(self, queues: Iterable[str]) -> dict[str, int]:
        """How many events wait in each of these queues; missing ones are left out."""
        found = ((queue, self._count(queue)) for queue in queues)
        return {queue: count for queue, count in found if count is not None}

    def existing(self, name: str) -> Sequence[str]:
        """The queues that an integrator of this name has."""
        return tuple(self.waiting(queue_names(name)))

    def _count(self, queue: str) -> int | None:
        with _channel(self._connection) as channel:
            try:
                return int(channel.queue_declare(queue, passive=True).method.message_count)
            except ChannelClosedByBroker as error:
                if error.reply_code != _NOT_FOUND:
                    raise
                return None


@contextmanager
def integrator_queues(amqp_url: str) -> Iterator[IntegratorQueues]:
    """The queues of integrators at `amqp_url`, as the role `deploy`.

    It and the methods raise BrokerUnavailable where the broker cannot be reached, or refuses.
    """
    connection = blocking_connection(amqp_url, _NAME)
    try:
        yield IntegratorQueues(connection)
    finally:
        if connection.is_open:
            connection.close()


@contextmanager
def _channel(connection: pika.BlockingConnection) -> Iterator[BlockingChannel]:
    try:
        with connection.channel() as channel:
            yield channel
    except AMQPError as error:
        raise BrokerUnavailable(f"RabbitMQ refuses the queues of an integrator: {error}.") from error
