"""The live console, driven by its keys, on a real broker with real workers."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from clinic_desk.signing_in import user_in
from common.terminal.screens.form import Form
from common.terminal.screens.questions import Choose, Confirm, Notice
from tests.acceptance.command_line import Shell
from tests.acceptance.consoles import becomes, console, screen, shows
from tests.acceptance.desks import ClinicDesk, desk_at
from tests.deployment import Deployment, Patient
from tests.tcp_proxy import proxy_to


def child(shell: Shell, clinic: str) -> dict[str, Any]:
    """A patient without priority registers."""
    return shell.register("RSHS", clinic, Patient())


@pytest.fixture
def desk(system: Deployment, tmp_path: Path) -> Callable[[str], ClinicDesk]:
    """A desk at a shell, to see what the console did."""
    return lambda clinic: desk_at(system, tmp_path, "RSHS", clinic).moved_by_staff(2)


def test_a_patient_is_called_and_served(
    system: Deployment, shell: Shell, desk: Callable[[str], ClinicDesk]
) -> None:
    at_shell = desk("GIG")
    for _ in range(3):
        child(shell, "GIG")

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "3 waiting")
        await pilot.press("2", "space")
        await shows(pilot, "GIG-001 is called to Ruang Gigi 2.")
        await shows(pilot, "▶ Ruang Gigi 2  GIG-001")
        await pilot.press("r")
        await shows(pilot, "GIG-001 is called again.")
        await pilot.press("s")
        await shows(pilot, "GIG-001 is being served.")
        await pilot.press("space")
        await shows(pilot, "You have just called.")
        await pilot.press("y")
        await shows(pilot, "GIG-002 is called to Ruang Gigi 2.")
        await shows(pilot, "▶ Ruang Gigi 2  GIG-002")
        await pilot.press("x")
        await shows(pilot, "GIG-002 did not come.")
        await pilot.press("z")
        await shows(pilot, "What is to be taken back?")
        assert "That GIG-002 did not come" in screen(pilot)
        await pilot.press("enter")
        await shows(pilot, "▶ Ruang Gigi 2  GIG-002")
        await pilot.press("x")
        await shows(pilot, "–             GIG-002")
        await pilot.press("q")

    console(system, play, clinic="GIG")

    assert at_shell.numbers("no_shows") == ["GIG-002"]
    assert at_shell.queue()["served_count"] == 1


def test_a_key_pressed_twice_calls_once(
    system: Deployment, shell: Shell, desk: Callable[[str], ClinicDesk]
) -> None:
    at_shell = desk("ANA")
    child(shell, "ANA")
    child(shell, "ANA")

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "2 waiting")
        await pilot.press("space", "space")
        await shows(pilot, "▶ Ruang Anak 1  ANA-001")
        if isinstance(pilot.app.screen, Confirm):  # else the second came while the first was under way
            await pilot.press("n")

    console(system, play, clinic="ANA")

    assert at_shell.numbers("waiting") == ["ANA-002"]


def test_a_clinic_is_chosen_and_closed_with_its_queue_cancelled(
    system: Deployment, shell: Shell, desk: Callable[[str], ClinicDesk]
) -> None:
    at_shell = desk("BED")
    child(shell, "BED")

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "RSHS   RSUP Dr. Hasan Sadikin")
        await pilot.press("down", "up", *["down"] * hospitals_before(pilot, "RSHS"), "enter")
        await shows(pilot, "Pilih poli di RSHS")
        await pilot.press("down", "enter")
        await shows(pilot, "menunggu 1")
        await pilot.press("k")
        await shows(pilot, "Bagaimana dengan pasien yang menunggu?")
        await pilot.press("down", "enter")
        await becomes(pilot, lambda: isinstance(pilot.app.screen, Form), lambda: "a form")
        await pilot.press(*"Rapat", "enter", "enter")
        await shows(pilot, "Batalkan 1 tiket yang menunggu?")
        await pilot.press("y")
        await shows(pilot, "Poli BED ditutup.")
        await shows(pilot, "DITUTUP petugas")

    console(system, play, language="id", size=(120, 40), hospital=None)

    queue = at_shell.queue()
    assert (queue["state"], queue["forced_reason"], queue["waiting"]) == ("closed", "Rapat", [])


def hospitals_before(pilot: Pilot[None], code: str) -> int:
    choices = pilot.app.screen.query_one(OptionList)
    return [option.id for option in choices.options].index(code)


def test_names_are_shown_by_a_key_and_hidden_again(
    system: Deployment, shell: Shell, desk: Callable[[str], ClinicDesk]
) -> None:
    desk("KLT")
    somebody = Patient()
    shell.register("RSHS", "KLT", somebody)

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "KLT-001")
        assert somebody.name not in screen(pilot)
        await pilot.press("n")
        await shows(pilot, somebody.name)
        await pilot.press("n")
        await becomes(pilot, lambda: somebody.name not in screen(pilot), lambda: "the name is hidden")

    console(system, play, clinic="KLT")


def test_a_patient_at_the_counter_gets_a_ticket_and_priority(
    system: Deployment, desk: Callable[[str], ClinicDesk]
) -> None:
    at_shell = desk("MAT")
    somebody = Patient()

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "0 waiting")
        await pilot.press("a")
        await becomes(pilot, lambda: isinstance(pilot.app.screen, Form), lambda: "a form")
        await pilot.press(
            *somebody.medical_record_number, "enter", *"Wulandari", "enter", *"31-02-1990", "enter"
        )
        await shows(pilot, "Write a real date of birth")
        await pilot.press(*["backspace"] * 10, *"31-01-1990", "enter")
        await becomes(pilot, lambda: isinstance(pilot.app.screen, Choose), lambda: "the reasons")
        await pilot.press("down", "down", "down", "enter")
        await becomes(pilot, lambda: isinstance(pilot.app.screen, Notice), lambda: "a ticket")
        assert "MAT-001" in screen(pilot)
        await pilot.press("enter")
        await shows(pilot, "★ pregnant")
        await pilot.press("p")
        await shows(pilot, "Priority of MAT-001")
        await pilot.press("home", "enter")
        await shows(pilot, "MAT-001 is back in the regular lane.")

    console(system, play, clinic="MAT")

    assert at_shell.queue()["waiting"][0]["lane"] == "regular"


def test_a_ticket_is_corrected_and_another_cancelled(
    system: Deployment, shell: Shell, desk: Callable[[str], ClinicDesk]
) -> None:
    at_shell = desk("INT")
    child(shell, "INT")
    child(shell, "INT")

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "2 waiting")
        await pilot.press("down", "down", "e")
        await becomes(pilot, lambda: isinstance(pilot.app.screen, Form), lambda: "a form")
        await pilot.press("enter", *"Wulandari Benar", "enter", "enter")
        await shows(pilot, "INT-001 is corrected.")
        await pilot.press("n")
        await shows(pilot, "Wulandari Benar")
        await pilot.press("n", "down", "b")
        await shows(pilot, "Why is INT-002 cancelled?")
        await pilot.press("down", "down", "enter")
        await shows(pilot, "INT-002 is cancelled.")

    console(system, play, clinic="INT")

    assert at_shell.numbers("waiting") == ["INT-001"]


def test_a_ticket_in_the_way_of_a_registration_is_cancelled(
    system: Deployment, shell: Shell, desk: Callable[[str], ClinicDesk]
) -> None:
    at_shell = desk("JIW")
    stranger, patient = Patient(), Patient()
    shell.register("RSHS", "JIW", replace(stranger, medical_record_number=patient.medical_record_number))

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "1 waiting")
        await pilot.press("a")
        await becomes(pilot, lambda: isinstance(pilot.app.screen, Form), lambda: "a form")
        await pilot.press(
            *patient.medical_record_number, "enter", *"Wulandari", "enter", *"1953-07-19", "enter"
        )
        await becomes(pilot, lambda: isinstance(pilot.app.screen, Choose), lambda: "the reasons")
        await pilot.press("enter")
        await shows(pilot, f"JIW-001 was taken with this medical record number by {stranger.name}")
        await pilot.press("down", "enter")
        await becomes(pilot, lambda: isinstance(pilot.app.screen, Notice), lambda: "a ticket")
        await shows(pilot, "JIW-002")

    console(system, play, clinic="JIW")

    assert at_shell.numbers("waiting") == ["JIW-002"]


def test_the_user_changes_and_the_names_are_hidden(system: Deployment, shell: Shell) -> None:
    somebody = Patient()
    number = shell.register("RSHS", "KLT", somebody)["display_number"]
    who = user_in(system.urls["desk"])

    async def signs_in(pilot: Pilot[None], password: str) -> None:
        await pilot.press("u")
        await becomes(pilot, lambda: isinstance(pilot.app.screen, Form), lambda: "a form")
        await pilot.press(*who.user, "enter", *password, "enter")
        assert password not in screen(pilot)

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, f"{who.user} · ")
        await pilot.press("n")
        await shows(pilot, somebody.name)
        await signs_in(pilot, "wrong")
        await shows(pilot, "Wrong user or password; try again, or ask")
        await signs_in(pilot, who.password)
        await shows(pilot, f"Signed in: {who.user}.")
        assert somebody.name not in screen(pilot)
        await shows(pilot, number)
        assert somebody.name not in screen(pilot)

    console(system, play, clinic="KLT")


def test_what_is_refused_is_said_and_the_console_goes_on(
    system: Deployment, desk: Callable[[str], ClinicDesk]
) -> None:
    desk("OBG")

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "0 waiting")
        await pilot.press("c")
        await shows(pilot, "Choose a ticket in a room.")
        await pilot.press("space")
        await shows(pilot, "Nobody is waiting.")
        await pilot.press("j")
        await becomes(pilot, lambda: isinstance(pilot.app.screen, Form), lambda: "a form")
        await pilot.press("3", "enter")
        await shows(pilot, "3 rooms")
        await pilot.press("m")
        await shows(pilot, "Let the clock move the queue")
        await pilot.press("y")
        await shows(pilot, "moved by the clock")

    console(system, play, clinic="OBG")


def test_a_hint_names_the_key_that_helps(system: Deployment, desk: Callable[[str], ClinicDesk]) -> None:
    desk("THT")

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "There is no room 3; this clinic's rooms are 1 to 2.")
        await pilot.press("space")
        await shows(pilot, "That room is not serving; press g to choose another, or j to add rooms.")
        await pilot.press("2", "m", "y")
        await shows(pilot, "moved by the clock")
        await pilot.press("space")
        await shows(pilot, "The clock moves this queue; a manager lets the desk move it, with m.")

    console(system, play, clinic="THT", room=3)


def test_a_lost_connection_is_said_until_it_is_back(
    system: Deployment, desk: Callable[[str], ClinicDesk]
) -> None:
    desk("SAR")

    with proxy_to(system.urls["desk"]) as line:

        async def play(pilot: Pilot[None]) -> None:
            await shows(pilot, "0 waiting")
            assert "connection is lost" not in screen(pilot)
            line.refuse()
            await shows(pilot, "○ reconnecting · last reply ")
            await shows(pilot, "The connection is lost since ")
            line.open()
            await shows(pilot, "● connected · last reply ")
            assert "is lost" not in screen(pilot)

        console(system, play, clinic="SAR", amqp_url=line.url(system.urls["desk"]))
