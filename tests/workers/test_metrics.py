"""What workers at work show: every metric that docs/operations.md describes, moved by what it counts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.messaging.topology import DEAD_QUEUE, REGISTRAR_QUEUE, TICKER_QUEUE
from common.metrics import definitions
from tests.broker import RunningBroker
from tests.deployment import (
    CLINICS,
    CLOSED_CLINIC,
    HOSPITAL,
    MONDAY_MORNING,
    Deployment,
    Patient,
    deployed,
    personal_data_in,
)
from tests.processes import eventually
from tests.workers.metrics_pages import families, metrics_port, page, value
from tests.workers.poisoned_registrar import FAILS
from tests.workers.requester import message, registration, requester

CLINIC = CLINICS[0]
SENT = int(MONDAY_MORNING.timestamp())
OF_EVERY_WORKER = {metric.name for metric in definitions.OF_EVERY_WORKER}
OF_ALL_QUEUES = {metric.name for metric in definitions.OF_ALL_QUEUES}


@pytest.fixture
def deployment(broker: RunningBroker, sqlite_url: str, tmp_path: Path) -> Iterator[Deployment]:
    """A deployment with no worker yet."""
    with deployed(broker, sqlite_url, tmp_path) as deployment:
        yield deployment


def becomes(port: int, expected: float, name: str, **labels: str) -> None:
    """Waits until a series has this value."""
    eventually(
        lambda: value(port, name, **labels) == expected,
        f"{name}{labels} is {expected}: {value(port, name, **labels)}",
    )


def test_every_metric_is_shown_and_moves(deployment: Deployment) -> None:
    registrar = deployment.start("registrar", "tests.workers.poisoned_registrar", ANTREAN_METRICS_PORT="0")
    ticker, status = (deployment.start(role, ANTREAN_METRICS_PORT="0") for role in ("ticker", "status"))
    of_registrar, of_ticker, of_status = (metrics_port(each) for each in (registrar, ticker, status))
    patients = [Patient() for _ in range(3)]

    with requester(deployment) as asking:
        for each in patients:
            deployment.ticket_codes.add(asking.call(registration(CLINIC, each)).body["ticket_code"])
        assert asking.call(registration(CLOSED_CLINIC, timestamp=SENT)).code == "clinic_closed"
        assert asking.call(registration(CLINIC, correlation_id=f"{FAILS}1")).code == "internal_error"
        secret = Patient().name
        assert asking.call(message("register", {}, type=secret)).code == "unknown_request"
        assert (
            asking.call(message("clinic_queue", {"hospital": HOSPITAL, "clinic": CLINIC})).name
            == "clinic_queue"
        )

    assert families(of_registrar) >= OF_EVERY_WORKER
    assert families(of_ticker) >= OF_EVERY_WORKER
    assert families(of_status) >= OF_EVERY_WORKER | OF_ALL_QUEUES
    assert not families(of_registrar) & OF_ALL_QUEUES

    becomes(of_registrar, 5, "antrean_requests_received_total", request="register")
    becomes(of_registrar, 3, "antrean_requests_answered_total", request="register")
    for request, code in (
        ("register", "clinic_closed"),
        ("register", "internal_error"),
        ("other", "unknown_request"),
    ):
        becomes(of_registrar, 1, "antrean_requests_refused_total", request=request, code=code)
    becomes(of_registrar, 1, "antrean_dead_letters_total")
    becomes(of_registrar, 0, "antrean_dead_letters_held")
    becomes(of_registrar, 6, "antrean_batch_size_sum", queue=REGISTRAR_QUEUE)
    becomes(of_registrar, 1, "antrean_reply_delay_seconds_count", queue=REGISTRAR_QUEUE)
    becomes(of_registrar, 0, "antrean_unsettled_deliveries", queue=REGISTRAR_QUEUE)
    becomes(of_registrar, 0, "antrean_oldest_unanswered_seconds", queue=REGISTRAR_QUEUE)
    for part in ("parse", "load", "decide", "save", "commit", "publish"):
        assert value(of_registrar, "antrean_batch_part_seconds_total", part=part), part
    version = value(of_registrar, "antrean_catalog_version")
    assert version
    becomes(of_status, 1, "antrean_requests_answered_total", request="clinic_queue")
    becomes(of_status, version, "antrean_catalog_version")

    eventually(
        lambda: bool(value(of_ticker, "antrean_requests_received_total", request="clinic.tick")),
        "there are ticks",
    )
    assert value(of_ticker, "antrean_batch_seconds_count", queue=TICKER_QUEUE)
    eventually(lambda: (value(of_status, "antrean_patients_waiting") or 0) > 0, "somebody waits")
    becomes(of_status, 1, "antrean_clinics_waiting")
    becomes(of_status, 0, "antrean_clinics_overdue")
    becomes(of_status, 0, "antrean_queue_reading_failed")
    where = {"hospital": HOSPITAL, "clinic": CLINIC}
    eventually(
        lambda: value(of_status, "antrean_clinic_standstill_seconds", **where) is not None,
        "it is told since when",
    )

    for port in (of_registrar, of_ticker, of_status):
        shown = page(port, "/metrics").text
        assert personal_data_in(shown) == []
        assert secret not in shown
    deployment.unsettled(DEAD_QUEUE)


def test_where_no_ticker_runs_status_responders_say_that_clinics_are_overdue(deployment: Deployment) -> None:
    deployment.start_consuming("registrar")
    (status,) = deployment.start_consuming("status", ANTREAN_METRICS_PORT="0", ANTREAN_TICK_SECONDS="0.1")
    with requester(deployment) as patient:
        ticket = patient.call(registration(CLINIC))
        deployment.ticket_codes.add(ticket.body["ticket_code"])

    port = metrics_port(status)
    eventually(lambda: (value(port, "antrean_clinics_overdue") or 0) > 0, "it is overdue")
    assert value(port, "antrean_clinic_overdue_seconds", hospital=HOSPITAL, clinic=CLINIC)
