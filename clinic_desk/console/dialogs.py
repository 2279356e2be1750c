"""What the console asks for before an action, each on a screen above the queue; Escape leads back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from common.terminal.texts import Texts


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


@dataclass(frozen=True)
class Field:
    """Something to write: what it is called, what is made of it (ValueError where it cannot be), and what is
    said then. An empty one is left out where it is `optional`; `value` stands there at first. What is
    `secret` is not shown, and taken as it was typed."""

    name: str
    label: str
    understand: Callable[[str], object]
    complaint: str
    optional: bool = False
    value: str = ""
    secret: bool = False


class Form(ModalScreen[dict[str, object] | None]):
    """Some fields; what was understood of each by its name, or None."""

    BINDINGS: ClassVar = [("escape", "leave")]

    def __init__(self, heading: str, fields: Sequence[Field], texts: Texts) -> None:
        super().__init__()
        self._heading, self._fields, self._texts = heading, fields, texts

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._heading, markup=False, classes="heading")
            for field in self._fields:
                yield Static(field.label, markup=False)
                yield Input(field.value, id=field.name, password=field.secret, compact=True)
            yield Static("", id="complaint", markup=False)
            yield Static(self._texts("Enter goes on · Esc leads back"), markup=False, classes="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Goes on to the next field; after the last, leaves with all of them."""
        if event.input.id != self._fields[-1].name:
            self.focus_next()
            return
        answers: dict[str, object] = {}
        for field in self._fields:
            box = self.query_one(f"#{field.name}", Input)
            text = box.value if field.secret else box.value.strip()
            if not text and field.optional:
                continue
            try:
                if not text:
                    raise ValueError(field.name)
                answers[field.name] = field.understand(text)
            except ValueError:
                self.query_one("#complaint", Static).update(f"{field.label}: {field.complaint}")
                box.focus()
                return
        self.dismiss(answers)

    def action_leave(self) -> None:
        """Leads back."""
        self.dismiss(None)
