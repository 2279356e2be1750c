"""Looks for a ticket by number or name, on a screen above the queue that stays until one is chosen."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from clinic_desk.queue_view import found_row
from common.terminal.card import COLOURS
from common.words.texts import Texts
from common.words.tickets import Ticket

_TEXT_LENGTH_MAX: Final = 100  # as the protocol has it

Found = Mapping[str, Any]
"""A `found_tickets` reply."""

LookFor = Callable[[str, Callable[[Found], None], Callable[[str], None]], None]
"""Looks for a text, and hands on what was found, or the sentence that says why nothing is known."""


class Search(ModalScreen[Ticket | None]):
    """A number or a part of a name, and the tickets that were found with it; the chosen one, or None."""

    BINDINGS: ClassVar = [("escape", "leave"), ("slash", "write")]

    def __init__(self, look_for: LookFor, texts: Texts) -> None:
        super().__init__()
        self._look_for, self._texts = look_for, texts
        self._found: list[Ticket] = []
        self._is_looking = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._texts("Find a ticket of today"), markup=False, classes="heading")
            yield Static(self._texts("Number, or a part of the name"), markup=False)
            yield Input(id="text", max_length=_TEXT_LENGTH_MAX, compact=True)
            yield OptionList(id="found", markup=False)
            yield Static("", id="outcome", markup=False)
            yield Static(self._texts("Enter searches · Esc leads back"), markup=False, classes="hint")

    def on_mount(self) -> None:
        self.query_one(OptionList).display = False

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Looks for what was written."""
        text = event.value.strip()
        if not text:
            self._say(self._texts("Write a number, such as 17, or a part of the name."))
        elif not self._is_looking:
            self._is_looking = True
            self._show([], self._texts("Searching …"), is_news=False)
            self._look_for(text, self._take, self._fail)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Leaves with the ticket."""
        self.dismiss(self._found[event.option_index])

    def action_write(self) -> None:
        """Back to what is looked for."""
        self.query_one(Input).focus()

    def action_leave(self) -> None:
        """Leads back."""
        self.dismiss(None)

    def _take(self, found: Found) -> None:
        self._is_looking = False
        if not self.is_current:  # it was left meanwhile
            return
        if not found["tickets"]:
            self._say(self._texts("No ticket of today has this number or name."))
            return
        more = self._texts("There are others; write more of the name.") if found["more"] else ""
        self._show(found["tickets"], more, is_news=False)

    def _fail(self, sentence: str) -> None:
        self._is_looking = False
        if self.is_current:
            self._say(sentence)

    def _say(self, sentence: str) -> None:
        self._show([], sentence, is_news=True)

    def _show(self, tickets: list[Ticket], sentence: str, *, is_news: bool) -> None:
        self._found = tickets
        choices = self.query_one(OptionList)
        choices.set_options(found_lines(tickets, self._texts))
        choices.display = bool(tickets)
        outcome = self.query_one("#outcome", Static)
        outcome.update(sentence)
        outcome.set_class(is_news, "complaint")
        hint = self._texts("Enter chooses · / searches again · Esc leads back")
        if tickets:
            choices.highlighted = 0
            choices.focus()
        else:
            hint = self._texts("Enter searches · Esc leads back")
            self.query_one(Input).focus()
        self.query_one(".hint", Static).update(hint)


def found_lines(tickets: Sequence[Ticket], texts: Texts) -> list[Option]:
    """A line for each ticket: number, status, when it was registered, whose it is."""
    rows = [found_row(each, texts) for each in tickets]
    number_width = max((len(row.number) for row in rows), default=0)
    words_width = max((len(row.words) for row in rows), default=0)
    return [
        Option(
            Text.assemble(
                (f"{row.number:<{number_width}}  ", "bold"),
                (f"{row.words:<{words_width}}  ", COLOURS.get(ticket["status"], "")),
                f"{row.clock}  {row.name}",
            )
        )
        for ticket, row in zip(tickets, rows, strict=True)
    ]
