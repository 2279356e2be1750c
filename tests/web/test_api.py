"""The interface for programs: each address, with real workers on a real broker, and ways to ask wrongly."""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from contract.openapi import openapi
from patient_web.api.problems import STATUSES
from tests.deployment import CLINICS, CLOSED_CLINIC, HOSPITAL, Deployment, Patient, personal_data_in
from tests.web.api_client import ApiClient, api_client, code_of
from tests.web.web_process import WebProcess, await_ready, start_web

ONE, TWO, THREE, FOUR, FIVE, SIX = CLINICS[:6]
UNKNOWN = "7K3F-9QXM-2T5R"
KEY = "0b54e0de-5b1c-4a30-8e6a-6b6c5f6f2a11"


@pytest.fixture(scope="module")
def process(hospital: Deployment) -> Iterator[WebProcess]:
    """The process that answers. Each test comes from an address of its own."""
    process = start_web(hospital, "web", ANTREAN_TRUSTED_PROXIES="127.0.0.1")
    await_ready(process)
    yield process
    assert process.program.stop() == 0


_addresses = iter(f"198.51.100.{number}" for number in range(1, 255))


@pytest.fixture
def api(process: WebProcess, hospital: Deployment) -> Iterator[ApiClient]:
    """Somebody who has not asked before. Nothing personal is told in any problem."""
    with api_client(process, hospital, **{"X-Forwarded-For": next(_addresses)}) as client:
        yield client
        assert not personal_data_in("".join(client.told))
        assert not any(code in text for text in client.told for code in hospital.ticket_codes)


def test_the_hospitals(api: ApiClient) -> None:
    answer = api.get("/hospitals")
    assert answer.status_code == 200
    assert [each["code"] for each in answer.json()["hospitals"]] == [HOSPITAL]
    assert api.get("/hospitals", params={"after": HOSPITAL}).json() == {"hospitals": [], "more": False}


def test_the_clinics_in_pages(api: ApiClient) -> None:
    first = api.get(f"/hospitals/{HOSPITAL}/clinics", params={"limit": 2}).json()
    assert (len(first["clinics"]), first["more"]) == (2, True)
    after = first["clinics"][-1]["code"]
    second = api.get(f"/hospitals/{HOSPITAL}/clinics", params={"limit": 1, "after": after}).json()
    assert second["clinics"][0]["code"] > after


@pytest.mark.parametrize(("open_only", "is_there"), [("true", False), ("false", True)])
def test_only_open_clinics(api: ApiClient, open_only: str, is_there: bool) -> None:
    found = api.get(f"/hospitals/{HOSPITAL}/clinics", params={"open_only": open_only}).json()["clinics"]
    assert (CLOSED_CLINIC in [each["code"] for each in found]) is is_there


def test_a_queue(api: ApiClient) -> None:
    api.ticket(ONE)
    queue = api.get(f"/hospitals/{HOSPITAL}/clinics/{ONE}/queue").json()
    assert (queue["clinic"], queue["is_open"]) == (ONE, True)


def test_a_ticket_is_taken_looked_up_and_given_up(api: ApiClient) -> None:
    ticket = api.ticket(TWO)
    code = ticket["ticket_code"]
    assert api.get(f"/tickets/{code}").json()["number"] == ticket["number"]
    found = api.post("/tickets/status", {"ticket_codes": [code, UNKNOWN]}).json()
    assert [each["ticket_code"] for each in found["tickets"]] == [code]
    assert found["not_found"] == [UNKNOWN]
    cancelled = api.post(f"/tickets/{code}/cancel", headers={"Idempotency-Key": str(uuid.uuid4())})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    again = api.post(f"/tickets/{code}/cancel", headers={"Idempotency-Key": str(uuid.uuid4())})
    assert code_of(again) == (409, "not_cancellable")


def test_one_key_takes_one_ticket_however_often_and_at_once(api: ApiClient) -> None:
    key, patient = str(uuid.uuid4()), Patient()
    with ThreadPoolExecutor(8) as pool:
        answers = [*pool.map(lambda _: api.register(THREE, patient, key), range(8))]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["ticket_code"] for answer in answers}) == 1
    quoted = api.register(THREE, patient, f'"{key.upper()}"')
    assert quoted.json()["ticket_code"] == answers[0].json()["ticket_code"]


