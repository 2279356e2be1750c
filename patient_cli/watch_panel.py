"""The live panel of `antrean watch` on a terminal. Imports rich: import this module only to show it."""

from datetime import datetime

from rich.align import Align
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from common.terminal.card import COLOURS
from common.terminal.layout import fold, stacked, widest
from common.words.call_news import FOLLOWED
from common.words.moments import CLOCK_WITH_SECONDS
from common.words.tickets import Ticket, next_ticket_sentence, place, status_word, ticket_facts
from patient_cli.session import PatientSession

_WIDTH = 80
_FRAME_WIDTH = 8
_FRAMED_WIDTH_MIN = 40


class PanelView:
    """Shows the newest state of a ticket; enter `live` around its use."""

    def __init__(self, session: PatientSession) -> None:
        self._session = session
        self._ahead_max = 0
        self._ticket: Ticket | None = None
        self.live = Live(console=Console(highlight=False), auto_refresh=False, transient=False)

    def show(self, ticket: Ticket) -> None:
        self._ticket = ticket
        self._ahead_max = max(self._ahead_max, ticket["people_ahead"] or 0)
        self.live.update(self._panel(ticket, is_lost=False), refresh=True)

    def moved_on(self, old: Ticket, new: Ticket) -> None:
        self._ahead_max = 0
        self.announce(next_ticket_sentence(old, new, self._session.texts))

    def announce(self, sentence: str) -> None:
        self.live.console.bell()
        self.live.console.print(_plain(fold(sentence, self.live.console.width)))

    def lost(self) -> None:
        if self._ticket is not None:
            self.live.update(self._panel(self._ticket, is_lost=True), refresh=True)

    def _panel(self, ticket: Ticket, *, is_lost: bool) -> RenderableType:
        """The widest arrangement that the terminal is high enough for."""
        console = self.live.console
        framed = console.width >= _FRAMED_WIDTH_MIN
        for arrangement in ((framed, 1), (framed, 0)):
            shown = self._arranged(ticket, is_lost, *arrangement)
            if len(console.render_lines(shown, pad=False)) < console.height:
                return shown
        return self._arranged(ticket, is_lost, False, 0)

    def _arranged(self, ticket: Ticket, is_lost: bool, framed: bool, margin: int) -> RenderableType:
        texts = self._session.texts
        width = min(_WIDTH, self.live.console.width)
        inner = width - _FRAME_WIDTH if framed else width
        colour = "red" if is_lost else COLOURS.get(ticket["status"], "white")
        number = Text(ticket["display_number"], style=f"bold {colour}")
        status = Text(status_word(ticket, texts), style=colour)
        where = place(ticket, texts)
        footer = self._footer(ticket, is_lost)
        # A title that is too long would be cut, so it stands inside then.
        fits = framed and len(where) + 4 <= width and len(footer) + 4 <= width
        style = "bold red" if is_lost else "dim"
        # The bar ends without a new line; the padding gives it one.
        progress = Padding(self._progress(ticket, colour), (margin, 0))
        body: list[RenderableType] = [Align.center(number), Align.center(status), progress]
        if not fits:
            body.insert(0, _plain(fold(where, inner)))
        body.append(_facts(ticket_facts(ticket, texts), inner))
        if not fits and footer:
            body.append(Text("\n".join(fold(footer, inner)), style=style))
        if not framed:
            return Group(*body)
        return Panel(
            Group(*body),
            title=Text(where) if fits else None,
            subtitle=Text(footer, style=style) if fits and footer else None,
            border_style=colour,
            padding=(margin, 3),
            width=width,
        )

    def _progress(self, ticket: Ticket, colour: str) -> ProgressBar:
        """How far the queue has come since following began; full once called."""
        total = self._ahead_max + 1
        ahead = ticket["people_ahead"] if ticket["status"] == "waiting" else None
        done = total if ahead is None else self._ahead_max - ahead
        return ProgressBar(total=total, completed=done, complete_style=colour, finished_style=colour)

    def _footer(self, ticket: Ticket, is_lost: bool) -> str:
        texts = self._session.texts
        if is_lost:
            return texts("The connection is lost; trying again. Your number is safe.")
        if ticket["status"] not in FOLLOWED:
            return ""
        zone = datetime.fromisoformat(ticket["registered_at"]).tzinfo
        now = self._session.settings.clock().now().astimezone(zone)
        hint = texts("Ctrl-C stops following; your number stays valid")
        return f"{now.strftime(texts(CLOCK_WITH_SECONDS))} · {hint}"


def _facts(facts: list[tuple[str, str]], width: int) -> RenderableType:
    """Labels beside their values, or above them where that is too wide or takes more lines."""
    room = width - 2 - max((len(label) for label, _ in facts), default=0)
    beside = [fold(value, room) for _, value in facts] if room > 0 else []
    above = stacked(facts, width)
    is_folded = len(above) <= sum(map(len, beside)) > len(facts)
    if is_folded or room < max((widest(value) for _, value in facts), default=0):
        return _plain(above)
    grid = Table.grid(padding=(0, 2))
    for (label, _), value in zip(facts, beside, strict=True):
        grid.add_row(Text(label, style="dim"), _plain(value))
    return grid


def _plain(lines: list[str]) -> Text:
    return Text("\n".join(lines), no_wrap=True, overflow="ignore")
