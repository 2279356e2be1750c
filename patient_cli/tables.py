"""Tables of hospitals, clinics and tickets. Imports rich: import this module only where a table is shown."""

import sys
from typing import Any, Final

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from patient_cli.card import COLOURS, Ticket, status_word
from patient_cli.moments import brief_date_and_time, clock_time, clock_time_with_zone, duration, short_date
from patient_cli.texts import Texts

_PIPE_WIDTH: Final = 200
"""Columns where the output is no terminal: wide enough that nothing is folded."""

_FOLDED: Final = frozenset({"table.hospital", "table.city", "table.clinic", "table.hours", "ticket.status"})

_WIDTHS_MIN: Final = {"table.hours": len("08.00–12.00"), "ticket.status": len("menunggu")}

Row = dict[str, Any]


def console() -> Console:
    """Where tables and panels go."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)


def print_table(table: Table) -> None:
    """Prints it as plain writing does, also where the reader went away."""
    where = console()
    with where.capture() as captured:
        where.print(table)
    click.echo(captured.get(), nl=False)


def hospital_table(hospitals: list[Row], texts: Texts, *, numbered: bool = False) -> Table:
    """The hospitals; `numbered` from 1, to choose from."""
    table = _table(texts, numbered, "table.code", "table.hospital", "table.city", "table.open_clinics")
    for position, each in enumerate(hospitals, start=1):
        cells = (each["code"], each["name"], each["city"], str(each["open_clinics"]))
        table.add_row(*_numbered(position, numbered), *map(Text, cells))
    return table


def clinic_table(clinics: list[Row], texts: Texts, *, numbered: bool = False) -> Table:
    """The clinics of one hospital; `numbered` from 1, to choose from."""
    columns = (
        "table.code",
        "table.clinic",
        "table.hours",
        "table.waiting",
        "table.now_serving",
        "table.wait",
    )
    table = _table(texts, numbered, *columns, "table.quota_left")
    for position, each in enumerate(clinics, start=1):
        wait = each["estimated_wait_seconds"]
        cells = (
            each["code"],
            each["name"],
            opening(each, texts),
            str(each["waiting"]),
            each["now_serving"] or "–",
            duration(wait, texts) if wait is not None and each["is_open"] else "–",
            str(each["quota_left"]),
        )
        style = None if each["is_open"] else "dim"
        table.add_row(*_numbered(position, numbered), *map(Text, cells), style=style)
    return table


def ticket_table(tickets: list[Ticket], texts: Texts) -> Table:
    """Tickets with their status now, in the given order."""
    columns = ("table.number", "ticket.code", "table.hospital_code", "table.date", "ticket.status")
    table = _table(texts, False, *columns, "table.people_ahead", "table.call")
    for each in tickets:
        ahead = each["people_ahead"] if each["status"] == "waiting" else None
        table.add_row(
            Text(each["display_number"], style="bold"),
            Text(each["ticket_code"]),
            Text(each["hospital"]),
            Text(short_date(each["service_date"], texts)),
            Text(status_word(each, texts), style=COLOURS.get(each["status"], "")),
            Text("–" if ahead is None else str(ahead)),
            Text(_call(each, texts)),
        )
    return table


def opening(clinic: Row, texts: Texts) -> str:
    """Whether a clinic is open, until when, or when it opens again."""
    if not clinic["is_open"]:
        if clinic["next_opening"] is None:
            return texts("table.closed")
        return texts("table.closed_until", moment=brief_date_and_time(clinic["next_opening"], texts))
    if clinic["opens_at"] is None or clinic["closes_at"] is None:
        return texts("table.open")
    opens, closes = (clock_time(clinic[name], texts) for name in ("opens_at", "closes_at"))
    return texts("table.open_until", opens=opens, closes=closes)


def _call(ticket: Ticket, texts: Texts) -> str:
    if ticket["called_at"]:
        return clock_time_with_zone(ticket["called_at"], texts)
    if ticket["estimated_call_at"]:
        return f"± {clock_time_with_zone(ticket['estimated_call_at'], texts)}"
    return "–"


def _table(texts: Texts, numbered: bool, *columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), header_style="bold")
    if numbered:
        table.add_column("", no_wrap=True)
    for column in columns:
        # Where a terminal is narrow these are folded; a code must stay whole to be of use.
        table.add_column(
            texts(column), no_wrap=column not in _FOLDED, overflow="fold", min_width=_WIDTHS_MIN.get(column)
        )
    return table


def _numbered(position: int, numbered: bool) -> list[Text]:
    return [Text(f"{position}.", style="bold cyan")] if numbered else []
