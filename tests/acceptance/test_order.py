"""The order of calls at a desk: a number out of turn, who is late, who is not ready, and who is elsewhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from clinic_desk.console.queue_list import QueueList
from tests.acceptance.command_line import Shell
from tests.acceptance.consoles import console, screen, shows
from tests.acceptance.desks import ClinicDesk, desk_at
from tests.deployment import Deployment, Patient


@pytest.fixture
def desk(system: Deployment, tmp_path: Path) -> Callable[[str], ClinicDesk]:
    """A desk that moves its queue."""
    return lambda clinic: desk_at(system, tmp_path, "RSHS", clinic).moved_by_staff(2)


@pytest.fixture(autouse=True)
def _integrity(system: Deployment, shell: Shell) -> Any:
    """After each test the database must be whole."""
    yield
    done = shell.run("antrean-admin", "check-integrity", "--json", **system.environment("deploy"))
    assert done.exit_code == 0, done.stdout


def arrive(shell: Shell, clinic: str, count: int) -> list[Patient]:
    """So many patients register."""
    patients = [Patient() for _ in range(count)]
    for each in patients:
        shell.register("RSHS", clinic, each)
    return patients


def test_by_commands(shell: Shell, desk: Callable[[str], ClinicDesk]) -> None:
    at_gig = desk("GIG")
    first, *_ = arrive(shell, "GIG", 5)
    at_gig.do("skip", "2")
    assert at_gig.numbers("waiting") == ["GIG-001", "GIG-003", "GIG-004", "GIG-005", "GIG-002"]
    at_gig.do("next", "--room", "1")
    at_gig.do("park", "1")
    assert at_gig.numbers("parked") == ["GIG-001"]
    assert "GIG-001" in at_gig.run("queue", "--lang", "id").stdout.split("Ditunda")[1]
    found = shell.antrean("tickets", "--json").json
    [code] = [each["ticket_code"] for each in found if each["display_number"] == "GIG-001"]
    card = shell.antrean("status", code, "--lang", "id").stdout
    assert "ditunda: lapor ke petugas bila sudah siap" in card
    called = at_gig.do("call", "4", "--room", "1", "--reason", "results")
    assert [each["event"] for each in called["changes"]] == ["ticket.called"]
    at_gig.do("unpark", "1")
    assert at_gig.numbers("waiting") == ["GIG-001", "GIG-003", "GIG-005", "GIG-002"]

    at_mat = desk("MAT")
    shell.register("RSHS", "MAT", first)
    done = at_gig.do("next", "--room", "2")
    assert done["ticket"]["display_number"] == "GIG-001"
    assert at_mat.queue()["waiting"][0]["elsewhere"]["clinic"] == "GIG"
    refused = at_mat.run("next", "--room", "1", "--lang", "id")
    assert refused.exit_code == 1
    assert "MAT-001 sedang di Poli Gigi, " in refused.stderr
    at_mat.do("next", "--room", "1", "--anyhow")
    assert at_mat.refused("call", "1", "--room", "1", "--reason", "doctor") == "not_permitted_now"


@pytest.mark.parametrize(
    ("language", "clinic", "other", "words"),
    [
        (
            "id",
            "INT",
            "ANA",
            (
                "{1} mundur di jalurnya.",
                "{2} ditunda; ruangnya kosong.",
                "Ditunda",
                "{2} menunggu lagi, paling depan di jalurnya.",
                "kembali dengan hasil pemeriksaan",
                "sedang di Poli",
                "Tetap panggil?",
                "{3} dipanggil ke",
            ),
        ),
        (
            "en",
            "THT",
            "OBG",
            (
                "{1} goes further back in its lane.",
                "{2} is on hold; the room is free.",
                "On hold",
                "{2} waits again, at the front of its lane.",
                "returns with results",
                "now in",
                "Call anyhow?",
                "{3} is called to",
            ),
        ),
    ],
)
def test_by_keys(
    system: Deployment,
    shell: Shell,
    desk: Callable[[str], ClinicDesk],
    language: str,
    clinic: str,
    other: str,
    words: tuple[str, ...],
) -> None:
    here, there = desk(clinic), desk(other)
    patients = arrive(shell, clinic, 5)
    late, on_hold, is_on_hold, ready, results, elsewhere, anyhow, is_called = (
        each.format("", f"{clinic}-001", f"{clinic}-002", f"{clinic}-003") for each in words
    )

    def called(number: str) -> str:
        """What is shown of a call, of a number that is in the lists before it."""
        return is_called.replace(f"{clinic}-003", number)

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, f"{clinic}-005")
        await goes_to(pilot, f"{clinic}-001")
        await pilot.press("l")
        await shows(pilot, late)
        await pilot.press("space")
        await shows(pilot, called(f"{clinic}-002"))
        await pilot.press("d")
        await shows(pilot, on_hold)
        await shows(pilot, is_on_hold)
        await goes_to(pilot, f"{clinic}-002")
        await pilot.press("d")
        await shows(pilot, ready)
        await goes_to(pilot, f"{clinic}-005")
        await pilot.press("f")
        await shows(pilot, results)
        await pilot.press("down", "enter")
        await shows(pilot, called(f"{clinic}-005"))
        shell.register("RSHS", other, patients[2])
        there.do("next", "--room", "1")
        await shows(pilot, elsewhere)
        await goes_to(pilot, f"{clinic}-003")
        await pilot.press("f", "enter")
        await shows(pilot, anyhow)
        await pilot.press("y")
        await shows(pilot, is_called)

    console(system, play, language=language, size=(100, 40), clinic=clinic)
    assert [each["display_number"] for each in here.queue()["in_rooms"]] == [f"{clinic}-003"]


async def goes_to(pilot: Pilot[None], number: str) -> None:
    """Moves the cursor down, and over the end to the top, until it is on this ticket."""
    queue = pilot.app.query_one(QueueList)
    for _ in range(queue.option_count):
        if queue.chosen is not None and queue.chosen["display_number"] == number:
            return
        await pilot.press("down")
    pytest.fail(f"{number} is not in\n{screen(pilot)}")
