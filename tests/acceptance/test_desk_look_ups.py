"""Staff look for tickets, and show or print one again, from the command line."""

import re
from pathlib import Path

import pytest

from antrean_client.connection import user_of
from clinic_desk.qr_code import qr_lines
from tests.acceptance.command_line import Shell
from tests.acceptance.conftest import shell_of
from tests.acceptance.desks import ClinicDesk, desk_at
from tests.acceptance.terminal import terminal
from tests.database import sqlite_file
from tests.deployment import Deployment, Patient, personal_data_in

SOMEBODY = Patient(name="Nyoman Wulandari-Sukma")


@pytest.fixture
def desk(system: Deployment, shell: Shell, tmp_path: Path) -> ClinicDesk:
    """The desk of a clinic where SOMEBODY and two others have numbers."""
    desk = desk_at(system, tmp_path, "RSHS", "SAR")
    if not desk.do("history", "--number", "1")["lines"]:
        desk.moved_by_staff(2)
        shell.register("RSHS", "SAR", SOMEBODY)
        for _ in range(2):
            shell.register("RSHS", "SAR")
    return desk


def looks(system: Deployment, request: str) -> int:
    path = system.database_url.removeprefix("sqlite:///")
    with sqlite_file(path) as connection:
        query = "SELECT sum(looks) FROM access_log WHERE username = ? AND clinic = 'SAR' AND request = ?"
        row = connection.execute(query, (user_of(system.urls["desk"]), request)).fetchone()
        return int(row[0] or 0)


def test_a_ticket_is_found_by_a_part_of_a_name(system: Deployment, desk: ClinicDesk) -> None:
    before = looks(system, "find_tickets")
    found = desk.do("find", "WULANDARI sukma")
    assert [each["display_number"] for each in found["tickets"]] == ["SAR-001"]
    readable = desk.run("find", "wulan", "--lang", "en")
    assert "SAR-001" in readable.stdout
    assert SOMEBODY.name in readable.stdout
    assert looks(system, "find_tickets") == before + 2
    assert desk.run("find", "nobody else", "--lang", "en").stdout.startswith("No ticket of today")
    assert looks(system, "find_tickets") == before + 2, "where nothing is shown, nobody has looked"
    assert "visible" in desk.run("find", "x" * 101, "--lang", "en").sentence(1)


def test_a_name_that_is_asked_for_stays_out_of_the_command_line(desk: ClinicDesk) -> None:
    assert "part of a name" in desk.run("find", "--lang", "en").sentence(2), "nobody is there to be asked"
    with terminal(desk.shell, "antrean-desk", "find", "RSHS", "SAR", "--lang", "en") as screen:
        screen.reads("Number or part of a name").types("sukma\n").reads("SAR-001")
        assert screen.ends() == 0
    with terminal(desk.shell, "antrean-desk", "find", "RSHS", "SAR") as screen:
        screen.reads("Nomor atau sebagian nama").types("\n")
        assert screen.ends() == 130


def test_a_ticket_is_shown_again(system: Deployment, desk: ClinicDesk) -> None:
    before = looks(system, "desk_ticket")
    shown = desk.do("ticket", "SAR-001")
    assert shown["ticket"]["patient_name"] == SOMEBODY.name
    code = shown["patient_ticket"]["ticket_code"]
    desk.shell.ticket_codes.add(code)
    (status,) = shell_of(system, desk.shell.directory).antrean("status", code, "--json").json
    assert status["display_number"] == "SAR-001"
    readable = desk.run("ticket", "1", "--lang", "id")
    assert SOMEBODY.name in readable.stdout
    assert "\n".join(qr_lines(code)) in readable.stdout
    assert looks(system, "desk_ticket") == before + 2
    assert desk.refused("ticket", "99") == "ticket_not_found"


@pytest.mark.parametrize(("roll", "columns"), [("58", 32), ("80", 48)])
def test_a_ticket_is_printed_without_its_patients_name(desk: ClinicDesk, roll: str, columns: int) -> None:
    code = desk.do("ticket", "1")["patient_ticket"]["ticket_code"]
    desk.shell.ticket_codes.add(code)
    printed = desk.run("ticket", "1", "--paper", roll).stdout
    assert max(map(len, printed.splitlines())) <= columns
    assert code in printed
    assert "SAR-001" in printed
    for personal in (*SOMEBODY.name.split(), SOMEBODY.medical_record_number):
        assert personal not in printed


def test_what_happened_is_told_with_who_did_it(system: Deployment, desk: ClinicDesk) -> None:
    desk.do("next", "--room", "2")
    (last,) = desk.do("history", "--number", "1", "--limit", "1")["lines"]
    user = user_of(system.urls["desk"])
    assert (last["event"], last["room"], last["user"]) == ("ticket.called", 2, user)
    lines = desk.run("history", "--lang", "en").stdout.splitlines()
    assert re.split(" {2,}", lines[1].strip())[1:] == ["SAR-001", "called", "Ruang Saraf 2", user]
    assert not personal_data_in("\n".join(lines))
    assert "Tidak ada kejadian" in desk.run("history", "--date", "2020-01-01", "--lang", "id").stdout
    assert "from 1 to 50" in desk.run("history", "--limit", "51", "--lang", "en").sentence(2)


def test_paper_of_another_width_is_not_known(desk: ClinicDesk) -> None:
    assert "58 (32 letters in a line)" in desk.run("ticket", "1", "--paper", "57", "--lang", "en").sentence(2)
