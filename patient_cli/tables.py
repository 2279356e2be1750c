"""Tables of hospitals, clinics and tickets."""

from typing import Any, Final

from common.terminal.card import COLOURS
from common.terminal.tables import NOTHING, Cell, Table, new_table
from common.translation import N_
from common.words.clinics import expected_wait, opening
from common.words.moments import (
    clock_time_with_zone,
    short_date,
)
from common.words.texts import Texts
from common.words.tickets import Ticket, clinic_name, hospital_name, status_word, ticket_room

_FOLDED: Final = (
    N_("Hospital"),
    N_("City"),
    N_("Clinic"),
    N_("Open"),
    N_("Wait"),
    N_("Call"),
    N_("Date"),
    N_("Status"),
)

Row = dict[str, Any]


def hospital_table(hospitals: list[Row], texts: Texts, *, numbered: bool = False) -> Table:
    """The hospitals; `numbered` from 1, to choose from."""
    columns = (N_("Code"), N_("Hospital"), N_("City"), N_("Open clinics"))
    table = new_table(texts, *columns, folded=_FOLDED, numbered=numbered)
    for each in hospitals:
        table.add_row((each["code"], each["name"], each["city"], str(each["open_clinics"])))
    return table


def clinic_table(clinics: list[Row], texts: Texts, *, numbered: bool = False) -> Table:
    """The clinics of one hospital; `numbered` from 1, to choose from."""
    columns = (
        N_("Code"),
        N_("Clinic"),
        N_("Open"),
        N_("Waiting"),
        N_("Serving"),
        N_("Wait"),
        N_("Left"),
    )
    table = new_table(texts, *columns, folded=_FOLDED, numbered=numbered)
    for each in clinics:
        cells = (
            each["code"],
            each["name"],
            opening(each, texts),
            str(each["waiting"]),
            each["now_serving"] or NOTHING,
            expected_wait(each, texts) or NOTHING,
            str(each["quota_left"]),
        )
        table.add_row(Cell(text, dim=not each["is_open"]) for text in cells)
    return table


def ticket_table(tickets: list[Ticket], texts: Texts) -> Table:
    """Tickets with their status now, in the given order."""
    columns = (N_("Number"), N_("Ticket code"), N_("Clinic"), N_("Date"), N_("Status"))
    table = new_table(texts, *columns, N_("Ahead"), N_("Call"), folded=_FOLDED)
    for each in tickets:
        ahead = each["people_ahead"] if each["status"] == "waiting" else None
        table.add_row(
            [
                Cell(each["display_number"], bold=True),
                each["ticket_code"],
                f"{clinic_name(each)}, {hospital_name(each)}",
                short_date(each["service_date"], texts),
                Cell(_status(each, texts), COLOURS.get(each["status"])),
                NOTHING if ahead is None else str(ahead),
                _call(each, texts),
            ]
        )
    return table


def _status(ticket: Ticket, texts: Texts) -> str:
    """The status, and the room to which the patient is called."""
    room = ticket_room(ticket, texts) if ticket["status"] == "called" else None
    return ", ".join(filter(None, (status_word(ticket, texts), room)))


def _call(ticket: Ticket, texts: Texts) -> str:
    if ticket["called_at"]:
        return clock_time_with_zone(ticket["called_at"], texts, ticket.get("zone"))
    if ticket.get("day_may_end_first"):
        return texts("perhaps not today")
    if ticket["estimated_call_at"]:
        call_at = clock_time_with_zone(ticket["estimated_call_at"], texts, ticket.get("zone"))
        return f"± {call_at}"
    return NOTHING
