"""A request that a registrar handled and did not acknowledge is redelivered to another: it is done once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.messaging.topology import REGISTRAR_QUEUE
from tests.broker import RunningBroker
from tests.deployment import CLINICS, Deployment, deployed
from tests.processes import eventually
from tests.workers.event_tap import event_tap
from tests.workers.proxied_registrars import journal_sequences, proxied_registrars, ticket_numbers
from tests.workers.requester import registration, requester

CLINIC = CLINICS[0]


@pytest.fixture
def deployment(broker: RunningBroker, sqlite_url: str, tmp_path: Path) -> Iterator[Deployment]:
    """A deployment with no worker yet."""
    with deployed(broker, sqlite_url, tmp_path) as deployment:
        yield deployment


@pytest.mark.parametrize("withheld", ["acknowledgement", "confirmation"])
def test_killed_between_commit_and_acknowledgement(deployment: Deployment, withheld: str) -> None:
    """The redelivery gives the same reply and the same event."""
    with (
        proxied_registrars(deployment, 1) as [(victim, proxy)],
        requester(deployment) as patient,
        event_tap(deployment) as tap,
    ):
        if withheld == "acknowledgement":
            proxy.link("consumer").to_server.hold()
        else:
            proxy.link("publisher").to_client.hold()
        request = registration(CLINIC)
        first = patient.call(request)
        tap.until(lambda: len(tap.of(CLINIC)) == 1, "the event")

        victim.kill()
        proxy.cut()
        deployment.start_consuming("registrar")
        first_again, second = patient.replies_to(request, 2)

        assert first_again == first
        assert second.body["ticket_code"] == first.body["ticket_code"]
        assert second.body["number"] == first.body["number"] == 1
        tap.until(lambda: len(tap.of(CLINIC)) == 2, "the event again")
        one, other = tap.of(CLINIC)
        assert one.body == other.body
        assert ticket_numbers(deployment, CLINIC) == [1]
        assert patient.call(registration(CLINIC)).body["number"] == 2


def test_frozen_for_so_long_that_another_did_the_work(deployment: Deployment) -> None:
    """It resumes with requests that another has handled: it does nothing twice, and continues."""
    with proxied_registrars(deployment, 1) as [(sleeper, proxy)], requester(deployment) as patient:
        assert patient.call(registration(CLINIC)).body["number"] == 1
        given = proxy.link("consumer").to_client
        sleeper.freeze()
        before = given.bytes_passed
        requests = [registration(CLINIC) for _ in range(20)]
        for request in requests:
            patient.send(request)
        sent = sum(len(request.body) for request in requests)
        eventually(lambda: given.bytes_passed - before > sent, "all requests have reached the frozen one")

        proxy.cut()  # as a broker does that has missed its heartbeats
        other = deployment.start("registrar")
        numbers = [patient.replies_to(request)[0].body["number"] for request in requests]
        assert sorted(numbers) == list(range(2, 22))

        sleeper.thaw()
        sleeper.prints("link lost")
        deployment.await_consumers(REGISTRAR_QUEUE, 2)
        other.stop()
        assert patient.call(registration(CLINIC)).body["number"] == 22
        assert ticket_numbers(deployment, CLINIC) == list(range(1, 23))
        assert journal_sequences(deployment, CLINIC) == list(range(1, 23))
        for request in requests:
            assert len({answer.body["ticket_code"] for answer in patient.replies_to(request)}) == 1
