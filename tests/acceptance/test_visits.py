"""A patient who is sent from station to station follows the visit with any one of its codes."""

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.command_line import Shell
from tests.acceptance.desks import ClinicDesk, desk_at
from tests.deployment import Deployment, Patient

STATIONS = ("INT", "OBG", "JAN", "BED", "URO")


@pytest.fixture
def desks(system: Deployment, tmp_path: Path) -> dict[str, ClinicDesk]:
    """The desks of the stations."""
    found = {}
    for code in STATIONS:
        desk = found[code] = desk_at(system, tmp_path, "RSCM", code)
        if desk.queue()["mode"] != "desk":
            desk.do("mode", "desk")
    return found


def serve(desk: ClinicDesk, ticket: dict[str, Any]) -> None:
    """The patient is called and being served; nobody else waits."""
    called = desk.do("next", "--room", "1")["ticket"]
    assert called["number"] == ticket["number"]
    desk.do("start", str(ticket["number"]))


def send(desk: ClinicDesk, ticket: dict[str, Any], to: str, *words: str) -> dict[str, Any]:
    """The patient is served and sent on; the new ticket."""
    serve(desk, ticket)
    done = desk.do("send", str(ticket["number"]), "--to", to, *words)
    new: dict[str, Any] = done["new_ticket"]
    desk.shell.ticket_codes.add(new["ticket_code"])
    return new


def test_five_stations_are_followed_with_each_of_their_codes(
    desks: dict[str, ClinicDesk], shell: Shell
) -> None:
    tickets = [shell.register("RSCM", "INT", Patient(date_of_birth=date(2015, 3, 2)))]
    for here, there in pairwise(STATIONS):
        tickets.append(send(desks[here], tickets[-1], there))
    last = tickets[-1]
    desks["URO"].do("next", "--room", "1")

    for ticket in tickets:
        (shown,) = shell.antrean("status", ticket["ticket_code"], "--json").json
        assert [each["display_number"] for each in shown["visit"]] == [
            each["display_number"] for each in tickets
        ]
        assert shown["current_code"] == last["ticket_code"]
        watched = shell.antrean("watch", ticket["ticket_code"], "--until-called")
        assert watched.exit_code == 0, watched
        assert f"{last['display_number']} dipanggil" in watched.stdout
        goes_on = f"Silakan ke {last['clinic_name']}, nomor {last['display_number']}"
        assert (goes_on in watched.stdout) == (ticket is not last)
    readable = shell.antrean("status", tickets[0]["ticket_code"]).stdout
    assert all(each["display_number"] in readable for each in tickets)
    assert "(sekarang)" in readable
    table = shell.antrean("tickets").stdout
    assert last["ticket_code"] in table
    desks["URO"].do("complete", str(last["number"]))


def test_the_patient_comes_back_from_the_station(desks: dict[str, ClinicDesk], shell: Shell) -> None:
    first = shell.register("RSCM", "INT", Patient(date_of_birth=date(2015, 3, 2)))
    station = send(desks["INT"], first, "JAN", "--return")
    (shown,) = shell.antrean("status", first["ticket_code"], "--json").json
    assert shown["visit"][1]["return_clinic"] == "INT"

    serve(desks["JAN"], station)
    done = desks["JAN"].run("complete", str(station["number"]))
    assert done.exit_code == 0, done
    assert desks["INT"].numbers("waiting") != []
    (shown,) = shell.antrean("status", first["ticket_code"], "--json").json
    assert [each["clinic"] for each in shown["visit"]] == ["INT", "JAN", "INT"]
    back = shown["visit"][-1]
    assert back["is_current"]
    shell.ticket_codes.add(back["ticket_code"])
    serve(desks["INT"], back)
    desks["INT"].do("complete", str(back["number"]))


def test_who_follows_a_visit_is_led_back_from_a_station_that_was_taken_back(
    desks: dict[str, ClinicDesk], shell: Shell
) -> None:
    first = shell.register("RSCM", "INT", Patient(date_of_birth=date(2015, 3, 2)))
    second = send(desks["INT"], first, "JAN", "--return")
    watching = shell.start("watch", "antrean", "watch", second["ticket_code"], "--interval", "0.2")
    watching.prints("giliran Anda")
    third = send(desks["JAN"], second, "BED")
    watching.prints(f"nomor {third['display_number']}")
    desks["JAN"].do("undo", "--number", str(second["number"]))
    watching.prints(f"Silakan ke {second['clinic_name']}, nomor {second['display_number']}")
    desks["JAN"].do("complete", str(second["number"]))
    watching.prints(f"Silakan ke {first['clinic_name']}")
    called = desks["INT"].do("next", "--room", "1")["ticket"]
    desks["INT"].do("start", str(called["number"]))
    watching.prints(f"Nomor {called['display_number']} sedang dilayani.")
    assert watching.ends() == 0
    desks["INT"].do("complete", str(called["number"]))
