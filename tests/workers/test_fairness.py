"""A flood of one sender: others are served in their turn, its surplus is refused, and nothing is lost."""

import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pika
import pytest

from common.messaging.delivery import SUSPECT_REDELIVERIES
from common.messaging.topology import (
    DESK_EXCHANGE,
    DESK_REGISTRAR_QUEUE,
    PATIENT_EXCHANGE,
    REGISTRAR_QUARANTINE,
    REGISTRAR_QUEUE,
)
from tests.broker import RunningBroker
from tests.deployment import CLINICS, HOSPITAL, Deployment, Patient, deployed
from tests.processes import eventually
from tests.workers.bounded_queues import deliver_and_requeue
from tests.workers.metrics_pages import metrics_port, value
from tests.workers.proxied_registrars import ticket_numbers
from tests.workers.requester import Message, message, registration, requester

CLINIC = CLINICS[0]
FLOOD = 3000


@pytest.fixture
def deployment(broker: RunningBroker, sqlite_url: str, tmp_path: Path) -> Iterator[Deployment]:
    """A deployment with no worker yet."""
    with deployed(broker, sqlite_url, tmp_path) as deployment:
        yield deployment


@pytest.fixture(params=["on", "off"])
def fast_path(request: pytest.FixtureRequest) -> str:
    """Both ways of reading and publishing."""
    way: str = request.param
    return way


def test_a_flood_is_refused_and_its_neighbours_are_served(deployment: Deployment, fast_path: str) -> None:
    flood = [registration(CLINIC) for _ in range(FLOOD)]
    with requester(deployment) as flooder, requester(deployment) as patient:
        for request in flood:
            flooder.send(request)
        behind = registration(CLINICS[1])
        patient.send(behind)
        (registrar,) = deployment.start_consuming(
            "registrar", ANTREAN_FAST_PATH=fast_path, ANTREAN_METRICS_PORT="0"
        )

        assert patient.replies_to(behind)[0].name == "ticket"
        replies = flooder.collect(FLOOD)
        codes = Counter(reply.code if reply.name == "problem" else "ticket" for reply in replies)
        assert codes.keys() == {"ticket", "busy"}
        assert codes["busy"] > FLOOD / 2
        assert ticket_numbers(deployment, CLINIC) == list(range(1, codes["ticket"] + 1))
        assert re.search(r'"senders": 1, "staff": \[\].*"event": "flood refused"', registrar.output)
        busy = value(metrics_port(registrar), "antrean_surplus_refused_total", exchange=PATIENT_EXCHANGE)
        assert busy == codes["busy"]

        refused = next(reply for reply in replies if reply.name == "problem")
        (again,) = [each for each in flood if each.properties.correlation_id == refused.correlation_id]
        flooder.replies.clear()
        assert flooder.call(again).name == "ticket", "the same request is carried out later"
    eventually(lambda: deployment.ready(REGISTRAR_QUEUE) == 0, "nothing is left")


def test_the_counter_works_whatever_strangers_do(deployment: Deployment) -> None:
    at_counter = desk_registration()
    with requester(deployment) as flooder, requester(deployment, deployment.urls["desk"]) as desk:
        for _ in range(FLOOD):
            flooder.send(registration(CLINIC))
        (registrar,) = deployment.start_consuming("registrar")
        flooder.collect(1)
        assert desk.call(at_counter).name == "ticket"
    assert registrar.exit_code is None


def test_what_may_kill_a_registrar_is_quarantined_wherever_it_came_from(deployment: Deployment) -> None:
    at_counter = desk_registration()
    with requester(deployment, deployment.urls["desk"]) as desk:
        desk.send(at_counter)
        deliver_and_requeue(deployment, DESK_REGISTRAR_QUEUE, SUSPECT_REDELIVERIES)
        (registrar,) = deployment.start_consuming("registrar")
        assert desk.replies_to(at_counter)[0].name == "ticket"
    assert "quarantined" in registrar.output
    registrar.stop()
    assert deployment.unsettled(REGISTRAR_QUARANTINE, DESK_REGISTRAR_QUEUE) == []


def desk_registration() -> Message:
    """A registration at the counter."""
    body = Patient().body(HOSPITAL, CLINICS[2])
    properties = message("desk_register", body).properties
    return Message(json.dumps(body).encode(), properties, "desk_register", DESK_EXCHANGE)


def test_nothing_is_refused_of_who_has_a_user_of_its_own(deployment: Deployment) -> None:
    url = deployment.urls["deploy"]
    user = urlsplit(url).username
    requests = [registration(CLINIC, user_id=user) for _ in range(1000)]
    with requester(deployment, url) as gateway:
        for request in requests:
            gateway.send(request)
        deployment.start_consuming("registrar")
        replies = gateway.collect(len(requests))
    assert {reply.name for reply in replies} == {"ticket"}


def test_a_flood_without_addresses_delays_nobody(deployment: Deployment) -> None:
    with requester(deployment) as flooder, requester(deployment) as patient:
        for number in range(FLOOD):
            lost = f"amq.rabbitmq.reply-to.{uuid.uuid4()}" if number % 2 else None
            flooder.send(registration(CLINIC, reply_to=lost))
        behind = registration(CLINICS[1])
        patient.send(behind)
        deployment.start_consuming("registrar")
        assert patient.replies_to(behind)[0].name == "ticket"
        eventually(lambda: deployment.ready(REGISTRAR_QUEUE) == 0, "all of it is gone through")
        assert patient.call(registration(CLINICS[1])).name == "ticket"
    assert len(ticket_numbers(deployment, CLINIC)) < FLOOD / 2


def test_the_broker_vouches_for_who_sent_it(deployment: Deployment) -> None:
    """Nobody takes the place of a user by its name."""
    forged = registration(CLINIC, user_id="gateway")
    with requester(deployment) as patient, pytest.raises(pika.exceptions.ChannelClosedByBroker) as closed:
        patient.call(forged)
    assert closed.value.reply_code == 406
    assert forged.exchange == PATIENT_EXCHANGE
