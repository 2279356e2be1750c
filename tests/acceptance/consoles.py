"""The live console on a screen of a test's own, driven by its keys."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from rich.text import Text
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from clinic_desk.console.app import Console
from clinic_desk.session import DeskSession
from common.settings import Settings
from tests.deployment import Deployment
from tests.processes import PATIENT, SECONDS_MAX

Play = Callable[[Pilot[None]], Awaitable[None]]


def console(
    deployment: Deployment,
    play: Play,
    *,
    language: str = "en",
    size: tuple[int, int] = (80, 24),
    **given: Any,
) -> None:
    """Shows the console on a screen of this size and lets `play` use it."""
    variables = {
        **deployment.variables,
        **PATIENT,
        "ANTREAN_AMQP_URL": given.pop("amqp_url", deployment.urls["desk"]),
        **given.pop("settings", {}),
    }
    session = DeskSession(Settings.read(variables), language, language_given=True)
    place = {"hospital": "RSHS", "clinic": None, "room": 1} | given
    app = Console(session, **place)

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await play(pilot)
        if app.fault is not None:
            raise app.fault

    asyncio.run(run())


async def shows(pilot: Pilot[None], words: str) -> None:
    """Waits until the screen shows these words."""
    await becomes(pilot, lambda: words in screen(pilot), lambda: f"{words!r} in\n{screen(pilot)}")


async def becomes(pilot: Pilot[None], condition: Callable[[], bool], what: Callable[[], str]) -> None:
    """Waits until something holds."""
    try:
        async with asyncio.timeout(SECONDS_MAX):
            while not condition():
                await pilot.pause(0.02)
    except TimeoutError:
        pytest.fail(f"Did not happen: {what()}")


async def chooses(pilot: Pilot[None], value: str) -> None:
    """Goes down to this one of the choices that are asked for, and takes it, by keys as its user does."""
    choices = pilot.app.screen.query_one(OptionList)
    await becomes(pilot, lambda: choices.highlighted is not None, lambda: f"choices in\n{screen(pilot)}")
    for _ in choices.options:
        option = choices.highlighted_option
        if option is not None and option.id == value:
            await pilot.press("enter")
            return
        await pilot.press("down")
    pytest.fail(f"Not among the choices: {value}")


def screen(pilot: Pilot[None]) -> str:
    """All that can be read on the screen, dialogs included."""
    lines = []
    for each in pilot.app.screen_stack:
        lines += [str(part.content) for part in each.query(Static) if part.display]
        for choices in each.query(OptionList):
            lines += [option.prompt.plain for option in choices.options if isinstance(option.prompt, Text)]
    return "\n".join(lines)
