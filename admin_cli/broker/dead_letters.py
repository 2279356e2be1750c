"""Dead letters: messages that a worker could not process or that the broker dropped, read and settled one by
one.

A dead letter is written by its sender, and may hold a patient's data. `DeadLetter` therefore has two sides:
fields whose values come from closed lists, safe to show, and `RawMessage` with everything.
"""

import hashlib
import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit
from uuid import UUID

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import (
    AMQPError,
    ChannelClosedByBroker,
    ConnectionBlockedTimeout,
    NackError,
    UnroutableError,
)

from antrean_client.connection import blocking_connection, user_of
from common.domain.event_names import EventName
from common.errors import BrokerUnavailable, RequestNotTaken
from common.messages.events import CONTENT_TYPE
from common.messaging.delivery import CAME_THROUGH, moment_of
from common.messaging.readable_connection import open_blocking
from common.messaging.topology import (
    DEAD_LETTER_QUEUES,
    DESK_EXCHANGE,
    LOOK_UP_QUEUES,
    PATIENT_EXCHANGE,
    QUARANTINES,
    exchanges,
    queues,
    routing_keys,
)

ID_LENGTH: Final = 10
"""Hexadecimal digits of a dead letter's id."""

_ID_BYTES = ID_LENGTH // 2
_NEXT_SECONDS_MAX = 5
_RETURN_SECONDS = 0.02
_RETURN_SECONDS_MAX = 1.0
_PERSISTENT = 2
_NEEDS_AGE = "register"
"""The request that is refused when it is too old: without its age it is not sent again."""

_REASON_OF_WORKER = "x-antrean-reason"
_WORKERS_REASON = re.compile(r"[A-Za-z0-9_ .']{1,100}")
_BROKERS_REASONS = frozenset({"rejected", "expired", "maxlen", "delivery_limit"})
_CONTENT_TYPES = frozenset({"application/json", "application/json; charset=utf-8", CONTENT_TYPE})
_EVENT_NAMES = frozenset(name.value for name in EventName)


class Obstacle(StrEnum):
    """Why a dead letter cannot be sent again."""

    TICK = "tick"
    LOOK_UP = "look_up"
    DESK_REQUEST = "desk_request"
    UNKNOWN_REQUEST = "unknown_request"
    NO_REQUEST_ID = "no_request_id"
    AGE_UNKNOWN = "age_unknown"


