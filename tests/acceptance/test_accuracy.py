"""How the times turned out that patients were told, from their registration to what the staff read."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.acceptance.command_line import Shell
from tests.acceptance.desks import ClinicDesk, desk_at
from tests.acceptance.test_desk import arrive
from tests.deployment import Deployment, personal_data_in


def read(desk: ClinicDesk, command: str, *words: str) -> dict[str, Any]:
    """What a command answers of the desk's clinic."""
    of_clinics: Any = desk.do(command, *words)
    [found] = of_clinics
    return dict(found)


def test_the_staff_read_how_the_times_told_turned_out(
    system: Deployment, shell: Shell, tmp_path: Path
) -> None:
    desk = desk_at(system, tmp_path, "RSHS", "OBG").moved_by_staff(1)
    arrive(shell, "OBG", 3)
    for _ in range(2):
        desk.do("next", "--room", "1")
    desk.do("call", "3", "--room", "1", "--reason", "doctor")

    found = read(desk, "accuracy")
    times = found["times"]
    assert (times["told"], times["apart"]) == (2, 1)
    assert times["held"] + times["missed"] + times["late"] == 2
    assert (found["promised_share"], found["promise"]) == (0.8, "too_few")
    assert read(desk, "report")["times"] == times

    desk.do("undo", "--room", "1")
    assert read(desk, "accuracy")["times"]["apart"] == 0

    before = date.fromisoformat(found["last_date"]) - timedelta(days=1)
    assert read(desk, "accuracy", "--to", before.isoformat())["times"]["told"] == 0
    assert desk.run("accuracy", "--from", "2026-11-23", "--to", "2026-11-22").sentence(2)


def test_a_hospital_reads_it_of_all_its_clinics_in_both_languages(
    system: Deployment, shell: Shell, tmp_path: Path
) -> None:
    desk = desk_at(system, tmp_path, "RSHS", "SAR").moved_by_staff(1)
    arrive(shell, "SAR", 1)
    desk.do("next", "--room", "1")

    for language, words in (("en", ("Held", "80%", "All")), ("id", ("Tepat", "Janji", "Semua"))):
        done = desk.shell.run("antrean-desk", "accuracy", "RSHS", "--lang", language)
        assert done.exit_code == 0, done.stderr
        assert all(word in done.stdout for word in ("SAR", *words)), done.stdout
        assert personal_data_in(done.stdout) == []
