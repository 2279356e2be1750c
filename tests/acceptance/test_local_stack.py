"""`antrean-stack`: everything on this machine by one command, and nothing of it left by one Ctrl-C."""

import os
import re
import signal
import socket
import stat
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from common.settings import STACK_FILE, clock_environment
from tests.acceptance.command_line import Shell
from tests.acceptance.conftest import nothing_personal_in
from tests.builders import in_bandung
from tests.deployment import Patient, personal_data_in, ticket_codes_in
from tests.processes import PATIENT, Program, eventually


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A user's shell in which nothing says where the broker is."""
    folders = {
        "ANTREAN_STACK_DIR": str(tmp_path / "stack"),
        "ANTREAN_DATA_DIR": str(tmp_path / "data"),
    }
    return Shell(tmp_path, folders | PATIENT)


@pytest.fixture
def stack_dir(shell: Shell) -> Iterator[Path]:
    """Where the stack keeps everything; whatever a failed test leaves running there is ended."""
    folder = Path(shell.variables["ANTREAN_STACK_DIR"])
    yield folder
    for group in process_groups(folder):
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def process_groups(stack_dir: Path) -> set[int]:
    """The groups of all processes that the stack has started last: each child leads one."""
    return {int(path.read_text()) for path in stack_dir.rglob("*.pid")}


def is_over(group: int) -> bool:
    """Whether no process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def up(shell: Shell, name: str) -> Program:
    """Starts `antrean-stack up` on Monday at nine in Bandung, and waits until it says what to try.

    Who uses the stack learns from it what time it is there.
    """
    clock = clock_environment(in_bandung("09:00"), datetime.now(UTC), speed=1.0)
    program = shell.start(name, "antrean-stack", "up", **clock)
    eventually(
        lambda: "Antrean is running" in program.output or program.exit_code is not None,
        f"the stack is up\n{program.output[-2000:]}",
    )
    assert program.exit_code is None, program.output
    return program


def interrupted(program: Program, stack_dir: Path) -> None:
    """Presses Ctrl-C, and checks that nothing is left."""
    groups = process_groups(stack_dir)
    assert len(groups) >= 9, "six workers, two web processes and a broker"
    program.send(signal.SIGINT)
    assert program.ends() == 0, program.output
    eventually(lambda: all(map(is_over, groups)), "everything has ended")
    assert not (stack_dir / STACK_FILE).exists()


def pages_of(program: Program) -> list[str]:
    """The addresses of web pages that it has printed."""
    return sorted({*re.findall(r"http://127\.0\.0\.1:\d+/", program.output)})


def statuses(shell: Shell) -> list[dict[str, Any]]:
    """All tickets of this user, without the estimates, which move with the clock."""
    moving = {"estimated_wait_seconds", "estimated_call_at", "earliest_call_at", "latest_call_at"}
    found = shell.antrean("tickets", "--json").json
    return [{name: value for name, value in ticket.items() if name not in moving} for ticket in found]


def test_the_stack_stops_and_goes_on_where_it_was(shell: Shell, stack_dir: Path) -> None:
    first = up(shell, "first")
    assert "Monday, 23 November 2026 at 09:0" in first.output, "what is open then is said"
    assert "antrean-events tail --from first" in first.output
    assert stat.S_IMODE((stack_dir / STACK_FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(stack_dir.stat().st_mode) == 0o700
    # RabbitMQ's own files are in folders that are ours alone.
    own = [each for each in (*stack_dir.iterdir(), *(stack_dir / "workers").iterdir()) if each.is_file()]
    names = {
        "antrean.db",
        "antrean.db-wal",
        "registry.key",
        "web.secret",
        "registrar-1.log",
        "web.log",
        "board.log",
    }
    assert {each.name for each in own} >= names
    assert {each: stat.S_IMODE(each.stat().st_mode) for each in own} == dict.fromkeys(own, 0o600)
    assert {stat.S_IMODE(each.stat().st_mode) for each in stack_dir.iterdir() if each.is_dir()} == {0o700}
    assert len(shell.antrean("hospitals", "--json").json) >= 4
    for page in pages_of(first):
        assert httpx.get(f"{page}readyz").text == "ready\n"
        assert "RSUP Dr. Hasan Sadikin" in httpx.get(page).text
    warnings = [
        each for each in shell.run("antrean-admin", "doctor", "--json").json["checks"] if each["advice"]
    ]
    assert [each["check"] for each in warnings] == ["clocks"], warnings
    numbers = register_while_a_registrar_is_killed(shell, first, stack_dir)
    assert numbers == list(range(1, len(numbers) + 1))
    refused = shell.run("antrean-stack", "up")
    assert refused.exit_code != 0
    assert str(stack_dir) in refused.stderr
    eventually(lambda: [each["status"] for each in statuses(shell)].count("called") == 1, "one room is busy")
    before = statuses(shell)

    interrupted(first, stack_dir)
    assert shell.antrean("tickets", "--json").problem(69)["code"] == "temporarily_unavailable"
    ports = [urlsplit(page).port for page in pages_of(first)]
    with socket.create_server(("127.0.0.1", ports[0] or 0)):
        second = up(shell, "second")

    assert ports[0] not in [urlsplit(page).port for page in pages_of(second)], "another one is taken instead"
    assert statuses(shell) == before
    assert shell.register("RSHS", "JIW")["number"] == len(numbers) + 1
    interrupted(second, stack_dir)
    logs = "".join(path.read_text() for path in (stack_dir / "workers").glob("*.log"))
    assert logs
    assert not personal_data_in(logs)
    assert not ticket_codes_in(logs, shell.ticket_codes)
    nothing_personal_in(Shell(Path(shell.variables["ANTREAN_DATA_DIR"]), {}))


def register_while_a_registrar_is_killed(shell: Shell, stack: Program, stack_dir: Path) -> list[int]:
    """Twelve patients register one after another at two shells; the numbers printed."""
    patients = [Patient() for _ in range(12)]

    def register(index: int) -> int:
        if index == len(patients) // 2:
            os.kill(int((stack_dir / "workers" / "registrar-1.pid").read_text()), signal.SIGKILL)
        return int(shell.register("RSHS", "JIW", patients[index])["number"])

    with ThreadPoolExecutor(2) as pool:
        numbers = sorted(pool.map(register, range(len(patients))))
    stack.prints("registrar-1 died and is started again")
    return numbers


_SHORT_DEMO = """
import local_stack.demo as demo
demo._SHOW_SECONDS, demo._ARRIVALS_SECONDS = 3.0, 2.0
from local_stack.__main__ import main
main()
"""


@pytest.mark.long
def test_the_demonstration_ends_by_itself_and_leaves_nothing(shell: Shell, tmp_path: Path) -> None:
    """Shortened; whole it takes the better part of a minute."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    program = Program(
        "demo",
        [sys.executable, "-c", _SHORT_DEMO, "demo"],
        shell.environment | {"TMPDIR": str(folder)},
        tmp_path,
    )
    groups: set[int] = set()

    def over() -> bool:
        with suppress(OSError, ValueError):
            groups.update(process_groups(folder))
        return program.exit_code is not None

    eventually(over, f"the demonstration ends\n{program.output[-2000:]}")

    assert program.exit_code == 0, program.output
    assert len(groups) >= 9, "six workers, two web processes and a broker"
    assert len(pages_of(program)) == 2, "their addresses are told while it runs"
    assert all(map(is_over, groups))
    assert list(folder.iterdir()) == []
    assert "\x1b" not in program.output, "plain lines where there is no terminal"
    assert "median" in program.output