@dataclass(frozen=True, slots=True)
class RawMessage:
    """The message as it arrived, with the patient's data; `tag` is its delivery tag from `source`, the queue
    in which it lies."""

    source: str
    tag: int
    body: bytes
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One dead letter. A field is None where the message lacks it, or holds an unknown value.

    `id` stays the same however often the dead letter is read; two with the same id are equal in type, message
    id, timestamps, queue, reason and body. `name` is that of a request or an event; `queue` is where it died,
    and `reason` the broker's code or a worker's sentence. `exchange` is where it can be published again;
    where it is None, `obstacle` says why.
    """

    id: str
    name: str | None
    request_id: str | None
    sent_at: datetime | None
    died_at: datetime | None
    reason: str | None
    queue: str | None
    content_type: str | None
    size_bytes: int
    exchange: str | None
    obstacle: Obstacle | None
    raw: RawMessage


class DeadLetters:
    """The queues of dead letters, one after the other, on a connection of the role `deploy`.

    A dead letter that was read stays unacknowledged on this connection until it is retried or dropped; all
    others return to their places when the connection ends. All methods block, and raise BrokerUnavailable
    where the connection is lost or the user lacks the permission.
    """

    def __init__(self, amqp_url: str) -> None:
        self._connection = blocking_connection(amqp_url, "antrean-dead-letters", opened=open_blocking)
        # Without this key, an id cannot be used to test guessed contents.
        self._user = user_of(amqp_url)
        self._key = hashlib.sha256(repr(urlsplit(amqp_url).password).encode()).digest()
        with _lost_connection():
            self._channel: BlockingChannel = self._connection.channel()
            self._channel.confirm_delivery()
            self._queues = {name: _DeadLetterQueue(name, self._connection) for name in DEAD_LETTER_QUEUES}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._connection.is_open:
            return
        with _lost_connection():
            for queue in self._queues.values():
                queue.give_back()
            for queue in self._queues.values():
                queue.await_return()
            self._connection.close()

    @property
    def unread(self) -> int:
        """How many dead letters follow the one read last."""
        return sum(queue.unread for queue in self._queues.values())

    def read(self, count_max: int) -> Iterator[DeadLetter]:
        """The dead letters that are in the queues now, in the order of each, at most `count_max`.

        `count_max` is at most 65,535, AMQP's largest prefetch. Raises RequestNotTaken where another operator
        reads them at the same time.
        """
        with _lost_connection():
            for queue in self._queues.values():
                queue.count()
        for queue in self._queues.values():
            for tag, properties, body in queue.deliveries(count_max):
                count_max -= 1
                yield _dead_letter(queue.name, tag, properties, body, self._key)

    def retry(self, letter: DeadLetter) -> None:
        """Publishes the request again and, once the broker has confirmed it, removes the dead letter.

        It keeps its request id and its timestamp, and has no `reply_to`. Raises RequestNotTaken where the
        broker refuses it now: the dead letter stays.
        """
        assert letter.exchange is not None
        raw, sent_at = letter.raw.properties, letter.sent_at or letter.died_at
        properties = pika.BasicProperties(
            type=letter.name,
            message_id=raw.get("message_id"),
            content_type=letter.content_type,
            timestamp=None if sent_at is None else int(sent_at.timestamp()),
            delivery_mode=_PERSISTENT,
            # Vouched for by the broker, it is refused in no flood: nobody waits for its reply, to ask again.
            user_id=self._user,
        )
        with _lost_connection():
            try:
                self._channel.basic_publish(
                    letter.exchange, letter.name or "", letter.raw.body, properties, mandatory=True
                )
            except (NackError, ConnectionBlockedTimeout) as error:
                raise RequestNotTaken(
                    "RabbitMQ takes no more requests now: the queue is full, or a resource alarm is raised."
                    " Try again later."
                ) from error
            except UnroutableError as error:
                raise RequestNotTaken(
                    "RabbitMQ has no queue for this request: see `antrean-admin broker declare`."
                ) from error
        self.drop(letter)

    def drop(self, letter: DeadLetter) -> None:
        """Removes the dead letter for good."""
        with _lost_connection():
            self._queues[letter.raw.source].remove(letter.raw.tag)


class _DeadLetterQueue:
    """One of the queues; what was read and not removed returns to its place when it is given back."""

    def __init__(self, name: str, connection: pika.BlockingConnection) -> None:
        self.name = name
        self.unread = 0
        self._held = 0
        self._connection = connection
        self._channel = connection.channel()

    def count(self) -> None:
        """Looks how many there are."""
        self.unread = self._channel.queue_declare(self.name, passive=True).method.message_count

    def deliveries(self, count_max: int) -> Iterator[tuple[int, pika.BasicProperties, bytes]]:
        """Of those that the last `count` found at most `count_max`: delivery tags, properties, bodies."""
        # Not more: what is retried may die again and be back before the last one is read.
        count = min(count_max, self.unread)
        if not count:
            return
        with _lost_connection():
            self._held = count
            # Consumed: a quorum queue takes back in order what a consumer held. What came by basic.get
            # returns in any order.
            self._channel.basic_qos(prefetch_count=count)
            deliveries = self._channel.consume(self.name, inactivity_timeout=_NEXT_SECONDS_MAX)
        for _ in range(count):
            with _lost_connection():
                method, properties, body = next(deliveries, (None, None, None))
            if method is None or properties is None or body is None:
                raise RequestNotTaken("Another command holds dead letters now; try again in a minute.")
            self.unread -= 1
            yield method.delivery_tag, properties, body

    def remove(self, tag: int) -> None:
        """Takes one out of the queue for good."""
        self._channel.basic_ack(tag)
        self._held -= 1

    def give_back(self) -> None:
        """Returns once the broker has every acknowledgement."""
        if self._channel.is_open:
            self._channel.close()

    def await_return(self) -> None:
        """Waits until what was held is back in the queue: a command that follows at once has to find it."""
        until = time.monotonic() + _RETURN_SECONDS_MAX
        while self._held and time.monotonic() < until:
            channel = self._connection.channel()
            declared = channel.queue_declare(self.name, passive=True)
            channel.close()
            if declared.method.message_count >= self._held:
                return
            self._connection.sleep(_RETURN_SECONDS)


@contextmanager
def _lost_connection() -> Iterator[None]:
    try:
        yield
    except ChannelClosedByBroker as error:
        raise BrokerUnavailable(
            f"RabbitMQ does not let this user read {' and '.join(DEAD_LETTER_QUEUES)} (use the role"
            " deploy), or lacks them (`antrean-admin broker declare`)."
        ) from error
    except AMQPError as error:
        raise BrokerUnavailable(
            "The connection to RabbitMQ was lost; dead letters that were not settled stay in the queue."
        ) from error


# --- reading --------------------------------------------------------------------------------------------


def _dead_letter(
    source: str, tag: int, properties: pika.BasicProperties, body: bytes, key: bytes
) -> DeadLetter:
    headers = properties.headers if isinstance(properties.headers, dict) else {}
    death = _last_death(headers)
    queue = _one_of(death.get("queue"), queues())
    reason = _one_of(death.get("reason"), _BROKERS_REASONS)
    by_worker = not death and _REASON_OF_WORKER in headers
    if by_worker:
        reason = _matching(headers[_REASON_OF_WORKER], _WORKERS_REASON)
    name = _one_of(
        properties.type,
        _EVENT_NAMES | routing_keys(PATIENT_EXCHANGE).keys() | routing_keys(DESK_EXCHANGE).keys(),
    )
    sent_at, died_at = moment_of(properties.timestamp), death.get("time")
    died_at = died_at if isinstance(died_at, datetime) else None
    request_id = _uuid(properties.message_id)
    came_through = _one_of(headers.get(CAME_THROUGH), exchanges()) if by_worker else None
    exchange, obstacle = _origin(name, queue, came_through, anywhere=by_worker)
    if exchange is not None and request_id is None:
        exchange, obstacle = None, Obstacle.NO_REQUEST_ID
    elif exchange is not None and name == _NEEDS_AGE and not (sent_at or died_at):
        exchange, obstacle = None, Obstacle.AGE_UNKNOWN
    return DeadLetter(
        id=_digest(
            key,
            [properties.type, properties.message_id, properties.content_type, properties.timestamp],
            [reason, queue, died_at],
            body,
        ),
        name=name,
        request_id=request_id,
        sent_at=sent_at,
        died_at=died_at,
        reason=reason,
        queue=queue,
        content_type=_one_of(properties.content_type, _CONTENT_TYPES),
        size_bytes=len(body),
        exchange=exchange,
        obstacle=obstacle,
        raw=RawMessage(
            source,
            tag,
            body,
            {key: value for key, value in vars(properties).items() if value is not None},
        ),
    )


def _origin(
    name: str | None, queue: str | None, came_through: str | None, *, anywhere: bool
) -> tuple[str | None, Obstacle | None]:
    """The exchange through which a request came to the queue where it died, or why it cannot be sent again.

    The sender chooses the message's type: a patient's message of a desk's type must not be published to the
    desks' exchange. So the queue must be bound for this type, and a message goes back only through the
    exchange that a worker noted (`came_through`). With `anywhere` a worker rejected the message, and would
    answer a type that it does not know; where the queue is unknown, only what any
    patient may send goes back; and where
    patients publish to the same queue, no desk's request does.
    """
    if name in _EVENT_NAMES:
        return None, Obstacle.TICK
    queue = QUARANTINES.get(queue or "", queue)
    for exchange in (PATIENT_EXCHANGE, DESK_EXCHANGE):
        leads_to = routing_keys(exchange).get(name or "")
        if leads_to is None or came_through not in (None, exchange):
            continue
        if leads_to in LOOK_UP_QUEUES:
            return None, Obstacle.LOOK_UP
        if exchange == DESK_EXCHANGE and leads_to in routing_keys(PATIENT_EXCHANGE).values():
            return None, Obstacle.UNKNOWN_REQUEST
        if leads_to == queue or (queue is None and (anywhere or exchange == PATIENT_EXCHANGE)):
            # Nobody asks in the name of a member of staff.
            return (None, Obstacle.DESK_REQUEST) if exchange == DESK_EXCHANGE else (exchange, None)
    return None, Obstacle.UNKNOWN_REQUEST


def _last_death(headers: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the broker noted when it dead-lettered the message; the sender may have written the rest of
    `x-death`."""
    deaths = headers.get("x-death")
    last = deaths[0] if isinstance(deaths, list) and deaths else None
    return last if isinstance(last, dict) else {}


def _digest(key: bytes, *parts: Sequence[Any] | bytes) -> str:
    """A keyed digest of what stays the same from one reading to the next (not `x-delivery-count`)."""
    content = repr(parts).encode("utf-8", "backslashreplace")
    return hashlib.blake2b(content, key=key, digest_size=_ID_BYTES).hexdigest()


def _one_of(value: Any, known: Collection[str]) -> str | None:
    return value if isinstance(value, str) and value in known else None


def _matching(value: Any, pattern: re.Pattern[str]) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def _uuid(value: Any) -> str | None:
    try:
        return str(UUID(value)) if isinstance(value, str) else None
    except ValueError:
        return None
