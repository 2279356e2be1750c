"""What a patient does at a shell, from the list of hospitals until the number is called."""

import json
import stat
from datetime import date, datetime
from pathlib import Path

import pytest

from tests.acceptance.command_line import Shell, register_words
from tests.acceptance.conftest import both_ways, nothing_personal_in, shell_of
from tests.deployment import TICKET_FIELDS, Deployment, Patient
from tests.processes import eventually


@both_ways
def test_the_hospitals(shell: Shell) -> None:
    found = shell.antrean("hospitals", "--json").json
    readable = shell.antrean("hospitals")

    assert {tuple(hospital) for hospital in found} == {("code", "name", "city", "time_zone", "open_clinics")}
    by_code = {hospital["code"]: hospital for hospital in found}
    assert by_code["RSHS"] == {
        "code": "RSHS",
        "name": "RSUP Dr. Hasan Sadikin",
        "city": "Bandung",
        "time_zone": "Asia/Jakarta",
        "open_clinics": 10,
    }
    assert {hospital["time_zone"] for hospital in found} == {"Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"}
    assert readable.exit_code == 0
    for hospital in found:
        assert hospital["name"] in readable.stdout


@both_ways
def test_the_clinics_of_a_hospital(shell: Shell) -> None:
    found = shell.antrean("clinics", "RSCM", "--json").json
    only_open = shell.antrean("clinics", "rscm", "--open", "--json").json
    readable = shell.antrean("clinics", "RSCM")

    clinics = {clinic["code"]: clinic for clinic in found}
    assert {tuple(clinic) for clinic in found} == {
        (
            "code",
            "name",
            "is_open",
            "opens_at",
            "closes_at",
            "waiting",
            "now_serving",
            "estimated_wait_seconds",
            "shortest_wait_seconds",
            "longest_wait_seconds",
            "day_may_end_first",
            "quota_left",
            "next_opening",
            "zone",
            "closed_reason",
            "absences",
        )
    }
    assert clinics["JIW"]["is_open"] is False
    assert clinics["JIW"]["next_opening"] == "2026-11-23T16:00:00+07:00"
    assert clinics["INT"]["is_open"] is True
    assert clinics["INT"]["closes_at"] == "2026-11-23T15:00:00+07:00"
    assert {clinic["code"] for clinic in only_open} == clinics.keys() - {"JIW"}
    assert readable.exit_code == 0
    for name in clinics:
        assert name in readable.stdout
    assert "07.30–15.00" in readable.stdout
    assert "Sen 23 Nov 16.00 WIB" in readable.stdout


@both_ways
def test_a_ticket_is_taken_and_remembered(shell: Shell) -> None:
    somebody = Patient()

    ticket = shell.register("RSHS", "GIG", somebody)

    assert ticket.keys() == {*TICKET_FIELDS, "visit"}
    assert (ticket["hospital"], ticket["clinic"], ticket["service_date"]) == ("RSHS", "GIG", "2026-11-23")
    assert ticket["display_number"] == f"GIG-{ticket['number']:03d}"
    (again,) = shell.antrean("tickets", "--json").json
    assert again["ticket_code"] == ticket["ticket_code"]
    data = Path(shell.variables["ANTREAN_DATA_DIR"])
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    for path in data.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    nothing_personal_in(shell)


@both_ways
def test_a_ticket_to_read(shell: Shell) -> None:
    somebody = Patient(date_of_birth=date(1990, 1, 31))
    words = register_words("RSHS", "GIG", somebody)
    words[words.index("--dob") + 1] = "31-01-1990"

    done = shell.antrean(*words)

    assert (done.exit_code, done.stderr) == (0, "")
    (ticket,) = shell.antrean("tickets", "--json").json
    assert ticket["display_number"] in done.stdout
    assert "Senin, 23 November 2026" in done.stdout
    assert f"antrean watch {ticket['ticket_code']}" in done.stdout
    assert somebody.name not in done.stdout
    same_day = shell.antrean(*register_words("RSHS", "GIG", somebody), "--json").problem()
    assert same_day["code"] == "already_registered", "both forms of a date are the same day"


def test_english_on_request(shell: Shell) -> None:
    done = shell.antrean(*register_words("RSHS", "GIG", Patient()), "--lang", "en")

    assert "Monday, 23 November 2026" in done.stdout
    assert "Ticket code" in done.stdout


@both_ways
def test_many_tickets_at_once(shell: Shell) -> None:
    mine = [shell.register("RSHS", clinic) for clinic in ("INT", "INT", "ANA")]
    codes = [ticket["ticket_code"] for ticket in mine]

    found = shell.antrean("status", *reversed(codes), "--json").json
    typed = shell.antrean("status", codes[0].lower().replace("-", ""), "--json").json
    remembered = shell.antrean("tickets", "--json").json
    readable = shell.antrean("tickets")

    assert [ticket["ticket_code"] for ticket in found] == codes[::-1]
    assert all(ticket.keys() == TICKET_FIELDS for ticket in found)
    assert [ticket["ticket_code"] for ticket in typed] == codes[:1]
    assert [ticket["ticket_code"] for ticket in remembered] == codes
    for ticket in mine:
        assert ticket["display_number"] in readable.stdout
        assert ticket["ticket_code"] in readable.stdout


