"""What stands beside the queue: the chosen ticket, what happened last, and what was done at this console."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from clinic_desk import queue_view
from clinic_desk.history_view import History, HistoryRow, rows
from common.terminal.card import COLOURS
from common.terminal.screens.lines import line_with_end
from common.translation import N_
from common.words.moments import clock_time
from common.words.texts import Texts
from common.words.tickets import Ticket

_MOMENTS: Final[Mapping[str, str]] = {
    "registered_at": N_("registered {clock}"),
    "called_at": N_("called {clock}"),
    "started_at": N_("started {clock}"),
}

_GAP: Final = 2
_USER_WIDTH_MIN: Final = 5


class Side(Vertical):
    """The panel beside the queue; style sheets hide it, or parts of it, on a small screen."""

    def __init__(self, texts: Texts) -> None:
        super().__init__(id="side")
        self._texts = texts

    def compose(self) -> ComposeResult:
        yield Static(id="details", markup=False)
        yield HistoryLines(self._texts)
        yield Static(id="log", markup=False)

    def show_ticket(self, ticket: Ticket | None) -> None:
        """Shows what is known of the chosen ticket."""
        self.query_one("#details", Static).update(details(ticket, self._texts))

    def show_history(self, history: History | None) -> None:
        """Shows what happened last in the clinic."""
        self.query_one(HistoryLines).show(history)

    def show_messages(self, messages: Sequence[Text]) -> None:
        """Shows what was said at this console, the last first."""
        self.query_one("#log", Static).update(Text("\n").join(messages))


class HistoryLines(Static):
    """What happened last, a line for each event, as wide as it is shown."""

    def __init__(self, texts: Texts) -> None:
        super().__init__(id="history")
        self._texts = texts
        self._history: History | None = None

    def show(self, history: History | None) -> None:
        """Shows this from now on; nothing while it is not known."""
        self._history = history
        self._lay_out()

    def on_resize(self) -> None:
        """Lays the lines out for the new width."""
        self._lay_out()

    def _lay_out(self) -> None:
        width = self.content_size.width
        if self._history is None or not width:
            self.update("")
        else:
            self.update(history_text(self._history, self._texts, width))


def history_text(history: History, texts: Texts, width: int) -> Text:
    """A line for each event, and who of the staff caused it at its end."""
    text = Text().append(texts("What happened last"), style="bold underline")
    pairs = zip(rows(history, texts), rows(history, texts, with_room_names=False), strict=True)
    for line in [_line(*pair, width) for pair in pairs] or [texts("nothing yet today")]:
        text.append(f"\n{line}")
    return text


def _line(row: HistoryRow, brief: HistoryRow, width: int) -> str:
    """What happened stays whole before who did it does, and both before the rest, told briefly if need be."""
    happened = " ".join(filter(None, [row.clock, row.number, row.words]))
    user = Text(row.user)
    user.truncate(max(width - len(happened) - _GAP, _USER_WIDTH_MIN), overflow="ellipsis")
    left = width - len(f"{happened} · ") - len(user) - _GAP
    more = row.more if len(row.more) <= left else brief.more
    return line_with_end([happened, *filter(None, [more])], user.plain, width)


def details(ticket: Ticket | None, texts: Texts) -> Text:
    """What is known of a ticket, on several lines."""
    text = Text()
    if ticket is None:
        return text
    text.append(f"{ticket['display_number']}\n", style="bold")
    text.append(f"{queue_view.status(ticket, texts)}\n", style=COLOURS.get(ticket["status"], ""))
    text.append(f"{queue_view.lane(ticket, texts)}\n")
    if elsewhere := ticket.get("elsewhere"):
        text.append(queue_view.is_in(elsewhere, texts) + "\n", style="red")
    for name, sentence in _MOMENTS.items():
        if ticket[name]:
            text.append(texts(sentence, clock=clock_time(ticket[name], texts)) + "\n")
    if ticket["patient_name"]:
        text.append(ticket["patient_name"])
    return text
