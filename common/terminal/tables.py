"""Tables on a terminal. Imports rich: import this module only where a table is shown."""

import sys
from collections.abc import Mapping
from typing import Final

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from common.terminal.texts import Texts

_PIPE_WIDTH: Final = 200
"""Columns where the output is no terminal: wide enough that nothing is folded."""


def console() -> Console:
    """Where tables and panels go."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)


def print_table(table: Table) -> None:
    """Prints it as plain writing does, also where the reader went away."""
    where = console()
    with where.capture() as captured:
        where.print(table)
    click.echo(captured.get(), nl=False)


def new_table(texts: Texts, *columns: str, folded: Mapping[str, int | None], numbered: bool = False) -> Table:
    """An empty table with columns named by their texts; `numbered` puts a narrow one in front.

    Where a terminal is narrow those in `folded` are folded, to no less than their widths there; the others
    stay whole, as a code must to be of use.
    """
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), header_style="bold")
    if numbered:
        table.add_column("", no_wrap=True)
    for column in columns:
        table.add_column(
            texts(column), no_wrap=column not in folded, overflow="fold", min_width=folded.get(column)
        )
    return table
