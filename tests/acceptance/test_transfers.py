"""A ticket that was transferred leads its patient to the new one, however often it was transferred."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.command_line import Shell
from tests.acceptance.desks import desk_at
from tests.deployment import TICKET_FIELDS, Deployment, Patient

CHILD = date(2015, 3, 2)


class Chain:
    """A patient who is sent from one clinic to another."""

    def __init__(self, system: Deployment, shell: Shell, directory: Path, *clinics: str) -> None:
        self._system, self._directory, self.shell = system, directory, shell
        self.clinics = clinics
        for clinic in clinics:
            desk = desk_at(system, directory, "RSPN", clinic)
            if desk.queue()["mode"] != "desk":
                desk.do("mode", "desk")
        self.tickets = [shell.register("RSPN", clinics[0], Patient(date_of_birth=CHILD))]

    def transfer(self) -> dict[str, Any]:
        """Sends the patient on to the next clinic; the new ticket."""
        old, to = self.tickets[-1], self.clinics[len(self.tickets)]
        desk = desk_at(self._system, self._directory, "RSPN", old["clinic"])
        new: dict[str, Any] = desk.do("transfer", str(old["number"]), "--to", to)["new_ticket"]
        self.shell.ticket_codes.add(new["ticket_code"])
        self.tickets.append(new)
        return new


@pytest.fixture
def chain(system: Deployment, shell: Shell, tmp_path: Path) -> Chain:
    return Chain(system, shell, tmp_path, "INT", "ANA", "PAR")


def test_status_shows_the_new_ticket_and_how_to_follow_it(chain: Chain) -> None:
    first = chain.tickets[0]
    chain.transfer()
    new = chain.transfer()

    readable = chain.shell.antrean("status", first["ticket_code"])
    (as_json,) = chain.shell.antrean("status", first["ticket_code"], "--json").json

    assert (readable.exit_code, readable.stderr) == (0, "")
    assert new["display_number"] in readable.stdout
    assert f"{new['hospital_name']} · {new['clinic_name']}" in readable.stdout
    assert f"antrean watch {new['ticket_code']}" in readable.stdout
    assert as_json["status"] == "transferred"
    assert as_json["new_ticket"]["ticket_code"] == new["ticket_code"]
    assert as_json["new_ticket"].keys() >= TICKET_FIELDS
    assert chain.shell.line(as_json["follow_command"].replace(" watch ", " status ")).exit_code == 0


def test_the_book_keeps_the_new_codes(chain: Chain, system: Deployment, tmp_path: Path) -> None:
    chain.transfer()
    chain.transfer()
    chain.shell.antrean("tickets")

    found = chain.shell.antrean("tickets", "--json").json
    table = chain.shell.antrean("tickets").stdout

    assert [each["ticket_code"] for each in found] == [each["ticket_code"] for each in chain.tickets]
    for each in chain.tickets:
        assert each["ticket_code"] in table
        assert each["display_number"] in table


def test_somebody_elses_tickets_are_not_kept(chain: Chain, system: Deployment, tmp_path: Path) -> None:
    chain.transfer()
    other = Shell(tmp_path, {**chain.shell.variables, "ANTREAN_DATA_DIR": str(tmp_path / "other")})

    other.antrean("status", chain.tickets[0]["ticket_code"])

    assert other.antrean("tickets", "--json").json == []


@pytest.mark.parametrize("form", ["json", "readable"])
def test_watch_follows_every_transfer(chain: Chain, form: str) -> None:
    shell, first = chain.shell, chain.tickets[0]
    words = ["--json"] if form == "json" else []

    watching = shell.start("watch", "antrean", "watch", first["ticket_code"], "--interval", "0.2", *words)
    watching.prints(first["display_number"])
    for _ in range(2):
        new = chain.transfer()
        watching.prints(new["ticket_code"])
    shell.antrean("cancel", new["ticket_code"])

    assert watching.ends() == 0
    assert {each["ticket_code"] for each in shell.antrean("tickets", "--json").json} == {
        each["ticket_code"] for each in chain.tickets
    }
    lines = watching.output.splitlines()
    if form == "json":
        seen = [json.loads(line) for line in lines]
        assert [each["status"] for each in seen if "status" in each][-1] == "cancelled"
    else:
        assert f"Tiket {new['display_number']} dibatalkan" in lines[-1]
        for each in chain.tickets[1:]:
            assert each["display_number"] in watching.output
            assert f"di {each['clinic_name']}" in watching.output
