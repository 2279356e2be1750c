"""Queues that move with time: each patient is called once and in turn, also when tickers die."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from common.domain.opening_hours import WEEKDAYS
from common.messaging.topology import DEAD_QUEUE, TICKER_QUEUE
from tests.broker import RunningBroker
from tests.builders import catalog as catalog_of
from tests.builders import clinic_table, hospital_table, in_bandung
from tests.deployment import CLINICS, HOSPITAL, Deployment, deployed
from tests.workers.conftest import fresh_postgresql
from tests.workers.event_tap import EventTap, ReceivedEvent, distinct_events, event_tap
from tests.workers.requester import Requester, message, registration, requester

SPEED = 600.0
"""A service of five minutes takes half a second, and the day, which has just begun, more than two minutes."""

SERVICE = timedelta(minutes=5)

TICKS = {"ANTREAN_TICK_SECONDS": "60"}


@pytest.fixture(scope="module")
def deployment(
    broker: RunningBroker, postgres: str, postgres_schema: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A registrar, a status responder and two tickers, on PostgreSQL, where they work at the same time."""
    directory = tmp_path_factory.mktemp("clock")
    starts_at = in_bandung("00:30")
    always = {day: ["00:00-24:00"] for day in WEEKDAYS}
    clinics = [clinic_table(code, hours=always, mean_service_minutes=5.0) for code in CLINICS]
    catalog = catalog_of(hospital_table(HOSPITAL, *clinics))
    with (
        fresh_postgresql(postgres, postgres_schema) as url,
        deployed(broker, url, directory, catalog=catalog, starts_at=starts_at, speed=SPEED) as deployment,
    ):
        deployment.start_together({"registrar": 1, "status": 1, "ticker": 2}, **TICKS)
        yield deployment
        assert deployment.ready(DEAD_QUEUE) == 0


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


def calls_are_in_turn(events: list[ReceivedEvent], patients: int) -> None:
    """Checks the events of a clinic with one room in which so many patients were served."""
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    moments = {
        (event.name, event.body["data"]["number"]): datetime.fromisoformat(event.body["time"])
        for event in events
    }
    assert len(moments) == len(events), "nothing happens twice to anybody"
    called = [event.body["data"]["number"] for event in events if event.name == "ticket.called"]
    served = [event.body["data"]["number"] for event in events if event.name == "ticket.served"]
    assert called == served == list(range(1, patients + 1))
    for number in called:
        service = moments["ticket.served", number] - moments["ticket.called", number]
        assert service == SERVICE
    for number, after in pairwise(called):
        assert moments["ticket.called", after] >= moments["ticket.served", number], "there is one room"


def test_two_tickers_call_everybody_once_and_in_turn(patient: Requester, tap: EventTap) -> None:
    for clinic in CLINICS[:4]:
        for _ in range(3):
            patient.call(registration(clinic))

    for clinic in CLINICS[:4]:
        tap.awaits(clinic, "ticket.served", 3)

    for clinic in CLINICS[:4]:
        calls_are_in_turn(distinct_events(tap.of(clinic)), 3)


def test_a_patient_who_is_called_sees_it(patient: Requester, tap: EventTap) -> None:
    clinic = CLINICS[4]
    codes = [patient.call(registration(clinic)).body["ticket_code"] for _ in range(2)]

    tap.awaits(clinic, "ticket.served", 2)

    found = patient.call(message("ticket_status", {"ticket_codes": codes})).body["tickets"]
    assert [ticket["status"] for ticket in found] == ["served", "served"]
    assert [ticket["now_serving"] for ticket in found] == [f"{clinic}-002"] * 2
    for ticket in found:
        assert (ticket["people_ahead"], ticket["estimated_call_at"]) == (None, None)
        assert ticket["called_at"] >= ticket["registered_at"]


def test_a_ticker_is_killed_and_the_other_goes_on(
    deployment: Deployment, patient: Requester, tap: EventTap
) -> None:
    clinic = CLINICS[5]
    victim = next(each for each in deployment.programs if each.name.startswith("ticker"))
    for _ in range(4):
        patient.call(registration(clinic))
    tap.awaits(clinic, "ticket.called")

    victim.kill()

    deployment.await_consumers(TICKER_QUEUE, 1)
    tap.awaits(clinic, "ticket.served", 4)
    calls_are_in_turn(distinct_events(tap.of(clinic)), 4)
