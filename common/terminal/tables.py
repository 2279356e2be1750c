"""Tables on a terminal. One that does not fit becomes stacked lines: no cell is ever cut."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

import click

from antrean_client.visible_text import visible
from common.terminal.layout import fold, stacked, terminal_width, widest
from common.terminal.streams import echo, writes_unicode
from common.words.texts import Texts

NOTHING: Final = "–"
"""Stands in a cell that has no value."""

_GAP: Final = 2


@dataclass(frozen=True)
class Cell:
    """What stands in one place of a table."""

    text: str
    colour: str | None = None
    bold: bool = False
    dim: bool = False


@dataclass
class Table:
    """Rows of cells below headings.

    Where a terminal is too narrow, the columns in `folded` are made narrower, as far as their words stay
    whole; where that is not enough, each row becomes lines of `heading: value`. `numbered` counts the rows.
    """

    headings: list[str]
    folded: frozenset[int] = frozenset()
    numbered: bool = False
    rows: list[list[Cell]] = field(default_factory=list)

    def add_row(self, cells: Iterable[Cell | str]) -> None:
        """Adds a row: a cell for each heading. A terminal obeys nothing that is in them."""
        row = [each if isinstance(each, Cell) else Cell(each) for each in cells]
        row = [replace(each, text=visible(each.text)) for each in row]
        if self.numbered:
            row.insert(0, Cell(f"{len(self.rows) + 1}.", "cyan", bold=True))
        self.rows.append(row)

    def lines(self, width: int | None) -> list[str]:
        """The table for a terminal of `width` columns, with terminal colours."""
        headings = ["", *self.headings] if self.numbered else self.headings
        widths = self._widths(headings, width)
        if widths is None:
            assert width is not None, "without a limit every table fits"
            return self._stacked(headings, width)
        rule = ("─" if writes_unicode() else "-") * (sum(widths) + _GAP * (len(widths) - 1))
        lines = _row([Cell(each, bold=True) for each in headings], widths)
        lines.append(f" {rule}")
        for row in self.rows:
            lines += _row(row, widths)
        return lines

    def _widths(self, headings: list[str], width: int | None) -> list[int] | None:
        """The columns' widths; None where not even the narrowest fit."""
        columns = list(zip(headings, *([cell.text for cell in row] for row in self.rows), strict=True))
        widths = [max(map(len, column)) for column in columns]
        folded = {position + self.numbered for position in self.folded}
        least = [
            max(len(column[0]), *map(widest, column)) if position in folded else widths[position]
            for position, column in enumerate(columns)
        ]
        room = None if width is None else width - 1 - _GAP * (len(widths) - 1)
        while room is not None and sum(widths) > room:
            shrinkable = [each for each in range(len(widths)) if widths[each] > least[each]]
            if not shrinkable:
                return None
            widths[max(shrinkable, key=widths.__getitem__)] -= 1
        return widths

    def _stacked(self, headings: list[str], width: int) -> list[str]:
        lines: list[str] = []
        for row in self.rows:
            facts = [(head, cell.text) for head, cell in zip(headings, row, strict=True) if head]
            block = stacked([(head, text) for head, text in facts if text != NOTHING], width)
            if self.numbered:
                block.insert(0, row[0].text)
            lines += [*([""] if lines else []), click.style(block[0], bold=True), *block[1:]]
        return lines


def new_table(texts: Texts, *columns: str, folded: Iterable[str] = (), numbered: bool = False) -> Table:
    """An empty table with columns named by their texts; those in `folded` may be made narrower."""
    narrower = frozenset(columns.index(each) for each in folded if each in columns)
    return Table([texts(each) for each in columns], narrower, numbered)


def print_table(table: Table) -> None:
    """Prints it, as wide as the terminal is; a pipe takes any width."""
    echo("\n".join(table.lines(terminal_width())))


def _row(cells: list[Cell], widths: list[int]) -> list[str]:
    folded = [fold(cell.text, width) for cell, width in zip(cells, widths, strict=True)]
    lines = []
    for at in range(max(map(len, folded))):
        texts = [each[at] if at < len(each) else "" for each in folded]
        last = max((place for place, text in enumerate(texts) if text), default=-1)
        padded = [
            click.style(text, fg=cell.colour, bold=cell.bold or None, dim=cell.dim or None)
            + " " * (width - len(text) if place < last else 0)
            for place, (text, cell, width) in enumerate(zip(texts, cells, widths, strict=True))
            if place <= last
        ]
        lines.append(" " + (" " * _GAP).join(padded))
    return lines
