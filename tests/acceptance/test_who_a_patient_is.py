"""Newborns, birthdays that are known in part, and one person with two record numbers, as they are typed."""

from pathlib import Path

import pytest

from tests.acceptance.command_line import Shell
from tests.acceptance.desks import ClinicDesk, desk_at
from tests.deployment import Deployment, Patient

CLINIC = ("RSHS", "BED")


@pytest.fixture
def desk(system: Deployment, tmp_path: Path) -> ClinicDesk:
    """The desk of a clinic that its staff move."""
    desk = desk_at(system, tmp_path, *CLINIC)
    desk.run("mode", "desk")  # whether it was so already or not
    return desk


def words(mother: Patient, born: str, *others: str) -> list[str]:
    return ["--mrn", mother.medical_record_number, "--name", mother.name, "--dob", born, *others]


def test_mother_and_twins_take_numbers_of_one_clinic(shell: Shell, desk: ClinicDesk) -> None:
    mother = Patient()
    number = shell.register(*CLINIC, mother)["number"]
    first = shell.antrean("register", *CLINIC, *words(mother, "20-11-2026", "--newborn", "1"), "--json").json
    second = desk.do("register", *words(mother, "11/2026", "--newborn", "2"))
    assert [first["number"], second["number"]] == [number + 1, number + 2]
    again = shell.antrean("register", *CLINIC, *words(mother, "20-11-2026", "--newborn", "1"), "--json")
    assert again.problem()["code"] == "already_registered"
    names = [each["patient_name"] for each in desk.queue("--names")["waiting"]][-3:]
    assert names == [mother.name, f"By. Ny. {mother.name} (1)", f"By. Ny. {mother.name} (2)"]
    older = shell.antrean("register", *CLINIC, *words(mother, "2020", "--newborn", "3"), "--lang", "id")
    assert older.exit_code == 1
    assert "Bayi: 1 sampai 9, untuk bayi yang belum berumur satu tahun" in older.stderr
    desk.do("correct", str(first["number"]), "--mrn", f"{mother.medical_record_number}9", "--newborn", "0")
    assert desk.do("register", *words(mother, "20-11-2026", "--newborn", "1"))["number"] == number + 3


def test_only_the_year_of_birth_is_known(shell: Shell, desk: ClinicDesk) -> None:
    patient = Patient()
    ticket = shell.antrean("register", *CLINIC, *words(patient, "1990"), "--json").json
    held = desk.run("register", *words(patient, "31-01-1990"), "--lang", "id")
    assert held.exit_code == 1
    assert "lahir 1990" in " ".join(held.stderr.split())
    desk.do("correct", str(ticket["number"]), "--dob", "31-01-1990")
    assert desk.refused("register", *words(patient, "31-01-1990")) == "already_registered"
    bad = shell.antrean("register", *CLINIC, *words(patient, "90"), "--lang", "id")
    assert bad.exit_code == 2
    assert "1990 atau 01-1990" in " ".join(bad.stderr.split())


def test_the_desk_is_told_of_somebody_with_two_record_numbers(shell: Shell, desk: ClinicDesk) -> None:
    patient = Patient()
    first = shell.register(*CLINIC, patient)
    twice = Patient(name=f"Ny. {patient.name.upper()}")
    card = desk.run("register", *words(twice, patient.date_of_birth.isoformat()), "--lang", "id")
    assert card.exit_code == 0
    said = " ".join(card.stdout.replace("│", "").split())
    assert f"mungkin pasien yang sama dengan {first['display_number']}" in said
    queue = desk.run("queue", "--lang", "id").stdout
    assert f"(juga {first['display_number']}?)" in queue
    others = {each["number"]: each["other"] for each in desk.queue()["possible_duplicates"]}
    assert first["number"] in others.values()
    assert others[others[first["number"]]] == first["number"]
