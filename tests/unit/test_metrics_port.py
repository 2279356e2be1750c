"""The port at which metrics are shown, without a worker behind it."""

import socket
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from http.client import HTTPConnection
from threading import Event

import pytest
from prometheus_client import Metric as Family
from prometheus_client.registry import Collector

from common.clock import SystemClock
from common.health import SILENT_SECONDS_MAX
from common.messaging.observer import WorkerFigures
from common.messaging.topology import REGISTRAR_QUEUE
from common.metrics import server
from common.metrics.metrics import Metrics
from common.metrics.server import CLIENTS_MAX, PAGES_MAX
from tests.processes import eventually


def figures(trouble: str | None = None, looked_seconds_ago: float = 0.0) -> WorkerFigures:
    """Those of a worker that has done nothing yet."""
    return WorkerFigures(
        trouble=trouble,
        looked_seconds_ago=looked_seconds_ago,
        unsettled={REGISTRAR_QUEUE: 0},
        unconfirmed=0,
        dead_letters=0,
        dead_letters_held=0,
        quarantined=0,
        events_dropped=0,
        links_lost={"publisher": 0},
        store_retries=0,
        taken_apart=0,
        surplus_refused={"antrean.patient": 2, "x" * 100: 3, "y": 4},
        oldest_waiting={REGISTRAR_QUEUE: datetime(1970, 1, 1, tzinfo=UTC)},
    )


@contextmanager
def shown(
    look: Callable[[], WorkerFigures], address: str = "127.0.0.1", others: Collection[Collector] = ()
) -> Iterator[int]:
    """The port of metrics that show what `look` returns, and what others collect."""
    metrics = Metrics("registrar", {REGISTRAR_QUEUE}, SystemClock(), lambda: 1, address, 0, others)
    metrics.begin(look)
    try:
        yield int(metrics.client_properties["metrics_port"])
    finally:
        metrics.end()


def get(port: int, path: str, address: str = "127.0.0.1", method: str = "GET") -> tuple[int, str]:
    """Status and text."""
    with closing(HTTPConnection(address, port, timeout=30)) as connection:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read().decode()


def test_a_worker_that_is_stuck_is_neither_alive_nor_ready() -> None:
    with shown(lambda: figures(looked_seconds_ago=SILENT_SECONDS_MAX + 1)) as port:
        for path in ("/livez", "/readyz"):
            status, said = get(port, path)
            assert status == 503
            assert "stuck" in said


def test_one_whose_broker_is_away_is_alive_and_not_ready() -> None:
    with shown(lambda: figures("It does not consume.")) as port:
        assert get(port, "/livez") == (200, "ok\n")
        assert get(port, "/readyz") == (503, "It does not consume.\n")


def test_a_name_that_nobody_knows_makes_no_label_and_a_false_clock_no_great_age() -> None:
    with shown(figures) as port:
        _, text = get(port, "/metrics")

    assert 'antrean_surplus_refused_total{exchange="other",worker="registrar"} 7.0' in text
    assert "xxx" not in text
    assert f'antrean_oldest_unanswered_seconds{{queue="{REGISTRAR_QUEUE}",worker="registrar"}} 900.0' in text


def test_only_what_is_there_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    with shown(figures) as port:
        capsys.readouterr()  # where they are shown
        assert get(port, "/etc/passwd")[0] == 404
        assert get(port, "/metrics", method="POST")[0] == 501
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"\x16\x03\x01 TLS is not spoken here\r\n\r\n")
            assert b"400" in client.recv(1000)
    assert capsys.readouterr() == ("", "")


def test_who_asks_slowly_keeps_nobody_out() -> None:
    with shown(figures) as port:
        for begun in (b"", b"G", b"GET /metrics HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nX: " + b"x" * 60_000):
            with connected(port, 2 * CLIENTS_MAX) as slow:
                for client in slow:
                    with suppress(OSError):  # the first ones have made room for the last
                        client.sendall(begun)
                for path in ("/livez", "/readyz", "/metrics"):
                    assert get(port, path)[0] == 200


def test_a_byte_now_and_then_keeps_nobody_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "REQUEST_SECONDS_MAX", 1)
    with shown(figures) as port, connected(port, 1) as [client]:
        client.settimeout(0.2)

        def is_let_go() -> bool:
            try:
                client.sendall(b"x")
                return client.recv(1) == b""
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        eventually(is_let_go, "who never asks is let go")


def test_what_waits_for_the_database_keeps_no_health_from_being_told() -> None:
    goes_on = Event()

    class Waiting(Collector):
        def collect(self) -> Iterator[Family]:
            goes_on.wait()
            return iter(())

    with shown(figures, others=[Waiting()]) as port, connected(port, 3 * PAGES_MAX) as scrapers:
        try:
            for client in scrapers:
                client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            eventually(lambda: get(port, "/metrics")[0] == 503, "no more are taken")
            for path in ("/livez", "/readyz"):
                assert get(port, path) == (200, "ok\n")
        finally:
            goes_on.set()
        eventually(lambda: get(port, "/metrics")[0] == 200, "they are again")


@contextmanager
def connected(port: int, count: int) -> Iterator[list[socket.socket]]:
    """So many clients."""
    with ExitStack() as clients:
        yield [
            clients.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            for _ in range(count)
        ]


def test_an_address_of_version_6() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with shown(figures, "::1") as port:
        assert get(port, "/livez", "::1")[0] == 200
