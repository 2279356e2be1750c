"""Requests over HTTPS and their answers, sent again where none comes: real sockets, answers byte for byte."""

import json
import socket
import stat
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from antrean_client import web_client
from antrean_client.errors import (
    BrokerUnavailable,
    MessagingError,
    NoQueue,
    NoReply,
    ProblemReply,
    RequestNotTaken,
    ServerUnavailable,
    TooManyRequests,
)
from antrean_client.patient import PatientClient
from antrean_client.web_client import WebClient
from patient_cli.device_names import KeptDeviceNames
from tests.raw_receiver import Answer as RawAnswer
from tests.raw_receiver import raw_receiver, says, status
from tests.web_servers import (
    HOSPITALS,
    HTML,
    REGISTER,
    TICKET,
    answer,
    ask,
    asking,
    failed,
    hangs_up,
    in_turn,
    problem_of,
    refusal,
    stays_silent,
)


def test_answers_come_over_one_connection() -> None:
    with asking(answer(200, HOSPITALS)) as (server, client):
        assert [ask(client).name, ask(client).body] == ["hospitals", HOSPITALS]
        assert server.connections == 1


MARKED = {"hospital": "a/b", "clinic": "x?\r\ny"}


@pytest.mark.parametrize(
    ("name", "body", "line"),
    [
        ("list_hospitals", {}, "GET /api/v1/hospitals"),
        ("list_hospitals", {"after": "RSHS"}, "GET /api/v1/hospitals?after=RSHS"),
        ("list_clinics", {"hospital": "R", "limit": 5}, "GET /api/v1/hospitals/R/clinics?limit=5"),
        ("clinic_queue", {"hospital": "RSHS", "clinic": "G"}, "GET /api/v1/hospitals/RSHS/clinics/G/queue"),
        ("clinic_queue", {"hospital": "..", "clinic": ""}, "GET /api/v1/hospitals/%21%21/clinics/%21/queue"),
        ("clinic_queue", MARKED, "GET /api/v1/hospitals/a%21b/clinics/x%21%21%21y/queue"),
        ("register", REGISTER, "POST /api/v1/tickets"),
        ("ticket_status", {"ticket_codes": ["7K3F-9QXM-2T5R"]}, "POST /api/v1/tickets/status"),
        ("cancel", {"ticket_code": "7K3F 9QXM 2T5R"}, "POST /api/v1/tickets/7K3F%209QXM%202T5R/cancel"),
        ("cancel", {"ticket_code": "7" * 2000}, f"POST /api/v1/tickets/{'7' * 64}/cancel"),
        ("cancel", {"ticket_code": "\udcff"}, "POST /api/v1/tickets/%21/cancel"),
    ],
)  # fmt: skip
def test_a_request_as_it_is_written(name: str, body: dict[str, Any], line: str) -> None:
    request_id = str(uuid.uuid4())
    with asking(refusal(404, problem_of("ticket_not_found"))) as (server, client):
        assert client.call(name, body, timeout_seconds=20, request_id=request_id).name == "problem"
    head, _, sent = server.requests[0].partition(b"\r\n\r\n")
    first, *headers = head.decode().split("\r\n")
    assert first == f"{line} HTTP/1.1"
    names = [each.partition(":")[0] for each in headers]
    is_change = name in ("register", "cancel")
    assert (f"Idempotency-Key: {request_id}" in headers) == is_change
    assert ("Antrean-Requested-At" in names) == is_change
    assert "Accept-Language: en" in headers
    assert json.loads(sent or b"{}") == (body if name in ("register", "ticket_status") else {})


def test_a_refusal_is_the_workers_own() -> None:
    told = problem_of("already_registered", ticket={**TICKET, "ticket_code": None})
    with asking(refusal(409, told)) as (_, client), pytest.raises(ProblemReply) as raised:
        client.ask("register", REGISTER, timeout_seconds=20)
    assert raised.value.problem == told


def test_a_patients_program_asks_an_antrean_web_as_it_asks_a_broker() -> None:
    with (
        raw_receiver(answer(200, HOSPITALS)) as server,
        PatientClient(f"http://127.0.0.1:{server.port}") as antrean,
    ):
        (hospital,) = antrean.list_hospitals()
    assert (hospital.code, hospital.open_clinics) == ("RSHS", 10)


def test_the_name_of_the_device_is_sent_from_then_on(tmp_path: Path) -> None:
    named = answer(200, HOSPITALS, "Antrean-Device: gAAA_x-1")
    with raw_receiver(in_turn(named, answer(200, HOSPITALS, "Antrean-Device: a b"))) as server:
        for _ in range(2):
            with WebClient(f"http://127.0.0.1:{server.port}/", None, KeptDeviceNames(tmp_path)) as client:
                ask(client)
                ask(client)
    sent = [b"Antrean-Device: gAAA_x-1\r\n" in each for each in server.requests]
    assert sent == [False, True, True, True]
    assert stat.S_IMODE((tmp_path / "device.json").stat().st_mode) == 0o600
    assert KeptDeviceNames(tmp_path).read("127.0.0.1:1") is None, "another server"


NOT_KEPT = ["", "{", "[]", '{"server": "a", "name": "x\\r\\ny"}', '{"server": "b", "name": "x"}', "\x00"]


@pytest.mark.parametrize("content", NOT_KEPT)
def test_a_name_that_was_not_kept_as_it_should_be(tmp_path: Path, content: str) -> None:
    (tmp_path / "device.json").write_text(content)
    names = KeptDeviceNames(tmp_path)
    assert names.read("a") is None
    names.keep("a", "new")
    assert KeptDeviceNames(tmp_path).read("a") == "new"


