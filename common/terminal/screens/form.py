"""Fields to write in, on a screen above the queue; Escape leads back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from common.words.texts import Texts


@dataclass(frozen=True)
class Field:
    """Something to write: what it is called, what is made of it (ValueError where it cannot be), and the
    sentence that is said then, where there is one. An empty one is left out where it is `optional`; `value`
    stands there at first. What is `secret` is not shown, and taken as it was typed."""

    name: str
    label: str
    understand: Callable[[str], object]
    complaint: str | Callable[[ValueError], str] = ""
    optional: bool = False
    value: str = ""
    secret: bool = False


class Form(ModalScreen[dict[str, object] | None]):
    """Some fields; what was understood of each by its name, or None."""

    # With priority: what is typed right behind one of them, quickly or by a scanner, is for the next field.
    # If the field handed the key on first, it would still be for this one, and a password be shown.
    BINDINGS: ClassVar = [
        Binding("escape", "leave"),
        Binding("enter", "go_on", priority=True),
        Binding("tab", "app.focus_next", priority=True),
        Binding("shift+tab", "app.focus_previous", priority=True),
    ]

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

    def action_go_on(self) -> None:
        """Goes on to the next field; after the last, leaves with all of them."""
        boxes = [*self.query(Input)]
        if self.focused is boxes[-1]:
            self._when_all_is_typed(boxes)
        else:
            self.focus_next()

    def _when_all_is_typed(self, boxes: Sequence[Input]) -> None:
        """Leaves once each field has taken the keys that were pressed before."""
        if boxes:
            boxes[0].call_later(self._when_all_is_typed, boxes[1:])
        else:
            self._leave_with_answers()

    def _leave_with_answers(self) -> None:
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
            except ValueError as error:
                said = field.complaint if isinstance(field.complaint, str) else field.complaint(error)
                self.query_one("#complaint", Static).update(said)
                box.focus()
                return
        self.dismiss(answers)

    def action_leave(self) -> None:
        """Leads back."""
        self.dismiss(None)