def test_somebody_elses_tickets_are_not_mine(system: Deployment, shell: Shell, tmp_path: Path) -> None:
    ticket = shell.register("RSHS", "GIG")
    (tmp_path / "other").mkdir()
    other = shell_of(system, tmp_path / "other")

    assert other.antrean("tickets", "--json").json == []
    assert other.antrean("status", ticket["ticket_code"], "--json").json


@both_ways
def test_a_code_of_nobody_among_others(shell: Shell) -> None:
    ticket = shell.register("RSHS", "GIG")

    done = shell.antrean("status", ticket["ticket_code"], "7K3F-9QXM-2T5R", "--json")

    assert done.exit_code == 1
    assert [found["ticket_code"] for found in json.loads(done.stdout)] == [ticket["ticket_code"]]
    problem = json.loads(done.stderr)
    assert problem["code"] == "ticket_not_found"
    assert problem["ticket_codes"] == ["7K3F-9QXM-2T5R"]


@both_ways
def test_a_ticket_is_given_up(shell: Shell) -> None:
    first, second = shell.register("RSHS", "SAR"), shell.register("RSHS", "SAR")

    cancelled = shell.antrean("cancel", second["ticket_code"], "--json").json
    readable = shell.antrean("cancel", first["ticket_code"])

    assert cancelled.keys() == {*TICKET_FIELDS, "visit"}
    assert (cancelled["ticket_code"], cancelled["status"]) == (second["ticket_code"], "cancelled")
    assert (readable.exit_code, readable.stderr) == (0, "")
    assert "dibatalkan" in readable.stdout
    again = shell.antrean("cancel", second["ticket_code"], "--json").problem()
    assert again["code"] == "not_cancellable"


@pytest.mark.parametrize("form", ["json", "readable"])
@both_ways
def test_watching_until_called(shell: Shell, form: str) -> None:
    """Psychiatry has one room: the next is called when the one before gives up."""
    before, mine = shell.register("RSHS", "JIW"), shell.register("RSHS", "JIW")
    words = ["--json", "--until-called"] if form == "json" else []

    watching = shell.start("watch", "antrean", "watch", mine["ticket_code"], "--interval", "0.2", *words)
    watching.prints(mine["display_number"])
    assert watching.exit_code is None
    shell.antrean("cancel", before["ticket_code"])

    if form != "json":
        watching.prints(f"Nomor {mine['display_number']} dipanggil. Silakan ke Ruang Jiwa, Poli Jiwa.")
        shell.antrean("cancel", mine["ticket_code"])
    assert watching.ends() == 0
    lines = watching.output.splitlines()
    if form == "json":
        seen = [json.loads(line) for line in lines]
        assert [ticket["status"] for ticket in (seen[0], seen[-1])] == ["waiting", "called"]
        assert seen[-1]["now_serving"] == mine["display_number"]
        assert datetime.fromisoformat(seen[-1]["called_at"])
        assert seen[-1]["people_ahead"] is None
    else:
        assert "menunggu" in lines[0]
        assert f"Tiket {mine['display_number']} dibatalkan" in lines[-1]
    shell.antrean("cancel", mine["ticket_code"])


@both_ways
def test_watching_a_ticket_that_is_given_up(shell: Shell) -> None:
    before, mine = shell.register("RSPN", "JIW"), shell.register("RSPN", "JIW")

    watching = shell.start("watch", "antrean", "watch", mine["ticket_code"], "--interval", "0.2", "--json")
    watching.prints(mine["ticket_code"])
    shell.antrean("cancel", mine["ticket_code"])

    assert watching.ends() == 0
    assert json.loads(watching.output.splitlines()[-1])["status"] == "cancelled"
    assert shell.antrean("status", before["ticket_code"], "--json").json[0]["status"] == "called"
    shell.antrean("cancel", before["ticket_code"])


def test_the_queue_is_seen_by_everybody(shell: Shell) -> None:
    first, _ = shell.register("RSPN", "PAR"), shell.register("RSPN", "PAR")

    def first_is_called() -> bool:
        clinics = {each["code"]: each for each in shell.antrean("clinics", "RSPN", "--json").json}
        return (clinics["PAR"]["now_serving"], clinics["PAR"]["waiting"]) == (first["display_number"], 1)

    eventually(first_is_called, "the first is called, the second waits")


def test_without_a_command_there_is_help(shell: Shell) -> None:
    done = shell.antrean()

    assert (done.exit_code, done.stderr) == (0, "")
    for command in ("hospitals", "clinics", "register", "status", "tickets", "cancel", "watch"):
        assert command in done.stdout
