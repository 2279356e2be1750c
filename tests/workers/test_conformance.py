"""The fast path and the public way, on a real broker: the same messages in and out, the same errors.

Each case runs on both, and says what is expected of both.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel

from antrean_client.connection import connection_parameters
from common.messages.problems import ProblemCode, problem
from common.messaging.broker_connection import BrokerConnection, Message
from common.messaging.consumer import Consumer
from common.messaging.delivery import SUSPECT_REDELIVERIES, Delivery, moment_of
from common.messaging.fast_pika import FastConnection
from common.messaging.link import Link
from common.messaging.outgoing import SetAside
from common.messaging.publisher import Publisher
from common.messaging.topology import DEAD_QUEUE, PATIENT_EXCHANGE, REGISTRAR_QUEUE, deploy
from tests.broker import RunningBroker
from tests.deployment import connected
from tests.processes import eventually
from tests.unit.publishing import called
from tests.workers.bad_messages import HEADERS, IGNORED, RawHeaders
from tests.workers.requester import REPLY_TO

Way = type[BrokerConnection]

_PREFETCH = 200


@pytest.fixture(params=[FastConnection, BrokerConnection])
def way(request: pytest.FixtureRequest) -> Way:
    """How workers connect."""
    way: Way = request.param
    return way


@pytest.fixture
def channel(broker: RunningBroker) -> Iterator[BlockingChannel]:
    """A channel of the deploying user, with confirms; the queues are empty."""
    broker.purge()
    with connected(broker.url("deploy")) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        yield channel
    broker.purge()


class Running:
    """A loop that runs while something is waited for."""

    def __init__(self, broker: RunningBroker) -> None:
        self._broker = broker
        self.loop = IOLoop()
        self.loop.activate_poller()
        self.closed: list[None] = []

    def parameters(self, role: str) -> pika.connection.Parameters:
        """How to connect as `role`."""
        return connection_parameters(self._broker.url(role), "antrean conformance", 30)

    def until(self, done: Callable[[], object], what: str) -> None:
        """Runs the loop until this is so; fails after a minute."""

        def step() -> bool:
            self.loop.call_later(0.01, lambda: None)
            self.loop.poll()
            self.loop.process_timeouts()
            return bool(done())

        eventually(step, what)


@contextmanager
def running(broker: RunningBroker) -> Iterator[Running]:
    """A loop, ended when all connections are closed."""
    run = Running(broker)
    try:
        yield run
    finally:
        run.loop.deactivate_poller()
        run.loop.close()


@contextmanager
def consuming(broker: RunningBroker, way: Way) -> Iterator[tuple[Running, Consumer]]:
    """A consumer of the registrars' queue."""
    with running(broker) as run:
        consumer = Consumer(
            run.loop,
            lambda: run.parameters("registrar"),
            way,
            REGISTRAR_QUEUE,
            _PREFETCH,
            lambda: None,
            lambda: run.closed.append(None),
        )
        consumer.open()
        run.until(lambda: consumer.is_up, "it consumes")
        yield run, consumer
        consumer.close()
        run.until(lambda: run.closed, "it is closed")


def taken(run: Running, consumer: Consumer, count: int) -> list[Delivery]:
    """So many deliveries, taken and acknowledged."""
    run.until(lambda: consumer.waiting >= count, f"{count} deliveries")
    batch = consumer.take(count)
    assert batch is not None
    consumer.settle(batch)
    run.until(lambda: consumer.is_quiet, "all is acknowledged")
    return list(batch.deliveries)


# --- deliveries ---------------------------------------------------------------------------------------------

_ID = "0198c0de-0000-7000-8000-00000000000a"

PROPERTIES: dict[str, dict[str, Any]] = {
    "none": {},
    "usual": {"type": "register", "message_id": _ID, "correlation_id": "1", "timestamp": 1_764_400_000},
    "bytes that are no text": {"type": b"\xff\xfe", "correlation_id": b"\xce", "message_id": _ID},
    **{f"{name}, ignored": {"type": "register", **properties} for name, properties in IGNORED.items()},
}
BODIES = {"empty": b"", "small": b"{}", "over several frames": b"x" * 60_000}


@pytest.mark.parametrize("urgent", [False, True])
def test_deliveries_are_read_alike_whatever_they_hold(
    broker: RunningBroker, channel: BlockingChannel, way: Way, urgent: bool
) -> None:
    """The urgent apart: RabbitMQ 4 gives them out before others that came earlier."""
    sent = [
        (body, properties)
        for properties in PROPERTIES.values()
        if ("priority" in properties) == urgent
        for body in BODIES.values()
    ]
    for body, properties in sent:
        channel.basic_publish(PATIENT_EXCHANGE, "register", body, pika.BasicProperties(**properties))
    with consuming(broker, way) as (run, consumer):
        found = taken(run, consumer, len(sent))

    assert [each.body for each in found] == [body for body, _ in sent]
    for delivery, (_, properties) in zip(found, sent, strict=True):
        for name in ("type", "content_type", "message_id", "correlation_id"):
            given = properties.get(name)
            read = delivery.name if name == "type" else getattr(delivery, name)
            assert read == (given if isinstance(given, str) else None)
        assert delivery.sent_at == moment_of(properties.get("timestamp"))
        assert delivery.exchange == PATIENT_EXCHANGE
        assert delivery.redeliveries == 0, "only the broker's word counts"


