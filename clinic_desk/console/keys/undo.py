"""The key that takes back what was done: named first, so that nobody takes back something else."""

import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from clinic_desk.actions import Action
from clinic_desk.console.acting import ActingApp
from clinic_desk.console.queue_list import QueueList
from clinic_desk.problem_words import CONSOLE_WORDS
from clinic_desk.session import DeskSession
from clinic_desk.undoable import in_words, is_late, last_undoable
from common.domain import ticket_states
from common.terminal.screens.questions import Choose
from common.words.tickets import Ticket

_UNDOABLE: Final = frozenset(
    {"call_next", "call_ticket", "start", "complete", "mark_no_show", "skip", "park", "send", "desk_cancel"}
)
_UNDOABLE_SECONDS: Final = 600.0  # as the ticker has it, which decides
_LINES: Final = 50
"""Of what happened last: as many as one reply has."""


class _Undoable(NamedTuple):
    """What can be taken back, in words: of the ticket of that number and day, or in a room; `is_late`, could
    be until a while ago."""

    words: str
    is_late: bool
    number: int | None = None
    room: int | None = None
    day: str | None = None


def may_be_undone(ticket: Ticket) -> bool:
    """Whether something done with a ticket in its state can be taken back; the ticker knows whether it is."""
    status = ticket_states.TicketStatus(ticket["status"])
    return any(ticket_states.is_allowed(undo, status) for undo in ticket_states.UNDONE_BY.values())


class UndoKeys(ActingApp):
    """What was done last at this console, with the chosen ticket, or in this console's room."""

    _last: Ticket | None = None
    _last_at = 0.0

    def _done(self, action: Action, done: dict[str, Any]) -> None:
        if action.request in _UNDOABLE and done["ticket"] is not None:
            self._last, self._last_at = done["ticket"], time.monotonic()
        elif action.request == "undo":
            self._last = None
        super()._done(action, done)

    def forget_queue(self) -> None:
        """What was done in another queue, or by another user, is not taken back by accident."""
        self._last = None
        super().forget_queue()

    def action_undo(self) -> None:
        """Asks what is to be taken back: at first what was done last at this console."""
        is_late = time.monotonic() - self._last_at >= _UNDOABLE_SECONDS
        tickets = [None if is_late else self._last, self.query_one(QueueList).chosen]
        self._ask_what([each for each in tickets if each is not None], self._room)

    def undo(self, ticket: Ticket) -> None:
        """Asks whether what was done last with this ticket is to be taken back."""
        self._ask_what([ticket])

    def _ask_what(self, tickets: Sequence[Ticket], room: int | None = None) -> None:
        """Looks at what happened to these tickets and in the room, and asks what of it is meant."""
        desk, texts, now = self._desk, self._texts, self._now()
        meant = {(each["number"], self._other_day(each)): None for each in tickets}

        def look(session: DeskSession) -> list[_Undoable]:
            found = []
            for number, day in meant:
                of_ticket = {"number": number, "service_date": day}
                happened = session.history(desk.hospital, desk.clinic, _LINES, **of_ticket)
                if (line := last_undoable(happened["lines"])) is not None:
                    found.append(_Undoable(in_words(line, texts), is_late(line, now), number, day=day))
            if room is None:
                return found
            happened = session.history(desk.hospital, desk.clinic, _LINES)
            line = last_undoable(happened["lines"], room)
            if line is not None and in_words(line, texts) not in {each.words for each in found}:
                found.append(_Undoable(in_words(line, texts), is_late(line, now), room=room))
            return found

        self._send(look, self._ask_which)

    def _ask_which(self, found: Sequence[_Undoable]) -> None:
        possible = [each for each in found if not each.is_late]
        if not possible:
            self._say_why_not(found)
            return

        def chosen(place: str | None) -> None:
            if place is not None:
                what = possible[int(place)]
                self._do(self._desk.undo(number=what.number, room=what.room, day=what.day))

        choices = [(str(place), each.words) for place, each in enumerate(possible)]
        self.push_screen(Choose(self._texts("What is to be taken back?"), choices, self._texts), chosen)

    def _say_why_not(self, late: Sequence[_Undoable]) -> None:
        texts = self._texts
        sentences = [
            texts("{what}: more than ten minutes ago, it cannot be taken back any more.", what=each.words)
            for each in late
        ]
        for sentence in sentences or [texts(CONSOLE_WORDS.by_reason["nothing_to_undo"])]:
            self._say(sentence, "yellow")
