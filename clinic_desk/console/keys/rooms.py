"""The keys that choose the room to which this console calls."""

import time
from typing import Any, ClassVar

from clinic_desk import queue_view
from clinic_desk.console.acting import ActingApp
from clinic_desk.console.dialogs.room_entry import Entered, RoomEntry, rooms_meant
from clinic_desk.console.queue_list import QueueList
from common.terminal.screens.questions import Choose


class RoomKeys(ActingApp):
    """Which room this console calls to."""

    ONE_NUMBER_SECONDS: ClassVar = 1.0
    """Digits that follow one another within this time are one room's number."""

    _typed = ""
    _typed_at = -ONE_NUMBER_SECONDS
    _room_before = 1

    async def run_action(self, action: Any, *given: Any, **named: Any) -> bool:
        """Any other key ends a number."""
        if not str(action).startswith("room_digit"):
            self._typed_at = -self.ONE_NUMBER_SECONDS
        return await super().run_action(action, *given, **named)

    def action_room_digit(self, digit: str) -> None:
        """Chooses the room of the number that is being typed, once only one room can be meant."""
        assert self._queue is not None
        rooms = self._queue["rooms"]
        now = time.monotonic()
        if now - self._typed_at > self.ONE_NUMBER_SECONDS:
            self._typed, self._room_before = "", self._room
        typed = self._typed + digit
        found = rooms_meant(typed, rooms)
        self._typed, self._typed_at = (typed, now) if found else ("", -self.ONE_NUMBER_SECONDS)
        if not found:
            self._call_to(self._room_before)
            self._say(queue_view.no_such_room(typed, rooms, self._texts), "yellow")
        elif len(found) == 1:
            self._call_to(found[0])
        else:
            self._typed_at = -self.ONE_NUMBER_SECONDS
            self.push_screen(RoomEntry(typed, rooms, self._texts), self._entered)

    def _entered(self, entered: Entered | None) -> None:
        if entered is None:
            return
        if entered.by_digit:  # another digit at once makes it the number of no room
            self._typed, self._typed_at = str(entered.room), time.monotonic()
        self._call_to(entered.room)

    def _call_to(self, room: int) -> None:
        """This console calls to that room from now on."""
        self._room = room
        if self._queue is not None:
            self.query_one(QueueList).show(self._queue, room)
            self._show_moments()

    def action_choose_room(self) -> None:
        """Asks for the room."""
        queue = self._queue
        assert queue is not None
        rooms = range(1, queue["rooms"] + 1)
        if not rooms:
            self._say(queue_view.no_such_room(self._room, 0, self._texts), "yellow")
            return
        choices = [(str(room), queue_view.room_name(queue, room, self._texts)) for room in rooms]
        self.push_screen(
            Choose(self._texts("This console's room"), choices, self._texts, str(self._room)),
            lambda room: self._call_to(int(room)) if room else None,
        )