@pytest.mark.parametrize("table", HEADERS.values(), ids=HEADERS)
def test_a_message_whose_headers_cannot_be_read_arrives_with_its_neighbours(
    broker: RunningBroker, channel: BlockingChannel, way: Way, table: bytes
) -> None:
    usual = pika.BasicProperties(type="register", message_id=_ID)
    for properties in (usual, RawHeaders(table, type="register", message_id=_ID), usual):
        channel.basic_publish(PATIENT_EXCHANGE, "register", b"{}", properties)
    with consuming(broker, way) as (run, consumer):
        found = taken(run, consumer, 3)
    assert [(each.name, each.message_id, each.body) for each in found] == [("register", _ID, b"{}")] * 3


def test_a_redelivery_says_how_often_it_was_given_out(
    broker: RunningBroker, channel: BlockingChannel, way: Way
) -> None:
    channel.basic_publish(PATIENT_EXCHANGE, "register", b"{}", pika.BasicProperties(type="register"))
    for _ in range(SUSPECT_REDELIVERIES):
        with consuming(broker, way) as (run, consumer):
            run.until(lambda: consumer.waiting, "it is given out")
    with consuming(broker, way) as (run, consumer):
        (delivery,) = taken(run, consumer, 1)
    assert delivery.redeliveries == SUSPECT_REDELIVERIES
    assert delivery.is_suspect


def test_what_is_put_on_hold_does_not_keep_others_unacknowledged(
    broker: RunningBroker, channel: BlockingChannel, way: Way
) -> None:
    for number in range(4):
        channel.basic_publish(PATIENT_EXCHANGE, "register", b"%d" % number)
    with consuming(broker, way) as (run, consumer):
        run.until(lambda: consumer.waiting == 4, "all are there")
        batch = consumer.take(4)
        assert batch is not None
        consumer.hold(batch.of(batch.deliveries[1]))
        consumer.settle(batch.of(batch.deliveries[0], *batch.deliveries[2:]))
        run.until(lambda: consumer.is_quiet, "the others are acknowledged")
    with consuming(broker, way) as (run, consumer):
        assert [each.body for each in taken(run, consumer, 1)] == [b"1"]


def test_a_consumer_that_was_cancelled_takes_no_more(
    broker: RunningBroker, channel: BlockingChannel, way: Way
) -> None:
    with consuming(broker, way) as (run, consumer):
        consumer.cancel()
        for _ in range(5):
            channel.basic_publish(PATIENT_EXCHANGE, "register", b"{}")
        later = [False]
        run.loop.call_later(0.5, lambda: later.__setitem__(0, True))
        run.until(lambda: later[0], "half a second")
        assert not consumer.waiting
    eventually(
        lambda: channel.queue_declare(REGISTRAR_QUEUE, passive=True).method.message_count == 5,
        "all went back",
    )


def test_a_queue_that_was_deleted_and_is_back_is_consumed_again(
    broker: RunningBroker, channel: BlockingChannel, way: Way
) -> None:
    """The broker cancels the consumer, and says no more."""
    with consuming(broker, way) as (run, consumer):
        channel.queue_delete(REGISTRAR_QUEUE)
        run.until(lambda: not consumer.is_up, "the consumer was cancelled")
        deploy(broker.url("deploy"))
        run.until(lambda: consumer.is_up, "it consumes again")
        channel.basic_publish(PATIENT_EXCHANGE, "register", b"{}")
        assert [each.body for each in taken(run, consumer, 1)] == [b"{}"]


# --- what is published --------------------------------------------------------------------------------------


@contextmanager
def publishing(broker: RunningBroker, way: Way) -> Iterator[tuple[Running, Publisher]]:
    """A registrar's publisher."""
    with running(broker) as run:
        publisher = Publisher(
            run.loop,
            lambda: run.parameters("registrar"),
            way,
            on_up=lambda: None,
            on_closed=lambda: run.closed.append(None),
        )
        publisher.open()
        run.until(lambda: publisher.is_up, "it publishes")
        yield run, publisher
        publisher.close()
        run.until(lambda: run.closed, "it is closed")


