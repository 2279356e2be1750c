"""Tables of hospitals, clinics and tickets. Imports rich: import this module only where a table is shown."""

from typing import Any, Final

from rich.table import Table
from rich.text import Text

from common.terminal.card import COLOURS, Ticket, status_word
from common.terminal.moments import (
    brief_date_and_time,
    clock_time,
    clock_time_with_zone,
    duration,
    short_date,
)
from common.terminal.tables import new_table
from common.terminal.texts import Texts

_FOLDED: Final[dict[str, int | None]] = {
    "table.hospital": None,
    "table.city": None,
    "table.clinic": None,
    "table.hours": len("08.00–12.00"),
    "ticket.status": len("menunggu"),
}

Row = dict[str, Any]


def hospital_table(hospitals: list[Row], texts: Texts, *, numbered: bool = False) -> Table:
    """The hospitals; `numbered` from 1, to choose from."""
    columns = ("table.code", "table.hospital", "table.city", "table.open_clinics")
    table = new_table(texts, *columns, folded=_FOLDED, numbered=numbered)
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
        "table.quota_left",
    )
    table = new_table(texts, *columns, folded=_FOLDED, numbered=numbered)
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
    table = new_table(texts, *columns, "table.people_ahead", "table.call", folded=_FOLDED)
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


def _numbered(position: int, numbered: bool) -> list[Text]:
    return [Text(f"{position}.", style="bold cyan")] if numbered else []
