"""Calling the next: when the console asks first. The queue is given, and nothing is sent."""

import pytest
from textual.pilot import Pilot

from clinic_desk.actions import Action
from clinic_desk.console.acting import ActingApp
from clinic_desk.console.app import Console
from common.terminal.screens.questions import Confirm
from tests.unit.test_console_rooms import console


@pytest.mark.parametrize(
    ("status", "is_asked"), [("called", True), ("in_service", True), ("waiting", False), ("parked", False)]
)
def test_a_call_right_after_another_is_asked_about_as_long_as_that_patient_is_in_the_room(
    monkeypatch: pytest.MonkeyPatch, status: str, is_asked: bool
) -> None:
    async def play(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, Console)
        sent: list[Action] = []
        monkeypatch.setattr(app, "_do", sent.append)
        monkeypatch.setattr(ActingApp, "_done", lambda *_: None)
        for event, after in (("ticket.called", "called"), ("ticket.recalled", status)):
            ticket = {"display_number": "GIG-001", "service_date": "2026-11-23", "status": after}
            done = {"changes": [{"event": event}], "ticket": ticket, "new_ticket": None}
            app._done(Action("recall", {}, ()), done)
        await pilot.press("space")
        assert isinstance(app.screen, Confirm) is is_asked
        assert bool(sent) is not is_asked

    console(play, monkeypatch, rooms=2, room=1)
