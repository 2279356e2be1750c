"""What staff do at a clinic's desk, from opening the day until its report."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from antrean_client.connection import user_of
from tests.acceptance.command_line import Shell, register_words
from tests.acceptance.desks import desk_at, journal
from tests.broker import RunningBroker
from tests.deployment import Deployment, Patient, personal_data_in

CHILD = date(2015, 3, 2)


def arrive(shell: Shell, clinic: str, count: int) -> list[str]:
    """So many patients of no priority register; their display numbers."""
    patients = [Patient(date_of_birth=CHILD) for _ in range(count)]
    return [shell.register("RSHS", clinic, patient)["display_number"] for patient in patients]


@pytest.fixture
def _integrity(system: Deployment, shell: Shell) -> Any:
    """After the test the database must be whole."""
    yield
    environment = system.environment("deploy")
    done = shell.run("antrean-admin", "check-integrity", "--json", **environment)
    assert done.exit_code == 0, done.stdout


@pytest.mark.usefixtures("_integrity")
def test_a_day_at_the_desk(system: Deployment, shell: Shell, tmp_path: Path) -> None:
    desk = desk_at(system, tmp_path, "RSHS", "GIG").moved_by_staff(2)
    numbers = arrive(shell, "GIG", 6)
    assert desk.numbers("waiting") == numbers

    called = desk.do("next", "--room", "1")
    assert [each["event"] for each in called["changes"]] == ["ticket.called"]
    assert called["ticket"]["display_number"] == "GIG-001"
    assert desk.do("next", "--room", "2")["ticket"]["room"] == 2
    desk.do("recall", "1")
    desk.do("start", "001")
    desk.do("no-show", "gig-2")
    assert desk.numbers("no_shows") == ["GIG-002"]
    desk.do("priority", "5", "--reason", "pregnancy")
    assert desk.numbers("waiting") == ["GIG-005", "GIG-003", "GIG-004", "GIG-006"]
    desk.do("reinstate", "GIG-002")
    following = desk.do("next", "--room", "1")
    assert [each["event"] for each in following["changes"]] == ["ticket.served", "ticket.called"]
    assert following["ticket"]["display_number"] == "GIG-005"
    desk.do("complete", "5")
    desk.do("close", "--cancel-waiting", "--reason", "Dokter sakit")

    queue = desk.queue()
    assert (queue["state"], queue["forced_reason"], queue["is_open"]) == ("closed", "Dokter sakit", False)
    assert (queue["waiting"], queue["in_rooms"], queue["served_count"]) == ([], [], 2)
    cancelled = {number for event, number, _ in journal(system, "GIG") if event == "ticket.cancelled"}
    assert cancelled == {2, 3, 4, 6}
    by_staff = {
        event for event, _, operator in journal(system, "GIG") if operator == user_of(system.urls["desk"])
    }
    assert by_staff == {
        *("clinic.mode_changed", "clinic.closed", "ticket.called", "ticket.recalled", "ticket.started"),
        *("ticket.no_show", "ticket.prioritised", "ticket.reinstated", "ticket.served", "ticket.cancelled"),
    } | ({"clinic.rooms_changed"} & by_staff)


@pytest.mark.usefixtures("_integrity")
def test_a_patient_who_follows_a_ticket_is_told_each_call(
    system: Deployment, shell: Shell, tmp_path: Path
) -> None:
    desk = desk_at(system, tmp_path, "RSHS", "BED").moved_by_staff(2)
    ticket = shell.register("RSHS", "BED", Patient(date_of_birth=CHILD))
    code, number = ticket["ticket_code"], ticket["display_number"]
    watching = shell.start("watch", "antrean", "watch", code, "--interval", "0.2", "--lang", "en")
    watching.prints("you are next")
    readable = desk.run("next", "--room", "2", "--lang", "en")
    assert f"{number} is called to Ruang Bedah 2." in readable.stdout
    watching.prints(f"Number {number} is called. Please go to Ruang Bedah 2, Poli Bedah.")
    desk.do("recall", number)
    watching.prints(f"Number {number} is called again. Please go to Ruang Bedah 2, Poli Bedah.")
    assert desk.do("queue")["room_names"][1] == "Ruang Bedah 2"
    desk.do("start", number)
    watching.prints(f"Number {number} is being served.")
    assert watching.ends() == 0
    desk.do("complete", number)


@pytest.mark.usefixtures("_integrity")
def test_two_desks_that_call_at_once(system: Deployment, shell: Shell, tmp_path: Path) -> None:
    desk_at(system, tmp_path, "RSHS", "ANA").moved_by_staff(2)
    numbers = arrive(shell, "ANA", 8)

    def call_until_nobody_waits(room: int) -> list[str]:
        home = tmp_path / f"room-{room}"
        home.mkdir()
        desk = desk_at(system, home, "RSHS", "ANA")
        called: list[str] = []
        while True:
            done = desk.run("next", "--room", str(room), "--json")
            events = done.json["changes"] if done.exit_code == 0 else []
            if not any(each["event"] == "ticket.called" for each in events):
                return called
            called += [each["display_number"] for each in events if each["event"] == "ticket.called"]

    with ThreadPoolExecutor(2) as pool:
        called = [number for room in pool.map(call_until_nobody_waits, (1, 2)) for number in room]

    assert sorted(called) == numbers, "each once, and none is left out"


@pytest.mark.usefixtures("_integrity")
def test_a_patient_is_sent_to_another_clinic(system: Deployment, shell: Shell, tmp_path: Path) -> None:
    desk = desk_at(system, tmp_path, "RSHS", "KLT").moved_by_staff(1)
    ticket = shell.register("RSHS", "KLT", Patient(date_of_birth=CHILD))

    done = desk.do("transfer", "1", "--to", "int")

    shell.ticket_codes.add(done["new_ticket"]["ticket_code"])
    assert done["new_ticket"]["clinic"] == "INT"
    (old,) = shell.antrean("status", ticket["ticket_code"], "--json").json
    assert (old["status"], old["transferred_to"]) == ("transferred", done["new_ticket"]["ticket_code"])


def test_a_patient_at_the_counter(system: Deployment, tmp_path: Path) -> None:
    desk, somebody = desk_at(system, tmp_path, "RSHS", "MAT"), Patient(date_of_birth=CHILD)
    words = register_words("RSHS", "MAT", somebody)[3:]

    ticket = desk.do("register", *words, "--priority", "disability")
    again = desk.run("register", *words)

    system.ticket_codes.add(ticket["ticket_code"])
    assert (ticket["lane"], ticket["display_number"]) == ("priority", "MAT-001")
    assert "Pasien ini sudah terdaftar" in again.sentence()
    assert ticket["ticket_code"] in again.stderr
    no_terminal = desk.run("register", "--mrn", "1", "--name", "Siti", "--json")
    assert no_terminal.problem(2)["code"] == "invalid_request"


def test_what_went_wrong_at_the_counter_is_mended(system: Deployment, shell: Shell, tmp_path: Path) -> None:
    desk, somebody = desk_at(system, tmp_path, "RSCM", "ORT"), Patient(date_of_birth=CHILD)
    stranger = shell.register("RSCM", "ORT", Patient(somebody.medical_record_number, "Orang Lain"))

    words = register_words("RSCM", "ORT", somebody)[3:]
    in_the_way = desk.run("register", *words).stderr
    corrected = desk.do("correct", "1", "--name", somebody.name, "--dob", CHILD.isoformat())
    cancelled = desk.run("cancel", "ORT-001", "--reason", "wrong-person")

    number = f"RSCM ORT 1 --date {stranger['service_date']}"
    assert "Diambil oleh Orang Lain" in in_the_way
    assert f"antrean-desk correct {number}" in in_the_way
    assert f"antrean-desk cancel {number} --reason wrong-person" in in_the_way
    assert [each["event"] for each in corrected["changes"]] == ["ticket.corrected"]
    assert "ORT-001 dibatalkan" in cancelled.stdout
    status = shell.antrean("status", stranger["ticket_code"]).stdout
    assert "dibatalkan oleh petugas: salah orang" in status
    assert desk.refused("correct", "1", "--name", somebody.name) == "not_permitted_now"


def test_names_are_shown_where_they_are_asked_for(system: Deployment, tmp_path: Path) -> None:
    desk, somebody = desk_at(system, tmp_path, "RSHS", "OBG").moved_by_staff(1), Patient()
    ticket = desk.do("register", *register_words("RSHS", "OBG", somebody)[3:])
    system.ticket_codes.add(ticket["ticket_code"])

    without, with_names = desk.run("queue"), desk.run("queue", "--names")

    assert "OBG-001" in without.stdout
    assert "★ lansia" in without.stdout
    assert not personal_data_in(without.stdout + desk.run("queue", "--json").stdout)
    assert somebody.name in with_names.stdout
    assert not personal_data_in(desk.run("next", "--room", "1").stdout)


def test_until_is_a_time_of_the_hospitals_clocks(system: Deployment, tmp_path: Path) -> None:
    jayapura = desk_at(system, tmp_path, "RSJL", "GIG")

    jayapura.do("close", "--until", "14.30", "--reason", "Rapat")

    assert jayapura.queue()["forced_until"] == "2026-11-23T14:30:00+09:00"
    english = jayapura.run("queue", "--lang", "en").stdout
    assert "CLOSED by staff until Monday, 23 November 2026 at 14:30 WIT (Rapat)" in english
    jayapura.do("open")
    assert jayapura.queue()["state"] == "schedule"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("next", "--room", "99"), "invalid_request"),
        (("next", "--room", "9"), "not_permitted_now"),
        (("next", "--room", "1"), "not_permitted_now"),
        (("complete", "77"), "ticket_not_found"),
        (("rooms", "51"), "invalid_request"),
        (("away", "--reason", "late", "--until", "2026-11-24T08:00"), "invalid_request"),
        (("away", "--room", "9", "--reason", "break"), "not_permitted_now"),
        (("back",), "not_permitted_now"),
        (("close", "--until", "2026-11-01T08:00"), "invalid_request"),
        (("transfer", "1", "--to", "ZZZ"), "clinic_not_found"),
    ],
)
def test_what_the_queue_does_not_allow(
    system: Deployment, shell: Shell, tmp_path: Path, words: tuple[str, ...], code: str
) -> None:
    desk = desk_at(system, tmp_path, "RSHS", "SAR")
    if desk.queue()["mode"] != "desk":
        desk.do("mode", "desk")
        shell.register("RSHS", "SAR", Patient())
        desk.do("no-show", str(desk.do("next", "--room", "1")["ticket"]["number"]))
    if code == "clinic_not_found":
        desk.run("reinstate", "1")

    assert desk.refused(*words) == code
    assert "Traceback" not in desk.run(*words, "--lang", "en").stderr


def test_places_that_are_not_there(system: Deployment, tmp_path: Path) -> None:
    assert desk_at(system, tmp_path, "RSZZZ", "GIG").refused("queue") == "hospital_not_found"
    assert desk_at(system, tmp_path, "RSHS", "ZZZ").refused("queue") == "clinic_not_found"
    nowhere = desk_at(system, tmp_path, "RSZZZ", "GIG")
    assert nowhere.refused("open", "--until", "14:00") == "hospital_not_found"


def test_a_patients_user_can_ask_for_nothing(
    broker: RunningBroker, system: Deployment, tmp_path: Path
) -> None:
    if not broker.has_roles:
        pytest.skip("this broker has one user for everything")
    desk = desk_at(system, tmp_path, "RSHS", "JIW")

    done = desk.run("mode", "desk", ANTREAN_AMQP_URL=system.urls["patient"])

    assert done.sentence(69)
    assert desk.queue()["mode"] == "clock"


def test_the_report_of_a_hospital(system: Deployment, shell: Shell, tmp_path: Path) -> None:
    desk = desk_at(system, tmp_path, "RSHS", "THT").moved_by_staff(1)
    arrive(shell, "THT", 2)
    desk.do("next", "--room", "1")
    desk.do("complete", "1")

    of_clinic = desk.do("report")[0]  # type: ignore[index]
    as_csv = desk.run("report", "--csv").stdout
    of_hospital = desk.shell.run("antrean-desk", "report", "RSHS", "--hours", "--lang", "en")

    assert (of_clinic["total"]["registered"], of_clinic["total"]["served"]) == (2, 1)
    day, hour = csv.DictReader(io.StringIO(as_csv))
    assert (day["hour"], hour["hour"], hour["registered"]) == ("", "9", "2")
    assert of_hospital.exit_code == 0, of_hospital.stderr
    assert "THT" in of_hospital.stdout
    assert "No-show" in of_hospital.stdout
    assert desk.run("report", "--date", "31-02-2026").sentence(2)
