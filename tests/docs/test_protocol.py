"""docs/protocol.md names what the code knows, all of it and nothing else."""

import json
import re

import pytest

from common.domain.event_names import EventName
from common.domain.lanes import Lane
from common.domain.ticket_states import TicketState, TicketStatus
from common.messages import integrators, patients, problems
from common.messages.events import clinic_data, event_type, ticket_data
from common.messages.message import Reply, ReplyPart, Request, encode_reply
from common.messages.patients import ClinicAbsence, ClinicSummary, HospitalSummary, OccupiedRoom, VisitStation
from common.messages.problems import FieldError, ProblemCode
from common.messaging.topology import INTEGRATOR_EXCHANGE, PATIENT_EXCHANGE, queues, routing_keys
from contract.documents import Document
from contract.messages import members, messages_of
from tests.replies import read_reply

PROTOCOL = Document("protocol.md")
REQUESTS = messages_of(patients, Request)
CALLED = TicketState(17, TicketStatus.CALLED, Lane.REGULAR, room=2)
REPLIES = messages_of(patients, Reply) | messages_of(problems, Reply)


def test_names_every_request_and_reply() -> None:
    assert sorted(PROTOCOL.headings("## Requests")) == sorted(REQUESTS)
    assert sorted(PROTOCOL.headings("## Replies")) == sorted(REPLIES)


@pytest.mark.parametrize("name", REQUESTS)
def test_names_the_members_of_a_request(name: str) -> None:
    section = PROTOCOL.section(f"### `{name}`", PROTOCOL.section("## Requests"))
    expected = members(REQUESTS[name])
    assert (PROTOCOL.first_cells("member", section) if expected else []) == expected


@pytest.mark.parametrize("name", REPLIES)
def test_names_the_members_of_a_reply(name: str) -> None:
    section = PROTOCOL.section(f"### `{name}`", PROTOCOL.section("## Replies"))
    assert PROTOCOL.first_cells("member", section) == members(REPLIES[name])


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("hospital", HospitalSummary),
        ("clinic", ClinicSummary),
        ("room", OccupiedRoom),
        ("station", VisitStation),
        ("absence", ClinicAbsence),
        ("error", FieldError),
    ],
)
def test_names_the_members_of_what_replies_hold(word: str, kind: type[ReplyPart]) -> None:
    assert PROTOCOL.first_cells(word, PROTOCOL.section("## Replies")) == members(kind)


def test_names_every_problem_code_and_status() -> None:
    assert PROTOCOL.first_cells("code", PROTOCOL.section("## Problem codes")) == list(ProblemCode)
    assert PROTOCOL.first_cells("status", PROTOCOL.section("## Values")) == list(TicketStatus)


def test_names_only_problem_codes_that_exist() -> None:
    said = re.findall(r"`([a-z]+(?:_[a-z]+)+)`", PROTOCOL.section("## Requests"))
    said_of = {member for kind in REQUESTS.values() for member in members(kind)}
    known = {*ProblemCode, *REQUESTS, *REPLIES, *TicketStatus, *said_of}
    assert set(said) <= known


def test_names_every_request_that_the_broker_routes() -> None:
    assert sorted(routing_keys(PATIENT_EXCHANGE)) == sorted(REQUESTS)


def test_names_every_event() -> None:
    assert set(PROTOCOL.first_cells("event", PROTOCOL.section("## Events"))) == set(EventName)


def test_names_the_data_of_events() -> None:
    of_ticket = ticket_data("GIG", CALLED, 4, 17)
    of_clinic = clinic_data("GIG", 4, 17)
    said = PROTOCOL.first_cells("data", PROTOCOL.section("## Events"))
    assert said == list(of_ticket)
    assert said[-2:] == list(of_clinic)


def test_example_requests_can_be_sent() -> None:
    examples = dict(PROTOCOL.examples("request"))
    assert examples.keys() == {name for name in REQUESTS if members(REQUESTS[name])}
    for name, text in examples.items():
        REQUESTS[name].model_validate_json(text)


def test_example_replies_are_as_they_are_sent() -> None:
    examples = PROTOCOL.examples("reply")
    assert {name for name, _ in examples} == REPLIES.keys()
    for name, text in examples:
        assert json.loads(encode_reply(read_reply(REPLIES[name], text))) == json.loads(text)


def test_the_example_event_is_as_it_is_sent() -> None:
    ((_, text),) = PROTOCOL.examples("event")
    event = json.loads(text)
    assert event["type"] == event_type(EventName.TICKET_CALLED)
    assert event["data"] == ticket_data("GIG", CALLED, 4, 17, "Loket A")
    attributes = PROTOCOL.first_cells("attribute", PROTOCOL.section("## Events"))
    assert event.keys() == set(attributes)


def test_names_what_integrators_ask_and_are_answered() -> None:
    requests, replies = messages_of(integrators, Request), messages_of(integrators, Reply)
    asked, answered = dict(PROTOCOL.examples("integrator")), dict(PROTOCOL.examples("integrator-reply"))
    assert routing_keys(INTEGRATOR_EXCHANGE).keys() == requests.keys() == asked.keys()
    assert answered.keys() == replies.keys()
    for name, kind in requests.items():
        section = PROTOCOL.section(f"### `{name}`", PROTOCOL.section("## Events"))
        assert PROTOCOL.first_cells("member", section) == members(kind)
        kind.model_validate_json(asked[name])
        for reply, text in answered.items():
            assert PROTOCOL.first_cells("reply", section) == members(replies[reply])
            assert json.loads(encode_reply(read_reply(replies[reply], text))) == json.loads(text)


def test_operations_name_every_queue() -> None:
    assert set(Document("operations.md").first_cells("queue")) == set(queues())
