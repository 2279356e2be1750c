"""The console itself: its keys, and calling the next."""

import time
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any, ClassVar, Final

from textual.binding import Binding

from clinic_desk.actions import Action
from clinic_desk.console.keys.absences import AbsenceKeys
from clinic_desk.console.keys.clinic import ClinicKeys
from clinic_desk.console.keys.registration import RegistrationKeys
from clinic_desk.console.keys.rooms import RoomKeys
from clinic_desk.console.keys.search import SearchKeys
from clinic_desk.console.keys.table import BOUND
from clinic_desk.queue_view import ticket_key
from clinic_desk.session import DeskSession
from common.domain.ticket_states import IN_ROOM
from common.translation import N_

_JUST_CALLED_SECONDS: Final = 5.0
"""The next call within this time may be a key that was pressed twice: it is asked about."""


class ConsoleFailed(Exception):
    """The console has ended by a fault in it."""


def run_console(session: DeskSession, hospital: str | None, clinic: str | None, room: int) -> None:
    """Shows the console until it is left; raises what went wrong, and ConsoleFailed for a fault in it."""
    session.as_json = session.verbose = False
    app = Console(session, hospital, clinic, room)
    # A fault in the console makes Textual print a traceback with the values of local variables, patients'
    # names among them. It draws on the terminal itself; nothing that is printed beside it is shown.
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        app.run()
    if app.fault is not None:
        raise app.fault
    if app.return_code:
        raise ConsoleFailed


class Console(RegistrationKeys, SearchKeys, RoomKeys, AbsenceKeys, ClinicKeys):
    """The console of one desk, for one room at a time."""

    BINDINGS: ClassVar = [Binding(key, action, show=False) for key, action in BOUND.items()]

    _called_at = -_JUST_CALLED_SECONDS
    _called: str | None = None

    def _done(self, action: Action, done: dict[str, Any]) -> None:
        ticket = done["ticket"]
        if any(each["event"] == "ticket.called" for each in done["changes"]):
            self._called_at, self._called = time.monotonic(), ticket_key(ticket)
        elif ticket and ticket_key(ticket) == self._called and ticket["status"] not in IN_ROOM:
            self._called_at = -_JUST_CALLED_SECONDS  # the room is free: nobody would be completed
        super()._done(action, done)

    def action_next(self) -> None:
        """Calls the next to this console's room."""
        action = self._desk.call_next(self._room)
        if time.monotonic() - self._called_at > _JUST_CALLED_SECONDS:
            self._do(action)
            return
        self._confirmed(
            N_("You have just called. Complete that patient and call the next?"), lambda: self._do(action)
        )
