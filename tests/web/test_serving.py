"""What holds for both web processes, whatever they answer: headers, languages, bounds, start and stop."""

import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from common.settings import Role, Settings, clock_environment
from common.web.security import HEAD_BYTES_MAX
from tests.deployment import CLINICS, HOSPITAL, Deployment, Patient
from tests.processes import SECONDS_MAX, eventually
from tests.web.web_process import IMPATIENT, MODULES, SECRET, WebProcess, await_ready, start_web


@pytest.fixture(scope="module", params=["web", "board"])
def process(request: pytest.FixtureRequest, hospital: Deployment) -> Iterator[WebProcess]:
    """One of each, after the other."""
    process = start_web(hospital, request.param)
    await_ready(process)
    yield process
    assert process.program.stop() == 0


@pytest.fixture
def client(process: WebProcess) -> Iterator[httpx.Client]:
    """A browser without cookies."""
    with process.client() as client:
        yield client


def raw(process: WebProcess, sent: bytes) -> bytes:
    """All that comes back for these bytes, until the process closes the connection."""
    with socket.create_connection(("127.0.0.1", process.port), SECONDS_MAX) as connection:
        connection.sendall(sent)
        received = b""
        while part := connection.recv(65_536):
            received += part
    return received


@pytest.mark.parametrize("path", ["/livez", "/nowhere", "/static/nothing.css"])
def test_every_answer_has_the_headers_of_security(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "noindex" in headers["x-robots-tag"]
    assert "strict-transport-security" not in headers
    assert "server" not in headers


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ({}, "id"),
        ({"Accept-Language": "en-GB,en;q=0.9"}, "en"),
        ({"Accept-Language": "fr, id;q=0.3, en;q=0.5"}, "en"),
        ({"Accept-Language": "en;q=0"}, "id"),
        ({"Accept-Language": "en;q=much, \x7f;;;q=,"}, "id"),
        ({"Cookie": "language=en"}, "en"),
        ({"Cookie": "language=xx"}, "id"),
    ],
)
def test_the_language_is_the_browsers(
    process: WebProcess, client: httpx.Client, asked: dict[str, str], language: str
) -> None:
    is_television = process.program.name.startswith("board") and "Accept-Language" in asked
    expected = "id" if is_television else language
    assert client.get("/livez", headers=asked).headers["content-language"] == expected


def test_a_language_that_was_chosen_stays(client: httpx.Client) -> None:
    chosen = client.get("/livez?lang=en", headers={"Accept-Language": "id"})
    assert chosen.headers["content-language"] == "en"
    assert "HttpOnly" in chosen.headers["set-cookie"]
    assert client.get("/livez").headers["content-language"] == "en"


def test_nobody_but_a_trusted_proxy_says_who_the_client_is(client: httpx.Client) -> None:
    headers = client.get("/livez", headers={"X-Forwarded-Proto": "https"}).headers
    assert "strict-transport-security" not in headers


def test_a_trusted_proxy_says_that_tls_is_used(hospital: Deployment) -> None:
    process = start_web(hospital, "web", ANTREAN_TRUSTED_PROXIES="127.0.0.0/8")
    with process.client() as client:
        headers = client.get("/livez", headers={"X-Forwarded-Proto": "https"}).headers
    assert "strict-transport-security" in headers
    assert process.program.stop() == 0


