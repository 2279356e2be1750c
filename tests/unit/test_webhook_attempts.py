"""One attempt to deliver a webhook, at receivers of every kind: real sockets, answers byte for byte."""

import base64
import hashlib
import hmac
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import Message
from email.parser import BytesHeaderParser
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from standardwebhooks import Webhook

from antrean_client.events import Event, read_event
from event_tap.webhooks.attempts import Answer, Attempts, NoAnswer
from event_tap.webhooks.endpoint import endpoint_of
from event_tap.webhooks.signing import Signer
from tests.journal_events import event
from tests.raw_receiver import Answer as RawAnswer
from tests.raw_receiver import raw_receiver, says, status
from tests.self_signed import self_signed

SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()
EVENT: Event = read_event(event("GIG", 1).body)


@contextmanager
def attempts_at(url: str, *allowed: str, seconds: float = 20) -> Iterator[Attempts]:
    with closing(Attempts(endpoint_of(url, allowed), Signer([SECRET]), seconds)) as attempts:
        yield attempts


def answer_of(answer: RawAnswer) -> Answer:
    with raw_receiver(answer) as receiver, local(receiver.port) as attempts:
        return attempts.send(EVENT)


@contextmanager
def local(port: int, seconds: float = 20) -> Iterator[Attempts]:
    with attempts_at(f"http://127.0.0.1:{port}/hooks?key=1", "127.0.0.1", seconds=seconds) as attempts:
        yield attempts


def reason_of(answer: RawAnswer, seconds: float = 20) -> str:
    with (
        raw_receiver(answer) as receiver,
        local(receiver.port, seconds) as attempts,
        pytest.raises(NoAnswer) as failed,
    ):
        attempts.send(EVENT)
    return str(failed.value)


def headers_of(request: bytes) -> Message:
    return BytesHeaderParser().parsebytes(request.partition(b"\r\n")[2])


def test_what_arrives_is_signed_as_the_specification_says() -> None:
    with raw_receiver(status(204)) as receiver, local(receiver.port) as attempts:
        assert attempts.send(EVENT) == (204, None)
        port = receiver.port
    (request,) = receiver.requests
    assert request.startswith(b"POST /hooks?key=1 HTTP/1.1\r\n")
    body = request.partition(b"\r\n\r\n")[2]
    assert body == EVENT.body
    headers = headers_of(request)
    assert headers["host"] == f"127.0.0.1:{port}"
    assert headers["content-type"].startswith("application/cloudevents+json")
    assert headers["webhook-id"] == EVENT.id
    content = f"{EVENT.id}.{headers['webhook-timestamp']}.".encode() + body
    by_hand = base64.b64encode(hmac.new(bytes(32), content, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{by_hand}"
    Webhook(SECRET).verify(body, dict(headers.items()))


def test_a_kept_connection_is_used_again_and_replaced_where_it_has_ended() -> None:
    with raw_receiver(status(200)) as receiver, local(receiver.port) as attempts:
        for _ in range(3):
            assert attempts.send(EVENT).status == 200
        assert (receiver.connections, len(receiver.requests)) == (1, 3)

    def once(connection: socket.socket) -> None:
        status(200)(connection)
        connection.close()

    with raw_receiver(once) as receiver, local(receiver.port) as attempts:
        for _ in range(3):
            assert attempts.send(EVENT).status == 200
        assert (receiver.connections, len(receiver.requests)) == (3, 3)


@pytest.mark.parametrize("code", [200, 202, 299, 301, 400, 404, 410, 429, 500, 503])
def test_any_status_is_an_answer(code: int) -> None:
    assert answer_of(status(code)) == (code, None)


def test_what_comes_after_a_first_answer_is_not_that_of_the_next_attempt() -> None:
    requests = 0

    def early(connection: socket.socket) -> None:
        nonlocal requests
        requests += 1
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        time.sleep(0.2)
        status(200 if requests == 1 else 500)(connection)

    with raw_receiver(early) as receiver, local(receiver.port) as attempts:
        assert [attempts.send(EVENT).status, attempts.send(EVENT).status] == [103, 103]
    assert receiver.connections == 2


def test_a_redirect_is_not_followed() -> None:
    with raw_receiver(status(200)) as elsewhere:
        where = f"Location: http://127.0.0.1:{elsewhere.port}/"
        for code in (301, 302, 303, 307, 308):
            assert answer_of(status(code, where)).status == code
        assert not elsewhere.connections


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("-5", None),
        ("1e9", None),
        ("soon", None),
        ("", None),
        ("9" * 30, None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("Wed, 21 Oct 99999999999999999999 07:28:00 GMT", None),
        ("Wed, 21 Oct 2015 07:28:00 +9999999999", None),
    ],
)
def test_when_to_come_again(given: str, seconds: float | None) -> None:
    assert answer_of(status(503, f"Retry-After: {given}")).retry_after == seconds


def test_when_to_come_again_by_a_date() -> None:
    later = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 600))
    asked = answer_of(status(503, f"Retry-After: {later}")).retry_after
    assert asked is not None
    assert 500 < asked <= 600


