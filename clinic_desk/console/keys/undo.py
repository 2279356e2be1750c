"""The key that takes back what was done: named first, so that nobody takes back something else."""

import time
from dataclasses import dataclass
from typing import Any, Final

from clinic_desk import queue_view
from clinic_desk.actions import Action
from clinic_desk.console.acting import ActingApp
from clinic_desk.console.dialogs.questions import Choose
from clinic_desk.console.queue_list import QueueList
from clinic_desk.output import changes
from common.domain import ticket_states
from common.terminal.card import Ticket

_UNDOABLE: Final = frozenset(
    {"call_next", "call_ticket", "start", "complete", "mark_no_show", "skip", "park", "desk_cancel"}
)
_UNDOABLE_SECONDS: Final = 600.0  # as the ticker has it, which decides


@dataclass(frozen=True)
class _Undoable:
    """What can be taken back, in words: what was done last with the ticket of that number and day, or in a
    room."""

    words: str
    number: int | None = None
    room: int | None = None
    day: str | None = None


def may_be_undone(ticket: Ticket) -> bool:
    """Whether something done with a ticket in its state can be taken back; the ticker knows whether it is."""
    status = ticket_states.TicketStatus(ticket["status"])
    return any(ticket_states.is_allowed(undo, status) for undo in ticket_states.UNDONE_BY.values())


class UndoKeys(ActingApp):
    """What was done last at this console, with the chosen ticket, or in this console's room."""

    _last: _Undoable | None = None
    _last_at = 0.0

    def _done(self, action: Action, done: dict[str, Any]) -> None:
        if action.request in _UNDOABLE and done["ticket"] is not None:
            ticket = done["ticket"]
            words = " ".join(changes(done, action.body, self._texts))
            self._last = _Undoable(words, ticket["number"], day=self._other_day(ticket))
            self._last_at = time.monotonic()
        elif action.request == "undo":
            self._last = None
        super()._done(action, done)

    def forget_queue(self) -> None:
        """What was done in another queue, or by another user, is not taken back by accident."""
        self._last = None
        super().forget_queue()

    def action_undo(self) -> None:
        """Asks what is to be taken back: at first what was done last at this console."""
        found = self._undoable()
        choices = [(str(place), each.words) for place, each in enumerate(found)]

        def chosen(place: str | None) -> None:
            if place is not None:
                what = found[int(place)]
                self._do(self._desk.undo(number=what.number, room=what.room, day=what.day))

        self.push_screen(Choose(self._texts("What is to be taken back?"), choices, self._texts), chosen)

    def undo(self, ticket: Ticket) -> None:
        """Takes back what was done last with this ticket."""
        self._do(self._desk.undo(number=ticket["number"], day=self._other_day(ticket)))

    def _undoable(self) -> list[_Undoable]:
        found = []
        if self._last is not None and time.monotonic() - self._last_at < _UNDOABLE_SECONDS:
            found.append(self._last)
        texts, queue = self._texts, self._queue
        assert queue is not None
        if (ticket := self.query_one(QueueList).chosen) is not None:
            words = texts("What was done last with {number}", number=ticket["display_number"])
            found.append(_Undoable(words, ticket["number"], day=self._other_day(ticket)))
        words = texts("What was done last in {room}", room=queue_view.room_name(queue, self._room, texts))
        return [*found, _Undoable(words, room=self._room)]
