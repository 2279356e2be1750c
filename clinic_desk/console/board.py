"""The parts of the console's screen: the queue as a list, the bar of keys, the details of a ticket."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from rich.text import Text
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from clinic_desk import queue_view
from clinic_desk.queue_view import SECTIONS, Queue, QueueRow
from common.terminal.card import COLOURS, Ticket, status_word
from common.terminal.moments import clock_time
from common.terminal.texts import Texts
from common.translation import N_

_NUMBER_WIDTH: Final = 12
_GAP: Final = " "

_MOMENTS: Final[Mapping[str, str]] = {
    "registered_at": N_("registered {clock}"),
    "called_at": N_("called {clock}"),
    "started_at": N_("started {clock}"),
}


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
        """Shows the queue; the cursor goes to the ticket `follow`, else stays where it is."""
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
            self.highlighted = next(index for index, option_id in enumerate(ids) if option_id)

    def _rendered(self, queue: Queue, rows: Sequence[QueueRow], my_room: int) -> list[Option]:
        options: list[Option] = []
        place_width = max(len(row.place) for row in rows)
        words_width = max(len(row.words) for row in rows)
        for section in SECTIONS:
            found = [row for row in rows if row.section == section]
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
        return "magenta" if row.ticket["lane"] == "priority" else ""
    return COLOURS.get(row.ticket["status"], "")


class KeyBar(Static):
    """Keys with what they do; a key is never torn from its words. On a low screen as many as fit on
    LOW_LINES_MAX lines, and then `rest`, the key that shows the others."""

    LOW_LINES_MAX: ClassVar = 3
    LOW_HEIGHT_MAX: ClassVar = 31

    def __init__(self, keys: Sequence[tuple[str, str]], rest: tuple[str, str]) -> None:
        super().__init__(id="keys")
        self._keys, self._rest = keys, rest

    def show(self, keys: Sequence[tuple[str, str]]) -> None:
        """Shows these from now on."""
        self._keys = keys
        self._lay_out()

    def on_resize(self) -> None:
        """Lays the keys out for the new width."""
        self._lay_out()

    def _lay_out(self) -> None:
        is_low = self.app.size.height <= self.LOW_HEIGHT_MAX
        self.update(
            key_lines(self._keys, self.content_size.width, self.LOW_LINES_MAX if is_low else None, self._rest)
        )


def key_lines(
    keys: Sequence[tuple[str, str]], width: int, lines_max: int | None, rest: tuple[str, str]
) -> Text:
    """The keys on lines of at most `width` columns, and `rest` at the end; keys that do not fit on
    `lines_max` lines are left out."""
    lines, used = 1, 0
    for count, key in enumerate(keys):
        lines, used = _after(lines, used, key, width)
        last_line, _ = _after(lines, used, rest, width)
        if lines_max is not None and last_line > lines_max:
            # The one before it fitted with `rest` behind it.
            return _bar([*keys[:count], rest], width)
    return _bar([*keys, rest], width)


def _after(line: int, used: int, key: tuple[str, str], width: int) -> tuple[int, int]:
    """On which line a key is, and how much of that is used with it."""
    needed = _needed(key)
    return (line + 1, needed) if used and used + needed > width else (line, used + needed)


def _needed(key: tuple[str, str]) -> int:
    return sum(map(len, key)) + len(_GAP) + 3


def _bar(keys: Sequence[tuple[str, str]], width: int) -> Text:
    bar, line, used = Text(), 1, 0
    for key in keys:
        before, (line, used) = line, _after(line, used, key, width)
        if line > before:
            bar.append("\n")
        bar.append(f" {key[0]} ", style="reverse bold")
        bar.append(f" {key[1]}{_GAP}")
    return bar


def details(ticket: Ticket | None, texts: Texts) -> Text:
    """What is known of a ticket, on several lines."""
    text = Text()
    if ticket is None:
        return text
    text.append(f"{ticket['display_number']}\n", style="bold")
    text.append(f"{status_word(ticket, texts)}\n", style=COLOURS.get(ticket["status"], ""))
    text.append(f"{queue_view.lane(ticket, texts)}\n")
    for name, sentence in _MOMENTS.items():
        if ticket[name]:
            text.append(texts(sentence, clock=clock_time(ticket[name], texts)) + "\n")
    if ticket["patient_name"]:
        text.append(ticket["patient_name"])
    return text
