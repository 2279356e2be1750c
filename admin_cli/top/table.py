"""One table of the screen, sorted by one of its columns, with the cursor on a row that it keeps."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import DataTable, Static

from admin_cli.top.sections import COLUMNS, EMPTY, NOT_READ, Section, SectionRow, sorted_by
from common.terminal.tables import Cell
from common.words.texts import Texts

_LINES_MAX: Final[Mapping[Section, int]] = {Section.QUEUES: 12, Section.LETTERS: 8}
"""Of tables that take no more lines than they need where all are on the screen; the others share the rest."""

_LINES_ABOVE: Final = 2
"""The title, and the headings or the sentence that stands for rows."""


class Table(Vertical):
    """A section of the screen."""

    def __init__(self, section: Section, place: int, texts: Texts) -> None:
        super().__init__(id=section.value)
        self.section = section
        self._place, self._texts = place, texts
        self._column: int | None = None
        self._rows: Sequence[SectionRow] | None = None
        self._shown: list[tuple[str, list[str]]] | None = None
        self._beside_others = False

    def compose(self) -> ComposeResult:
        yield Static(classes="title", markup=False)
        yield Static(classes="empty", markup=False)
        yield DataTable(cursor_type="row", zebra_stripes=True)

    def on_mount(self) -> None:
        self._show()

    @property
    def chosen(self) -> str | None:
        """The key of the row that the cursor is on."""
        keys = [key for key, _ in self._shown or ()]
        row = self.query_one(DataTable).cursor_row
        return keys[row] if 0 <= row < len(keys) else None

    def show(self, rows: Sequence[SectionRow] | None, title: str) -> None:
        """Shows these rows, None where they could not be read, below their title."""
        self._rows = rows
        self.query_one(".title", Static).update(f"{self._place} {title}")
        self._show()

    def fit(self, *, beside_others: bool) -> None:
        """Takes the whole screen, or its share where the other tables are on it, too."""
        self._beside_others = beside_others
        self._take_lines()

    def _take_lines(self) -> None:
        # Never `auto`: Textual may keep a height that it has found before it measured the rows.
        lines_max = _LINES_MAX.get(self.section) if self._beside_others else None
        lines = _LINES_ABOVE + len(self._rows or ())
        self.styles.height = None if lines_max is None else min(lines, lines_max)

    def sort_by_next(self) -> None:
        """Sorts by the next column; after the last one, as the rows come."""
        following = 0 if self._column is None else self._column + 1
        self._column = None if following == len(COLUMNS[self.section]) else following
        self._show()

    def activate(self, active: bool) -> None:
        """Gives the keyboard to its rows, or takes it from them; only then there is a cursor."""
        self.set_class(active, "active")
        table = self.query_one(DataTable)
        table.show_cursor = active
        if active:
            table.focus()

    def _show(self) -> None:
        if not self.is_mounted:
            return
        empty = self.query_one(".empty", Static)
        empty.display = not self._rows
        empty.update(self._texts(NOT_READ if self._rows is None else EMPTY[self.section]))
        table = self.query_one(DataTable)
        table.display = bool(self._rows)
        if self._rows:
            self._fill(table, sorted_by(self._rows, self.section, self._column))
        else:
            self._shown = None
        self._take_lines()

    def _fill(self, table: DataTable[Text], rows: Sequence[SectionRow]) -> None:
        headings = [self._heading(place) for place in range(len(COLUMNS[self.section]))]
        shown = [("", headings), *((row.key, [cell.text for cell in row.cells]) for row in rows)]
        if shown == self._shown_with_headings(headings):
            return
        chosen, scrolled = self.chosen, table.scroll_offset
        table.clear(columns=True)
        for place, heading in enumerate(headings):
            table.add_column(_aligned(Cell(heading, bold=True), self._is_number(place)))
        for row in rows:
            cells = [_aligned(cell, self._is_number(place)) for place, cell in enumerate(row.cells)]
            table.add_row(*cells, key=row.key)
        self._shown = shown[1:]
        self._headings = headings
        keys = [row.key for row in rows]
        if chosen in keys:
            table.move_cursor(row=keys.index(chosen), scroll=False)
        table.scroll_to(y=scrolled.y, animate=False)

    def _shown_with_headings(self, headings: list[str]) -> list[tuple[str, list[str]]] | None:
        return None if self._shown is None or headings != self._headings else [("", headings), *self._shown]

    def _heading(self, place: int) -> str:
        column = COLUMNS[self.section][place]
        words = self._texts(column.heading)
        if place != self._column:
            return words
        return f"{words}{'▼' if column.is_number else '▲'}"

    def _is_number(self, place: int) -> bool:
        return COLUMNS[self.section][place].is_number


def _aligned(cell: Cell, is_number: bool) -> Text:
    style = " ".join(filter(None, (cell.colour, "bold" if cell.bold else "")))
    return Text(cell.text, style=style, justify="right" if is_number else "left", no_wrap=True)