def test_a_key_is_of_one_request(api: ApiClient) -> None:
    key = str(uuid.uuid4())
    assert api.register(FOUR, key=key).status_code == 201
    assert code_of(api.register(FOUR, key=key)) == (409, "request_id_reused")


@pytest.mark.parametrize(
    "key", [None, "", "1", "x" * 36, "{" + KEY + "}", KEY.replace("-", ""), str(uuid.UUID(int=0))]
)
def test_a_change_needs_a_key(api: ApiClient, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = api.post("/tickets", Patient().body(HOSPITAL, ONE), headers=headers)
    assert code_of(answer) == (400, "invalid_request")
    assert "Idempotency-Key" in answer.json()["detail"]


def test_a_request_that_was_made_long_ago_takes_no_number(api: ApiClient) -> None:
    answer = api.register(FIVE, headers={"Antrean-Requested-At": "1700000000"})
    assert code_of(answer) == (409, "request_expired")
    assert answer.json()["server_time"]


@pytest.mark.parametrize("moment", ["", "-1", "1e9", "99999999999999", "now", "99999999999"])
def test_a_moment_that_is_none(api: ApiClient, moment: str) -> None:
    assert code_of(api.register(FIVE, headers={"Antrean-Requested-At": moment})) == (400, "invalid_request")


def test_a_patient_who_is_registered_is_shown_the_ticket_without_its_code(api: ApiClient) -> None:
    patient = Patient()
    first = api.register(SIX, patient).json()
    answer = api.register(SIX, patient)
    assert code_of(answer) == (409, "already_registered")
    assert answer.json()["ticket"]["number"] == first["number"]
    assert first["ticket_code"] not in answer.text


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/hospitals/TIADA/clinics", (404, "hospital_not_found")),
        (f"/hospitals/{HOSPITAL}/clinics/TIADA/queue", (404, "clinic_not_found")),
        (f"/tickets/{UNKNOWN}", (404, "ticket_not_found")),
        (f"/tickets/{UNKNOWN}/events", (404, "ticket_not_found")),
        ("/tickets/abc", (422, "invalid_request")),
        ("/hospitals/rshs/clinics", (422, "invalid_request")),
        ("/hospitals?limit=0", (422, "invalid_request")),
        ("/hospitals?limit=many", (422, "invalid_request")),
        ("/hospitals?limit=1&limit=2", (400, "invalid_request")),
        ("/hospitals?surname=x", (400, "invalid_request")),
        (f"/hospitals/{HOSPITAL}/clinics?open_only=yes", (422, "invalid_request")),
        ("/streams/abc", (404, "stream_not_found")),
        ("/hospitals/", (404, "not_found")),
        ("/nowhere", (404, "not_found")),
        ("/tickets/a%0Ab", (404, "not_found")),
        ("/tickets/%00%2F..%2F", (404, "not_found")),
        ("", (404, "not_found")),
        ("/tickets", (405, "method_not_allowed")),
    ],
)
def test_what_cannot_be_had(api: ApiClient, path: str, expected: tuple[int, str]) -> None:
    assert code_of(api.get(path)) == expected


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_no_other_method(api: ApiClient, method: str) -> None:
    answer = api.noted(api.http.request(method, "/api/v1/hospitals"))
    assert code_of(answer) == (405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]
    assert "access-control-allow-origin" not in answer.headers


def test_a_head_is_a_get_without_its_body(api: ApiClient) -> None:
    answer = api.http.head("/api/v1/hospitals")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/json"
    ticket = api.ticket(ONE)
    events = api.http.head(f"/api/v1/tickets/{ticket['ticket_code']}/events")
    assert (events.status_code, events.content) == (200, b"")