REFUSED: dict[str, tuple[str, str, int, dict[str, Any]]] = {
    "no such page": ("GET", "/no/such/page/there", 404, {}),
    "another method": ("DELETE", "/", 405, {}),
    "no such file": ("GET", "/static/nothing.css", 404, {}),
    "a line break": ("GET", "/a%0Ab/c", 404, {}),
    "a long body": ("POST", "/", 413, {"content": b"x" * 100_000}),
    "a long head": ("GET", "/", 431, {"headers": {"X": "x" * (HEAD_BYTES_MAX + 1)}}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_page_is_answered_by_a_page_in_the_readers_language(
    client: httpx.Client, what: str
) -> None:
    method, path, status, given = REFUSED[what]
    sentences = set()
    for language in ("id", "en"):
        answer = client.request(method, path, params={"lang": language}, **given)
        assert answer.status_code == status
        assert f'<html lang="{language}"' in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        sentences.update(re.findall(r'(?:<h1>|role="alert"[^>]*>)([^<]*)', answer.text))
    assert len(sentences) >= 2


@pytest.mark.parametrize("method", ["POST", "PUT", "GET", "HEAD"])
def test_a_body_that_is_too_long_is_refused(client: httpx.Client, method: str) -> None:
    assert client.request(method, "/livez", content=b"x" * 100_000).status_code == 413


@pytest.mark.parametrize("length", [HEAD_BYTES_MAX + 1, 2 * HEAD_BYTES_MAX])
def test_a_head_that_is_too_long_is_refused(client: httpx.Client, length: int) -> None:
    assert client.get("/livez", headers={"X": "x" * length}).status_code == 431


def test_a_head_without_end_is_refused(process: WebProcess) -> None:
    answer = raw(process, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 4 * HEAD_BYTES_MAX)
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 431"))


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 40\r\n\r\n{",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"Upgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        b"\x00\r\n\r\n",
    ],
)
def test_strangers_leave_no_line_in_the_log(process: WebProcess, client: httpx.Client, rest: bytes) -> None:
    before = process.program.output
    with socket.create_connection(("127.0.0.1", process.port), SECONDS_MAX) as connection:
        connection.sendall(b"POST /livez HTTP/1.1\r\nHost: x\r\n" + rest)
    assert client.get("/livez").status_code == 200
    assert process.program.output == before


@pytest.mark.parametrize("role", ["web", "board"])
def test_who_never_finishes_the_head_of_a_request_is_let_go(hospital: Deployment, role: Role) -> None:
    process = start_web(hospital, role, module=IMPATIENT)
    assert raw(process, b"GET / HTTP/1.1\r\nHost: x\r\n") == b""
    assert process.program.stop() == 0


def test_a_port_that_is_taken_is_said_in_one_sentence(hospital: Deployment, process: WebProcess) -> None:
    settings = {"ANTREAN_WEB_PORT": str(process.port), "ANTREAN_WEB_SECRET": SECRET}
    taken = hospital.start("web", "patient_web", **settings)
    assert taken.ends() == 2
    assert taken.output.count("\n") == 1
    assert "ANTREAN_WEB_PORT" in taken.output


def test_it_starts_without_a_broker_and_is_not_ready(hospital: Deployment) -> None:
    process = start_web(hospital, "board", ANTREAN_AMQP_URL="amqp://board:x@127.0.0.1:1/")
    with process.client() as client:
        assert client.get("/livez").status_code == 200
        assert client.get("/readyz").status_code == 503
    assert process.program.stop() == 0


@pytest.mark.parametrize(("role", "named"), [("board", "web"), ("web", "board"), ("web", "patient")])
def test_the_user_of_another_program_is_refused_in_one_sentence(
    hospital: Deployment, role: Role, named: Role
) -> None:
    url = hospital.urls[named]
    started = hospital.start(role, MODULES[role], ANTREAN_AMQP_URL=url, ANTREAN_WEB_SECRET=SECRET)
    assert started.ends() == 2
    assert started.output == (
        f"antrean-{role} needs the broker's user {role}, and ANTREAN_AMQP_URL names {named};"
        f" set the address of {role}.\n"
    )


@pytest.mark.parametrize("role", ["web", "board"])
def test_a_clock_that_goes_wrong_is_said(hospital: Deployment, role: Role) -> None:
    now = Settings.read(hospital.variables).clock().now()
    late = clock_environment(now - timedelta(minutes=20), datetime.now(UTC), 1)
    process = start_web(hospital, role, 0, **late)
    with process.client() as client:
        eventually(lambda: "min behind the workers'" in client.get("/readyz").text, "it says so")
        assert client.get("/readyz").status_code == 503
        if role == "web":
            patient = Patient().body(HOSPITAL, CLINICS[0])
            refused = client.post("/api/v1/tickets", json=patient, headers={"Idempotency-Key": str(uuid4())})
            assert (refused.status_code, refused.json()["code"]) == (409, "request_expired")
    assert process.program.stop() == 0
