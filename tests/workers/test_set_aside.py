"""Messages that are set aside are not lost and delay no others, even if their queue is full or missing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.messaging.delivery import HOPELESS_REDELIVERIES, SUSPECT_REDELIVERIES
from common.messaging.topology import DEAD_QUEUE, REGISTRAR_QUARANTINE, REGISTRAR_QUEUE, deploy
from tests.broker import RunningBroker
from tests.deployment import CLINICS, Deployment, deployed
from tests.processes import Program, eventually
from tests.workers.bounded_queues import deliver_and_requeue, full, missing, take_reasons
from tests.workers.poisoned_registrar import FAILS, KILLS
from tests.workers.requester import Message, Requester, registration, requester

CLINIC = CLINICS[0]
SUSPECTS = 5
FAILING = 3
GOOD = 40


@pytest.fixture
def deployment(broker: RunningBroker, sqlite_url: str, tmp_path: Path) -> Iterator[Deployment]:
    """A deployment with no worker yet."""
    with deployed(broker, sqlite_url, tmp_path) as deployment:
        yield deployment


@pytest.fixture
def patient(deployment: Deployment) -> Iterator[Requester]:
    """A patient's connection."""
    with requester(deployment) as connected_requester:
        yield connected_requester


def start(deployment: Deployment) -> Program:
    """Starts a registrar that some requests kill and others make fail."""
    name = f"registrar-{len(deployment.programs) + 1}"
    environment = deployment.environment("registrar")
    program = Program.module(name, "tests.workers.poisoned_registrar", environment, deployment.directory)
    deployment.programs.append(program)
    return program


def poison(kind: str, number: int = 0) -> Message:
    """A valid registration that kills the registrar or makes it fail."""
    return registration(CLINIC, correlation_id=f"{kind}{number}")


def send_all(patient: Requester, requests: list[Message]) -> list[Message]:
    """Sends the requests; returns them."""
    for request in requests:
        patient.send(request)
    return requests


def have_tickets(patient: Requester, requests: list[Message]) -> None:
    """Each request is answered with a ticket."""
    assert {patient.replies_to(request)[0].name for request in requests} == {"ticket"}


def nothing_is_left(deployment: Deployment) -> None:
    """Checks that all was acknowledged: unacknowledged messages return to their queue when a worker ends."""
    assert deployment.programs[-1].stop() == 0
    assert deployment.unsettled(REGISTRAR_QUARANTINE, DEAD_QUEUE) == []


def test_where_the_quarantine_is_full_suspects_are_handled_nevertheless(
    deployment: Deployment, patient: Requester
) -> None:
    suspects = send_all(patient, [registration(CLINIC) for _ in range(SUSPECTS)])
    deliver_and_requeue(deployment, REGISTRAR_QUEUE, SUSPECT_REDELIVERIES)
    quarantined = registration(CLINIC)
    with full(deployment, REGISTRAR_QUARANTINE, patient, quarantined):
        good = send_all(patient, [registration(CLINIC) for _ in range(GOOD)])
        start(deployment)
        have_tickets(patient, [*suspects, *good, registration_after(patient)])
        have_tickets(patient, [quarantined])
        nothing_is_left(deployment)


def registration_after(patient: Requester) -> Message:
    """Sends one more registration; returns it."""
    return send_all(patient, [registration(CLINIC)])[0]


def test_where_the_quarantine_stays_full_suspects_are_handled_nevertheless(
    deployment: Deployment, patient: Requester
) -> None:
    """Another consumer holds its messages, so it does not become empty."""
    suspects = send_all(patient, [registration(CLINIC) for _ in range(SUSPECTS)])
    deliver_and_requeue(deployment, REGISTRAR_QUEUE, SUSPECT_REDELIVERIES)
    with full(deployment, REGISTRAR_QUARANTINE, patient, registration(CLINIC)) as count:
        with deployment.channel() as channel:
            for _ in range(count):
                assert channel.basic_get(REGISTRAR_QUARANTINE)[0] is not None
            registrar = start(deployment)
            have_tickets(patient, suspects)
            have_tickets(patient, [registration_after(patient)])
        registrar.stop()


def test_where_the_quarantine_is_missing_suspects_are_handled_nevertheless(
    deployment: Deployment, patient: Requester
) -> None:
    suspects = send_all(patient, [registration(CLINIC) for _ in range(SUSPECTS)])
    deliver_and_requeue(deployment, REGISTRAR_QUEUE, SUSPECT_REDELIVERIES)
    with missing(deployment, REGISTRAR_QUARANTINE):
        registrar = start(deployment)
        have_tickets(patient, suspects)
        have_tickets(patient, [registration_after(patient)])
        registrar.prints("quarantine refused")
        deploy(deployment.urls["deploy"])
        nothing_is_left(deployment)