def test_events_and_replies_arrive_as_they_left(
    broker: RunningBroker, channel: BlockingChannel, way: Way
) -> None:
    confirmed: list[str] = []
    events = called(3)
    events[1] = events[1]._replace(body=b"y" * 60_000)
    refusal = problem(ProblemCode.CLINIC_CLOSED, "Closed.")
    with connected(broker.url("deploy")) as connection, publishing(broker, way) as (run, publisher):
        listener = connection.channel()
        queue = listener.queue_declare(f"antrean.test.{uuid.uuid4()}", exclusive=True).method.queue
        listener.queue_bind(queue, "antrean.events", events[0].routing_key)
        asked, replies = _asked(connection)
        publisher.publish(events, lambda: confirmed.append("first"), [(asked, refusal), (asked, refusal)])
        publisher.publish(events[:1], lambda: confirmed.append("second"))
        run.until(lambda: len(confirmed) == 2, "all is confirmed")

        assert confirmed == ["first", "second"]
        assert publisher.pending == 0
        found = [_got(listener, queue) for _ in range(4)]
        assert [body for _, body in found] == [*(event.body for event in events), events[0].body]
        assert [properties.message_id for properties, _ in found] == [
            *(event.id for event in events),
            events[0].id,
        ]

        def both_replies() -> bool:
            connection.process_data_events(0.05)
            return len(replies) == 2

        eventually(both_replies, "both replies")
        assert [properties.correlation_id for properties in replies] == ["as they called it"] * 2


def _asked(connection: pika.BlockingConnection) -> tuple[Delivery, list[pika.BasicProperties]]:
    """A request that waits for replies, and what comes of them."""
    replies: list[pika.BasicProperties] = []
    client = connection.channel()
    client.basic_consume(
        REPLY_TO, lambda _channel, _method, properties, _body: replies.append(properties), auto_ack=True
    )
    queue = client.queue_declare(f"antrean.test.{uuid.uuid4()}", exclusive=True).method.queue
    client.queue_bind(queue, PATIENT_EXCHANGE, queue)
    client.basic_publish(PATIENT_EXCHANGE, queue, b"{}", pika.BasicProperties(reply_to=REPLY_TO))
    properties, body = _got(client, queue)
    asked = Delivery(
        1, body, "register", None, None, "as they called it", properties.reply_to, None, 0, PATIENT_EXCHANGE
    )
    return asked, replies


def _got(channel: BlockingChannel, queue: str) -> tuple[pika.BasicProperties, bytes]:
    found: list[tuple[pika.BasicProperties, bytes]] = []

    def get() -> bool:
        method, properties, body = channel.basic_get(queue, auto_ack=True)
        if method is not None and properties is not None and body is not None:
            found.append((properties, body))
        return bool(found)

    eventually(get, "a message")
    return found[0]


class _Aside:
    """What becomes of a delivery that is set aside in `queue`."""

    def __init__(self, publisher: Publisher, queue: str) -> None:
        self.told: list[str] = []
        delivery = Delivery(1, b"{}", "register", None, _ID, None, None, None, 0, PATIENT_EXCHANGE)
        publisher.set_aside(
            SetAside(delivery, queue, "a reason"),
            lambda: self.told.append("taken"),
            lambda: self.told.append("refused"),
            insists=False,
            is_void=lambda: False,
        )


def test_what_no_queue_takes_is_returned_before_it_is_confirmed(
    broker: RunningBroker, channel: BlockingChannel, way: Way
) -> None:
    with publishing(broker, way) as (run, publisher):
        asides = [_Aside(publisher, queue) for queue in (DEAD_QUEUE, "antrean.nowhere", DEAD_QUEUE)]
        run.until(lambda: all(each.told for each in asides), "all are answered")
        assert [each.told for each in asides] == [["taken"], ["refused"], ["taken"]]
        assert publisher.pending == 0
    properties, body = _got(channel, DEAD_QUEUE)
    assert (properties.type, properties.message_id, body) == ("register", _ID, b"{}")


def test_what_a_full_queue_refuses_is_told_apart_from_its_neighbours(
    broker: RunningBroker, channel: BlockingChannel, way: Way
) -> None:
    name = f"antrean.test.{uuid.uuid4()}"
    channel.queue_declare(name, arguments={"x-max-length": 0, "x-overflow": "reject-publish"})
    try:
        with publishing(broker, way) as (run, publisher):
            asides = [_Aside(publisher, queue) for queue in (name, DEAD_QUEUE, name)]
            run.until(lambda: all(each.told for each in asides), "all are answered")
            assert [each.told for each in asides] == [["refused"], ["taken"], ["refused"]]
    finally:
        channel.queue_delete(name)


def test_a_channel_that_the_broker_closes_is_opened_again(
    broker: RunningBroker, channel: BlockingChannel, way: Way
) -> None:
    """As where something is published to an exchange that is missing."""
    opened: list[Channel] = []
    lost: list[None] = []
    with running(broker) as run:

        def set_up(connection: BrokerConnection, new: Channel) -> None:
            opened.append(new)
            link.up()
            if len(opened) == 1:
                nowhere = Message("antrean.missing", "key", pika.BasicProperties(), b"{}")
                connection.publish([(new, [nowhere, nowhere])])

        link = Link(
            run.loop,
            lambda: run.parameters("deploy"),
            way,
            set_up,
            lambda: lost.append(None),
            lambda: run.closed.append(None),
        )
        link.open()
        run.until(lambda: len(opened) == 2, "it is opened again")
        assert len(lost) == 1
        assert link.is_up
        link.close()
        run.until(lambda: run.closed, "it is closed")
