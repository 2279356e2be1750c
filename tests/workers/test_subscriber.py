"""A subscriber on a real broker, and a real journal: nothing is missing, repeated or out of order."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from antrean_client import subscriber as subscriber_module
from antrean_client.errors import BrokerRefused, BrokerUnavailable, Refusal
from antrean_client.events import Event
from antrean_client.journal import JournalReader
from antrean_client.journal_deliveries import Message
from antrean_client.position import Position
from antrean_client.subscriber import Batch, ClosedGap, Subscriber
from common.messaging import topology
from tests.broker import RunningBroker
from tests.deployment import CLINICS, HOSPITAL, Deployment, deployed
from tests.journal_events import end_of_stream, event, publish, queues_of, source_of
from tests.tcp_proxy import proxy_to
from tests.workers.requester import registration, requester


@pytest.fixture
def amqp_url(broker: RunningBroker) -> str:
    return broker.urls["integrator"]


@pytest.fixture
def begin(amqp_url: str) -> Position:
    """The end of the stream before the test, every queue from its first event on."""
    return Position(end_of_stream(amqp_url), complete_from=Position.first().complete_from)


def told(events: list[Event]) -> list[tuple[str, int]]:
    return [(each.queue.clinic, each.sequence) for each in events]


def replayed(subscriber: Subscriber) -> list[Event]:
    return [each for batch in subscriber.batches(until="end") for each in batch.events]


def test_in_order_each_once(broker: RunningBroker, amqp_url: str, begin: Position) -> None:
    events = queues_of(60, ["GIG", "INT"])
    disorder = [*events[10:], *events[:10], *events[20:30]]
    publish(broker.urls["deploy"], disorder)
    subscriber = Subscriber(amqp_url, begin, on_gap=lambda gap: pytest.fail(str(gap)))
    found = replayed(subscriber)
    for clinic in ("GIG", "INT"):
        assert [each for each in told(found) if each[0] == clinic] == [(clinic, at) for at in range(1, 31)]
    assert {each.id for each in found} == {each.id for each in events}
    assert [each.body for each in found if each.id == events[0].id] == [events[0].body]
    assert subscriber.late


def test_a_position_that_was_stored_goes_on_exactly(
    broker: RunningBroker, amqp_url: str, begin: Position
) -> None:
    publish(broker.urls["deploy"], queues_of(2_500, ["GIG", "INT", "ANA"]))
    found: list[Event] = []
    stored, steps = begin.to_json(), 0
    while len(found) < 2_500:
        batches = Subscriber(amqp_url, Position.from_json(stored)).batches()
        batch = next(each for each in batches if each.events)
        found += batch.events
        stored, steps = batch.position.to_json(), steps + 1
    assert steps > 1
    assert len({each.id for each in found}) == 2_500


def test_only_the_queues_that_are_wanted(broker: RunningBroker, amqp_url: str, begin: Position) -> None:
    publish(broker.urls["deploy"], queues_of(20, ["GIG", "INT"]))
    found = replayed(Subscriber(amqp_url, begin, wanted=lambda key: key.startswith("RSHS.GIG.")))
    assert told(found) == [("GIG", at) for at in range(1, 11)]


def test_up_to_an_offset(broker: RunningBroker, amqp_url: str, begin: Position) -> None:
    publish(broker.urls["deploy"], queues_of(20, ["GIG"]))
    assert isinstance(begin.start, int)
    batches = [*Subscriber(amqp_url, begin).batches(until=begin.start + 7)]
    assert told([each for batch in batches for each in batch.events]) == [("GIG", at) for at in range(1, 8)]


def test_what_is_no_event_is_passed_over(broker: RunningBroker, amqp_url: str, begin: Position) -> None:
    first, second = queues_of(2, ["GIG"])
    of_second = [
        second.body.replace(b'"time":"', b'"time":"x'),
        second.body.replace(b'"source":"/', b'"source":"'),
        second.body.replace(b'"source":"', b'"source":["').replace(b'","subject"', b'"],"subject"'),
        second.body.replace(b'"data":{', b'"data":{"a":NaN,'),
        second.body.replace(b'"data":{', b'"data":{"a":' + b"[" * 20_000),
        second.body.replace(b'"data":{', b'"data":{"a":"\\ud800",'),
        second.body.replace(b'"data":{', b'"data":"",{'),
        second.body.replace(b'"sequence":"', b'"sequence":"-'),
    ]
    assert second.body not in of_second
    bodies = [b"[]", b"{", b"7", b"\xff", *of_second]
    publish(broker.urls["deploy"], [first, *(first._replace(body=each) for each in bodies), second])
    assert told(replayed(Subscriber(amqp_url, begin))) == [("GIG", 1), ("GIG", 2)]


def test_both_ways_read_the_same(broker: RunningBroker, amqp_url: str) -> None:
    start = end_of_stream(amqp_url)
    small, large = queues_of(2, ["GIG"])
    large = large._replace(body=large.body.replace(b'"lane"', b'"note":"' + b"x" * 20_000 + b'","lane"'))
    publish(broker.urls["deploy"], [small, large, *queues_of(1_000, ["INT", "ANA"]), large])
    found: list[list[Message]] = []
    for fast_path in (True, False):
        reader, messages = JournalReader(amqp_url, start, fast_path=fast_path), list[Message]()
        while len(messages) < 1_003:
            messages += reader.read(10)
        reader.close()
        found.append(messages)
    assert found[0] == found[1]
    assert [each.offset for each in found[0]] == [*range(start, start + 1_003)]


def test_a_broker_that_is_slow_is_waited_for(
    broker: RunningBroker, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not taken for one that has nothing, from wherever a replay begins."""
    now = datetime.now(UTC)
    publish(broker.urls["deploy"], [event("LAMBAT", at, time=now) for at in (1, 2, 3)])
    monkeypatch.setattr(subscriber_module, "_IDLE_SECONDS", -1.0)
    for position in (Position.first(), Position(now - timedelta(minutes=2))):
        subscriber = Subscriber(amqp_url, position, wanted=lambda key: key.startswith("RSHS.LAMBAT."))
        batches = subscriber.batches(wait_seconds=0, until="end")
        assert [each.sequence for batch in batches for each in batch.events] == [1, 2, 3]