def test_where_nothing_can_be_kept_the_program_goes_on(tmp_path: Path) -> None:
    names = KeptDeviceNames(tmp_path / "device.json" / "no folder")
    (tmp_path / "device.json").write_text("")
    names.keep("a", "name")
    assert names.read("a") == "name"


def test_what_is_too_large_or_not_known_is_not_sent() -> None:
    with asking(answer(200, HOSPITALS)) as (server, client):
        told = client.call("register", {**REGISTER, "name": "a" * 9000}, timeout_seconds=20)
        assert told.body["code"] == "message_too_large"
        with pytest.raises(NoQueue):
            client.call("call_next", {}, timeout_seconds=20)
        assert server.connections == 0


@pytest.mark.parametrize("length", [True, False])
def test_an_answer_whose_end_is_the_connections(*, length: bool) -> None:
    body = json.dumps(HOSPITALS).encode()
    size = b"Content-Length: %d\r\n" % len(body) if length else b""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%sConnection: close\r\n\r\n" % size

    def then_close(connection: socket.socket) -> None:
        connection.sendall(head + body)
        hangs_up(connection)

    with asking(then_close) as (server, client):
        assert [ask(client).body, ask(client).body] == [HOSPITALS, HOSPITALS]
        assert server.connections == 2


# --- again, with the same id ----------------------------------------------------------------------------

HALF = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"ticket_code"'


@pytest.mark.parametrize(
    "trouble",
    [
        hangs_up,
        status(502),
        status(503),
        status(504, "Retry-After: 0"),
        answer(502, HTML, kind="text/html"),
        refusal(503, problem_of("busy"), "Retry-After: 1"),
        refusal(504, problem_of("no_answer")),
        refusal(429, problem_of("too_many_requests"), "Retry-After: 1"),
        says(HALF),
    ],
)
def test_a_request_is_sent_again_with_the_same_id(trouble: RawAnswer) -> None:
    def then_ends(connection: socket.socket) -> None:
        trouble(connection)
        hangs_up(connection)

    request_id = str(uuid.uuid4())
    with asking(in_turn(then_ends, answer(201, TICKET))) as (server, client):
        told = client.call("register", REGISTER, timeout_seconds=20, request_id=request_id)
    assert (told.name, told.request_id, told.body) == ("ticket", request_id, TICKET)
    assert len(server.requests) == 2
    assert len(set(server.requests)) == 1
    assert request_id.encode() in server.requests[0]


def test_a_server_that_stays_silent_is_asked_over_another_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_client, "ATTEMPT_SECONDS_MAX", 0.5)
    with asking(in_turn(stays_silent, answer(200, HOSPITALS))) as (server, client):
        assert ask(client).body == HOSPITALS
        assert server.connections == 2


def test_a_connection_that_was_let_go_of_meanwhile() -> None:
    def once(connection: socket.socket) -> None:
        answer(200, HOSPITALS)(connection)
        hangs_up(connection)

    with asking(once) as (_, client):
        assert [ask(client).name for _ in range(3)] == ["hospitals"] * 3


def test_who_asks_to_be_left_alone_is() -> None:
    busy = refusal(503, problem_of("busy"), "Retry-After: 1")
    with asking(in_turn(busy, answer(200, HOSPITALS))) as (
        _,
        client,
    ):
        assert ask(client).elapsed_seconds >= 1


# --- nobody answers -------------------------------------------------------------------------------------


def test_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with WebClient(f"http://127.0.0.1:{port}") as client, pytest.raises(ServerUnavailable) as raised:
        ask(client)
    assert f"127.0.0.1:{port} cannot be reached" in str(raised.value)
    assert not raised.value.sent_before


def test_a_name_that_nobody_has() -> None:
    with (
        WebClient("https://antrean.invalid/") as client,
        pytest.raises(ServerUnavailable, match=r"antrean\.invalid"),
    ):
        ask(client)


@pytest.mark.parametrize(
    ("given", "kind", "sent_before"),
    [
        (hangs_up, NoReply, False),
        (stays_silent, NoReply, False),
        (status(502), NoReply, False),
        (refusal(504, problem_of("no_answer")), NoReply, False),
        (refusal(503, problem_of("busy"), "Retry-After: 60"), RequestNotTaken, False),
        (refusal(503, problem_of("unavailable"), "Retry-After: 60"), BrokerUnavailable, False),
        (answer(503, HTML, kind="text/html"), BrokerUnavailable, False),
        (in_turn(status(504), refusal(503, problem_of("busy"))), NoReply, False),
        (in_turn(hangs_up, refusal(429, {}, "Retry-After: 60")), TooManyRequests, True),
    ],
)
def test_the_time_is_up(given: RawAnswer, kind: type[MessagingError], *, sent_before: bool) -> None:
    error = failed(given, 1, name="register")
    assert type(error) is kind
    assert error.sent_before is sent_before


@pytest.mark.parametrize(
    ("header", "seconds"), [(["Retry-After: 60"], 60), (["Retry-After: soon"], None), ([], None)]
)
def test_too_many_requests(header: list[str], seconds: float | None) -> None:
    error = failed(answer(429, HTML, *header, kind="text/html"), 1)
    assert isinstance(error, TooManyRequests)
    assert error.retry_after_seconds == seconds


def test_nobody_waits_for_what_cannot_come_in_time() -> None:
    started = time.monotonic()
    failed(refusal(429, {}, "Retry-After: 60"), 20)
    assert time.monotonic() - started < 10


def test_an_answer_that_comes_byte_by_byte_is_not_waited_for() -> None:
    def slowly(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            connection.sendall(b"x")
            time.sleep(0.1)

    started = time.monotonic()
    assert isinstance(failed(slowly, 1), NoReply)
    assert time.monotonic() - started < 10
