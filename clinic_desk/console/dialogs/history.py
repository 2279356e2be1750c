"""What happened last, on a screen above the queue: in the clinic, as it goes on, or to one ticket."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from clinic_desk.console.side import HistoryLines
from clinic_desk.history_view import History
from common.words.texts import Texts


class HistoryScreen(ModalScreen[None]):
    """The last events, until they have been read. `ticket` is the number of the ticket that they are of; else
    they are the clinic's, and shown again with each look at the queue."""

    BINDINGS: ClassVar = [("escape,enter,space,v", "leave")]

    def __init__(self, texts: Texts, history: History | None, ticket: str = "") -> None:
        super().__init__()
        self._texts, self._history, self._ticket = texts, history, ticket

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            if self._ticket:
                yield Static(self._ticket, markup=False, classes="heading")
            yield HistoryLines(self._texts)
            yield Static(self._texts("Enter leads back"), markup=False, classes="hint")

    def on_mount(self) -> None:
        self.query_one(HistoryLines).show(self._history)

    def show_clinic(self, history: History | None) -> None:
        """Shows this from now on, unless a ticket's is shown."""
        if not self._ticket:
            self.query_one(HistoryLines).show(history)

    def action_leave(self) -> None:
        """Leads back."""
        self.dismiss(None)
