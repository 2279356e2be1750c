"""Arbitrary bodies: each is read, always in the same way, or refused without repeating what stood in it."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from common.messages.message import Request, encode_reply
from common.messages.problems import ProblemCode
from common.messages.request_parsing import FIELD_ERRORS_MAX, RequestRefused, parse_request
from tests.json_values import any_json, like
from tests.unit.test_messages import REGISTER, REQUEST_TYPES

GOOD: dict[str, Any] = {
    "register": REGISTER,
    "cancel": {"ticket_code": "7K3F-9QXM-2T5R"},
    "ticket_status": {"ticket_codes": ["7K3F-9QXM-2T5R", "D7GM-VV2X-7KK4"]},
    "list_hospitals": {},
    "list_clinics": {"hospital": "RSHS", "open_only": True},
    "clinic_queue": {"hospital": "RSHS", "clinic": "GIG"},
}

many = settings(max_examples=150)


def read(name: str, body: bytes) -> Request | None:
    """The request; None where it is refused as documented."""
    try:
        return parse_request(REQUEST_TYPES, name, "application/json", body)
    except RequestRefused as refused:
        problem = refused.problem
        assert problem.code in (ProblemCode.INVALID_REQUEST, ProblemCode.MESSAGE_TOO_LARGE)
        assert problem.detail.endswith(".")
        assert len(problem.errors) <= FIELD_ERRORS_MAX
        encode_reply(problem)
        return None


@many
@given(name=st.sampled_from(sorted(GOOD)), data=st.data())
def test_what_is_like_a_good_body_is_refused_or_read_for_good(name: str, data: st.DataObject) -> None:
    request = read(name, data.draw(like(GOOD[name])))

    if request is not None:
        assert read(name, request.model_dump_json(by_alias=True).encode()) == request


@many
@given(name=st.sampled_from(sorted(GOOD)), value=any_json)
def test_any_json_is_read_or_refused(name: str, value: Any) -> None:
    read(name, json.dumps(value).encode())


@given(data=st.data())
def test_a_member_there_twice_is_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name, members in GOOD.items() if members]))
    good = GOOD[name]
    twice = data.draw(st.sampled_from(sorted(good)))
    value = data.draw(any_json | st.just(good[twice]))
    members = [*good.items(), (twice, value)]
    body = ",".join(f"{json.dumps(key)}:{json.dumps(of)}" for key, of in data.draw(st.permutations(members)))

    assert read(name, f"{{{body}}}".encode()) is None


def test_a_body_cut_anywhere_is_refused() -> None:
    body = json.dumps(REGISTER).encode()

    assert not any(read("register", body[:end]) for end in range(len(body)))
