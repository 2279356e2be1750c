"""All keys of the console on one screen; those that somebody may not use are dimmed, and say who may."""

from collections.abc import Callable
from typing import ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from clinic_desk.console.keys.table import ALL_KEYS, KEYS, described
from common.domain.staff import EVERY_ROLE, MOVES_QUEUES, RUNS_CLINICS, SEES_TO_PATIENTS, StaffRole
from common.translation import N_
from common.words.texts import Texts

_WHO: Final = {
    MOVES_QUEUES: N_("caller, manager"),
    SEES_TO_PATIENTS: N_("reception, manager"),
    RUNS_CLINICS: N_("manager"),
}
_KEY_WIDTH: Final = 8
_WORDS_WIDTH: Final = 22


class AllKeys(ModalScreen[None]):
    """Every key with what it does, until it has been read."""

    BINDINGS: ClassVar = [("escape,enter,space,question_mark", "leave")]

    def __init__(self, texts: Texts, may: Callable[[frozenset[StaffRole]], bool]) -> None:
        super().__init__()
        self._texts, self._may = texts, may

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._texts("All keys"), markup=False, classes="heading")
            with VerticalScroll(classes="long"):
                yield Static(all_keys(self._texts, self._may))
            yield Static(self._texts("↑ ↓ scrolls · Enter leads back"), markup=False, classes="hint")

    def action_leave(self) -> None:
        """Leads back."""
        self.dismiss(None)


def all_keys(texts: Texts, may: Callable[[frozenset[StaffRole]], bool]) -> Text:
    """A line for each key, and how a ticket is chosen for them."""
    lines = []
    for each in (*KEYS, ALL_KEYS):
        key, words = described(each, texts)
        allowed = may(each.roles)
        line = Text(style="" if allowed else "dim")
        line.append(f" {key} ", style="reverse bold" if allowed else "")
        line.append(" " * max(_KEY_WIDTH - len(key), 1))
        line.append(f"{words:<{_WORDS_WIDTH}}" if each.roles != EVERY_ROLE else words)
        if each.roles != EVERY_ROLE:
            line.append(texts(_WHO[each.roles]))
        lines.append(line)
    lines.append(Text(" " + texts("↑ and ↓ choose the ticket that a key is for.")))
    return Text("\n").join(lines)
