"""Where antrean-web is said to be, and whether what is found there is to be trusted."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from antrean_client.errors import (
    Refusal,
    ServerRefused,
    SettingsError,
)
from antrean_client.tls import TlsFiles, with_files
from antrean_client.web_client import WebClient
from tests.raw_receiver import raw_receiver
from tests.tls import authority, written
from tests.web_servers import (
    HOSPITALS,
    answer,
    ask,
    asking,
)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://",
            "https:///x",
            "ftp://antrean.example/",
            "antrean.example",
            "https://antrean.example:x/",
        ),
        *(
            "https://siti:secret@antrean.example/",
            "https://antrean.example/?a=1",
            "https://antrean.example/#a",
        ),
        *(
            "https://antrean.example/a b",
            "https://antrean.example:0/",
            "https://rs\u00e9.example/",
            "https://[::1/",
        ),
        *(
            "http://antrean.example/",
            "http://192.168.1.5/",
            "http://127.0.0.1.example/",
            "http://2130706433/",
        ),
    ],
)
def test_an_address_that_cannot_be_used(url: str) -> None:
    with pytest.raises(SettingsError, match="ANTREAN_URL cannot be used: write https://") as raised:
        WebClient(url)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("path", ["", "/", "/antrean", "/antrean/"])
def test_below_a_path(path: str) -> None:
    with (
        raw_receiver(answer(200, HOSPITALS)) as server,
        WebClient(f"http://localhost:{server.port}{path}") as client,
    ):
        ask(client)
    first, *headers = server.requests[0].decode().split("\r\n")
    assert first == f"GET {path.rstrip('/')}/api/v1/hospitals HTTP/1.1"
    assert f"Host: localhost:{server.port}" in headers


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    with asking(answer(200, HOSPITALS)) as (_, client):
        assert ask(client).body == HOSPITALS


@contextmanager
def asking_over_tls(
    directory: Path, trusted: TlsFiles | None = None, host: str = "localhost", *, expired: bool = False
) -> Iterator[WebClient]:
    made = authority(expired=expired)
    files = written(directory, "server", made, made.of_server(["localhost"]))
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(str(files.certificate), files.key)
    with raw_receiver(answer(200, HOSPITALS), shown) as server:
        url = with_files(f"https://{host}:{server.port}/", trusted or TlsFiles(files.authorities))
        with WebClient(url) as client:
            yield client


def test_over_tls(tmp_path: Path) -> None:
    with asking_over_tls(tmp_path) as client:
        assert [ask(client).body, ask(client).body] == [HOSPITALS, HOSPITALS]


@pytest.mark.parametrize(
    ("host", "is_ours", "expired", "refusal"),
    [
        ("localhost", False, False, Refusal.CERTIFICATE),
        ("127.0.0.1", True, False, Refusal.HOST),
        ("localhost", True, True, Refusal.OUTDATED),
    ],
)
def test_a_certificate_that_is_not_to_be_trusted(
    tmp_path: Path, host: str, refusal: Refusal, *, is_ours: bool, expired: bool
) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(authority("other").certificate)
    trusted = None if is_ours else TlsFiles(str(other))
    with (
        asking_over_tls(tmp_path, trusted, host, expired=expired) as client,
        pytest.raises(ServerRefused) as raised,
    ):
        ask(client)
    assert raised.value.refusal is refusal
    assert not raised.value.sent_before


def test_tls_where_none_is_spoken() -> None:
    def speaks_plainly() -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=speaks_plainly, daemon=True).start()
        url = f"https://localhost:{server.getsockname()[1]}/"
        with WebClient(url) as client, pytest.raises(ServerRefused) as raised:
            ask(client)
    assert raised.value.refusal is Refusal.ENCRYPTION


def test_a_file_that_cannot_be_used() -> None:
    with pytest.raises(SettingsError, match=r"/nowhere/ca\.pem cannot be read"):
        WebClient(with_files("https://localhost/", TlsFiles("/nowhere/ca.pem")))
