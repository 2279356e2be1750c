"""In the console: looking for a ticket, at what happened, and at whose a ticket is, on a real broker."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from clinic_desk.console.dialogs.history import HistoryScreen
from clinic_desk.console.dialogs.search import Search
from clinic_desk.console.dialogs.ticket_menu import TicketMenu
from clinic_desk.console.side import HistoryLines
from common.messaging.topology import definitions
from common.terminal.screens.form import Form
from tests.acceptance.command_line import Shell
from tests.acceptance.consoles import becomes, chooses, console, screen, shows
from tests.acceptance.desks import ClinicDesk, desk_at, journal
from tests.broker import RunningBroker
from tests.database import opened
from tests.deployment import Deployment, Patient, personal_data_in
from tests.staff import duty, let_serve
from tests.tcp_proxy import proxy_to
from tests.workers.node_control import control

LANGUAGES = ("id", "en")


@pytest.fixture
def desk(system: Deployment, tmp_path: Path) -> Callable[[str], ClinicDesk]:
    """A desk at a shell, to see what the console did."""
    return lambda clinic: desk_at(system, tmp_path, "RSHS", clinic).moved_by_staff(2)


@pytest.fixture
def caller(broker: RunningBroker, system: Deployment, tmp_path: Path) -> Iterator[str]:
    """The broker's address for somebody who only calls."""
    if broker.node is None:
        pytest.skip("only a broker of our own takes users from tests")
    file = tmp_path / "users.json"
    file.write_text(json.dumps(definitions({}, {"siti": "siti-password"})))
    control(broker.node, ["import_definitions", str(file)])
    with opened(system.database_url) as engine:
        let_serve(engine, "siti", duty("caller", "RSHS"))
    yield f"amqp://siti:siti-password@{system.urls['desk'].rpartition('@')[2]}"
    control(broker.node, ["delete_user", "siti"])


def called(name: str) -> Patient:
    """A patient with a name of their own."""
    return Patient(name=f"Wulandari {name}")


async def looks_for(pilot: Pilot[None], text: str) -> None:
    """Opens the search and looks for a text."""
    await pilot.press("slash")
    await becomes(pilot, lambda: isinstance(pilot.app.screen, Search), lambda: "the search")
    await pilot.press(*text, "enter")


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_is_found_by_name_is_chosen_in_the_list(
    system: Deployment, shell: Shell, desk: Callable[[str], ClinicDesk], language: str
) -> None:
    clinic = {"id": "GIG", "en": "ANA"}[language]
    at_shell = desk(clinic)
    for name in ("Nyoman", "Ketut", "Made"):
        shell.register("RSHS", clinic, called(name))

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, f"{clinic}-003")
        await looks_for(pilot, "KETUT")
        await shows(pilot, "Wulandari Ketut")
        assert "Wulandari Made" not in screen(pilot)
        await pilot.press("enter", "b")
        await shows(pilot, {"id": f"Mengapa {clinic}-002", "en": f"Why is {clinic}-002"}[language])
        await pilot.press("enter")
        await shows(pilot, f"{clinic}-002 " + {"id": "dibatalkan.", "en": "is cancelled."}[language])

    console(system, play, language=language, clinic=clinic)

    assert at_shell.numbers("waiting") == [f"{clinic}-001", f"{clinic}-003"]


def test_what_cannot_be_found_is_said_and_can_be_written_anew(
    system: Deployment, shell: Shell, desk: Callable[[str], ClinicDesk]
) -> None:
    desk("INT")
    shell.register("RSHS", "INT", called("Ketut"))

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "1 waiting")
        await pilot.press("slash", "enter")
        await shows(pilot, "Write a number, such as 17, or a part of the name.")
        await pilot.press(*"zzz", "enter")
        await shows(pilot, "No ticket of today has this number or name.")
        await pilot.press(*["backspace"] * 3, *"99", "enter")
        await shows(pilot, "No ticket of today has this number or name.")
        await pilot.press(*["backspace"] * 2, "1", "enter")
        await shows(pilot, "Wulandari Ketut")
        await pilot.press("slash", "backspace", *"ket", "enter")
        await shows(pilot, "Wulandari Ketut")
        await pilot.press("escape")
        await becomes(pilot, lambda: len(pilot.app.screen_stack) == 1, lambda: "the queue")
        assert "Wulandari" not in screen(pilot)

    console(system, play, clinic="INT")


