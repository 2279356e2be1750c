"""Several registrars at once: every request gives one ticket, and the numbers have no gap."""

import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from common.messaging.topology import DEAD_QUEUE
from tests.broker import RunningBroker
from tests.deployment import CLINICS, Deployment, Patient, deployed
from tests.processes import Program
from tests.tcp_proxy import TcpProxy
from tests.workers.event_tap import distinct_events, event_tap
from tests.workers.proxied_registrars import journal_sequences, proxied_registrars, ticket_numbers
from tests.workers.requester import Requester, message, registration, requester

REGISTRATIONS = 200
CONNECTIONS = 4
REPLY_BYTES_MIN = 300

Registrars = list[tuple[Program, TcpProxy]]


@pytest.fixture(scope="module")
def deployment(
    broker: RunningBroker, each_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A deployment on each of the two databases."""
    with deployed(broker, each_database_url, tmp_path_factory.mktemp("racing")) as deployment:
        yield deployment
        assert deployment.ready(DEAD_QUEUE) == 0


@pytest.fixture(scope="module")
def two_registrars(deployment: Deployment) -> Iterator[Registrars]:
    """Two registrars, each with a proxy."""
    with proxied_registrars(deployment, 2) as registrars:
        yield registrars


@pytest.fixture
def patients(deployment: Deployment, two_registrars: Registrars) -> Iterator[list[Requester]]:
    """Connections of patients who send at the same time."""
    with ExitStack() as stack:
        yield [stack.enter_context(requester(deployment)) for _ in range(CONNECTIONS)]


def test_two_registrars_race_on_one_clinic(
    deployment: Deployment, two_registrars: Registrars, patients: list[Requester]
) -> None:
    clinic, each = CLINICS[0], REGISTRATIONS // CONNECTIONS

    def register(patient: Requester) -> list[int]:
        for _ in range(each):
            patient.send(registration(clinic))
        return [answer.body["number"] for answer in patient.collect(each)]

    directions = [proxy.link("publisher").to_server for _, proxy in two_registrars]
    with event_tap(deployment) as tap:
        sent_before = [direction.bytes_passed for direction in directions]
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            numbers = [number for found in pool.map(register, patients) for number in found]
        sent = [
            direction.bytes_passed - before for direction, before in zip(directions, sent_before, strict=True)
        ]
        tap.until(lambda: len(tap.of(clinic)) == REGISTRATIONS, "an event for each ticket")
        events = distinct_events(tap.of(clinic))

    assert sorted(numbers) == list(range(1, REGISTRATIONS + 1))
    assert ticket_numbers(deployment, clinic) == sorted(numbers)
    assert min(sent) > 20 * REPLY_BYTES_MIN, "both registrars have replied"
    assert [event.sequence for event in events] == list(range(1, REGISTRATIONS + 1))
    assert [event.body["data"]["number"] for event in events] == list(range(1, REGISTRATIONS + 1))


def test_a_registrar_is_killed_while_patients_register(
    deployment: Deployment, patients: list[Requester]
) -> None:
    clinic = CLINICS[1]
    (victim,) = deployment.start_consuming("registrar")
    patient = patients[0]
    with event_tap(deployment) as tap:
        requests = [registration(clinic) for _ in range(REGISTRATIONS)]
        for request in requests[: REGISTRATIONS // 2]:
            patient.send(request)
        patient.collect(REGISTRATIONS // 4)
        victim.kill()
        for request in requests[REGISTRATIONS // 2 :]:
            patient.send(request)
        found = [patient.call_until_answered(request) for request in requests]
        tap.until(lambda: len(distinct_events(tap.of(clinic))) == REGISTRATIONS, "an event for each ticket")

    by_request: dict[str | None, set[int]] = {}
    for answer in patient.replies:
        by_request.setdefault(answer.correlation_id, set()).add(answer.body["number"])
    assert all(len(numbers) == 1 for numbers in by_request.values()), "one request, one ticket"
    assert sorted(answer.body["number"] for answer in found) == list(range(1, REGISTRATIONS + 1))
    assert ticket_numbers(deployment, clinic) == list(range(1, REGISTRATIONS + 1))
    assert journal_sequences(deployment, clinic) == list(range(1, REGISTRATIONS + 1))


def test_one_request_over_several_connections_at_once_is_one_ticket(
    deployment: Deployment, patients: list[Requester]
) -> None:
    clinic, somebody, request_id = CLINICS[2], Patient(), str(uuid.uuid4())

    def register(patient: Requester) -> list[tuple[str, int]]:
        for _ in range(5):
            patient.send(registration(clinic, somebody, message_id=request_id))
        return [(answer.body["ticket_code"], answer.body["number"]) for answer in patient.collect(5)]

    with event_tap(deployment) as tap:
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            shown = Counter(ticket for found in pool.map(register, patients) for ticket in found)
        tap.until(lambda: len(tap.of(clinic)) == 5 * CONNECTIONS, "the event, with each answer")
        events = distinct_events(tap.of(clinic))

    assert list(shown.values()) == [5 * CONNECTIONS]
    assert ticket_numbers(deployment, clinic) == [1]
    assert len(events) == 1


def test_one_patient_over_several_connections_at_once_has_one_ticket(
    deployment: Deployment, patients: list[Requester]
) -> None:
    clinic, somebody = CLINICS[3], Patient()

    def register(patient: Requester) -> list[str]:
        for _ in range(5):
            patient.send(registration(clinic, somebody))
        return [answer.code if answer.name == "problem" else "ticket" for answer in patient.collect(5)]

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        outcomes = Counter(outcome for found in pool.map(register, patients) for outcome in found)

    assert outcomes == {"ticket": 1, "already_registered": 5 * CONNECTIONS - 1}
    assert ticket_numbers(deployment, clinic) == [1]


def test_batches_over_many_clinics_in_opposite_orders(patients: list[Requester]) -> None:
    """The batches do not deadlock, and each registration gets a ticket."""
    clinics = CLINICS[10:]
    one, other = patients[:2]

    for first, second in zip(clinics, reversed(clinics), strict=True):
        one.send(registration(first))
        other.send(registration(second))
    found = [*one.collect(len(clinics)), *other.collect(len(clinics))]

    assert Counter(answer.body["clinic"] for answer in found) == dict.fromkeys(clinics, 2)
    assert Counter(answer.body["number"] for answer in found) == {1: len(clinics), 2: len(clinics)}


def test_a_ticket_is_cancelled_once(deployment: Deployment, patients: list[Requester]) -> None:
    with requester(deployment) as somebody:
        ticket_code = somebody.call(registration(CLINICS[4])).body["ticket_code"]

    def cancel(patient: Requester) -> list[str]:
        for _ in range(5):
            patient.send(message("cancel", {"ticket_code": ticket_code}))
        answers = patient.collect(5)
        return [answer.code if answer.name == "problem" else answer.body["status"] for answer in answers]

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        outcomes = Counter(outcome for found in pool.map(cancel, patients) for outcome in found)

    assert outcomes == {"cancelled": 1, "not_cancellable": 5 * CONNECTIONS - 1}
