"""What the console asks for before an action, each on a screen above the queue; Escape leads back."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from common.words.texts import Texts


class Confirm(ModalScreen[bool]):
    """Yes, by the key y, or no."""

    BINDINGS: ClassVar = [("y", "answer(True)"), ("t,n,escape", "answer(False)")]

    def __init__(self, question: str, texts: Texts) -> None:
        super().__init__()
        self._question, self._texts = question, texts

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._question, markup=False, classes="heading")
            yield Static(self._texts("[y] yes   [n] no"), markup=False, classes="hint")

    def action_answer(self, answer: bool) -> None:
        """Leaves with it."""
        self.dismiss(answer)


class Notice(ModalScreen[None]):
    """Something on several lines, such as a ticket, until it has been read."""

    BINDINGS: ClassVar = [("escape,enter,space", "dismiss_it")]
    _BESIDE: ClassVar = 4  # frame and padding

    @classmethod
    def width_in(cls, columns: int) -> int:
        """How wide a line of a notice can be on a screen of so many columns."""
        return columns * 9 // 10 - cls._BESIDE

    def __init__(self, notice: str, texts: Texts) -> None:
        super().__init__()
        self._notice, self._texts = notice, texts

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Text(self._notice))
            yield Static(self._texts("Enter leads back"), markup=False, classes="hint")

    def action_dismiss_it(self) -> None:
        """Leads back."""
        self.dismiss(None)


class Choose(ModalScreen[str | None]):
    """One of some choices, each given by its value and its words; None for none."""

    BINDINGS: ClassVar = [("escape", "leave")]

    def __init__(
        self, heading: str, choices: Sequence[tuple[str, str]], texts: Texts, chosen: str | None = None
    ) -> None:
        super().__init__()
        self._heading, self._choices, self._texts, self._chosen = heading, choices, texts, chosen

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._heading, markup=False, classes="heading")
            yield OptionList(*(Option(Text(words), id=value) for value, words in self._choices))
            yield Static(self._texts("Enter chooses · Esc leads back"), markup=False, classes="hint")

    def on_mount(self) -> None:
        values = [value for value, _ in self._choices]
        self.query_one(OptionList).highlighted = values.index(self._chosen) if self._chosen in values else 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)

    def action_leave(self) -> None:
        """Leads back."""
        self.dismiss(None)
