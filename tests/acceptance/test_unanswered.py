"""Nobody answers, or the queue is full: the command says so, and which command repeats it safely."""

import json
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.command_line import Done, Shell, register_words
from tests.acceptance.conftest import both_ways
from tests.acceptance.desks import desk_at, journal
from tests.deployment import Deployment, Patient, full_queue
from tests.tcp_proxy import proxy_to
from tests.workers.proxied_registrars import ticket_numbers

IMPATIENT = {"ANTREAN_REPLY_TIMEOUT_SECONDS": "3"}
"""For a command that gets no answer; a busy machine may take a second to connect."""


@pytest.fixture
def workers_come_back(no_workers: Deployment) -> Iterator[Deployment]:
    """The deployment, in which the test starts workers; they are stopped afterwards."""
    yield no_workers
    no_workers.stop(but="web")


@pytest.mark.parametrize(
    ("way", "form", "clinic"),
    [("amqp", "--json", "INT"), ("amqp", "--verbose", "ANA"), ("https", "--json", "SAR")],
)
def test_a_registration_without_an_answer_is_repeated_by_the_command_in_the_message(
    workers_come_back: Deployment, shell_without_workers: Shell, form: str, clinic: str
) -> None:
    shell = shell_without_workers
    unanswered = shell.antrean(*register_words("RSHS", clinic, Patient()), form, **IMPATIENT)
    command = repeat_command(unanswered)
    assert "--request-id" in command

    workers_come_back.start_consuming("registrar")
    first, second = shell.line(command), shell.line(command)

    assert (first.exit_code, second.exit_code) == (0, 0)
    if form == "--json":
        assert first.json["number"] == 1
        assert first.json["ticket_code"] == second.json["ticket_code"]
    assert ticket_numbers(workers_come_back, clinic) == [1]
    workers_come_back.start_consuming("status")
    (ticket,) = shell.antrean("tickets", "--json").json
    assert ticket["display_number"] == f"{clinic}-001"


def repeat_command(done: Done) -> str:
    """The command that a message gives."""
    if done.stderr.startswith("{"):
        problem = done.problem(75)
        assert problem["code"] in ("temporarily_unavailable", "busy")
        return str(problem["repeat_command"])
    return done.sentence(75).splitlines()[-1].strip()


@both_ways
def test_a_full_queue(no_workers: Deployment, shell_without_workers: Shell, way: str) -> None:
    patience = (
        IMPATIENT if way == "amqp" else {"ANTREAN_REPLY_TIMEOUT_SECONDS": "6"}
    )  # antrean-web tries, too
    with full_queue(no_workers):
        busy = shell_without_workers.antrean(*register_words("RSHS", "OBG", Patient()), "--json", **patience)

    assert busy.problem(75)["code"] == "busy"
    assert "--request-id" in repeat_command(busy)


@both_ways
def test_a_look_up_without_an_answer(shell_without_workers: Shell) -> None:
    done = shell_without_workers.antrean("status", "7K3F-9QXM-2T5R", "--json", **IMPATIENT)

    assert done.problem(75)["code"] == "temporarily_unavailable"


@both_ways
def test_a_cancellation_without_an_answer_names_the_command_that_tells(
    workers_come_back: Deployment, shell_without_workers: Shell
) -> None:
    (registrar,) = workers_come_back.start_consuming("registrar")
    ticket = shell_without_workers.register("RSHS", "BED")
    registrar.stop()

    done = shell_without_workers.antrean("cancel", ticket["ticket_code"], "--json", **IMPATIENT)
    command = repeat_command(done)
    workers_come_back.start_together({"registrar": 1, "status": 1})

    # The cancellation itself waits in the queue, and is carried out before the look-up is answered or not:
    # either state is true, and a repeated cancellation is harmless.
    found = json.loads(shell_without_workers.line(command).stdout)
    assert found[0]["status"] in ("waiting", "cancelled")


@pytest.mark.parametrize(("form", "clinic"), [("--json", "INT"), ("--lang=en", "ANA")])
def test_an_action_at_the_desk_without_an_answer_is_repeated_and_happens_once(
    workers_come_back: Deployment, tmp_path: Path, form: str, clinic: str
) -> None:
    desk = desk_at(workers_come_back, tmp_path, "RSHS", clinic)
    unanswered = desk.run("rooms", "7", form, **IMPATIENT)
    command = repeat_command(unanswered)

    workers_come_back.start_consuming("ticker")
    first, second = desk.shell.line(command), desk.shell.line(command)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.stdout == second.stdout
    happened = [event for event, _, _ in journal(workers_come_back, clinic)]
    assert happened.count("clinic.rooms_changed") == 1


def test_a_repetition_that_finds_no_broker_may_repeat_what_was_taken(
    shell_without_workers: Shell, tmp_path: Path
) -> None:
    words = [*register_words("RSHS", "OBG", Patient()), "--request-id", str(uuid.uuid4())]
    with proxy_to("amqp://127.0.0.1:1/") as nobody:
        nobody.refuse()
        url = nobody.url("amqp://patient:x@127.0.0.1/")
        again = shell_without_workers.antrean(*words, "--json", ANTREAN_AMQP_URL=url)
        first = shell_without_workers.antrean(*words[:-2], "--json", ANTREAN_AMQP_URL=url)

    assert words[-1] in repeat_command(again)
    assert "repeat_command" not in first.problem(69), "it was never sent"


@pytest.mark.parametrize("program", ["antrean", "antrean-desk"])
def test_a_clock_that_is_late_is_told_and_by_how_much(
    workers_come_back: Deployment, shell_without_workers: Shell, tmp_path: Path, program: str
) -> None:
    late = datetime.fromisoformat(shell_without_workers.variables["ANTREAN_CLOCK_STARTS_AT"]) - timedelta(
        hours=2
    )
    settings = {"ANTREAN_CLOCK_STARTS_AT": late.isoformat()}
    if program == "antrean":
        workers_come_back.start_consuming("registrar")
        words, shell = register_words("RSHS", "OBG", Patient()), shell_without_workers
    else:
        workers_come_back.start_consuming("ticker")
        words, shell = (
            ["rooms", "RSHS", "OBG", "9"],
            desk_at(workers_come_back, tmp_path, "RSHS", "OBG").shell,
        )

    problem = shell.run(program, *words, "--json", **settings).problem()
    sentence = shell.run(program, *words, "--lang", "en", **settings).sentence()

    assert problem["code"] == "request_expired"
    assert abs(problem["clock_behind_seconds"] - 7200) < 600
    assert "clock is 2 h" in sentence or "clock is 1 h 5" in sentence
