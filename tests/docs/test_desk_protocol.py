"""docs/desk-protocol.md names what the code knows of the desk, all of it and nothing else."""

import json
import re

import pytest

from antrean_client.protocol import LOOK_UPS
from common.domain.cancellations import CancelReason
from common.domain.refusals import NotPermittedReason
from common.domain.staff import EVERY_ROLE
from common.domain.ticket_states import TicketStatus
from common.messages import desk_replies, desk_requests
from common.messages.desk_replies import (
    DeskAbsence,
    DeskChange,
    DeskDuty,
    HistoryLine,
    NumberRange,
    ReportRow,
    Spread,
    VisitTicket,
)
from common.messages.message import Reply, ReplyPart, Request, encode_reply
from common.messages.problems import ProblemCode
from common.messaging.topology import DESK_EXCHANGE, PATIENT_EXCHANGE, routing_keys
from contract.documents import Document
from contract.messages import members, messages_of
from tests.replies import read_reply

DOCUMENT = Document("desk-protocol.md")
REQUESTS = messages_of(desk_requests, Request)
REPLIES = messages_of(desk_replies, Reply)


def test_names_every_request_and_reply() -> None:
    assert sorted(DOCUMENT.headings("## Requests")) == sorted(REQUESTS)
    assert sorted(DOCUMENT.headings("## Replies")) == sorted(REPLIES)


def test_names_every_request_that_the_broker_routes() -> None:
    assert routing_keys(DESK_EXCHANGE).keys() - routing_keys(PATIENT_EXCHANGE).keys() == REQUESTS.keys()


def test_says_which_roles_may_ask_what() -> None:
    rows = {
        row[0]: re.findall(r"`(\w+)`", row[1])
        for line in DOCUMENT.section("## Who may ask").splitlines()
        if (row := line.strip("| ").split(" | "))[0].endswith(("of the clinic", "in the clinic"))
    }
    written = {
        name: roles
        for who, names in rows.items()
        for roles in [EVERY_ROLE if who.startswith("any") else {*re.findall(r"`(\w+)`", who)}]
        for name in names
    }
    assert written == {name: kind.roles for name, kind in REQUESTS.items() if hasattr(kind, "roles")}


@pytest.mark.parametrize("name", REQUESTS)
def test_names_the_members_of_a_request(name: str) -> None:
    section = DOCUMENT.section(f"### `{name}`", DOCUMENT.section("## Requests"))
    named = DOCUMENT.first_cells("member", section) if "| member |" in section else []
    assert named == members(REQUESTS[name])


@pytest.mark.parametrize("name", REPLIES)
def test_names_the_members_of_a_reply(name: str) -> None:
    section = DOCUMENT.section(f"### `{name}`", DOCUMENT.section("## Replies"))
    assert DOCUMENT.first_cells("member", section) == members(REPLIES[name])


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("ticket", VisitTicket),
        ("absence", DeskAbsence),
        ("line", HistoryLine),
        ("change", DeskChange),
        ("range", NumberRange),
        ("row", ReportRow),
        ("spread", Spread),
        ("duty", DeskDuty),
    ],
)
def test_names_the_members_of_what_replies_hold(word: str, kind: type[ReplyPart]) -> None:
    assert DOCUMENT.first_cells(word, DOCUMENT.section("## Replies")) == members(kind)


def test_its_examples_are_what_the_code_reads_and_writes() -> None:
    requests, replies = DOCUMENT.examples("request"), DOCUMENT.examples("reply")
    assert {name for name, _ in requests} == REQUESTS.keys()
    assert {name for name, _ in replies} == REPLIES.keys()
    for name, text in requests:
        REQUESTS[name].model_validate_json(text)
    for name, text in replies:
        assert json.loads(encode_reply(read_reply(REPLIES[name], text))) == json.loads(text)


def test_names_every_reason_why_something_is_not_permitted() -> None:
    assert DOCUMENT.first_cells("reason", DOCUMENT.section("## Not permitted now")) == list(
        NotPermittedReason
    )


def test_names_only_what_there_is() -> None:
    said = re.findall(r"`([a-z]+(?:_[a-z]+)+)`", DOCUMENT.section("## Requests"))
    kinds: list[type[Request | ReplyPart]] = [*REQUESTS.values(), *REPLIES.values(), VisitTicket, DeskChange]
    kinds += [ReportRow, Spread]
    said_of = {member for kind in kinds for member in members(kind)}
    known = {
        *ProblemCode,
        *REQUESTS,
        *REPLIES,
        *TicketStatus,
        *CancelReason,
        *said_of,
        *LOOK_UPS,
        *NotPermittedReason,
    }
    assert set(said) <= known
