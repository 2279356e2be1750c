"""How requests are read; what the refusal of one that cannot be read says, and what it never says."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.messages.limits import BODY_BYTES_MAX, TICKET_CODES_MAX
from common.messages.message import Request, encode_reply
from common.messages.patients import (
    Cancel,
    ClinicQueueRequest,
    ListClinics,
    ListHospitals,
    Register,
    TicketStatusRequest,
)
from common.messages.problems import Problem, ProblemCode
from common.messages.request_parsing import FIELD_ERRORS_MAX, RequestRefused, parse_request

REQUEST_TYPES: dict[str, type[Request]] = {
    each.name: each
    for each in (Register, Cancel, ListHospitals, ListClinics, TicketStatusRequest, ClinicQueueRequest)
}

REGISTER = {
    "hospital": "RSHS",
    "clinic": "GIG",
    "medical_record_number": "00123456",
    "name": "Siti Aminah",
    "date_of_birth": "1990-01-31",
}
"""The example of the design."""

JSON = "application/json"


def parse(name: str, body: Mapping[str, Any] | bytes, content_type: str | None = JSON) -> Request:
    """The request in a message of this type."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse_request(REQUEST_TYPES, name, content_type, content)


def refused(name: str | None, body: Mapping[str, Any] | bytes, content_type: str | None = JSON) -> Problem:
    """The refusal of a message that cannot be read."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(RequestRefused) as error:
        parse_request(REQUEST_TYPES, name, content_type, content)
    return error.value.problem


def answer_to(name: str, body: bytes) -> Problem | None:
    """The refusal, if it is refused."""
    try:
        parse(name, body)
    except RequestRefused as error:
        return error.problem
    return None


# --- requests that are understood -----------------------------------------------------------------------


def test_a_registration_is_read_as_the_design_writes_it() -> None:
    assert parse("register", REGISTER) == Register(
        hospital="RSHS",
        clinic="GIG",
        medical_record_number="00123456",
        name="Siti Aminah",
        date_of_birth="1990-01-31",  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("00-12-34-56", "00123456"),
        ("00.12.34 56", "00123456"),
        ("ab/123", "AB123"),
        ("1" * 20, "1" * 20),
    ],
)
def test_a_medical_record_number_is_read_without_its_separators(written: str, read: str) -> None:
    request = parse("register", {**REGISTER, "medical_record_number": written})
    assert isinstance(request, Register)
    assert request.medical_record_number == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("  Siti   Aminah ", "Siti Aminah"),
        ("Andre\u0301", "Andr\u00e9"),
        ("Nur'aini binti H. Abd. Syukur-Putri", "Nur'aini binti H. Abd. Syukur-Putri"),
        ("ꦱꦶꦠꦶ", "ꦱꦶꦠꦶ"),
        ("R2-D2", "R2-D2"),
        ("x" * 100, "x" * 100),
    ],
)
def test_a_name_is_read_with_single_spaces_in_composed_form(written: str, read: str) -> None:
    request = parse("register", {**REGISTER, "name": written})
    assert isinstance(request, Register)
    assert request.patient_name == read


def test_ticket_codes_are_read_in_their_canonical_form() -> None:
    request = parse("ticket_status", {"ticket_codes": ["7k3f-9qxm-2t5r", "O123 4567 89LI"]})
    assert request == TicketStatusRequest(ticket_codes=["7K3F9QXM2T5R", "012345678911"])


@pytest.mark.parametrize("content_type", [None, "application/json", "application/json; charset=utf-8"])
def test_a_body_is_json_with_or_without_saying_so(content_type: str | None) -> None:
    assert parse("list_hospitals", b"{}", content_type) == ListHospitals()


# --- requests that are refused --------------------------------------------------------------------------

BAD_FIELDS = [
    ("hospital", "rshs"),
    ("hospital", "R"),
    ("hospital", "RSHS.GIG.TOO"),
    ("hospital", "RSHS\n"),
    ("hospital", "RS#"),
    ("hospital", "ＲＳＨＳ"),
    ("hospital", 1234),
    ("hospital", None),
    ("hospital", ["RSHS"]),
    ("clinic", ""),
    ("clinic", "*"),
    ("clinic", "GIGIGIGIGIG"),
    ("medical_record_number", ""),
    ("medical_record_number", "-"),
    ("medical_record_number", "1" * 21),
    ("medical_record_number", "1" + "-" * 40),
    ("medical_record_number", "1234';--"),
    ("medical_record_number", "12\u000034"),
    ("medical_record_number", "१२३४"),
    ("medical_record_number", "\u00df1"),
    ("medical_record_number", "\ufb011"),
    ("medical_record_number", 123456),
    ("name", ""),
    ("name", "   "),
    ("name", "12345"),
    ("name", "Siti\nAminah"),
    ("name", "Siti\u0000Aminah"),
    ("name", "Siti\u202eAminah"),
    ("name", "Siti\u200bAminah"),
    ("name", "x" * 101),
    ("name", "x" * 5_000),
    ("name", {"first": "Siti"}),
    ("date_of_birth", "31-01-1990"),
    ("date_of_birth", "1990-1-31"),
    ("date_of_birth", "1990-02-30"),
    ("date_of_birth", "0000-01-01"),
    ("date_of_birth", "19900131"),
    ("date_of_birth", "1990-01-31T00:00:00"),
    ("date_of_birth", "१९९०-०१-३१"),
    ("date_of_birth", 633744000),
    ("date_of_birth", None),
]


@pytest.mark.parametrize(("field", "value"), BAD_FIELDS)
def test_a_bad_field_is_named_and_what_stood_in_it_is_not_repeated(field: str, value: Any) -> None:
    answer = refused("register", {**REGISTER, field: value})
    assert answer.code is ProblemCode.INVALID_REQUEST
    assert answer.detail == f"Correct {field}."
    assert [each.field for each in answer.errors] == [field]
    assert answer.errors[0].message
    if isinstance(value, str) and len(value.strip()) > 3:
        assert value not in encode_reply(answer).decode()


@pytest.mark.parametrize("field", sorted(REGISTER))
def test_a_missing_field_is_named(field: str) -> None:
    answer = refused("register", {name: value for name, value in REGISTER.items() if name != field})
    assert answer.code is ProblemCode.INVALID_REQUEST
    assert [each.field for each in answer.errors] == [field]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("cancel", {}),
        ("cancel", {"ticket_code": "7K3F-9QXM-2T5U"}),
        ("cancel", {"ticket_code": 7}),
        ("cancel", {"ticket_code": "7K3F-9QXM-2T5R" + " " * 40}),
        ("ticket_status", {"ticket_codes": []}),
        ("ticket_status", {"ticket_codes": "7K3F-9QXM-2T5R"}),
        ("ticket_status", {"ticket_codes": ["7K3F-9QXM-2T5R", "nobody"]}),
        ("ticket_status", {"ticket_codes": ["7K3F-9QXM-2T5R"] * (TICKET_CODES_MAX + 1)}),
        ("list_clinics", {"hospital": "RSHS", "open_only": "yes"}),
        ("list_clinics", {"hospital": "RSHS", "open_only": 1}),
        ("clinic_queue", {"hospital": "RSHS"}),
    ],
)
def test_every_kind_of_request_is_checked(name: str, body: dict[str, Any]) -> None:
    answer = refused(name, body)
    assert answer.code is ProblemCode.INVALID_REQUEST
    assert answer.errors


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"register"',
        b"{",
        b"{'hospital': 'RSHS'}",
        b"\xff\xfe{}",
        b'{"hospital": "\xe9"}',
        b'{"hospital": "\\ud800"}',
        b'{"hospital": NaN}',
        b"[" * 5000,
        b'{"a":' * 100,
        b'{"a":' * 1600,
        b"\x00" * 10,
        b"\xef\xbb\xbf{}",
        b"9" * 5000,
    ],
)
def test_what_is_not_one_json_object_is_refused(body: bytes) -> None:
    answer = refused("register", body)
    assert answer.code is ProblemCode.INVALID_REQUEST


def test_a_member_that_no_request_has_is_told_apart_from_what_cannot_be_read() -> None:
    answer = refused("register", {**REGISTER, "operator": "Loket 1"})
    assert answer.code is ProblemCode.INVALID_REQUEST
    assert answer.detail == "Send one JSON object with the members of this request, and no others."
    assert "operator" not in encode_reply(answer).decode()


@pytest.mark.parametrize("first", ['"RSHS"', '"RSUD"', "null", "NaN", "[[]]", '{"hospital":{}}'])
def test_a_member_that_stands_there_twice_is_named(first: str) -> None:
    body = f'{{"hospital":{first},{json.dumps(REGISTER)[1:]}'.encode()
    answer = refused("register", body)
    assert answer.code is ProblemCode.INVALID_REQUEST
    assert answer.detail == "Correct hospital."
    assert [each.field for each in answer.errors] == ["hospital"]


def test_nesting_deeper_than_any_body_may_be_is_refused_unread() -> None:
    for opening, closing in (b"[", b"]"), (b'{"a":', b"}"):
        body = opening * 100_000 + b"0" + closing * 100_000
        assert refused("register", body).code is ProblemCode.MESSAGE_TOO_LARGE


def test_the_name_of_an_unknown_field_is_not_repeated_either() -> None:
    answer = refused("register", {**REGISTER, "Siti Aminah": "00123456"})
    assert answer.code is ProblemCode.INVALID_REQUEST
    told = encode_reply(answer).decode()
    assert "Siti" not in told
    assert "00123456" not in told


@pytest.mark.parametrize("name", [None, "", "registe", "Register", "call_next", "problem", "x" * 255])
def test_an_unknown_request_is_told_the_known_ones(name: str | None) -> None:
    answer = refused(name, REGISTER)
    assert answer.code is ProblemCode.UNKNOWN_REQUEST
    assert "register, cancel" in answer.detail


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "", "application/json; charset=x"])
def test_another_content_type_is_refused(content_type: str) -> None:
    answer = refused("list_hospitals", b"{}", content_type)
    assert answer.code is ProblemCode.INVALID_REQUEST
    assert "application/json" in answer.detail


def test_a_body_that_is_too_long_is_refused_unread() -> None:
    just_short_enough = b"{" + b" " * (BODY_BYTES_MAX - 2) + b"}"
    assert parse("list_hospitals", just_short_enough) == ListHospitals()
    assert refused("list_hospitals", just_short_enough + b" ").code is ProblemCode.MESSAGE_TOO_LARGE


def test_a_refusal_lists_a_limited_number_of_errors() -> None:
    answer = refused("register", {**REGISTER, **{f"field{number}": number for number in range(100)}})
    assert len(answer.errors) == FIELD_ERRORS_MAX


def test_a_body_with_hundreds_of_members_is_not_read() -> None:
    answer = refused("register", {**REGISTER, **{f"x{number}": 0 for number in range(130)}})
    assert answer.code is ProblemCode.INVALID_REQUEST
    assert answer.errors == []
    assert "no others" in answer.detail


_SECRET = "Rahasia5417"
_json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.just(_SECRET),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.just(_SECRET), children),
    max_leaves=5,
)


@given(
    st.sampled_from(sorted(REQUEST_TYPES)),
    st.dictionaries(
        st.sampled_from([*REGISTER, "ticket_code", "ticket_codes", "open_only", _SECRET]), _json_values
    ),
)
def test_nothing_that_a_sender_wrote_appears_in_the_refusal(name: str, body: dict[str, Any]) -> None:
    told = answer_to(name, json.dumps(body).encode())
    assert told is None or _SECRET not in encode_reply(told).decode()


@given(st.binary(max_size=200))
def test_whatever_arrives_is_read_or_refused(body: bytes) -> None:
    for name in REQUEST_TYPES:
        told = answer_to(name, body)
        assert told is None or told.code is ProblemCode.INVALID_REQUEST
