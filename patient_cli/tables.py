"""Tables of hospitals, clinics and tickets."""

from typing import Any, Final

from common.terminal.card import COLOURS
from common.terminal.tables import NOTHING, Cell, Table, new_table
from common.translation import N_
from common.words.absences import absences_in_words
from common.words.moments import (
    brief_date_and_time,
    clock_time,
    clock_time_with_zone,
    duration,
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
            _wait(each, texts),
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


def opening(clinic: Row, texts: Texts) -> str:
    """Whether a clinic is open, until when, or when it opens again, and why the staff have closed it; and who
    of it is away."""
    next_opening = None if clinic["is_open"] else clinic["next_opening"]
    away = [
        each for each in clinic.get("absences") or () if not each["until"] or each["until"] != next_opening
    ]
    return "; ".join([_hours(clinic, texts), *absences_in_words(away, texts, clinic.get("zone"))])


def _hours(clinic: Row, texts: Texts) -> str:
    if not clinic["is_open"]:
        words = texts("closed")
        if clinic["next_opening"] is not None:
            moment = brief_date_and_time(clinic["next_opening"], texts, clinic.get("zone"))
            words = texts("closed, opens {moment}", moment=moment)
        reason = clinic.get("closed_reason")
        return f"{words} ({reason})" if reason else words
    if clinic["opens_at"] is None or clinic["closes_at"] is None:
        return texts("open")
    opens, closes = (clock_time(clinic[name], texts) for name in ("opens_at", "closes_at"))
    return texts("{opens}–{closes}", opens=opens, closes=closes)


def _wait(clinic: Row, texts: Texts) -> str:
    """The wait of somebody who would register now."""
    if clinic["estimated_wait_seconds"] is None or not clinic["is_open"]:
        return NOTHING
    if clinic.get("day_may_end_first"):
        return texts("perhaps not today")
    return duration(clinic["estimated_wait_seconds"], texts)


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