_BODY = Patient().body(HOSPITAL, ONE)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({**_BODY, "name": "1234"}, (422, "invalid_request")),
        ({**_BODY, "name": ["x"]}, (422, "invalid_request")),
        ({**_BODY, "date_of_birth": "1990-02-30"}, (422, "invalid_request")),
        ({**_BODY, "Wulandari": 1}, (400, "invalid_request")),
        ({}, (422, "invalid_request")),
        ([], (400, "invalid_request")),
        (None, (400, "invalid_request")),
        ("x" * 9_000, (413, "message_too_large")),
        ("x" * 90_000, (413, "message_too_large")),
    ],
)
def test_a_body_that_is_wrong(api: ApiClient, body: Any, expected: tuple[int, str]) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": "application/json"}
    answer = api.noted(api.http.post("/api/v1/tickets", content=json.dumps(body), headers=headers))
    assert code_of(answer) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"a":' * 500,
        b'{"name":1,"name":2}',
        b"NaN",
        json.dumps(_BODY).encode("utf-16"),
    ],
)
def test_a_body_that_is_no_json(api: ApiClient, content: bytes) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": "application/json"}
    answer = api.noted(api.http.post("/api/v1/tickets", content=content, headers=headers))
    assert code_of(answer) in {(400, "invalid_request"), (422, "invalid_request")}


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
    ],
)
def test_only_json(api: ApiClient, content_type: str) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": content_type}
    answer = api.http.post("/api/v1/tickets", content=json.dumps(_BODY), headers=headers)
    assert code_of(api.noted(answer)) == (415, "unsupported_media_type")


def test_a_cancellation_has_no_body_of_its_own(api: ApiClient) -> None:
    code = api.ticket(ONE)["ticket_code"]
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    answer = api.post(f"/tickets/{code}/cancel", {"ticket_code": UNKNOWN}, headers=headers)
    assert code_of(answer) == (400, "invalid_request")
    assert api.post(f"/tickets/{code}/cancel", {}, headers=headers).status_code == 200


def test_problems_come_in_indonesian(api: ApiClient) -> None:
    speaks = {"Accept-Language": "id"}
    closed = api.register(CLOSED_CLINIC, headers=speaks)
    assert code_of(closed) == (409, "clinic_closed")
    assert closed.json()["detail"].startswith("Poli ini sedang tutup")
    assert closed.headers["content-language"] == "id"
    wrong = api.post(
        "/tickets", {**_BODY, "name": "1"}, headers={"Idempotency-Key": str(uuid.uuid4()), **speaks}
    )
    [error] = wrong.json()["errors"]
    assert error["field"] == "name"
    assert "huruf" in error["message"]
    assert "Kirim" in api.post("/tickets", _BODY, headers=speaks).json()["detail"]


def test_answers_are_kept_by_nobody(api: ApiClient) -> None:
    for answer in (api.get("/hospitals"), api.get("/nowhere"), api.register(ONE)):
        assert answer.headers["cache-control"] == "no-store"


def test_the_description_is_served_and_true_of_what_is_answered(api: ApiClient) -> None:
    served = api.get("/openapi.json").json()
    assert served == openapi()
    ticket = api.ticket(ONE)
    answers = {
        ("/hospitals", "get"): api.get("/hospitals"),
        ("/tickets/{ticket_code}", "get"): api.get(f"/tickets/{ticket['ticket_code']}"),
        ("/tickets/status", "post"): api.post("/tickets/status", {"ticket_codes": [ticket["ticket_code"]]}),
        ("/tickets", "post"): api.register(CLOSED_CLINIC),
    }
    for (path, method), answer in answers.items():
        responses = served["paths"][path][method]["responses"]
        content = responses[str(answer.status_code)]["content"][answer.headers["content-type"]]
        validator = Draft202012Validator({**content["schema"], "components": served["components"]})
        assert [*validator.iter_errors(answer.json())] == []


def test_every_problem_of_the_description_has_a_status(api: ApiClient) -> None:
    codes = openapi()["components"]["schemas"]["Problem"]["properties"]["code"]["x-known-values"]
    assert {*codes} == {*STATUSES}
    assert api.http is not None


def test_a_device_is_named_once_and_by_nothing_of_its_owner(api: ApiClient) -> None:
    first = api.get("/hospitals")
    token = first.headers["antrean-device"]
    assert "HttpOnly" in first.headers["set-cookie"]
    assert "antrean-device" not in api.get("/hospitals").headers
    with httpx.Client(base_url=api.http.base_url) as other:
        assert (
            "antrean-device" not in other.get("/api/v1/hospitals", headers={"Antrean-Device": token}).headers
        )
        forged = other.get("/api/v1/hospitals", headers={"Antrean-Device": token[:-4] + "AAAA"})
        assert "antrean-device" in forged.headers