def test_without_a_quarantine_what_kills_does_not_take_others_with_it(
    deployment: Deployment, patient: Requester
) -> None:
    """The others were redelivered with it often enough to be suspects, too."""
    good = send_all(patient, [registration(CLINIC) for _ in range(SUSPECTS)])
    killer = send_all(patient, [poison(KILLS)])[0]
    good += send_all(patient, [registration(CLINIC) for _ in range(SUSPECTS)])
    deliver_and_requeue(deployment, REGISTRAR_QUEUE, HOPELESS_REDELIVERIES - 4)
    with missing(deployment, REGISTRAR_QUARANTINE):
        lives = [start(deployment)]

        def the_poison_is_dead() -> bool:
            if lives[-1].exit_code is not None:
                lives.append(start(deployment))
            return deployment.ready(DEAD_QUEUE) > 0

        eventually(the_poison_is_dead, "the poison is dead")
        the_poison_is_dead()  # starts again whom it killed last
        have_tickets(patient, good)
        assert patient.replies_to(killer)[0].code == "internal_error"
        assert take_reasons(deployment) == [f"given out {HOPELESS_REDELIVERIES} times and never done"]


@pytest.mark.parametrize("queue", [REGISTRAR_QUARANTINE, REGISTRAR_QUEUE])
def test_what_came_back_too_often_is_set_aside_untried(
    deployment: Deployment, patient: Requester, queue: str
) -> None:
    """A worker publishes the dead letter and waits for its confirm; the broker's own limit does not."""
    with deployment.channel() as channel:
        channel.queue_bind(queue, "antrean.patient", "planted")
    killer = poison(KILLS)
    patient.send(Message(killer.body, killer.properties, "planted"))
    deliver_and_requeue(deployment, queue, HOPELESS_REDELIVERIES)
    registrar = start(deployment)
    assert patient.replies_to(killer)[0].code == "internal_error"
    eventually(lambda: deployment.ready(DEAD_QUEUE) == 1, "the dead letter")
    assert registrar.exit_code is None
    assert take_reasons(deployment) == [f"given out {HOPELESS_REDELIVERIES} times and never done"]
    with deployment.channel() as channel:
        channel.queue_unbind(queue, "antrean.patient", "planted")
    nothing_is_left(deployment)


def test_where_the_dead_letters_are_full_they_wait_and_nothing_else_does(
    deployment: Deployment, patient: Requester
) -> None:
    with full(deployment, DEAD_QUEUE, patient, registration(CLINIC)) as others:
        failing = send_all(patient, [poison(FAILS, number) for number in range(FAILING)])
        good = send_all(patient, [registration(CLINIC) for _ in range(GOOD)])
        registrar = start(deployment)
        registrar.prints("dead letters refused")
        have_tickets(patient, [*good, registration_after(patient)])
        assert {patient.replies_to(request)[0].code for request in failing} == {"internal_error"}
        assert deployment.ready(DEAD_QUEUE) == others

        with deployment.channel() as channel:
            channel.queue_delete(DEAD_QUEUE)
        deploy(deployment.urls["deploy"])
        eventually(lambda: deployment.ready(DEAD_QUEUE) == FAILING, "the dead letters arrive")
        assert take_reasons(deployment) == ["LookupError in the handler"] * FAILING
        nothing_is_left(deployment)


def test_a_worker_that_stops_leaves_in_their_queue_what_it_could_not_set_aside(
    deployment: Deployment, patient: Requester
) -> None:
    """Requests that were handled after it are acknowledged."""
    with missing(deployment, DEAD_QUEUE):
        failing = send_all(patient, [poison(FAILS, number) for number in range(FAILING)])
        good = send_all(patient, [registration(CLINIC) for _ in range(GOOD)])
        registrar = start(deployment)
        registrar.prints("queue missing")
        registrar.prints("dead letters refused")
        have_tickets(patient, good)
        assert {patient.replies_to(request)[0].code for request in failing} == {"internal_error"}
        assert registrar.stop() == 0
        assert deployment.ready(REGISTRAR_QUEUE) == FAILING
        deploy(deployment.urls["deploy"])
        start(deployment)
        eventually(lambda: deployment.ready(DEAD_QUEUE) == FAILING, "the dead letters arrive")
        assert take_reasons(deployment) == ["LookupError in the handler"] * FAILING
        nothing_is_left(deployment)