def test_a_ticket_in_no_list_is_acted_on_by_its_keys(
    system: Deployment, shell: Shell, desk: Callable[[str], ClinicDesk]
) -> None:
    at_shell = desk("MAT")
    shell.register("RSHS", "MAT", called("Ketut"))
    at_shell.do("next", "--room", "1")
    at_shell.do("complete", "1")

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "1 served")
        await looks_for(pilot, "mat-1")
        await shows(pilot, "Wulandari Ketut")
        await pilot.press("enter")
        await shows(pilot, "MAT-001 · served · Wulandari Ketut")
        menu = pilot.app.screen
        assert isinstance(menu, TicketMenu)
        assert list(menu.keys) == ["z", "v", "w", "y"]
        await pilot.press("y")
        await becomes(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen), lambda: "its history")
        await pilot.press("escape")
        await looks_for(pilot, "1")
        await shows(pilot, "Wulandari Ketut")
        await pilot.press("enter")
        await shows(pilot, "MAT-001 · served · Wulandari Ketut")
        await pilot.press("z")
        await becomes(pilot, lambda: not isinstance(pilot.app.screen, TicketMenu), lambda: "what is meant")
        await shows(pilot, "What is to be taken back?")
        assert screen(pilot).endswith("The completion of MAT-001")
        await pilot.press("enter")
        await shows(pilot, "The completion of MAT-001 is taken back")

    console(system, play, clinic="MAT")

    assert at_shell.numbers("in_rooms") == ["MAT-001"]


def test_who_is_served_is_found_and_sent_on(
    system: Deployment, shell: Shell, desk: Callable[[str], ClinicDesk]
) -> None:
    at_shell = desk("THT")
    shell.register("RSHS", "THT", called("Ketut"))
    at_shell.do("next", "--room", "1")
    at_shell.do("start", "1")

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "THT-001")
        await looks_for(pilot, "ketut")
        await shows(pilot, "Wulandari Ketut")
        await pilot.press("enter", "v")
        await shows(pilot, "Send THT-001 on to")
        await chooses(pilot, "MAT")
        await shows(pilot, "Does THT-001 come back from MAT?")
        await pilot.press("enter")
        await shows(pilot, " is registered.")

    console(system, play, clinic="THT")

    assert ("ticket.sent", 1, "dewi") in journal(system, "THT")


def test_who_only_calls_finds_tickets_and_corrects_none(
    system: Deployment, shell: Shell, desk: Callable[[str], ClinicDesk], caller: str
) -> None:
    at_shell = desk("JIW")
    shell.register("RSHS", "JIW", called("Ketut"))
    at_shell.do("cancel", "1", "--reason", "duplicate")

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "siti · ")
        await shows(pilot, "0 waiting")
        await pilot.press("w")
        await shows(pilot, "Only reception or a manager of Poli Jiwa may do this; ask one of them.")
        await looks_for(pilot, "ketut")
        await shows(pilot, "cancelled")
        await pilot.press("enter")
        await becomes(pilot, lambda: isinstance(pilot.app.screen, TicketMenu), lambda: "its keys")
        menu = pilot.app.screen
        assert isinstance(menu, TicketMenu)
        assert list(menu.keys) == ["z", "y"]
        await pilot.press("w")
        assert pilot.app.screen is menu

    console(system, play, clinic="JIW", amqp_url=caller)


def test_a_connection_that_is_lost_while_looking_is_said_where_one_looks(
    system: Deployment, shell: Shell, desk: Callable[[str], ClinicDesk]
) -> None:
    desk("SAR")
    shell.register("RSHS", "SAR", called("Ketut"))

    with proxy_to(system.urls["desk"]) as line:

        async def play(pilot: Pilot[None]) -> None:
            await shows(pilot, "1 waiting")
            line.refuse()
            await shows(pilot, "○ reconnecting · last reply ")
            await looks_for(pilot, "ketut")
            await becomes(
                pilot,
                lambda: pilot.app.screen.query_one("#outcome").has_class("complaint"),
                lambda: f"why nothing is found in\n{screen(pilot)}",
            )
            assert isinstance(pilot.app.screen, Search)
            line.open()
            await shows(pilot, "● connected · last reply ")
            await pilot.press("enter")
            await shows(pilot, "Wulandari Ketut")

        console(system, play, clinic="SAR", amqp_url=line.url(system.urls["desk"]))