def test_what_begins_behind_the_stream_ends_at_once(amqp_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber_module, "_IDLE_SECONDS", -1.0)
    position = Position(datetime.now(UTC) + timedelta(hours=1))
    assert [*Subscriber(amqp_url, position).batches(until="end")][-1].events == []


def test_what_is_lost_is_told(broker: RunningBroker, amqp_url: str, begin: Position) -> None:
    events = queues_of(5, ["GIG"])
    publish(broker.urls["deploy"], [*events[:1], *events[3:]])
    gaps: list[ClosedGap] = []
    found = replayed(Subscriber(amqp_url, begin, on_gap=gaps.append, fills_gaps=False))
    assert told(found) == [("GIG", 1), ("GIG", 4), ("GIG", 5)]
    assert [(each.gap, each.how, each.filled) for each in gaps] == [((source_of("GIG"), 1, 4), "lost", 0)]


@pytest.fixture
def deployment(
    broker: RunningBroker, sqlite_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    with deployed(broker, sqlite_url, tmp_path_factory.mktemp("subscriber")) as deployment:
        deployment.start_together({"registrar": 1, "status": 1})
        yield deployment


def test_what_the_stream_lacks_comes_from_the_database(
    deployment: Deployment, amqp_url: str, begin: Position
) -> None:
    def register() -> None:
        with requester(deployment) as patient:
            assert patient.call(registration(CLINICS[3])).name == "ticket"

    binding = (topology.JOURNAL_QUEUE, topology.EVENTS_EXCHANGE, "*.*.ticket.*")
    register()
    with deployment.channel() as channel:
        channel.queue_unbind(*binding)
    try:
        register()
        register()
    finally:
        with deployment.channel() as channel:
            channel.queue_bind(*binding)
    register()
    gaps: list[ClosedGap] = []
    found = replayed(Subscriber(amqp_url, begin, on_gap=gaps.append))
    own = [each for each in found if each.queue.hospital == HOSPITAL and each.queue.clinic == CLINICS[3]]
    assert [each.sequence for each in own] == [*range(1, len(own) + 1)]
    assert [each.how for each in gaps] == ["database"]
    assert gaps[0].filled == 2
    assert sum(each.name == "ticket.registered" for each in own) == 4


def test_a_lost_connection_costs_nothing(broker: RunningBroker, amqp_url: str, begin: Position) -> None:
    lost: list[BrokerUnavailable] = []
    found: list[Event] = []
    with proxy_to(amqp_url) as proxy:
        subscriber = Subscriber(proxy.url(amqp_url), begin, on_lost=lost.append)
        batches: Iterator[Batch] = subscriber.batches(wait_seconds=0.2)
        for round_number in range(3):
            publish(
                broker.urls["deploy"],
                [event("GIG", at) for at in range(5 * round_number + 1, 5 * round_number + 6)],
            )
            while len(found) < 5 * round_number + 5:
                found += next(batches).events
            proxy.cut()
        subscriber.close()
    assert told(found) == [("GIG", at) for at in range(1, 16)]
    assert len(lost) == 2


def test_who_may_not_read_is_told_at_once(broker: RunningBroker) -> None:
    if not broker.has_roles:
        pytest.skip("this broker has one user for all")
    with pytest.raises(BrokerRefused) as refused:
        next(Subscriber(broker.urls["patient"], Position.first()).batches())
    assert refused.value.refusal is Refusal.READING
    with pytest.raises(BrokerRefused) as refused:
        next(
            Subscriber(
                broker.urls["integrator"].replace("integrator:", "integrator:x"), Position.first()
            ).batches()
        )
    assert refused.value.refusal is Refusal.USER
