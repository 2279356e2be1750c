"""How a patient's client asks: as the product does, or raw, and then it may die before its reply."""

import time
import traceback
from random import Random
from typing import Any, NamedTuple, Protocol

from common.errors import BrokerUnavailable, NoReply, RequestNotTaken
from common.messaging.rpc_client import RESEND_SECONDS, RpcClient
from common.messaging.topology import PATIENT_EXCHANGE
from tests.builders import SetClock
from tests.chaos.client import Line, Replied
from tests.chaos.history import Operation
from tests.deployment import MONDAY_MORNING

_CONNECT_SECONDS_MAX = 5.0

DEATHS_SHARE = 0.2
"""Of the requests that change something, how many a raw client does not survive."""


class Reply(NamedTuple):
    """A reply's name and body."""

    name: str
    body: dict[str, Any]


class Asking(Protocol):
    """One patient's way of sending a request and waiting for its reply."""

    def ask(self, operation: Operation, seconds_max: float, *, may_die: bool = False) -> Reply | None:
        """The reply, or None where nothing is known of the request after about `seconds_max`; the end of the
        operation is written."""
        ...

    def close(self) -> None:
        """Leaves the broker."""
        ...


class ProductAsking:
    """The client that `antrean` is made of; it survives."""

    def __init__(self, amqp_url: str) -> None:
        # Shows when the request was first made, since a request that is sent again keeps its timestamp.
        self._made_at = SetClock(MONDAY_MORNING)
        self._client = RpcClient(amqp_url, PATIENT_EXCHANGE, self._made_at)

    def ask(self, operation: Operation, seconds_max: float, *, may_die: bool = False) -> Reply | None:
        asked = operation.asked
        self._made_at.moment = asked.sent_at
        try:
            answer = self._client.call(
                asked.name, dict(asked.body), timeout_seconds=seconds_max, request_id=asked.request_id
            )
        except NoReply:
            operation.unknown("no_reply")
        except RequestNotTaken:
            operation.unknown("not_taken")
        except BrokerUnavailable:
            operation.unknown("no_broker")
        except Exception as error:  # noqa: BLE001 - a fault of the product, which the checker is to see
            traceback.print_exc()
            operation.unknown("client_fault", error=type(error).__name__)
            self._client.close()
        else:
            operation.answered(answer.name, answer.body)
            return Reply(answer.name, answer.body)
        return None

    def close(self) -> None:
        self._client.close()


class RawAsking:
    """A client after the protocol's document alone, which records confirms and sometimes dies."""

    def __init__(self, amqp_url: str, name: str, random: Random) -> None:
        self._amqp_url = amqp_url
        self._name = name
        self._random = random
        self._line: Line | None = None

    def ask(self, operation: Operation, seconds_max: float, *, may_die: bool = False) -> Reply | None:
        until = time.monotonic() + seconds_max
        dies = may_die and self._random.random() < DEATHS_SHARE
        # Where it dies: with the last byte of the request, or when it has been confirmed.
        dies_at = self._random.choice(("sent", "confirmed")) if dies else ""
        try:
            line = self._line = self._line or Line(
                self._amqp_url, self._name, min(seconds_max, _CONNECT_SECONDS_MAX)
            )
        except OSError:
            operation.unknown("no_broker")
            return None
        try:
            return self._converse(line, operation, until, dies_at)
        except OSError:
            operation.unknown("no_reply")
        self._die()
        return None

    def _converse(self, line: Line, operation: Operation, until: float, dies_at: str) -> Reply | None:
        sent_at = -RESEND_SECONDS
        times_sent = 0
        while (now := time.monotonic()) < until:
            if now - sent_at >= RESEND_SECONDS:
                line.send(operation.asked, operation.id)
                sent_at, times_sent = now, times_sent + 1
                if dies_at == "sent":
                    self._killed(operation)
                    return None
            for news in line.news(min(until, sent_at + RESEND_SECONDS)):
                if news.correlation_id != operation.id:
                    continue  # about an earlier operation, which has ended
                if isinstance(news, Replied):
                    operation.answered(news.name, news.body)
                    return Reply(news.name, news.body)
                if news.taken:
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
        if self._line is not None:
            self._line.abort()
            self._line = None

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
