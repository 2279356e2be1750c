"""The live panel of `antrean watch` on a terminal. Imports rich: import this module only to show it."""

from datetime import datetime

from rich.align import Align
from rich.console import Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from common.terminal.card import COLOURS, Ticket, status_word, ticket_facts
from common.terminal.moments import long_date
from common.terminal.tables import console
from patient_cli.session import PatientSession

_WIDTH = 80


class PanelView:
    """Shows the newest sighting; enter `live` around its use."""

    def __init__(self, session: PatientSession) -> None:
        self._session = session
        self._ahead_max = 0
        self._ticket: Ticket | None = None
        self.live = Live(console=console(), auto_refresh=False, transient=False)

    def show(self, ticket: Ticket) -> None:
        self._ticket = ticket
        self._ahead_max = max(self._ahead_max, ticket["people_ahead"] or 0)
        self.live.update(self._panel(ticket, is_lost=False), refresh=True)

    def lost(self) -> None:
        if self._ticket is not None:
            self.live.update(self._panel(self._ticket, is_lost=True), refresh=True)

    def _panel(self, ticket: Ticket, *, is_lost: bool) -> RenderableType:
        texts = self._session.texts
        colour = "red" if is_lost else COLOURS.get(ticket["status"], "white")
        number = Text(ticket["display_number"], style=f"bold {colour}")
        status = Text(status_word(ticket, texts), style=colour)
        facts = Table.grid(padding=(0, 2))
        for label, value in ticket_facts(ticket, texts):
            facts.add_row(Text(label, style="dim"), Text(value))
        place = f"{ticket['hospital']} · {ticket['clinic']} · {long_date(ticket['service_date'], texts)}"
        # The bar ends without a new line; the padding gives it one.
        progress = Padding(self._progress(ticket, colour), (1, 0))
        body = Group(Align.center(number), Align.center(status), progress, facts)
        return Panel(
            body,
            title=Text(place),
            subtitle=self._footer(ticket, is_lost),
            border_style=colour,
            padding=(1, 3),
            width=min(_WIDTH, self.live.console.width),
        )

    def _progress(self, ticket: Ticket, colour: str) -> ProgressBar:
        """How far the queue has come since following began; full once called."""
        total = self._ahead_max + 1
        ahead = ticket["people_ahead"] if ticket["status"] == "waiting" else None
        done = total if ahead is None else self._ahead_max - ahead
        return ProgressBar(total=total, completed=done, complete_style=colour, finished_style=colour)

    def _footer(self, ticket: Ticket, is_lost: bool) -> Text | None:
        texts = self._session.texts
        if is_lost:
            return Text(texts("watch.lost"), style="bold red")
        if ticket["status"] != "waiting":
            return None
        zone = datetime.fromisoformat(ticket["registered_at"]).tzinfo
        now = self._session.settings.clock().now().astimezone(zone)
        return Text(
            f"{now.strftime(texts('moment.clock_seconds'))} · {texts('watch.stop_hint')}", style="dim"
        )
