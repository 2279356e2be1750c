"""What faults publish: copies of one request, repeated ticks, poison.

Every function blocks, at most about `seconds_max`, and raises OSError (TimeoutError among them) where the
broker cannot be reached or does not confirm in time.
"""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pika
from pika.exceptions import AMQPError

from antrean_client.connection import blocking_connection
from common.clock import Clock
from common.domain.event_names import EventName
from common.errors import BrokerUnavailable
from common.messages.events import CONTENT_TYPE, Event, Tick, decode_tick, encode_tick
from common.messaging.topology import DESK_EXCHANGE, EVENTS_EXCHANGE, PATIENT_EXCHANGE
from tests.chaos.client import Confirmed, Replied, SocketConnection
from tests.chaos.history import History, JsonLines, Operation, Request
from tests.chaos.worker import POISON_FILE

SECONDS_MAX = 120.0
KILLS_WORKER = "kills_worker"
NOT_A_TICK = "not_a_tick"

_TICKS = "*.*.clinic.tick"
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Copies:
    """What was seen of copies of one request; `tickets` counts the different tickets that were named."""

    sent: int
    confirmed: int
    answered: int
    tickets: int


def publish_copies(
    amqp_url: str,
    history: History,
    request: Request,
    copies: int = 100,
    connections: int = 8,
    seconds_max: float = SECONDS_MAX,
    user: str | None = None,
) -> Copies:
    """Publishes a request many times, in turns over several connections, and collects the replies; it is the
    desk's of a `user` of the staff, where one is given.

    What a lost connection leaves unanswered is `unknown`; that is no error here.
    """
    until = time.monotonic() + seconds_max
    copiers: list[_Copier] = []
    with ExitStack() as leaving:
        for number in range(connections):
            copiers.append(_Copier(amqp_url, history, request, number, user))
            leaving.callback(copiers[-1].leave)
        for number in range(copies):
            copiers[number % connections].send(copies)
        while any(copier.waits for copier in copiers) and time.monotonic() < until:
            for copier in copiers:
                copier.listen(time.monotonic() + _POLL_SECONDS)
    return Copies(
        sent=sum(len(copier.operations) for copier in copiers),
        confirmed=sum(each.is_confirmed for copier in copiers for each in copier.operations.values()),
        answered=sum(len(copier.answered) for copier in copiers),
        tickets=len(set().union(*(copier.tickets for copier in copiers))),
    )


