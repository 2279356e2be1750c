"""What the broker gives up by itself lies apart from what workers set aside, and strangers fill neither
with what merely expires."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from pika.exceptions import ChannelClosedByBroker

from common.messaging import topology
from common.messaging.topology import (
    DEAD_LETTER_QUEUES,
    DEAD_QUEUE,
    PATIENT_EXCHANGE,
    POISON_QUEUE,
    REGISTRAR_QUEUE,
)
from tests.broker import RunningBroker
from tests.deployment import MONDAY_MORNING, Deployment, deployed
from tests.processes import eventually
from tests.workers.admin import Admin, Ended
from tests.workers.dead_letters import CLINIC, SENT, dead_letter, deliver_too_often, listed, plant, x_death
from tests.workers.requester import registration, requester

Run = Callable[..., Ended]


@pytest.fixture
def deployment(broker: RunningBroker, sqlite_url: str, tmp_path: Path) -> Iterator[Deployment]:
    """A deployment with no worker yet, on a broker with policies."""
    if not broker.has_policies:
        pytest.skip("this broker gives nothing up: its administrator has set no policies")
    with deployed(broker, sqlite_url, tmp_path) as deployment:
        yield deployment


@pytest.fixture
def admin(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `antrean-admin dead-letters`."""
    return partial(Admin(deployment, monkeypatch, capsys), "dead-letters")


def test_what_died_at_the_broker_is_told(deployment: Deployment, admin: Run) -> None:
    request = registration(CLINIC, timestamp=SENT, reply_to=None)
    deliver_too_often(deployment, request)

    (found,) = listed(admin)

    assert found["request"] == "register"
    assert found["request_id"] == request.properties.message_id
    assert datetime.fromisoformat(found["sent_at"]) == MONDAY_MORNING
    assert found["died_at"] is not None
    assert (found["queue"], found["reason"]) == (REGISTRAR_QUEUE, "delivery_limit")
    assert found["bytes"] == len(request.body)
    assert found["obstacle"] is None
    table = admin("list").out
    assert found["id"] in table
    assert "2026-11-23 03:00:00Z" in table
    assert "failed too often" in table


def test_what_workers_set_aside_and_what_the_broker_gave_up_are_settled_alike(
    deployment: Deployment, admin: Run
) -> None:
    given_up = registration(CLINIC, timestamp=SENT, reply_to=None)
    set_aside = [dead_letter(), dead_letter()]
    deliver_too_often(deployment, given_up)
    plant(deployment, *set_aside)
    first, second, last = listed(admin)
    assert last["request_id"] == given_up.properties.message_id
    assert json.loads(admin("list", "--limit", "2", "--json").out)["more"] == 1
    assert admin("drop", second["id"], "--yes").out == "Dropped: 1.\n"
    assert [each["id"] for each in listed(admin)] == [first["id"], last["id"]]

    assert admin("retry", "--all").out == "Sent again: 2.\n"

    assert [deployment.ready(each) for each in (*DEAD_LETTER_QUEUES, REGISTRAR_QUEUE)] == [0, 0, 2]


FORGED = {
    "x-death": [x_death(REGISTRAR_QUEUE)],
    "x-first-death-queue": REGISTRAR_QUEUE,
    "x-first-death-reason": "delivery_limit",
    "x-first-death-exchange": PATIENT_EXCHANGE,
}


def test_what_merely_expires_is_no_dead_letter(deployment: Deployment) -> None:
    """Whoever may send requests could else fill the queue that workers need. RabbitMQ 3 believes headers that
    tell of an earlier death; those fill the other queue, which drops its oldest."""
    with requester(deployment) as stranger:
        for headers in (None, FORGED) * 20:
            stranger.send(registration(CLINIC, expiration="1", headers=headers))
        eventually(lambda: deployment.ready(REGISTRAR_QUEUE) == 0, "all have expired")
        deliver_too_often(deployment, registration(CLINIC, reply_to=None))
    assert deployment.ready(DEAD_QUEUE) == 0
    assert deployment.ready(POISON_QUEUE) <= 20 + 1


def test_an_older_versions_way_into_the_dead_letters_is_closed(deployment: Deployment) -> None:
    with deployment.channel() as channel:
        channel.exchange_declare("antrean.dead-letters", "fanout", durable=True)
        channel.queue_bind(DEAD_QUEUE, "antrean.dead-letters")
    topology.deploy(deployment.urls["deploy"])
    with deployment.channel() as channel, pytest.raises(ChannelClosedByBroker, match="NOT_FOUND"):
        channel.exchange_declare("antrean.dead-letters", passive=True)
