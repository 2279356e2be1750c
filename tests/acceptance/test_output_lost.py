"""What was done and could not be printed is told on standard error, by every command that changes things."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from typing import get_args

import click
import pytest

from admin_cli.program import antrean_admin
from clinic_desk.program import antrean_desk
from common.messaging.topology import DEAD_QUEUE
from common.settings import Role
from event_tap.program import antrean_events
from patient_cli.program import antrean
from tests.acceptance.command_line import Done, Shell, register_words
from tests.acceptance.conftest import shell_of
from tests.acceptance.desks import ClinicDesk, desk_at
from tests.deployment import Deployment, Patient, personal_data_in
from tests.forked import BIN
from tests.processes import ended

NOT_PRINTED = 74

READING = {
    *("antrean hospitals", "antrean clinics", "antrean status", "antrean tickets", "antrean watch"),
    *("antrean-desk console", "antrean-desk queue", "antrean-desk report", "antrean-desk accuracy"),
    *("antrean-desk find", "antrean-desk ticket", "antrean-desk history"),
    *("antrean-desk login", "antrean-desk logout", "antrean-desk whoami"),
    *("antrean-events tail", "antrean-events replay", "antrean-events forward", "antrean-events receive"),
    *("antrean-admin staff list", "antrean-admin access-log", "antrean-admin integrator list"),
    *("antrean-admin catalog show", "antrean-admin doctor", "antrean-admin check-integrity"),
    *("antrean-admin ticket", "antrean-admin top"),
    *(
        "antrean-admin dead-letters list",
        "antrean-admin dead-letters show",
        "antrean-admin patients count",
        "antrean-admin export-patient",
    ),
}
CHANGING_PATIENT = ("register", "cancel")
CHANGING_DESK: dict[str, tuple[tuple[str, ...], str]] = {
    "rooms": (("3",), "GIG"),
    "register": ((), "GIG-"),
    "next": (("--room", "1"), "GIG-001"),
    "skip": (("2",), "GIG-002"),
    "recall": (("1",), "GIG-001"),
    "start": (("1",), "GIG-001"),
    "undo": (("--room", "1"), "GIG-001"),
    "complete": (("1",), "GIG-001"),
    "send": (("1", "--to", "INT"), "INT-"),
    "priority": (("3", "--reason", "pregnancy"), "GIG-003"),
    "transfer": (("2", "--to", "INT"), "INT-"),
    "no-show": (("3",), "GIG-003"),
    "reinstate": (("3",), "GIG-003"),
    "call": (("3", "--room", "1", "--reason", "results"), "GIG-003"),
    "park": (("3",), "GIG-003"),
    "unpark": (("3",), "GIG-003"),
    "correct": (("3", "--dob", "19-07-1991"), "GIG-003"),
    "cancel": (("3", "--reason", "duplicate"), "GIG-003"),
    "away": (("--reason", "meeting"), "GIG"),
    "back": ((), "GIG"),
    "close": ((), "GIG"),
    "open": ((), "GIG"),
    "mode": (("clock",), "GIG"),
}
"""In this order, from three patients who wait: what follows the clinic, and what has to be told."""
CHANGING_ADMIN: dict[str, tuple[str, ...]] = {
    "migrate": (),
    "catalog apply": ("catalog.toml",),
    "patients import": ("RSHS", "patients.csv"),
    "patients remove": ("RSHS", "--all", "--yes"),
    "staff add": ("rina", "--hospital", "RSHS", "--role", "caller"),
    "staff change": ("rina", "--hospital", "RSHS", "--role", "reception"),
    "staff disable": ("rina",),
    "integrator add": ("papan", "--bind", "RSHS.*.ticket.called"),
    "integrator rotate": ("papan",),
    "integrator remove": ("papan",),
    "broker declare": (),
    "broker definitions": ("--output", "definitions.json"),
    "certificates dev": ("--directory", "tls"),
    "dead-letters retry": ("--all",),
    "dead-letters drop": ("--all", "--yes"),
    "republish": ("--since", "365d"),
    "purge": ("--older-than", "90d"),
    "erase-patient": ("RSHS", "00123456", "--yes"),
}

CHANGING_EVENTS: dict[str, tuple[str, ...]] = {"new-secret": ("webhook.secret",)}


def commands_of(program: str, group: click.Group) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands_of(f"{program} {name}", command)
        else:
            yield f"{program} {name}"


def test_every_command_is_known_to_change_something_or_not() -> None:
    changing = {
        *(f"antrean {name}" for name in CHANGING_PATIENT),
        *(f"antrean-desk {name}" for name in CHANGING_DESK),
        *(f"antrean-admin {name}" for name in CHANGING_ADMIN),
        *(f"antrean-events {name}" for name in CHANGING_EVENTS),
    }
    groups = {
        "antrean": antrean,
        "antrean-desk": antrean_desk,
        "antrean-admin": antrean_admin,
        "antrean-events": antrean_events,
    }
    known = {each for program, group in groups.items() for each in commands_of(program, group)}
    assert known == changing | READING
    assert not changing & READING


@contextmanager
def full_disk() -> Iterator[int]:
    with Path("/dev/full").open("wb") as file:
        yield file.fileno()


@contextmanager
def reader_gone() -> Iterator[int]:
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


Outlet = Callable[[], AbstractContextManager[int]]


def run_into(outlet: Outlet, shell: Shell, program: str, *words: str, **settings: str) -> Done:
    """Runs a program whose standard output takes nothing."""
    with outlet() as stdout:
        done = ended([str(BIN / program), *words], shell.environment | settings, shell.directory, stdout)
    return Done(done.returncode, "", done.stderr)


def newest(shell: Shell) -> dict[str, str]:
    ticket: dict[str, str] = shell.antrean("tickets", "--json").json[-1]
    return ticket


@pytest.mark.parametrize("form", ["--lang=id", "--lang=en", "--json"])
@pytest.mark.parametrize("outlet", [full_disk, reader_gone])
def test_a_ticket_that_could_not_be_printed(shell: Shell, outlet: Outlet, form: str) -> None:
    somebody = Patient()
    done = run_into(outlet, shell, "antrean", *register_words("RSHS", "ANA", somebody), form)

    ticket = newest(shell)
    assert done.exit_code == NOT_PRINTED, done
    assert ticket["ticket_code"] in done.stderr
    assert ticket["display_number"] in done.stderr
    assert not personal_data_in(done.stderr)
    assert "Traceback" not in done.stderr
    if form == "--json":
        problem = json.loads(done.stderr)
        assert problem["done"][0]["ticket_code"] == ticket["ticket_code"]
        assert problem["code"] == "internal_error"

    cancelled = run_into(outlet, shell, "antrean", "cancel", ticket["ticket_code"], form)
    assert cancelled.exit_code == NOT_PRINTED, cancelled
    assert ticket["display_number"] in cancelled.stderr
    assert newest(shell)["status"] == "cancelled"


def test_a_standard_output_that_is_closed(shell: Shell) -> None:
    words = register_words("RSHS", "ANA", Patient())
    done = shell.run("/bin/sh", "-c", 'exec "$0" "$@" >&-', str(BIN / "antrean"), *words)

    assert done.exit_code == NOT_PRINTED
    assert newest(shell)["ticket_code"] in done.stderr


def test_a_standard_error_that_takes_nothing_hides_no_result(shell: Shell) -> None:
    data = Path(shell.variables["ANTREAN_DATA_DIR"])
    data.mkdir()
    (data / "tickets.json").write_text("damaged")
    words = register_words("RSHS", "ANA", Patient())
    command = ["/bin/sh", "-c", 'exec "$0" "$@" 2>/dev/full', str(BIN / "antrean"), *words, "--json"]
    done = subprocess.run(
        command, env=shell.environment, cwd=shell.directory, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["status"] in ("waiting", "called")


@pytest.mark.parametrize(("outlet", "exit_code"), [(full_disk, NOT_PRINTED), (reader_gone, 141)])
def test_where_nothing_was_done_there_is_nothing_to_tell(
    shell: Shell, outlet: Outlet, exit_code: int
) -> None:
    done = run_into(outlet, shell, "antrean", "hospitals", "--lang", "en")

    assert done.exit_code == exit_code
    assert "What has been done" not in done.stderr
    assert bool(done.stderr) == (exit_code == NOT_PRINTED)


@pytest.mark.parametrize(("clinic", "form"), [("GIG", "--lang=en"), ("MAT", "--json")])
def test_whatever_a_desk_did(
    system: Deployment, shell: Shell, tmp_path: Path, clinic: str, form: str
) -> None:
    desk = desk_at(system, tmp_path, "RSHS", clinic)
    desk.moved_by_staff(1)
    for _ in range(3):
        shell.register("RSHS", clinic)

    for command, (words, told) in CHANGING_DESK.items():
        if command == "register":
            regular = Patient(date_of_birth=date(1990, 7, 19))  # without priority, so that they come last
            words = tuple(register_words("RSHS", clinic, regular)[3:])
        if command == "no-show":
            desk.do("next", "--room", "2")
        done = unprinted(desk, command, *words, form)
        assert told.replace("GIG", clinic) in done.stderr, (command, done)
        assert not personal_data_in(done.stderr)
        if form == "--json":
            assert json.loads(done.stderr)["done"], command


def unprinted(desk: ClinicDesk, command: str, *words: str) -> Done:
    done = run_into(full_disk, desk.shell, "antrean-desk", command, desk.hospital, desk.clinic, *words)
    assert done.exit_code == NOT_PRINTED, (command, done)
    return done


@pytest.mark.parametrize("form", ["--lang=en", "--json"])
def test_whatever_an_operator_did(system: Deployment, tmp_path: Path, form: str) -> None:
    shell = shell_of(system, tmp_path)
    shell.register("RSHS", "ANA")  # so that there is an event to be published again
    own = system.environment("deploy", ANTREAN_DATABASE_URL=f"sqlite:///{tmp_path / 'own.sqlite'}")
    own |= {f"ANTREAN_PASSWORD_{role.upper()}": "x" for role in get_args(Role)}
    own["ANTREAN_REGISTRY_KEY"] = "k" * 32
    catalog = Path(__file__).parents[2] / "local_stack" / "sample_catalog.toml"
    (tmp_path / "catalog.toml").write_text(catalog.read_text())
    (tmp_path / "patients.csv").write_text("00123456,1990-01-31\n")
    for command, words in CHANGING_ADMIN.items():
        settings = own
        if command.startswith("dead-letters"):
            with system.channel() as channel:
                channel.basic_publish("", DEAD_QUEUE, b"{}")
        if command == "republish":
            settings = system.environment("deploy")
        done = run_into(full_disk, shell, "antrean-admin", *command.split(), *words, form, **settings)
        assert done.exit_code == NOT_PRINTED, (command, done)
        if form == "--json":
            assert json.loads(done.stderr)["done"], command
        else:
            assert "What has been done:" in done.stderr, (command, done)


@pytest.mark.parametrize("form", ["--lang=en", "--json"])
def test_whatever_an_integrator_did(shell: Shell, form: str) -> None:
    for command, words in CHANGING_EVENTS.items():
        done = run_into(full_disk, shell, "antrean-events", command, *words, form)
        assert done.exit_code == NOT_PRINTED, (command, done)
        assert words[0] in done.stderr
        assert "whsec_" not in done.stderr