def test_a_huge_answer_is_not_read() -> None:
    sent = 0

    def huge(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        while True:
            sent += connection.send(b"x" * 65536)

    assert answer_of(huge).status == 200
    assert sent < 50_000_000


def test_an_endless_answer_in_chunks_is_not_read() -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    assert answer_of(endless).status == 200


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00\xff\xfe\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 99 Low\r\n\r\n",
        b"HTTP/1.1 1000 High\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 1_000 + b"\r\n",
    ],
)
def test_an_answer_that_is_no_http(answer: bytes) -> None:
    assert reason_of(says(answer)) == "the answer of 127.0.0.1 is no HTTP"


def test_a_broken_rest_of_an_answer_does_not_matter() -> None:
    broken = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n"
    assert answer_of(says(broken)).status == 200
    assert answer_of(says(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n")).status == 200
    assert answer_of(says(b"HTTP/1.0 200 OK\r\n\r\n")).status == 200


def test_a_receiver_that_closes_the_connection() -> None:
    assert reason_of(lambda connection: connection.close()).endswith(
        "closed the connection without an answer"
    )

    def reset(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()

    assert reason_of(reset).endswith("closed the connection without an answer")


def test_a_receiver_that_is_silent_or_slow_has_one_time_limit() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            time.sleep(0.1)
            connection.sendall(b"x")

    def go_on(connection: socket.socket) -> None:
        while True:
            time.sleep(0.05)
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    for answer in (lambda _: time.sleep(5), drip, go_on):
        begin = time.monotonic()
        assert reason_of(answer, seconds=0.6) == "no answer within 0.6 s"
        assert time.monotonic() - begin < 4


def test_a_slow_rest_is_not_waited_for_longer_and_the_answer_counts() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
        while True:
            time.sleep(0.1)
            connection.sendall(b"x")

    with raw_receiver(drip) as receiver, local(receiver.port, 0.6) as attempts:
        assert attempts.send(EVENT).status == 200


def test_nobody_listens_or_the_name_is_unknown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with local(port) as attempts, pytest.raises(NoAnswer, match="cannot be reached"):
        attempts.send(EVENT)
    for host in ("papan.invalid", "x" * 64 + ".example", "a..example"):
        with (
            attempts_at(f"https://{host}/") as attempts,
            pytest.raises(NoAnswer, match=r"the name .* is not known"),
        ):
            attempts.send(EVENT)


def test_a_name_that_points_elsewhere_by_the_second_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: what was looked up is what is connected to, and each connection looks up again."""
    asked: list[str] = []
    connected: list[Any] = []
    with raw_receiver(status(200)) as receiver:

        def found(host: str, port: int, **_: Any) -> list[Any]:
            asked.append(host)
            address = "8.8.8.8" if len(asked) == 1 else "127.0.0.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, receiver.port))]

        def connect(_: socket.socket, address: Any) -> None:
            connected.append(address[0])
            raise ConnectionRefusedError

        monkeypatch.setattr(socket, "getaddrinfo", found)
        monkeypatch.setattr(socket.socket, "connect", connect, raising=False)
        with attempts_at("https://papan.example/") as attempts:
            with pytest.raises(NoAnswer, match="cannot be reached"):
                attempts.send(EVENT)
            with pytest.raises(NoAnswer, match=r"points into the private network \(127.0.0.1\)"):
                attempts.send(EVENT)
        assert (asked, connected) == (["papan.example"] * 2, ["8.8.8.8"])
        assert not receiver.connections


def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    assert answer_of(status(200)).status == 200


def test_certificates_are_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = self_signed(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(own)
    with raw_receiver(status(200), tls) as receiver:
        url, by_number = f"https://localhost:{receiver.port}/", f"https://127.0.0.1:{receiver.port}/"
        with (
            attempts_at(url, "localhost") as attempts,
            pytest.raises(NoAnswer, match="certificate of localhost is not trusted"),
        ):
            attempts.send(EVENT)
        monkeypatch.setenv("SSL_CERT_FILE", str(own))
        with attempts_at(url, "localhost") as attempts:
            assert attempts.send(EVENT).status == 200
            assert attempts.send(EVENT).status == 200
        with (
            attempts_at(by_number, "127.0.0.1") as attempts,
            pytest.raises(NoAnswer, match=r"certificate of 127\.0\.0\.1 is not trusted"),
        ):
            attempts.send(EVENT)
        assert len(receiver.requests) == 2
    with (
        raw_receiver(status(200)) as receiver,
        attempts_at(f"https://localhost:{receiver.port}/", "localhost", seconds=2) as attempts,
        pytest.raises(NoAnswer),
    ):
        attempts.send(EVENT)


def test_tls_that_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"220 no TLS here\r\n")
                time.sleep(1)

        Thread(target=greet, daemon=True).start()
        url = f"https://localhost:{server.getsockname()[1]}/"
        with (
            attempts_at(url, "localhost") as attempts,
            pytest.raises(NoAnswer, match="no TLS connection to localhost"),
        ):
            attempts.send(EVENT)
