"""What the console shows fits its screen, however long it is; the queue is given, nothing is asked for."""

import asyncio

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from clinic_desk.console.app import Console
from clinic_desk.console.dialogs.ticket_menu import TicketMenu
from clinic_desk.console.requester import Place, QueueRead
from common.terminal.screens.key_bar import KeyBar
from tests.processes import SECONDS_MAX
from tests.unit.test_console_rooms import console, queue_of, shows

LONG_NAME = "Siti Nurhaliza binti Muhammad Fauzan Abdurrahman Wahid Kusumaningrat"
SENTENCE = "Something was done with the ticket since; take that back first or go on from how it stands."


def _waits(name: str) -> dict[str, object]:
    return {
        "display_number": "GIG-001",
        "service_date": "2026-11-23",
        "status": "waiting",
        "lane": "regular",
        "priority_reason": None,
        "registered_at": "2026-11-23T08:00:00+07:00",
        "called_at": None,
        "started_at": None,
        "patient_name": name,
    }


def test_a_long_sentence_is_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, Console)
        app._say(SENTENCE)
        await shows(pilot, SENTENCE)
        await pilot.pause()
        assert "how it stands." in _seen(pilot, "#message")

    console(play, monkeypatch, rooms=2, room=1)


def test_a_long_name_stays_on_the_line_of_its_ticket(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(pilot: Pilot[None]) -> None:
        app = pilot.app
        app.post_message(QueueRead(queue_of(2) | {"waiting": [_waits(LONG_NAME)], "waiting_count": 1}))
        await shows(pilot, "1 waiting")
        await pilot.pause()
        lines = _seen(pilot, "#queue").splitlines()
        row = next(line for line in lines if "GIG-001" in line)
        assert "Siti Nurhaliza" in row
        assert row.rstrip().endswith("…")
        assert not any("Kusumaningrat" in line for line in lines)

    console(play, monkeypatch, rooms=2, room=1)


def test_long_words_of_one_ticket_leave_the_names_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = {"clinic": "INT", "clinic_name": "Poli Penyakit Dalam", "room": 1, "room_name": None}
    waiting = [_waits("Siti"), _waits("Budi") | {"display_number": "GIG-002", "elsewhere": elsewhere}]

    async def play(pilot: Pilot[None]) -> None:
        pilot.app.post_message(QueueRead(queue_of(2) | {"waiting": waiting, "waiting_count": 2}))
        await shows(pilot, "2 waiting")
        await pilot.pause()
        lines = _seen(pilot, "#queue").splitlines()
        assert any("GIG-001" in line and line.rstrip().endswith("Siti") for line in lines)
        assert any("GIG-002" in line and "now in Poli Penyakit Dalam, Room 1" in line for line in lines)

    console(play, monkeypatch, rooms=2, room=1)


def test_all_lines_of_the_keys_are_seen_before_it_is_known_who_is_signed_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def play(pilot: Pilot[None]) -> None:
        bar = pilot.app.query_one(KeyBar)
        await becomes_as_high_as_its_lines(pilot, bar)
        await pilot.resize_terminal(100, 40)
        await becomes_as_high_as_its_lines(pilot, bar)

    async def becomes_as_high_as_its_lines(pilot: Pilot[None], bar: KeyBar) -> None:
        async with asyncio.timeout(SECONDS_MAX):
            while bar.size.height != len(str(bar.content).splitlines()) or bar.size.height < 2:
                await pilot.pause(0.02)

    console(play, monkeypatch, rooms=2, room=1)


@pytest.mark.parametrize(
    ("status", "keys"),
    [
        ("called", "r s c x l d z t b e w y"),
        ("in_service", "c z v e w y"),
        ("parked", "d f z t b e w y"),
        ("served", "z v w y"),
    ],
)
def test_a_ticket_s_menu_has_all_that_can_be_done_and_fits(
    monkeypatch: pytest.MonkeyPatch, status: str, keys: str
) -> None:
    async def play(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, Console)
        app._show_menu(Place("RSHS", "GIG"), _waits(LONG_NAME) | {"status": status})
        await shows(pilot, "Esc leads back")
        await pilot.pause()
        menu = app.screen
        assert isinstance(menu, TicketMenu)
        assert " ".join(menu.keys) == keys
        choices = menu.query_one(OptionList)
        assert choices.size.height == len(menu.keys), "none is below the edge"

    console(play, monkeypatch, rooms=2, room=1)


def _seen(pilot: Pilot[None], part: str) -> str:
    """The letters of that part of the screen as they are drawn."""
    widget = pilot.app.query_one(part)
    height = widget.size.height
    return "\n".join(strip.text for strip in (widget.render_line(y) for y in range(height)))