class _Copier:
    """One of the connections that copies go over."""

    def __init__(
        self, amqp_url: str, history: History, request: Request, number: int, user: str | None
    ) -> None:
        self.operations: dict[str, Operation] = {}
        self.answered: set[str] = set()
        self.tickets: set[str] = set()
        self._history = history
        self._request = request
        self._name = f"copies-{number}"
        self._user = user
        exchange = PATIENT_EXCHANGE if user is None else DESK_EXCHANGE
        self._connection: SocketConnection | None = SocketConnection(
            amqp_url, self._name, SECONDS_MAX, exchange
        )

    @property
    def waits(self) -> bool:
        """Whether replies are outstanding."""
        return self._connection is not None and len(self.answered) < len(self.operations)

    def send(self, copies: int) -> None:
        """Sends one of `copies` copies."""
        if self._connection is None:
            return
        operation = self._history.invoke(self._name, self._request, copies=copies, user=self._user)
        self.operations[operation.id] = operation
        try:
            self._connection.send(self._request, operation.id)
        except OSError:
            self.leave()

    def listen(self, until: float) -> None:
        """Records the confirms and replies that arrive before `until`."""
        if self._connection is None or not self.waits:
            return
        try:
            arrived = self._connection.receive(until)
        except OSError:
            self.leave()
            return
        for incoming in arrived:
            operation = self.operations[incoming.correlation_id]
            if isinstance(incoming, Replied):
                operation.answered(incoming.name, incoming.body)
                self.answered.add(operation.id)
                ticket = incoming.body if incoming.name == "ticket" else incoming.body.get("ticket")
                if ticket:
                    self.tickets.add(f"{ticket['service_date']} {ticket['number']}")
            elif incoming.taken:
                operation.confirmed()
            else:
                operation.unknown("not_taken")

    def leave(self) -> None:
        """Closes the connection; unanswered operations end as unknown."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        for operation in self.operations.values():
            operation.unknown("no_reply")  # no effect on those that have ended


# --- ticks ----------------------------------------------------------------------------------------------


def capture_tick(amqp_url: str, seconds_max: float = SECONDS_MAX) -> Event:
    """A copy of the next tick that a ticker emits; needs the user `deploy`."""
    with _broker_errors(), blocking_connection(amqp_url, "chaos-capture") as connection:
        channel = connection.channel()
        queue = channel.queue_declare(f"antrean.chaos.{uuid.uuid4()}", exclusive=True).method.queue
        channel.queue_bind(queue, EVENTS_EXCHANGE, _TICKS)
        for method, _, body in channel.consume(queue, auto_ack=True, inactivity_timeout=seconds_max):
            if method is None or body is None:
                break
            try:
                tick = decode_tick(body)
            except ValueError:
                continue  # a planted one
            return Event(tick.id, EventName.CLINIC_TICK, tick.hospital, tick.clinic, body)
    raise TimeoutError("No tick was emitted in time.")


def synthetic_tick(hospital: str, clinic: str, clock: Clock, time_zone: str = "Asia/Jakarta") -> Event:
    """A tick with an id of its own, for the queue of the present day."""
    now = clock.now()
    service_date = now.astimezone(ZoneInfo(time_zone)).date()
    return encode_tick(Tick(str(uuid.uuid4()), hospital, clinic, service_date), now)


def aged(tick: Event, now: datetime, age: timedelta) -> Event:
    """The same tick, with the same id, as if it had been emitted that long before `now`."""
    return encode_tick(decode_tick(tick.body), now - age)


def publish_ticks(amqp_url: str, ticks: Sequence[Event], seconds_max: float = SECONDS_MAX) -> int:
    """Publishes as a ticker does; returns how many were confirmed. The queue gives neighbours to different
    tickers. Needs the user `ticker`."""
    messages = [(tick.routing_key, _tick_properties(tick.id), tick.body) for tick in ticks]
    return _publish_events(amqp_url, messages, seconds_max)


def plant_bad_tick(
    amqp_url: str, directory: Path, hospital: str, clinic: str, seconds_max: float = SECONDS_MAX
) -> bool:
    """Publishes an unreadable tick; returns whether it was confirmed. Needs the user `ticker`.

    It is listed before it is sent, and only where there is a connection to send it over.
    """
    message_id = str(uuid.uuid4())
    message = (f"{hospital}.{clinic}.clinic.tick", _tick_properties(message_id), b'{"specversion": "1.0"}')
    listed = partial(_note_poison, directory, message_id, NOT_A_TICK)
    return _publish_events(amqp_url, [message], seconds_max, connected=listed) == 1


def _tick_properties(message_id: str) -> pika.BasicProperties:
    return pika.BasicProperties(
        content_type=CONTENT_TYPE,
        type=EventName.CLINIC_TICK,
        message_id=message_id,
        correlation_id=str(uuid.uuid4()),
        delivery_mode=pika.DeliveryMode.Persistent.value,
    )


def _publish_events(
    amqp_url: str,
    messages: Sequence[tuple[str, pika.BasicProperties, bytes]],
    seconds_max: float,
    connected: Callable[[], object] = lambda: None,
) -> int:
    until = time.monotonic() + seconds_max
    settled = confirmed = 0
    with SocketConnection(amqp_url, "chaos-ticks", seconds_max) as connection:
        connected()
        for routing_key, properties, body in messages:
            connection.publish(EVENTS_EXCHANGE, routing_key, properties, body)
        while settled < len(messages) and time.monotonic() < until:
            for incoming in connection.receive(until):
                settled += 1
                confirmed += isinstance(incoming, Confirmed) and incoming.taken
    return confirmed


# --- poison ---------------------------------------------------------------------------------------------


def plant_poison(
    amqp_url: str, directory: Path, history: History, request: Request, seconds_max: float = SECONDS_MAX
) -> bool:
    """Publishes a well-formed request that kills the worker that handles it. It is sent once.

    Returns whether it was confirmed. It is listed as poison before it is sent.
    """
    until = time.monotonic() + seconds_max
    with SocketConnection(amqp_url, "chaos-poison", seconds_max) as connection:
        _note_poison(directory, request.request_id, KILLS_WORKER)
        with (directory / "control" / POISON_FILE).open("a") as listed:
            listed.write(f"{request.request_id}\n")
        operation = history.invoke("poisoner", request, planted="poison")
        try:
            connection.send(request, operation.id)
            while not operation.is_confirmed and time.monotonic() < until:
                if any(
                    isinstance(incoming, Confirmed) and incoming.taken
                    for incoming in connection.receive(until)
                ):
                    operation.confirmed()
        finally:
            operation.unknown("no_reply")
    return operation.is_confirmed


def _note_poison(directory: Path, message_id: str, kind: str) -> None:
    lines = JsonLines(directory / "poison.jsonl")
    lines.write({"message_id": message_id, "kind": kind})
    lines.close()


@contextmanager
def _broker_errors() -> Iterator[None]:
    """What the product's own connection raises, as OSError."""
    try:
        yield
    except (AMQPError, BrokerUnavailable) as error:
        raise ConnectionError(str(error)) from error
