"""How workers start, or say in a sentence why they do not, and how they stop."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.messaging.topology import REGISTRAR_QUEUE, deploy
from common.settings import Role
from tests.broker import RunningBroker
from tests.database import sqlite_file
from tests.deployment import CLINICS, MODULES, Deployment, deployed
from tests.processes import Program, bare_environment, eventually
from tests.tcp_proxy import proxy_to
from tests.workers.event_tap import event_tap
from tests.workers.proxied_registrars import proxied_registrars
from tests.workers.requester import registration, requester

CLINIC = CLINICS[0]
NOBODY = "amqp://nobody@127.0.0.1:1/"
ROLES: tuple[Role, ...] = ("registrar", "ticker", "status")


@pytest.fixture
def deployment(broker: RunningBroker, sqlite_url: str, tmp_path: Path) -> Iterator[Deployment]:
    """A deployment with no worker yet."""
    with deployed(broker, sqlite_url, tmp_path) as deployment:
        yield deployment


def ended(programs: list[Program]) -> list[tuple[int, str]]:
    """The exit codes, and what was printed, of programs that were started together."""
    found = [(program.ends(), program.output.strip()) for program in programs]
    for _, printed in found:
        assert len(printed.splitlines()) == 1, printed
        assert "Traceback" not in printed
    return found


# --- start --------------------------------------------------------------------------------------------------


def test_without_the_right_tables_there_is_no_start(tmp_path: Path, sqlite_url: str) -> None:
    """Each says what is found, and which command helps."""
    found: dict[str, tuple[Role, str | None, str]] = {
        "empty": ("registrar", None, "antrean-admin migrate"),
        "older": ("ticker", "0000", "antrean-admin migrate"),
        "newer": ("status", "9999", "newer Antrean"),
    }
    programs = []
    for name, (role, revision, _) in found.items():
        path = tmp_path / f"{name}.sqlite"
        if revision is not None:
            shutil.copyfile(sqlite_url.removeprefix("sqlite:///"), path)
            with sqlite_file(path) as connection:
                connection.execute("UPDATE alembic_version SET version_num = ?", [revision])
        settings = {"ANTREAN_AMQP_URL": NOBODY, "ANTREAN_DATABASE_URL": f"sqlite:///{path}"}
        environment = bare_environment(tmp_path) | settings
        programs.append(Program.module(name, MODULES[role], environment, tmp_path))

    for (_, revision, advice), (exit_code, printed) in zip(found.values(), ended(programs), strict=True):
        assert exit_code == 1
        assert advice in printed
        assert (revision or "") in printed


def test_settings_that_cannot_be_used_are_named(tmp_path: Path, sqlite_url: str) -> None:
    good = {"ANTREAN_AMQP_URL": NOBODY, "ANTREAN_DATABASE_URL": sqlite_url}
    wrong: dict[str, dict[str, str]] = {
        "ANTREAN_AMQP_URL": {"ANTREAN_AMQP_URL": "http://nobody:geheim@127.0.0.1/"},
        "ANTREAN_DATABASE_URL": {"ANTREAN_DATABASE_URL": "mysql://nobody:geheim@127.0.0.1/antrean"},
        "ANTREAN_TICK_SECONDS": {"ANTREAN_TICK_SECONDS": "never"},
        "ANTREAN_CLOCK_STARTS_AT": {"ANTREAN_CLOCK_STARTS_AT": "2026-11-23T08:00:00"},
    }
    programs = [
        Program.module(
            name, MODULES[ROLES[index % 3]], bare_environment(tmp_path) | good | settings, tmp_path
        )
        for index, (name, settings) in enumerate(wrong.items())
    ]
    environment = bare_environment(tmp_path) | {"ANTREAN_AMQP_URL": NOBODY}
    programs.append(Program.module("ANTREAN_DATABASE_URL missing", "registrar_worker", environment, tmp_path))

    for program, (exit_code, printed) in zip(programs, ended(programs), strict=True):
        assert exit_code == 2, printed
        assert program.name.split()[0] in printed
        assert "geheim" not in printed


def test_a_worker_that_is_there_before_its_broker_waits_for_it(deployment: Deployment) -> None:
    with proxy_to(deployment.urls["registrar"]) as proxy:
        proxy.refuse()
        program = deployment.start("registrar", ANTREAN_AMQP_URL=proxy.url(deployment.urls["registrar"]))
        program.prints("link lost", times=2)

        proxy.open()

        deployment.await_consumers(REGISTRAR_QUEUE, 1)
        with requester(deployment) as patient:
            assert patient.call(registration(CLINIC)).name == "ticket"
        assert program.stop() == 0


def test_a_worker_that_is_there_before_its_queue_waits_for_it(deployment: Deployment) -> None:
    with deployment.channel() as channel:
        channel.queue_delete(REGISTRAR_QUEUE)
    try:
        deployment.start("registrar").prints("NOT_FOUND")
    finally:
        deploy(deployment.urls["deploy"])

    deployment.await_consumers(REGISTRAR_QUEUE, 1)
    with requester(deployment) as patient:
        assert patient.call(registration(CLINIC)).name == "ticket"


# --- stop -----------------------------------------------------------------------------------------------


def test_a_signal_stops_an_idle_worker(deployment: Deployment) -> None:
    deployment.start_together({"registrar": 1, "ticker": 1, "status": 1})

    for program, number in zip(
        deployment.programs, (signal.SIGTERM, signal.SIGINT, signal.SIGTERM), strict=True
    ):
        program.send(number)

    assert [program.ends() for program in deployment.programs] == [0, 0, 0]
    assert "Traceback" not in deployment.logs()
    deployment.await_consumers(REGISTRAR_QUEUE, 0)


def test_a_signal_lets_a_worker_finish_what_it_holds(deployment: Deployment) -> None:
    with (
        proxied_registrars(deployment, 1) as [(worker, proxy)],
        requester(deployment) as patient,
        event_tap(deployment) as tap,
    ):
        confirmations = proxy.link("publisher").to_client
        confirmations.hold()
        patient.call(registration(CLINIC))
        tap.until(lambda: len(tap.of(CLINIC)) == 1, "the event")

        worker.ask_to_stop()
        worker.prints("stopping")
        confirmations.release()

        assert worker.ends() == 0
        assert deployment.ready(REGISTRAR_QUEUE) == 0, "the request is settled"


def test_a_second_signal_ends_a_worker_at_once(deployment: Deployment) -> None:
    with proxied_registrars(deployment, 1) as [(worker, proxy)], requester(deployment) as patient:
        proxy.link("publisher").to_client.hold()
        request = registration(CLINIC)
        patient.call(request)

        worker.ask_to_stop()
        worker.prints("stopping")
        worker.ask_to_stop()

        assert worker.ends() == 128 + signal.SIGTERM
        proxy.cut()
        eventually(lambda: deployment.ready(REGISTRAR_QUEUE) == 1, "the request waits for somebody else")


def test_a_signal_stops_a_worker_whose_broker_is_away(deployment: Deployment) -> None:
    with proxied_registrars(deployment, 1) as [(worker, proxy)]:
        proxy.refuse()
        worker.prints("link lost", times=3)

        assert worker.stop() == 0
        assert "Traceback" not in worker.output
