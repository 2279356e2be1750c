"""What a browser or a program asks of antrean-web can be followed to the worker that carries it out."""

from uuid import uuid4

from tests.deployment import CLINICS, HOSPITAL, Deployment, Patient, personal_data_in, ticket_codes_in
from tests.processes import eventually
from tests.trace_collector import Span, trace_collector
from tests.web.web_process import await_ready, start_web

REGISTER = "request register"


def test_requests_of_many_at_once_have_a_trace_each(hospital: Deployment) -> None:
    with trace_collector() as collector:
        process = start_web(hospital, "web", **collector.environment())  # type: ignore[arg-type] # no port
        await_ready(process)
        with process.client() as client:
            codes = set()
            for clinic in CLINICS[:3]:
                given = {"Idempotency-Key": str(uuid4())}
                body = Patient().body(HOSPITAL, clinic)
                codes.add(client.post("/api/v1/tickets", json=body, headers=given).json()["ticket_code"])

        def registrations() -> list[Span]:
            spans = collector.named("antrean-web", REGISTER)
            return [each for each in spans if each.attributes["antrean.reply"] == "ticket"]

        eventually(lambda: len(registrations()) == 3, "the spans have come")
        requests = registrations()
        sends = collector.named("antrean-web", "send antrean.patient")
        assert len({each.trace for each in requests}) == 3
        assert {each.parent for each in sends} >= {each.id for each in requests}
        said = "".join(collector.bodies)
        assert not personal_data_in(said)
        assert not ticket_codes_in(said, codes)
        assert process.program.stop() == 0
