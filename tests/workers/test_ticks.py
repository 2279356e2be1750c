"""Ticks as messages: valid ones move a queue once; bad ones become dead letters, their neighbours do not."""

import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from common.domain.event_names import EventName
from common.messages.events import CONTENT_TYPE, Tick, encode_tick
from common.messaging.topology import DEAD_QUEUE, EVENTS_EXCHANGE, TICKER_QUEUE
from tests.broker import RunningBroker
from tests.builders import MONDAY
from tests.deployment import CLINICS, HOSPITAL, MONDAY_MORNING, Deployment, connected, deployed
from tests.processes import SECONDS_MAX, Program
from tests.workers.event_tap import EventTap, distinct_events, event_tap
from tests.workers.requester import Requester, registration, requester

NO_TICKS_OF_ITS_OWN = {"ANTREAN_TICK_SECONDS": "3600"}


@pytest.fixture(scope="module")
def deployment(
    broker: RunningBroker, module_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A registrar, and a ticker that finds nothing due before the tests are over."""
    with deployed(broker, module_database_url, tmp_path_factory.mktemp("ticks")) as deployment:
        deployment.start_together({"registrar": 1, "ticker": 1}, **NO_TICKS_OF_ITS_OWN)
        yield deployment


@pytest.fixture
def ticker(deployment: Deployment) -> Program:
    """The ticker, which outlives every test."""
    return deployment.programs[1]


@pytest.fixture
def patient(deployment: Deployment) -> Iterator[Requester]:
    """A patient's connection."""
    with requester(deployment) as connected_requester:
        yield connected_requester


@pytest.fixture
def tap(deployment: Deployment) -> Iterator[EventTap]:
    """All events of one test."""
    with event_tap(deployment) as tap:
        yield tap


@pytest.fixture
def ticks(deployment: Deployment) -> Iterator[BlockingChannel]:
    """A channel of a ticker, to publish on."""
    with connected(deployment.urls["ticker"]) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        yield channel


def send_tick(
    channel: BlockingChannel, clinic: str, service_date: date = MONDAY, tick_id: str | None = None
) -> None:
    """Publishes a tick as tickers do."""
    tick = Tick(tick_id or str(uuid.uuid4()), HOSPITAL, clinic, service_date)
    send_body(channel, encode_tick(tick, MONDAY_MORNING).body, clinic)


def send_body(channel: BlockingChannel, body: bytes, clinic: str, **properties: Any) -> None:
    """Publishes any body as a tick."""
    given = {"type": EventName.CLINIC_TICK, "content_type": CONTENT_TYPE, "delivery_mode": 2, **properties}
    channel.basic_publish(
        EVENTS_EXCHANGE,
        f"{HOSPITAL}.{clinic}.clinic.tick",
        body,
        pika.BasicProperties(**given),
        mandatory=True,
    )


def dead_letters(deployment: Deployment, count: int) -> list[tuple[bytes, Any]]:
    """Waits for `count` dead letters and takes them; returns bodies and properties."""
    with deployment.channel() as channel:
        found: list[tuple[bytes, Any]] = []
        for method, properties, body in channel.consume(DEAD_QUEUE, inactivity_timeout=SECONDS_MAX):
            assert method is not None, f"{len(found)} dead letters instead of {count}"
            assert properties is not None
            channel.basic_ack(method.delivery_tag)
            found.append((body or b"", properties))
            if len(found) == count:
                break
        channel.cancel()
    assert deployment.ready(DEAD_QUEUE) == 0
    return found


def test_a_tick_calls_the_next_patient(patient: Requester, tap: EventTap, ticks: BlockingChannel) -> None:
    clinic = CLINICS[0]
    patient.call(registration(clinic))
    patient.call(registration(clinic))

    send_tick(ticks, clinic)

    tap.awaits(clinic, "ticket.called")
    events = distinct_events(tap.of(clinic))
    assert [event.name for event in events] == ["ticket.registered", "ticket.registered", "ticket.called"]
    called = events[-1]
    assert called.routing_key == f"{HOSPITAL}.{clinic}.ticket.called"
    assert called.body["data"] == {
        "number": 1,
        "display_number": f"{clinic}-001",
        "status": "called",
        "lane": "regular",
        "room": 1,
        "room_name": None,
        "waiting": 1,
        "now_serving": f"{clinic}-001",
    }


def test_a_tick_that_comes_again_moves_nothing_and_tells_the_same(
    patient: Requester, tap: EventTap, ticks: BlockingChannel
) -> None:
    clinic, tick_id = CLINICS[1], str(uuid.uuid4())
    patient.call(registration(clinic))
    patient.call(registration(clinic))

    for _ in range(3):
        send_tick(ticks, clinic, tick_id=tick_id)
    send_tick(ticks, clinic)
    send_tick(ticks, CLINICS[2])
    patient.call(registration(CLINICS[2]))
    send_tick(ticks, CLINICS[2])
    tap.awaits(CLINICS[2], "ticket.called")

    events = distinct_events(tap.of(clinic))
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert len([event for event in events if event.name == "ticket.called"]) == 1


def test_a_tick_of_no_queue_is_settled(
    deployment: Deployment, patient: Requester, tap: EventTap, ticks: BlockingChannel
) -> None:
    clinic = CLINICS[3]
    patient.call(registration(clinic))

    send_tick(ticks, "NONE")
    send_tick(ticks, clinic, date(2126, 1, 1))
    send_tick(ticks, clinic, date(1926, 1, 1))
    send_tick(ticks, clinic)

    tap.awaits(clinic, "ticket.called")
    assert deployment.ready(TICKER_QUEUE) == 0
    assert deployment.ready(DEAD_QUEUE) == 0


GOOD = encode_tick(Tick("1", HOSPITAL, CLINICS[4], MONDAY), MONDAY_MORNING).body
POISON = {
    "empty": b"",
    "no JSON": b"tick",
    "not UTF-8": GOOD.replace(b"RSUJI", b"RS\xff\xfe\xfd"),
    "no event": b"{}",
    "an array": b"[" + GOOD + b"]",
    "null": b"null",
    "another kind of event": GOOD.replace(b"clinic.tick", b"ticket.call"),
    "a source of something else": GOOD.replace(b"/hospitals/", b"/hotels/"),
    "a source without a day": GOOD.replace(b"/2026-11-23", b""),
    "no such day": GOOD.replace(b'2026-11-23"', b'2026-11-32"'),
    "an id too long": encode_tick(Tick("1" * 300, HOSPITAL, CLINICS[4], MONDAY), MONDAY_MORNING).body,
    "nested deeper than any parser goes": b"[" * 30_000,
}


def test_poison_is_set_aside_with_its_reason_and_its_neighbours_are_done(
    deployment: Deployment, ticker: Program, patient: Requester, tap: EventTap, ticks: BlockingChannel
) -> None:
    clinics = CLINICS[10 : 10 + len(POISON)]
    for clinic in clinics:
        patient.call(registration(clinic))

    with ticker.frozen():  # so that all of it arrives as one batch
        for clinic, poison in zip(clinics, POISON.values(), strict=True):
            send_body(ticks, poison, clinic, message_id=clinic)
            send_tick(ticks, clinic)

    letters = dead_letters(deployment, len(POISON))
    assert {body for body, _ in letters} == set(POISON.values())
    for _, properties in letters:
        assert properties.headers["x-antrean-reason"]
        assert properties.type == EventName.CLINIC_TICK
        assert properties.message_id in clinics
        assert properties.delivery_mode == 2
    for clinic in clinics:
        tap.awaits(clinic, "ticket.called")
    assert deployment.ready(TICKER_QUEUE) == 0


def test_ticks_of_two_clinics_with_one_id_are_both_applied(
    deployment: Deployment, ticker: Program, patient: Requester, tap: EventTap, ticks: BlockingChannel
) -> None:
    tick_id, clinics = str(uuid.uuid4()), CLINICS[5:8]
    for clinic in clinics:
        patient.call(registration(clinic))

    with ticker.frozen():
        send_tick(ticks, clinics[0], tick_id=tick_id)
        send_tick(ticks, clinics[1], tick_id=tick_id)
        send_tick(ticks, clinics[2])

    tap.awaits(clinics[2], "ticket.called")
    for clinic in clinics[:2]:
        send_tick(ticks, clinic)
        tap.awaits(clinic, "ticket.called")
    assert deployment.ready(TICKER_QUEUE) == 0
