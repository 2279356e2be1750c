"""Findings as text: tables in Markdown for the documentation, and on a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.findings import Cell, Findings, Table, Target

_TARGET_COLUMNS = ("", "asked for", "seen", "")
MET, MISSED = "met", "**missed**"


def target_table(targets: Sequence[Target]) -> Table:
    """What was asked for beside what was seen."""
    rows = [
        (each.what, each.limit, each.shown.format(each.value), MET if each.met else MISSED)
        for each in targets
    ]
    return Table("", _TARGET_COLUMNS, rows)


def markdown(table: Table) -> str:
    """The table with its title, numbers to the right."""
    right = _numeric(table)
    marks = ["---:" if each else "---" for each in right]
    lines = [table.columns, marks, *([shown(cell) for cell in row] for row in table.rows)]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"**{table.title}**\n\n{text}" if table.title else text


def print_findings(console: Console, findings: Findings) -> None:
    """Shows all tables of a scenario."""
    for table in (target_table(findings.targets), *findings.tables):
        if not table.rows:
            continue
        drawn = RichTable(title=table.title or findings.title, title_justify="left")
        for name, is_right in zip(table.columns, _numeric(table), strict=True):
            drawn.add_column(name, justify="right" if is_right else "left")
        for row in table.rows:
            drawn.add_row(*(shown(cell).replace("**", "") for cell in row))
        console.print(drawn)
    for note in findings.notes:
        console.print(note)


def shown(cell: Cell) -> str:
    """A number with about three digits that say something."""
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell
    size = abs(cell)
    return (
        f"{cell:,.0f}"
        if size >= 100
        else f"{cell:.1f}"
        if size >= 10
        else f"{cell:.2f}"
        if size >= 1
        else f"{cell:.3f}"
    )


def _numeric(table: Table) -> list[bool]:
    return [
        all(isinstance(row[place], int | float) or row[place] is None for row in table.rows)
        for place in range(len(table.columns))
    ]
