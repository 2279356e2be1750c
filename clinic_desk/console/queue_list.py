"""The queue as a list on the console's screen."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from rich.text import Text
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from clinic_desk import queue_view
from clinic_desk.queue_view import SECTIONS, Queue, QueueRow
from common.domain.ticket_states import ACTIVE
from common.terminal.card import COLOURS
from common.words.texts import Texts
from common.words.tickets import Ticket

_NUMBER_WIDTH: Final = 12
_WORDS_WIDTH_MAX: Final = 24
"""Longer words push the clock and the name on their own line only, not those on all others off the screen."""


class _Followed(NamedTuple):
    """The key of a ticket, and where the cursor was when it was to go there."""

    key: str
    cursor: int | None


class QueueList(OptionList):
    """A queue, of which one ticket (or free room) is chosen, and stays so while the queue moves."""

    def __init__(self, texts: Texts) -> None:
        super().__init__(id="queue", markup=False)
        self._texts = texts
        self._shown: list[tuple[str | None, str]] = []
        self._followed: _Followed | None = None
        self._known: Ticket | None = None
        self.rows: dict[str, QueueRow] = {}

    @property
    def chosen(self) -> Ticket | None:
        """The ticket that the cursor is on, or goes to, as the last reply has told of it."""
        key = self._wanted
        if self._known is not None and queue_view.ticket_key(self._known) == key:
            return self._known
        row = self.rows.get(key or "")
        return row.ticket if row else None

    def know(self, ticket: Ticket) -> None:
        """This is how a ticket stands, which the queue that is shown does not say yet."""
        self._known = ticket

    def follow(self, key: str) -> None:
        """When the queue is shown again the cursor goes to the ticket with this key, unless it is moved
        meanwhile."""
        self._followed = _Followed(key, self.highlighted)

    @property
    def _wanted(self) -> str | None:
        """The key of the row that the cursor is on, or goes to."""
        if self._followed is not None and self._followed.cursor == self.highlighted:
            return self._followed.key
        return self.highlighted_option.id if self.highlighted_option else None

    def show(self, queue: Queue, my_room: int) -> None:
        """Shows the queue; the cursor goes to the ticket that it follows, else stays where it is."""
        rows = list(queue_view.rows(queue, self._texts))
        self.rows = {row.key: row for row in rows}
        options = self._rendered(queue, rows, my_room)
        shown = [(option.id, str(option.prompt)) for option in options]
        wanted, before = self._wanted, self.highlighted
        self._followed = self._known = None
        if shown != self._shown:
            self._shown = shown
            self.set_options(options)
        self._put_cursor(wanted, before)

    def choose(self, ticket: Ticket) -> bool:
        """Puts the cursor on this ticket; whether it is in the list."""
        key = queue_view.ticket_key(ticket)
        if key in self.rows:
            self._put_cursor(key, None)
        return key in self.rows

    def forget(self) -> None:
        """Shows nothing."""
        self._shown, self.rows = [], {}
        self._followed = self._known = None
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
