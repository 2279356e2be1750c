"""What the console shows of who is away, and asks for; the queue is given, nothing is asked for."""

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from clinic_desk.console.requester import QueueRead, Requester
from common.terminal.screens.questions import Choose
from tests.unit.test_console_rooms import console, queue_of, shows

LATE = {"room": None, "reason": "late", "since": "2026-11-23T08:00:00+07:00", "until": None}
BREAK = {"room": 2, "reason": "break", "since": LATE["since"], "until": "2026-11-23T13:00:00+07:00"}


def offered(pilot: Pilot[None]) -> list[str]:
    """What a dialog offers to choose from."""
    assert isinstance(pilot.app.screen, Choose)
    return [str(option.prompt) for option in pilot.app.screen.query_one(OptionList).options]


async def reads(pilot: Pilot[None], rooms: int, *absences: dict[str, Any]) -> None:
    pilot.app.post_message(QueueRead(queue_of(rooms) | {"absences": [*absences]}))
    await shows(pilot, f"{rooms} rooms" if rooms else "no room serves")


def test_who_is_away_stands_where_the_clinic_and_the_room_do(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(pilot: Pilot[None]) -> None:
        await reads(pilot, 3, LATE, BREAK)
        await shows(pilot, "the doctor is late · open by its hours")
        queue = pilot.app.query_one("#queue", OptionList)
        assert any("break, until 13:00" in str(each.prompt) for each in queue.options)

    console(play, monkeypatch, rooms=3, room=2)


def test_only_who_is_away_can_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(pilot: Pilot[None]) -> None:
        await pilot.press("minus")
        await shows(pilot, "Who is away, or back?")
        assert offered(pilot) == ["Room 2: away", "The whole clinic: away"]
        await pilot.press("escape")
        await reads(pilot, 3, BREAK)
        await pilot.press("minus")
        await shows(pilot, "Who is away, or back?")
        assert offered(pilot) == ["Room 2: back", "Room 2: away", "The whole clinic: away"]

    console(play, monkeypatch, rooms=3, room=2)


def test_a_time_that_nobody_knows_may_stay_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(Requester, "send", lambda line, *request: asked.append(request))

    async def play(pilot: Pilot[None]) -> None:
        asked.clear()
        await pilot.press("minus", "enter")
        await shows(pilot, "Why? Patients read it.")
        assert len(offered(pilot)) == 7
        await pilot.press("enter")
        await shows(pilot, "Until about when")
        await pilot.press(*"25:00", "enter")
        await shows(pilot, "Write the time as 14:00")
        assert not asked
        await pilot.press(*["backspace"] * 5, "enter")
        await pilot.pause()
        await pilot.pause()
        assert len(asked) == 1

    console(play, monkeypatch, rooms=3, room=2)


def test_without_a_serving_room_there_is_only_the_clinic(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(pilot: Pilot[None]) -> None:
        await reads(pilot, 0, LATE | {"reason": "other"})
        await pilot.press("g")
        await shows(pilot, "No room serves now; a manager says how many do, with j.")
        await pilot.press("1")
        await shows(pilot, "No room serves now")
        await pilot.press("minus")
        await shows(pilot, "Who is away, or back?")
        assert offered(pilot) == ["The whole clinic: back", "The whole clinic: away"]

    console(play, monkeypatch, rooms=3, room=2)
