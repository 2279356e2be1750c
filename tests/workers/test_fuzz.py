"""Arbitrary messages to every kind of request: each is answered as documented, and the workers live on."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.messages.message import Reply
from common.messages.patients import ClinicQueue, Clinics, Hospitals, Ticket, Tickets
from common.messages.problems import Problem, ProblemCode
from tests.broker import RunningBroker
from tests.deployment import CLINICS, HOSPITAL, Deployment, Patient
from tests.json_values import any_json, like
from tests.replies import read_reply
from tests.workers.requester import ReceivedReply, Requester, message, requester
from tests.workers.surviving_workers import surviving_workers

GOOD: dict[str, Any] = {
    "register": Patient().body(HOSPITAL, CLINICS[0]),
    "cancel": {"ticket_code": "7K3F-9QXM-2T5R"},
    "ticket_status": {"ticket_codes": ["7K3F-9QXM-2T5R", "D7GM-VV2X-7KK4"]},
    "list_hospitals": {},
    "list_clinics": {"hospital": HOSPITAL, "open_only": True},
    "clinic_queue": {"hospital": HOSPITAL, "clinic": CLINICS[0]},
}
REPLIES: dict[str, type[Reply]] = {
    each.name: each for each in (Ticket, Tickets, Hospitals, Clinics, ClinicQueue, Problem)
}
NEVER = {ProblemCode.INTERNAL_ERROR, ProblemCode.UNKNOWN_REQUEST, ProblemCode.BUSY}

few = settings(max_examples=40, derandomize=True, database=None)


@pytest.fixture(scope="module")
def deployment(
    broker: RunningBroker, module_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """Workers that must survive."""
    with surviving_workers(broker, module_database_url, tmp_path_factory.mktemp("fuzz")) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def patient(deployment: Deployment) -> Iterator[Requester]:
    """A patient's connection, the same for all examples."""
    with requester(deployment) as connected_requester:
        yield connected_requester


def check(answer: ReceivedReply) -> None:
    """Checks that the reply is documented in every member, and is no internal error."""
    reply = read_reply(REPLIES[answer.name or ""], json.dumps(answer.body))
    assert not isinstance(reply, Problem) or reply.code not in NEVER, answer


@pytest.mark.parametrize("name", GOOD)
@few
@given(data=st.data())
def test_what_is_like_a_good_request(patient: Requester, name: str, data: st.DataObject) -> None:
    requests = [message(name, data.draw(like(GOOD[name]))) for _ in range(3)]
    for request in requests:
        patient.send(request)
    for request in requests:
        check(patient.replies_to(request)[0])


@pytest.mark.parametrize("name", GOOD)
@few
@given(body=any_json.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=300))
def test_whatever_is_sent(patient: Requester, name: str, body: bytes) -> None:
    check(patient.call(message(name, body)))


@few
@given(
    name=st.sampled_from(sorted(GOOD)),
    kind=st.none() | st.text(max_size=60) | st.binary(max_size=60),
    message_id=st.none() | st.text(max_size=60) | st.binary(max_size=60),
    content_type=st.none() | st.text(max_size=60) | st.binary(max_size=60),
    timestamp=st.none() | st.integers(0, 2**64 - 1),
    priority=st.none() | st.integers(0, 255),
)
def test_whatever_it_is_called(patient: Requester, name: str, kind: Any, **properties: Any) -> None:
    answer = patient.call(message(name, GOOD[name], type=kind, **properties))

    assert answer.code == "unknown_request"
