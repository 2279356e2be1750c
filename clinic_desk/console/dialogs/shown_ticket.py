"""A ticket shown again, on a screen above the queue, and from there on paper."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from common.terminal.screens.questions import Notice
from common.words.texts import Texts


class ShownTicket(ModalScreen[str | None]):
    """A ticket until it has been read; left with the width of the roll to print it on, in millimetres, or
    None. `ticket` is text with a terminal's colours."""

    BINDINGS: ClassVar = [
        ("escape,enter,space", "leave(None)"),
        ("5", "leave('58')"),
        ("8", "leave('80')"),
    ]

    _SCROLL_BAR: ClassVar = 2

    @classmethod
    def width_in(cls, columns: int) -> int:
        """How wide the ticket can be on a screen of so many columns."""
        return Notice.width_in(columns) - cls._SCROLL_BAR

    def __init__(self, ticket: str, texts: Texts) -> None:
        super().__init__()
        self._ticket, self._texts = ticket, texts

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            with VerticalScroll(classes="long"):
                yield Static(Text.from_ansi(self._ticket))
            yield Static(
                self._texts("5 prints on 58 mm · 8 on 80 mm · ↑ ↓ scrolls · Enter leads back"),
                markup=False,
                classes="hint",
            )

    def action_leave(self, paper: str | None) -> None:
        """Leads back, with the paper to print on."""
        self.dismiss(paper)
