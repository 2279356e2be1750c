"""What a web process shows at the port of its metrics."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from tests.deployment import CLINICS, HOSPITAL, Deployment, Patient
from tests.processes import eventually
from tests.web.metrics_page import metrics_url, shown
from tests.web.web_process import WebProcess, await_ready, start_web


@pytest.fixture(scope="module", params=["web", "board"])
def process(request: pytest.FixtureRequest, hospital: Deployment) -> Iterator[WebProcess]:
    """One of each, after the other, with a port for metrics."""
    process = start_web(hospital, request.param, ANTREAN_METRICS_PORT="0")
    await_ready(process)
    yield process
    assert process.program.stop() == 0


def test_answers_are_counted_by_route_and_status_and_nothing_made_up_is_a_label(process: WebProcess) -> None:
    before = shown(process)
    with process.client() as client:
        for path in ("/livez", "/livez", f"/{uuid4()}/{uuid4()}/{uuid4()}", "/static/nothing.css"):
            client.get(path)
    after = shown(process)

    def more(route: str, status: int) -> float:
        key = ("antrean_http_requests_total", f'route="{route}",status="{status}"')
        return after.get(key, 0) - before.get(key, 0)

    assert more("/livez", 200) == 2
    timed = ("antrean_http_seconds_count", 'route="/livez"')
    assert after[timed] - before.get(timed, 0) == 2
    assert more("/static", 404) == 1
    assert more("other", 404) == 1
    assert after["antrean_ready", ""] == 1
    assert after["antrean_streams_open", ""] == 0


def test_probes_are_answered_there_too(process: WebProcess) -> None:
    for path in ("/livez", "/readyz"):
        assert httpx.get(f"{metrics_url(process)}{path}").text == "ok\n"


def test_without_a_broker_it_says_that_it_is_not_ready(hospital: Deployment) -> None:
    nowhere = "amqp://web:x@127.0.0.1:1/"
    process = start_web(hospital, "web", ANTREAN_AMQP_URL=nowhere, ANTREAN_METRICS_PORT="0")
    assert shown(process)["antrean_ready", ""] == 0
    assert httpx.get(f"{metrics_url(process)}/readyz").status_code == 503
    assert process.program.stop() == 0


def test_streams_and_their_messages_are_counted_without_codes_of_tickets(hospital: Deployment) -> None:
    process = start_web(hospital, "web", ANTREAN_METRICS_PORT="0")
    await_ready(process)
    with process.client() as client:
        body = Patient().body(HOSPITAL, CLINICS[0])
        ticket = client.post("/api/v1/tickets", json=body, headers={"Idempotency-Key": str(uuid4())}).json()
        code = ticket["ticket_code"]
        with client.stream("GET", f"/api/v1/tickets/{code}/events") as stream:
            lines = stream.iter_lines()
            assert next(line for line in lines if line.startswith("event: ")) == "event: ticket"
            found = shown(process)
            assert found["antrean_streams_open", ""] == 1
            assert found["antrean_stream_messages_total", ""] >= 1
    eventually(lambda: shown(process)["antrean_streams_open", ""] == 0, "the stream is closed")
    assert code not in httpx.get(f"{metrics_url(process)}/metrics").text
    assert (
        "antrean_http_requests_total",
        'route="/api/v1/tickets/{ticket_code}/events",status="200"',
    ) in shown(process)
    assert process.program.stop() == 0
