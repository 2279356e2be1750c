"""What an integrator may do, and what not, tried on a real broker."""

import json
from collections.abc import Callable, Iterator

import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from admin_cli.broker.inspection import inspecting
from admin_cli.broker.integrator_queues import integrator_queues
from admin_cli.broker.permissions import permission_faults
from common.messages.problems import ProblemCode
from common.messaging import topology
from tests.broker import RunningBroker
from tests.deployment import CLINICS, HOSPITAL, Deployment, connected, deployed
from tests.workers.requester import Message, message, registration, requester

CLINIC = CLINICS[0]
SOURCE = f"/hospitals/{HOSPITAL}/clinics/{CLINIC}/2026-11-23"


@pytest.fixture(scope="module")
def deployment(
    broker: RunningBroker, module_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A registrar and a status responder, and a ticket."""
    if not broker.has_roles:
        pytest.skip("this broker has one user for all")
    with deployed(broker, module_database_url, tmp_path_factory.mktemp("integrators")) as deployment:
        deployment.start_together({"registrar": 1, "status": 1})
        with requester(deployment) as patient:
            assert patient.call(registration(CLINIC)).name == "ticket"
        yield deployment


@pytest.fixture
def channel(deployment: Deployment) -> Iterator[BlockingChannel]:
    """A channel of the integrator, which the broker may close."""
    with connected(deployment.urls["integrator"]) as connection:
        opened = connection.channel()
        opened.confirm_delivery()
        yield opened


def asking(exchange: str = topology.INTEGRATOR_EXCHANGE, name: str = "events_since") -> Message:
    asked = message(name, {"source": SOURCE}, delivery_mode=1, message_id=None)
    return Message(asked.body, asked.properties, asked.routing_key, exchange)


def test_missed_events_come_from_the_journal(deployment: Deployment) -> None:
    with requester(deployment, deployment.urls["integrator"]) as integrator:
        reply = integrator.call(asking())
    assert reply.name == "events"
    assert [event["type"] for event in reply.body["events"]] == ["id.antrean.ticket.registered.v1"]
    assert reply.body["events"][0]["source"] == SOURCE


def test_the_exchange_of_a_hospital_leads_to_its_events_only(deployment: Deployment) -> None:
    with integrator_queues(deployment.urls["deploy"]) as queues:
        queues.make("papan", [], [HOSPITAL, "RSXX"])
    try:
        with requester(deployment, deployment.urls["deploy"]) as somebody:
            assert somebody.call(asking(topology.hospital_exchange(HOSPITAL))).name == "events"
            refused = somebody.call(asking(topology.hospital_exchange("RSXX")))
            assert refused.code == ProblemCode.NOT_PERMITTED
    finally:
        with integrator_queues(deployment.urls["deploy"]) as queues:
            queues.remove("papan")
        with deployment.channel() as channel:
            for hospital in (HOSPITAL, "RSXX"):
                channel.exchange_delete(topology.hospital_exchange(hospital))


def test_nothing_that_it_may_ask_names_a_patient_or_gives_a_code(deployment: Deployment) -> None:
    with requester(deployment, deployment.urls["integrator"]) as integrator:
        text = json.dumps(integrator.call(asking()).body)
    assert not any(word in text for word in ("Wulandari", "ticket_code", "medical_record_number"))


def test_it_may_have_a_queue_of_its_own_with_events(channel: BlockingChannel) -> None:
    queue = f"{topology.INTEGRATORS_PREFIX}integrator.1"
    channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
    channel.queue_bind(queue, topology.EVENTS_EXCHANGE, f"{HOSPITAL}.#")
    channel.queue_unbind(queue, topology.EVENTS_EXCHANGE, f"{HOSPITAL}.#")
    channel.queue_delete(queue)


def _refused(channel: BlockingChannel, attempt: Callable[[], object]) -> bool:
    with pytest.raises(ChannelClosedByBroker) as closed:
        attempt()
    return int(closed.value.reply_code) == 403


@pytest.mark.parametrize(
    ("exchange", "routing_key"),
    [
        *((name, "events_since") for name in topology.exchanges() if name != topology.INTEGRATOR_EXCHANGE),
        (topology.EVENTS_EXCHANGE, f"{HOSPITAL}.{CLINIC}.ticket.called"),
        (topology.EVENTS_EXCHANGE, f"{HOSPITAL}.{CLINIC}.clinic.tick"),
        *(("", queue) for queue in topology.queues()),
    ],
)
def test_it_publishes_nowhere_else(channel: BlockingChannel, exchange: str, routing_key: str) -> None:
    sent = asking(exchange)
    assert _refused(channel, lambda: channel.basic_publish(exchange, routing_key, sent.body, sent.properties))


@pytest.mark.parametrize(
    "queue", [*(each for each in topology.queues() if each != topology.JOURNAL_QUEUE), "antrean.sub.papan"]
)
def test_it_reads_no_other_queue(channel: BlockingChannel, queue: str) -> None:
    assert _refused(channel, lambda: channel.basic_consume(queue, lambda *_: None))


@pytest.mark.parametrize("queue", [*topology.queues(), "antrean.sub.papan", "antrean.sub.integrator.10"])
def test_it_declares_binds_and_deletes_no_other_queue(deployment: Deployment, queue: str) -> None:
    attempts: list[Callable[[BlockingChannel], object]] = [
        lambda channel: channel.queue_declare(queue, durable=True, arguments={"x-expires": 1000}),
        lambda channel: channel.queue_delete(queue),
        lambda channel: channel.queue_bind(queue, topology.EVENTS_EXCHANGE, "#"),
    ]
    with connected(deployment.urls["integrator"]) as connection:
        for attempt in attempts:
            channel = connection.channel()
            assert _refused(channel, lambda: attempt(channel))  # noqa: B023 - called at once


def test_it_may_do_exactly_what_its_role_needs(deployment: Deployment) -> None:
    with inspecting(deployment.urls["integrator"]) as inspection:
        assert permission_faults(inspection, "integrator") == []
