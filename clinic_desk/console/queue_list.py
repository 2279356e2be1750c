"""The queue as a list on the console's screen."""

from collections.abc import Sequence
from typing import Final

from rich.text import Text
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from clinic_desk import queue_view
from clinic_desk.queue_view import SECTIONS, Queue, QueueRow
from common.domain.ticket_states import ACTIVE
from common.terminal.card import COLOURS, Ticket
from common.terminal.texts import Texts

_NUMBER_WIDTH: Final = 12
_WORDS_WIDTH_MAX: Final = 24
"""Longer words push the clock and the name on their own line only, not those on all others off the screen."""


class QueueList(OptionList):
    """A queue, of which one ticket (or free room) is chosen, and stays so while the queue moves."""

    def __init__(self, texts: Texts) -> None:
        super().__init__(id="queue", markup=False)
        self._texts = texts
        self._shown: list[tuple[str | None, str]] = []
        self.rows: dict[str, QueueRow] = {}

    @property
    def chosen(self) -> Ticket | None:
        """The ticket that the cursor is on."""
        option = self.highlighted_option
        row = self.rows.get(option.id or "") if option else None
        return row.ticket if row else None

    def show(self, queue: Queue, my_room: int, follow: str | None = None) -> None:
        """Shows the queue; the cursor goes to the ticket with the key `follow`, else stays where it is."""
        rows = list(queue_view.rows(queue, self._texts))
        self.rows = {row.key: row for row in rows}
        options = self._rendered(queue, rows, my_room)
        shown = [(option.id, str(option.prompt)) for option in options]
        wanted = follow or (self.highlighted_option.id if self.highlighted_option else None)
        if shown != self._shown:
            before, self._shown = self.highlighted, shown
            self.set_options(options)
            self._put_cursor(wanted, before)
        elif follow:
            self._put_cursor(wanted, self.highlighted)

    def choose(self, ticket: Ticket) -> bool:
        """Puts the cursor on this ticket; whether it is in the list."""
        key = queue_view.ticket_key(ticket)
        if key in self.rows:
            self._put_cursor(key, None)
        return key in self.rows

    def forget(self) -> None:
        """Shows nothing."""
        self._shown, self.rows = [], {}
        self.clear_options()

    def _put_cursor(self, wanted: str | None, before: int | None) -> None:
        ids = [option_id for option_id, _ in self._shown]
        if wanted and wanted in ids:
            self.highlighted = ids.index(wanted)
        elif before is not None:
            self.highlighted = min(before, len(ids) - 1)
        else:
            self.highlighted = next((index for index, option_id in enumerate(ids) if option_id), None)

    def _rendered(self, queue: Queue, rows: Sequence[QueueRow], my_room: int) -> list[Option]:
        options: list[Option] = []
        # Where no room serves and nobody waits there is no row.
        place_width = max((len(row.place) for row in rows), default=0)
        words_width = min(max((len(row.words) for row in rows), default=0), _WORDS_WIDTH_MAX)
        for section in SECTIONS:
            found = [row for row in rows if row.section == section]
            if section in ("parked", "away") and not found:
                continue
            heading = Text(self._texts(SECTIONS[section]), style="bold underline")
            options.append(Option(heading, disabled=True))
            for row in found:
                mark = "▶" if row.room == my_room else " "
                line = Text(f"{mark} {row.place:<{place_width}}  ", style="bold" if mark != " " else "")
                line.append(f"{row.number:<{_NUMBER_WIDTH}}", style="bold")
                line.append(f"{row.words:<{words_width}}  ", style=_colour(row))
                line.append(f"{row.clock}  {row.name}")
                options.append(Option(line, id=row.key))
            note = queue_view.not_shown(queue, self._texts) if section == "waiting" else None
            if not found or note:
                nobody = self._texts("nobody")
                options.append(Option(Text(f"  {note or nobody}"), disabled=True))
        return options


def _colour(row: QueueRow) -> str:
    if row.ticket is None:
        return "dim"
    if row.section == "waiting":
        return "" if row.ticket["lane"] == queue_view.REGULAR else "yellow"
    if row.section == "away":
        return "" if row.ticket["station_status"] in ACTIVE else "red"
    return COLOURS.get(row.ticket["status"], "")
