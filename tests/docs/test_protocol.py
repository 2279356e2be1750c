"""docs/protocol.md names what the code knows, all of it and nothing else."""

import json
import re
from pathlib import Path

import pytest

from common import messages
from common.desk_messages import ClinicReport, ReportRequest, ReportRow, Spread
from common.domain.tickets import TicketStatus
from common.events import EventName, clinic_data, event_type, ticket_data
from common.messages import (
    ClinicSummary,
    FieldError,
    HospitalSummary,
    Message,
    ProblemCode,
    Reply,
    Request,
)
from common.messaging.topology import DESK_EXCHANGE, PATIENT_EXCHANGE, queues, routing_keys

_ROOT = Path(__file__).parents[2]
_PROTOCOL = (_ROOT / "docs" / "protocol.md").read_text()


def _subclasses(base: type[Message]) -> dict[str, type[Message]]:
    found = [each for each in vars(messages).values() if isinstance(each, type) and issubclass(each, base)]
    return {each.__dict__["name"]: each for each in found if "name" in each.__dict__}


REQUESTS = _subclasses(Request)
REPLIES = _subclasses(Reply)


def _section(heading: str, text: str = _PROTOCOL) -> str:
    """What stands under a heading, up to the next of the same or a higher level."""
    level = len(heading.split()[0])
    _, found, rest = text.partition(f"\n{heading}\n")
    assert found, f"no heading {heading!r}"
    return re.split(rf"\n#{{1,{level}}} ", rest)[0]


def _first_cells(first_heading: str, text: str) -> list[str]:
    """The words in code quotes of the first column of the table that begins with this heading."""
    _, found, rest = text.partition(f"\n| {first_heading} |")
    assert found, f"no table of {first_heading}"
    rows = rest.partition("\n\n")[0].splitlines()[2:]
    return re.findall(r"^\| `([^`]+)` \|", "\n".join(rows), re.MULTILINE)


def _headings(text: str) -> list[str]:
    return re.findall(r"^### `([^`]+)`$", text, re.MULTILINE)


def _members(kind: type[Message]) -> list[str]:
    return [field.alias or name for name, field in kind.model_fields.items()]


def _examples(kind: str) -> list[tuple[str, str]]:
    """The examples marked as ```json KIND=NAME: names and texts."""
    found = re.findall(rf"```json {kind}(?:=(\w+))?\n(.*?)```", _PROTOCOL, re.DOTALL)
    assert found
    return found


def test_names_every_request_and_reply() -> None:
    assert sorted(_headings(_section("## Requests"))) == sorted(REQUESTS)
    assert sorted(_headings(_section("## Replies"))) == sorted(REPLIES)


@pytest.mark.parametrize("name", REQUESTS)
def test_names_the_members_of_a_request(name: str) -> None:
    section = _section(f"### `{name}`", _section("## Requests"))
    members = _members(REQUESTS[name])
    assert (_first_cells("member", section) if members else []) == members


@pytest.mark.parametrize("name", REPLIES)
def test_names_the_members_of_a_reply(name: str) -> None:
    section = _section(f"### `{name}`", _section("## Replies"))
    assert _first_cells("member", section) == _members(REPLIES[name])


@pytest.mark.parametrize(
    ("word", "kind"), [("hospital", HospitalSummary), ("clinic", ClinicSummary), ("error", FieldError)]
)
def test_names_the_members_of_what_replies_hold(word: str, kind: type[Message]) -> None:
    assert _first_cells(word, _section("## Replies")) == _members(kind)


def test_names_the_members_of_a_report() -> None:
    request, reply = (
        _section("#### `clinic_report`", _section(heading)) for heading in ("## Requests", "## Replies")
    )
    assert _first_cells("member", request) == _members(ReportRequest)
    assert _first_cells("member", reply) == _members(ClinicReport)
    assert _first_cells("row", reply) == _members(ReportRow)
    assert _first_cells("spread", reply) == _members(Spread)
    for kind, shown in ((ReportRequest, "desk_request"), (ClinicReport, "desk_reply")):
        [text] = [text for name, text in _examples(shown) if name == "clinic_report"]
        assert json.loads(kind.model_validate_json(text).model_dump_json()) == json.loads(text)


def test_names_every_problem_code_and_status() -> None:
    assert _first_cells("code", _section("## Problem codes")) == list(ProblemCode)
    assert _first_cells("status", _section("## Values")) == list(TicketStatus)


def test_names_only_problem_codes_that_exist() -> None:
    said = re.findall(r"`([a-z]+(?:_[a-z]+)+)`", _section("## Requests"))
    requests = REQUESTS | {ReportRequest.name: ReportRequest}
    members = {member for kind in requests.values() for member in _members(kind)}
    known = {*ProblemCode, *requests, *REPLIES, *TicketStatus, *members, *routing_keys(DESK_EXCHANGE)}
    assert set(said) <= known


def test_names_every_request_that_the_broker_routes() -> None:
    assert sorted(routing_keys(PATIENT_EXCHANGE)) == sorted(REQUESTS)
    desk = _section("### Reserved: the desk", _section("## Requests"))
    assert set(routing_keys(DESK_EXCHANGE)) <= set(re.findall(r"`(\w+)`", desk))


def test_names_every_event() -> None:
    assert set(_first_cells("event", _section("## Events"))) == set(EventName)


def test_names_the_data_of_events() -> None:
    of_ticket = ticket_data("GIG", 17, TicketStatus.CALLED, 4, 17)
    of_clinic = clinic_data("GIG", 4, 17)
    said = _first_cells("data", _section("## Events"))
    assert said == list(of_ticket)
    assert said[-2:] == list(of_clinic)


def test_example_requests_can_be_sent() -> None:
    examples = dict(_examples("request"))
    assert examples.keys() == {name for name in REQUESTS if _members(REQUESTS[name])}
    for name, text in examples.items():
        REQUESTS[name].model_validate_json(text)


def test_example_replies_are_as_they_are_sent() -> None:
    examples = _examples("reply")
    assert {name for name, _ in examples} == REPLIES.keys()
    for name, text in examples:
        reply = REPLIES[name].model_validate_json(text)
        assert isinstance(reply, Reply)
        assert json.loads(messages.encode_reply(reply)) == json.loads(text)


def test_the_example_event_is_as_it_is_sent() -> None:
    ((_, text),) = _examples("event")
    event = json.loads(text)
    assert event["type"] == event_type(EventName.TICKET_CALLED)
    assert event["data"] == ticket_data("GIG", 17, TicketStatus.CALLED, 4, 17)
    attributes = _first_cells("attribute", _section("## Events"))
    assert event.keys() == set(attributes)


def test_operations_name_every_queue() -> None:
    operations = (_ROOT / "docs" / "operations.md").read_text()
    assert set(_first_cells("queue", operations)) == set(queues())
