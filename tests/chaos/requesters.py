"""How a client, a patient's or a desk's, sends requests: with the product's client, or with a raw one that
may die before the reply."""

import time
import traceback
from random import Random
from typing import Any, NamedTuple, Protocol

from antrean_client.rpc import RESEND_SECONDS
from antrean_client.rpc_client import RpcClient
from common.errors import BrokerUnavailable, NoReply, RequestNotTaken
from common.messaging.topology import PATIENT_EXCHANGE
from tests.builders import SetClock
from tests.chaos.client import Replied, SocketConnection
from tests.chaos.history import Operation
from tests.deployment import MONDAY_MORNING

_CONNECT_SECONDS_MAX = 5.0

DEATHS_SHARE = 0.2
"""The share of state-changing requests during which a raw client dies."""


class Reply(NamedTuple):
    """A reply's name and body."""

    name: str
    body: dict[str, Any]


class Requester(Protocol):
    """One client's way of sending a request and waiting for its reply."""

    def call(self, operation: Operation, seconds_max: float, *, may_die: bool = False) -> Reply | None:
        """Sends the operation's request and waits for the reply, about `seconds_max` at most.

        Writes the operation's end to the history. Returns None if the outcome is unknown.
        """
        ...

    def close(self) -> None:
        """Closes the connection."""
        ...


class ProductRequester:
    """The product's own client; it never dies."""

    def __init__(self, amqp_url: str, exchange: str = PATIENT_EXCHANGE) -> None:
        # Shows the moment of the first attempt: a request that is sent again keeps its timestamp.
        self._made_at = SetClock(MONDAY_MORNING)
        self._client = RpcClient(amqp_url, exchange, self._made_at)

    def call(self, operation: Operation, seconds_max: float, *, may_die: bool = False) -> Reply | None:
        request = operation.request
        self._made_at.moment = request.sent_at
        try:
            answer = self._client.call(
                request.name, dict(request.body), timeout_seconds=seconds_max, request_id=request.request_id
            )
        except NoReply:
            operation.unknown("no_reply")
        except RequestNotTaken:
            operation.unknown("not_taken")
        except BrokerUnavailable:
            operation.unknown("no_broker")
        except Exception as error:  # noqa: BLE001 - an error in the product: the checker reports it
            traceback.print_exc()
            operation.unknown("client_fault", error=type(error).__name__)
            self._client.close()
        else:
            operation.answered(answer.name, answer.body)
            return Reply(answer.name, answer.body)
        return None

    def close(self) -> None:
        self._client.close()


class RawRequester:
    """A client that follows docs/protocol.md only; it records confirms and sometimes dies.

    The share `twice` of its requests is sent two times, one right after the other.
    """

    def __init__(
        self,
        amqp_url: str,
        name: str,
        random: Random,
        exchange: str = PATIENT_EXCHANGE,
        *,
        twice: float = 0.0,
    ) -> None:
        self._amqp_url = amqp_url
        self._name = name
        self._random = random
        self._exchange_name = exchange
        self._twice = twice
        self._connection: SocketConnection | None = None

    def call(self, operation: Operation, seconds_max: float, *, may_die: bool = False) -> Reply | None:
        until = time.monotonic() + seconds_max
        dies = may_die and self._random.random() < DEATHS_SHARE
        # When it dies: after the last byte of the request, or after its confirm.
        dies_at = self._random.choice(("sent", "confirmed")) if dies else ""
        try:
            connection = self._connection = self._connection or SocketConnection(
                self._amqp_url, self._name, min(seconds_max, _CONNECT_SECONDS_MAX), self._exchange_name
            )
        except OSError:
            operation.unknown("no_broker")
            return None
        try:
            return self._exchange(connection, operation, until, dies_at)
        except OSError:
            operation.unknown("no_reply")
        self._die()
        return None

    def _exchange(
        self, connection: SocketConnection, operation: Operation, until: float, dies_at: str
    ) -> Reply | None:
        sent_at = -RESEND_SECONDS
        times_sent = 0
        while (now := time.monotonic()) < until:
            if now - sent_at >= RESEND_SECONDS:
                for _ in range(1 + (self._random.random() < self._twice)):
                    connection.send(operation.request, operation.id)
                    times_sent += 1
                sent_at = now
                if dies_at == "sent":
                    self._killed(operation)
                    return None
            for incoming in connection.receive(min(until, sent_at + RESEND_SECONDS)):
                if incoming.correlation_id != operation.id:
                    continue  # of an earlier operation, which has ended
                if isinstance(incoming, Replied):
                    operation.answered(incoming.name, incoming.body)
                    return Reply(incoming.name, incoming.body)
                if incoming.taken:
                    operation.confirmed()
                    if dies_at == "confirmed":
                        self._killed(operation)
                        return None
                elif times_sent == 1:
                    operation.unknown("not_taken")
                    return None
        raise TimeoutError

    def _killed(self, operation: Operation) -> None:
        operation.unknown("died")
        self._die()

    def _die(self) -> None:
        if self._connection is not None:
            self._connection.abort()
            self._connection = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
