"""Which rooms a typed number can mean, and the screen on which a longer one is completed."""

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from clinic_desk.queue_view import no_such_room
from common.words.texts import Texts


def rooms_meant(typed: str, rooms: int) -> list[int]:
    """The rooms from 1 to `rooms` whose numbers begin with the digits that were typed."""
    return [room for room in range(1, rooms + 1) if str(room).startswith(typed)]


@dataclass(frozen=True)
class Entered:
    """A room that exists. `by_digit`: by the digit with which only it remained; more digits may follow."""

    room: int
    by_digit: bool = False


class RoomEntry(ModalScreen[Entered | None]):
    """A room's number while it is typed: left by Enter, or by the digit with which only one room remains.

    A number that no room has is told, and the entry is empty again.
    """

    BINDINGS: ClassVar = [
        *((digit, f"digit('{digit}')") for digit in "0123456789"),
        ("enter", "choose"),
        ("escape", "leave"),
        ("backspace", "delete"),
    ]

    def __init__(self, typed: str, rooms: int, texts: Texts) -> None:
        super().__init__()
        self._typed, self._rooms, self._texts = typed, rooms, texts

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._texts("This console's room"), markup=False, classes="heading")
            yield Static(self._entry(), id="entry", markup=False)
            yield Static("", id="complaint", markup=False)
            yield Static(self._texts("Enter chooses · Esc leads back"), markup=False, classes="hint")

    def action_digit(self, digit: str) -> None:
        """Takes a digit that leads to a room; says so of one that does not."""
        found = rooms_meant(self._typed + digit, self._rooms)
        if not found:
            self._complain(self._typed + digit)
        elif len(found) == 1:
            self.dismiss(Entered(found[0], by_digit=True))
        else:
            self._show(self._typed + digit)

    def action_choose(self) -> None:
        """Leaves with the room whose number this is."""
        self.dismiss(Entered(int(self._typed)) if self._typed else None)

    def action_delete(self) -> None:
        """Takes the last digit back."""
        self._show(self._typed[:-1])

    def action_leave(self) -> None:
        """Leads back."""
        self.dismiss(None)

    def _show(self, typed: str) -> None:
        self._typed = typed
        self.query_one("#entry", Static).update(self._entry())
        self.query_one("#complaint", Static).update("")

    def _complain(self, typed: str) -> None:
        self._show("")
        self.query_one("#complaint", Static).update(no_such_room(typed, self._rooms, self._texts))

    def _entry(self) -> str:
        return self._texts("Room {room}", room=self._typed) + "_"
