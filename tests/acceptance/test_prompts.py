"""Prompts for missing values, and output on narrow terminals."""

import json
from pathlib import Path

import pytest

from tests.acceptance.command_line import Shell
from tests.acceptance.conftest import both_ways, nothing_personal_in
from tests.acceptance.desks import desk_at
from tests.acceptance.terminal import terminal
from tests.deployment import Deployment, Patient

DOB = "19/07/1953"


@pytest.mark.parametrize("program", ["antrean", "antrean-desk"])
def test_register_prompts_for_missing_values(
    system: Deployment, shell: Shell, tmp_path: Path, program: str
) -> None:
    somebody = Patient()
    if program == "antrean-desk":
        shell = desk_at(system, tmp_path, "RSHS", "KLT").shell
    with terminal(shell, program, "register", "RSHS", "KLT", "--lang", "en") as screen:
        screen.reads("Medical record number").types(f"{somebody.medical_record_number}\n")
        screen.reads("Full name").types(f"{somebody.name}\n")
        screen.reads("Date of birth").types("19/07/53\n").reads("four digits").types(f"{DOB}\n")
        screen.reads("Ticket code")
        assert screen.ends() == 0
        assert "KLT-" in screen.shown
    nothing_personal_in(shell)


@pytest.mark.parametrize("program", ["antrean", "antrean-desk"])
def test_each_answer_is_checked_as_it_comes(
    system: Deployment, shell: Shell, tmp_path: Path, program: str
) -> None:
    if program == "antrean-desk":
        shell = desk_at(system, tmp_path, "RSHS", "KLT").shell
    with terminal(shell, program, "register", "RSHS", "KLT", "--lang", "en") as screen:
        screen.reads("Medical record number (empty: back): ").types("00_12\n").reads("1 to 20 letters")
        screen.types(f"{Patient().medical_record_number}\n")
        screen.reads("Full name").types("123\n").reads("has letters").types("Siti Aminah\n")
        screen.reads("Date of birth").types("12/31/1990\n").reads("day first").types("1/2/1990\n")
        screen.reads("Ticket code")
        assert screen.ends() == 0


def test_a_wrong_option_is_reported_before_the_prompts(shell: Shell) -> None:
    words = ("register", "RSHS", "KLT", "--mrn", "00_12", "--lang", "en")
    with terminal(shell, "antrean", *words) as screen:
        screen.reads("1 to 20 letters").reads("Medical record number (empty: back): ").types("\n")
        assert screen.ends() == 130


@both_ways
def test_register_offers_hospitals_and_clinics(shell: Shell) -> None:
    with terminal(shell, "antrean", "register", "--lang", "en", columns=60) as screen:
        screen.reads("Choose a hospital").reads("Choice").types("rshs\n")
        screen.reads("Choose a clinic of RSHS").reads("Poli Kulit dan Kelamin").reads("THT").types("klt\n")
        assert screen.reads("Medical record number").is_interrupted() == 130


@both_ways
def test_the_menu_takes_a_number_for_a_newborn(shell: Shell) -> None:
    mother = Patient()
    with terminal(shell, "antrean", "--lang", "en") as screen:
        screen.reads("5. Take a number for a newborn").reads("Choice").types("5\n")
        screen.reads("Choose a hospital").reads("Choice").types("rshs\n")
        screen.reads("Choose a clinic of").reads("Choice").types("klt\n")
        screen.reads("Which baby of this birth").types("twin\n").reads("A number from 1 to 9.").types("2\n")
        screen.reads("The mother's medical record number").types(f"{mother.medical_record_number}\n")
        screen.reads("The mother's full name").types(f"{mother.name}\n")
        screen.reads("The baby's date of birth").types("2026-11-20\n")
        screen.reads("Ticket code").reads("Choice").types("0\n")
        assert screen.ends() == 0


def test_prompts_are_not_part_of_redirected_output(shell: Shell, tmp_path: Path) -> None:
    somebody, kept = Patient(), tmp_path / "ticket.json"
    words = ("register", "RSHS", "KLT", "--mrn", somebody.medical_record_number, "--dob", DOB, "--json")
    with terminal(shell, "antrean", *words, output=kept) as screen:
        screen.reads("Nama lengkap").types(f"{somebody.name}\n")
        assert screen.ends() == 0
    assert json.loads(kept.read_text())["clinic"] == "KLT"


@pytest.mark.parametrize("words", [("register", "RSHS", "KLT"), ()], ids=["register", "menu"])
def test_an_interruption_ends_the_line_of_the_prompt(shell: Shell, words: tuple[str, ...]) -> None:
    with terminal(shell, "antrean", *words) as screen:
        assert screen.reads(": ").is_interrupted() == 130
        assert screen.shown.endswith("\n")


@pytest.mark.parametrize("columns", [20, 40, 60])
def test_codes_stay_whole_on_a_narrow_terminal(shell: Shell, columns: int) -> None:
    ticket = shell.register("RSHS", "ANA")
    for words in (("tickets",), ("status", ticket["ticket_code"])):
        with terminal(shell, "antrean", *words, columns=columns) as screen:
            assert screen.ends() == 0
            assert ticket["ticket_code"] in screen.shown
            assert ticket["display_number"] in screen.shown
            assert all(len(line) <= columns or "antrean watch" in line for line in plain(screen.shown))


def plain(text: str) -> list[str]:
    import click

    return click.unstyle(text).splitlines()
