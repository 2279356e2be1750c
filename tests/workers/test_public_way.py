"""Workers whose fast path is off do the same; `make test-public-way` runs all their tests so."""

from collections.abc import Iterator

import pytest

from tests.broker import RunningBroker
from tests.deployment import CLINICS, Deployment, deployed
from tests.workers.event_tap import event_tap
from tests.workers.requester import message, registration, requester

MANY = 200


@pytest.fixture
def deployment(
    broker: RunningBroker, each_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """One of each worker, without the fast path."""
    with deployed(broker, each_database_url, tmp_path_factory.mktemp("public")) as deployment:
        deployment.start_together({"registrar": 1, "status": 1, "ticker": 1}, ANTREAN_FAST_PATH="off")
        yield deployment


def test_many_patients_register_are_called_and_look_up(deployment: Deployment) -> None:
    with requester(deployment) as patient, event_tap(deployment) as tap:
        requests = [registration(CLINICS[number % 4]) for number in range(MANY)]
        for request in requests:
            patient.send(request)
        tickets = [patient.replies_to(request)[0].body for request in requests]
        for clinic in CLINICS[:4]:
            numbers = sorted(each["number"] for each in tickets if each["clinic"] == clinic)
            assert numbers == [*range(1, MANY // 4 + 1)]

        codes = [each["ticket_code"] for each in tickets]
        look_ups = [message("ticket_status", {"ticket_codes": [code]}) for code in codes]
        for look_up in look_ups:
            patient.send(look_up)
        found = [patient.replies_to(look_up)[0].body["tickets"][0]["ticket_code"] for look_up in look_ups]
        assert found == codes

        cancelled = patient.call(message("cancel", {"ticket_code": codes[-1]}))
        assert cancelled.body["status"] == "cancelled"
        tap.until(
            lambda: {"ticket.registered", "ticket.cancelled"} <= {event.name for event in tap.seen()},
            "every change is told",
        )