def test_what_happened_is_shown_as_it_happens(
    system: Deployment, shell: Shell, desk: Callable[[str], ClinicDesk]
) -> None:
    at_shell = desk("KLT")
    shell.register("RSHS", "KLT", called("Ketut"))

    async def on_a_small_screen(pilot: Pilot[None]) -> None:
        await shows(pilot, "1 waiting")
        assert "What happened last" not in screen(pilot)
        await pilot.press("y")
        await shows(pilot, "KLT-001 registered")
        at_shell.do("next", "--room", "2")
        await shows(pilot, "KLT-001 called · Ruang Kulit dan Kelamin 2")
        assert history(pilot).splitlines()[1].endswith("  dewi")
        await pilot.press("escape")
        await becomes(pilot, lambda: len(pilot.app.screen_stack) == 1, lambda: "the queue")
        await becomes(pilot, lambda: not history(pilot), lambda: "it is not asked for any more")

    async def on_a_large_screen(pilot: Pilot[None]) -> None:
        await shows(pilot, "KLT-001 called")
        at_shell.do("recall", "1")
        await shows(pilot, "KLT-001 called again")
        assert all(len(line) <= 43 for line in history(pilot).splitlines())

    console(system, on_a_small_screen, clinic="KLT")
    console(system, on_a_large_screen, clinic="KLT", size=(120, 40))


def history(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one(HistoryLines).content)


def test_a_correction_begins_with_what_the_ticket_has(
    system: Deployment, shell: Shell, desk: Callable[[str], ClinicDesk]
) -> None:
    desk("OBG")
    patient = called("Ketut")
    shell.register("RSHS", "OBG", patient)

    async def form(pilot: Pilot[None]) -> list[str]:
        await pilot.press("e")
        await becomes(
            pilot,
            lambda: isinstance(pilot.app.screen, Form) and len(pilot.app.screen.query(Input)) == 3,
            lambda: "a form",
        )
        return [each.value for each in pilot.app.screen.query(Input)]

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "menunggu 1")
        await pilot.press("down", "down")
        assert await form(pilot) == [patient.medical_record_number, patient.name, "19-07-1953"]
        await pilot.press("enter", "enter", "enter")
        await shows(pilot, "Keadaannya memang sudah demikian; tidak ada yang diubah.")
        await form(pilot)
        await pilot.press("enter", "end", *" Ayu", "enter", "enter")
        await shows(pilot, "Data OBG-001 diperbaiki.")
        assert (await form(pilot))[1] == f"{patient.name} Ayu"
        await pilot.press("escape", "y")
        await shows(pilot, "OBG-001 data diperbaiki · Nama")

    console(system, play, clinic="OBG", language="id")

    assert [event for event, *_ in journal(system, "OBG")].count("ticket.corrected") == 1


def test_a_ticket_is_shown_again_and_printed(
    system: Deployment,
    shell: Shell,
    desk: Callable[[str], ClinicDesk],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk("BED")
    patient = called("Ketut")
    code = shell.register("RSHS", "BED", patient)["ticket_code"]
    printed, commands = tmp_path / "printed", tmp_path / "commands"
    commands.mkdir()

    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "1 waiting")
        await pilot.press("w")
        await shows(pilot, "Choose a ticket.")
        await pilot.press("down", "down", "w")
        await shows(pilot, code)
        assert patient.name in screen(pilot)
        monkeypatch.setenv("PATH", str(commands))
        await pilot.press("5")
        await shows(pilot, "This computer cannot print: it has no command lp; ask its administrator.")
        lp = commands / "lp"
        lp.write_text(f'#!/bin/sh\nwhile IFS= read -r line; do echo "$line"; done >{printed}\n')
        lp.chmod(0o700)
        await pilot.press("w")
        await shows(pilot, code)
        await pilot.press("8")
        await shows(pilot, "BED-001 is sent to the printer.")
        lp.write_text("#!/bin/sh\nexit 1\n")
        await pilot.press("w")
        await shows(pilot, code)
        await pilot.press("5")
        await shows(pilot, "The printer took nothing; see whether a standard printer is set up")

    console(system, play, clinic="BED")

    paper = printed.read_text(encoding="cp437")
    assert code in paper
    assert not personal_data_in(paper)
    assert max(map(len, paper.splitlines())) <= 48
