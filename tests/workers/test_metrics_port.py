"""The port at which a worker shows its metrics and its health, and how it is given."""

import socket
from pathlib import Path

from common.settings import Role
from tests.deployment import CLINICS, MODULES, Deployment
from tests.processes import Program, bare_environment, eventually
from tests.tcp_proxy import TcpProxy, proxy_to
from tests.workers.metrics_pages import Page, metrics_port, page
from tests.workers.requester import registration, requester

ROLES: tuple[Role, ...] = ("registrar", "ticker", "status")
OK = Page(200, "ok\n")


def becomes(port: int, path: str, status: int, words: str) -> None:
    """Waits until the page has this status and these words."""
    eventually(
        lambda: page(port, path).status == status and words in page(port, path).text,
        f"{path} has {status} and {words!r}: {page(port, path)}",
    )


def test_every_worker_shows_its_metrics_and_whether_it_can_work(
    proxied: Deployment, database_proxy: TcpProxy
) -> None:
    with proxy_to(proxied.urls["registrar"]) as broker:
        for role in ROLES:
            address = broker.url(proxied.urls[role])
            proxied.start(role, ANTREAN_AMQP_URL=address, ANTREAN_METRICS_PORT="0")
        ports = [metrics_port(program) for program in proxied.programs]

        assert len(set(ports)) == 3
        for role, port in zip(ROLES, ports, strict=True):
            becomes(port, "/readyz", 200, "ok")
            shown = page(port, "/metrics")
            assert shown.status == 200
            assert f'antrean_ready{{worker="{role}"}} 1.0' in shown.text
            assert "process_cpu_seconds_total" in shown.text
            assert page(port, "/livez") == OK
            assert page(port, "/readyz?verbose") == OK
            assert page(port, "/").status == 404

        database_proxy.refuse()
        database_proxy.cut()
        for port in ports:
            becomes(port, "/readyz", 503, "database does not answer")
            assert page(port, "/livez") == OK
        database_proxy.open()
        for port in ports:
            becomes(port, "/readyz", 200, "ok")

        broker.refuse()
        broker.cut()
        for port in ports:
            becomes(port, "/readyz", 503, "does not consume")
            assert page(port, "/livez") == OK
            assert 'antrean_links_lost_total{link="publisher"' in page(port, "/metrics").text
        broker.open()
        for port in ports:
            becomes(port, "/readyz", 200, "ok")
        for program in proxied.programs:
            assert program.stop() == 0


def test_the_broker_is_told_where_the_metrics_are(proxied: Deployment) -> None:
    with proxy_to(proxied.urls["registrar"]) as broker:
        program = proxied.start(
            "registrar", ANTREAN_AMQP_URL=broker.url(proxied.urls["registrar"]), ANTREAN_METRICS_PORT="0"
        )
        port = metrics_port(program)
        becomes(port, "/readyz", 200, "ok")

        for link in broker.links:
            # As AMQP writes a table: the name, its type (l: 64 bits, I: 32), the value.
            said = link.to_server.beginning
            assert b"\x0cmetrics_portI" + port.to_bytes(4) in said or (
                b"\x0cmetrics_portl" + port.to_bytes(8) in said
            )
            assert b"\x0fmetrics_addressS\0\0\0\x09127.0.0.1" in said
            assert b"\x04hostS" in said
            assert b"\x03pid" in said


def test_without_a_port_there_is_none(proxied: Deployment) -> None:
    with proxy_to(proxied.urls["registrar"]) as broker:
        proxied.start("registrar", ANTREAN_AMQP_URL=broker.url(proxied.urls["registrar"]))
        with requester(proxied) as patient:
            assert patient.call(registration(CLINICS[0])).name == "ticket"

        assert all(b"metrics_port" not in link.to_server.beginning for link in broker.links)
        assert "metrics" not in proxied.logs()


def test_a_port_that_is_taken_ends_the_start_with_a_sentence(tmp_path: Path, sqlite_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        good = {"ANTREAN_AMQP_URL": "amqp://nobody@127.0.0.1:1/", "ANTREAN_DATABASE_URL": sqlite_url}
        environment = bare_environment(tmp_path) | good | {"ANTREAN_METRICS_PORT": str(taken)}
        programs = [Program.module(role, MODULES[role], environment, tmp_path) for role in ROLES]

        for program in programs:
            assert program.ends() == 2
            assert program.output.strip() == (
                f"ANTREAN_METRICS_PORT cannot be used: no port {taken} at 127.0.0.1 (Address already in use)."
                " Give each worker of this machine a port of its own, or 0 for any that is free."
            )


def test_an_address_of_another_machine_cannot_be_had(tmp_path: Path, sqlite_url: str) -> None:
    good = {"ANTREAN_AMQP_URL": "amqp://nobody@127.0.0.1:1/", "ANTREAN_DATABASE_URL": sqlite_url}
    other = {"ANTREAN_METRICS_PORT": "0", "ANTREAN_METRICS_ADDRESS": "192.0.2.1"}
    program = Program.module("other", "status_responder", bare_environment(tmp_path) | good | other, tmp_path)

    assert program.ends() == 2
    assert "192.0.2.1" in program.output
