"""The console's forms, under keys that come faster than they are worked off."""

import asyncio

import pytest
from textual import events
from textual.app import App
from textual.widgets import Input

from clinic_desk.console.dialogs.forms import sign_in_form
from common.words.texts import Texts


@pytest.mark.parametrize("between", ["tab", "enter"])
def test_what_is_typed_right_behind_a_name_is_the_password(between: str) -> None:
    asyncio.run(_type(between))


async def _type(between: str) -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        answers: list[object] = []
        await app.push_screen(sign_in_form(Texts("en")), answers.append)
        await pilot.pause()
        user, password = app.screen.query(Input)
        for key in [*"siti", between, *"secret"]:
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        assert (user.value, password.value) == ("siti", "secret")
        for key in ["shift+tab", *"budi", between, *"other", "enter"]:
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        await pilot.pause()
    assert [[*each.values()] for each in answers if isinstance(each, dict)] == [["budi", "other"]]
