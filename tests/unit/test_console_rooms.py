"""Which room a console is at, by the numbers that are typed; the queue is given, and nothing is asked for."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from clinic_desk.console.app import Console
from clinic_desk.console.dialogs.forms import parse_rooms
from clinic_desk.console.dialogs.room_entry import RoomEntry, rooms_meant
from clinic_desk.console.requester import Place, QueueRead, Requester
from clinic_desk.problem_words import CONSOLE_WORDS
from clinic_desk.session import DeskSession
from common.settings import Settings
from common.terminal.screens.form import Form
from common.terminal.screens.lines import line_with_end
from common.translation import LOCALES, translated
from tests.catalogs import read_catalog
from tests.processes import SECONDS_MAX

Play = Callable[[Pilot[None]], Awaitable[None]]


def queue_of(rooms: int) -> dict[str, Any]:
    """The queue of a clinic in which nobody is."""
    return {
        "hospital": "RSHS",
        "hospital_name": "RSUP Hasan Sadikin",
        "clinic": "GIG",
        "clinic_name": "Poli Gigi",
        "service_date": "2026-11-23",
        "mode": "desk",
        "is_open": True,
        "state": "schedule",
        "forced_until": None,
        "forced_reason": None,
        "rooms": rooms,
        "waiting_count": 0,
        "waiting_priority_count": 0,
        "served_count": 0,
        "now_serving": None,
        "in_rooms": [],
        "waiting": [],
        "no_shows": [],
    }


def console(play: Play, monkeypatch: pytest.MonkeyPatch, *, rooms: int, room: int) -> None:
    """Shows the console of a clinic with so many rooms, from one of them, and lets `play` use it."""
    monkeypatch.setattr(Requester, "start", lambda line: None)
    app = Console(
        DeskSession(Settings(amqp_url="amqp://dewi:secret@127.0.0.1:1/"), "en", language_given=True),
        "RSHS",
        "GIG",
        room,
    )

    async def run() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            app._place = Place("RSHS", "GIG")
            app.post_message(QueueRead(queue_of(rooms)))
            await shows(pilot, f"{rooms} room")
            await play(pilot)

    asyncio.run(run())


def screen(pilot: Pilot[None]) -> str:
    return "\n".join(str(part.content) for each in pilot.app.screen_stack for part in each.query(Static))


async def shows(pilot: Pilot[None], words: str) -> None:
    """Waits until the screen shows these words."""
    try:
        async with asyncio.timeout(SECONDS_MAX):
            while words not in screen(pilot):
                await pilot.pause(0.02)
    except TimeoutError:
        pytest.fail(f"{words!r} in\n{screen(pilot)}")


@pytest.mark.parametrize(
    ("rooms", "keys", "room"),
    [
        (3, ["1"], 1),
        (3, ["3"], 3),
        (9, ["9"], 9),
        (12, ["2"], 2),
        (12, ["1", "enter"], 1),
        (12, ["1", "0"], 10),
        (12, ["1", "2"], 12),
        (12, ["1", "7", "1", "2"], 12),
        (12, ["1", "9", "1", "enter"], 1),
        (12, ["1", "7", "enter"], 5),
        (12, ["1", "7", "2"], 2),
        (50, ["5", "1", "4", "4"], 44),
        (12, ["1", "escape"], 5),
        (12, ["1", "backspace", "3"], 3),
        (12, ["1", "backspace", "enter"], 5),
        (12, ["1", "space", "x", "a", "q", "enter"], 1),
        (50, ["5", "0"], 50),
        (50, ["5", "enter"], 5),
        (50, ["4", "9"], 49),
    ],
)
def test_a_typed_number_chooses_a_room(
    rooms: int, keys: list[str], room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(pilot: Pilot[None]) -> None:
        await pilot.press(*keys)
        await shows(pilot, f"Room {room} · ")
        assert not isinstance(pilot.app.screen, RoomEntry)

    console(play, monkeypatch, rooms=rooms, room=5 if rooms > 3 else 2)


@pytest.mark.parametrize(
    ("rooms", "keys"),
    [(3, "17"), (3, "0"), (3, "4"), (1, "2"), (2, "12"), (9, "10"), (12, "0"), (12, "99"), (50, "51")],
)
def test_a_number_that_no_room_has_chooses_none(
    rooms: int, keys: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Console, "ONE_NUMBER_SECONDS", SECONDS_MAX)  # however slow the machine

    async def play(pilot: Pilot[None]) -> None:
        await pilot.press(*keys)
        await shows(pilot, f"There is no room {keys}; this clinic's rooms are 1 to {rooms}.")
        assert f"Room {rooms} · " in screen(pilot)

    console(play, monkeypatch, rooms=rooms, room=rooms)


def test_after_a_complaint_the_entry_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("1", "7")
        await shows(pilot, "There is no room 17; this clinic's rooms are 1 to 12.")
        assert "Room _" in screen(pilot)

    console(play, monkeypatch, rooms=12, room=5)


@pytest.mark.parametrize(("keys", "told", "room"), [(["1", "2", "2"], "122", 5), (["1", "0", "0"], "100", 5)])
def test_a_digit_too_many_takes_the_choice_back(
    keys: list[str], told: str, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Console, "ONE_NUMBER_SECONDS", SECONDS_MAX)

    async def play(pilot: Pilot[None]) -> None:
        await pilot.press(*keys)
        await shows(pilot, f"There is no room {told}; this clinic's rooms are 1 to 12.")
        assert f"Room {room} · " in screen(pilot)

    console(play, monkeypatch, rooms=12, room=room)


def test_a_room_given_at_the_start_that_the_clinic_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "There is no room 7; this clinic's rooms are 1 to 3.")

    console(play, monkeypatch, rooms=3, room=7)


def test_a_room_that_the_clinic_lacks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(pilot: Pilot[None]) -> None:
        await shows(pilot, "There is no room 17; this clinic's rooms are 1 to 12.")
        await pilot.press("1", "1")
        await shows(pilot, "Room 11 · ")
        pilot.app.post_message(QueueRead(queue_of(2)))
        await shows(pilot, "There is no room 11; this clinic's rooms are 1 to 2.")

    console(play, monkeypatch, rooms=12, room=17)


def test_the_number_of_rooms_is_one_that_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("j")
        for wrong in ("00", "51", "many"):
            await pilot.press(*wrong, "enter")
            await shows(pilot, "Rooms: 0 to 50")
            assert isinstance(pilot.app.screen, Form)
            await pilot.press(*["backspace"] * len(wrong))

    console(play, monkeypatch, rooms=3, room=1)


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (78, "Poli Gigi · RSUPN Dr. Cipto Mangunkusumo                    Room 12 · 08.15.42"),
        (50, "Poli Gigi · RSUPN Dr. Cipto M…  Room 12 · 08.15.42"),
        (36, "Poli Gigi         Room 12 · 08.15.42"),
        (30, "Poli Gigi   Room 12 · 08.15.42"),
        (25, "Poli…  Room 12 · 08.15.42"),
    ],
)
def test_room_and_time_stay_whole_in_the_title(width: int, line: str) -> None:
    place = ("Poli Gigi", "RSUPN Dr. Cipto Mangunkusumo")
    assert line_with_end(place, "Room 12 · 08.15.42", width) == line


@pytest.mark.parametrize("text", ["", "00", "51", "-1", "+3", "1_0", "1.5", "٣", "²", "007", "9" * 5000])
def test_what_is_no_number_of_rooms(text: str) -> None:
    with pytest.raises(ValueError, match="a number of rooms"):
        parse_rooms(text)


def test_the_rooms_that_can_be_meant() -> None:
    assert (parse_rooms(" 50 "), parse_rooms("0")) == (50, 0)
    assert rooms_meant("1", 12) == [1, 10, 11, 12]
    assert rooms_meant("01", 12) == []


def test_hints_name_keys_and_no_commands() -> None:
    words = CONSOLE_WORDS
    by_problem = (words.by_code, words.by_reason, words.rules)
    of_problems = {words.unexpected}.union(*(each.values() for each in by_problem))
    shown = ("clinic_desk/console/", "clinic_desk/output.py")
    own = {
        each.id
        for each in read_catalog(LOCALES / "id.po")
        if isinstance(each.id, str) and any(place.startswith(shown) for place, _ in each.locations)
    }
    for sentence in of_problems | own:
        for language in ("id", "en"):
            said = translated(sentence, language)
            assert not re.search(r"antrean-desk [a-z]|antrean [a-z]+ RS| --[a-z]", said), sentence
