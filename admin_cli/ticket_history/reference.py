"""How an operator names a ticket: by its code, or by its queue and number. The code is a secret of the
patient's, so it can be read from standard input too, and is in no sentence."""

import sys
from dataclasses import dataclass
from datetime import date
from typing import Final

from common.domain.clinic_day import ClinicDay
from common.domain.ticket_codes import parse_ticket_code
from common.domain.tickets import parse_number
from common.messages.limits import NUMBER_MAX
from common.terminal.moments import parse_date
from common.terminal.prompts import can_ask, read_line
from common.terminal.texts import Texts
from common.terminal.usage import UsageProblem
from common.translation import N_

FROM_INPUT: Final = "-"
"""Stands for a ticket that is named on standard input."""

_LENGTH_MAX: Final = 200
_PARTS: Final = 4


@dataclass(frozen=True, slots=True)
class TicketCode:
    """A ticket by its code, in the canonical form."""

    code: str


@dataclass(frozen=True, slots=True)
class TicketNumber:
    """A ticket by its queue and number."""

    day: ClinicDay
    number: int


def given_or_asked(given: str | None, texts: Texts) -> str:
    """What names the ticket, from the command line, or else a terminal or a pipe; raises UsageProblem."""
    if given not in (None, FROM_INPUT):
        return str(given)
    if can_ask():
        return read_line(texts("Ticket code, or HOSPITAL/CLINIC/DAY/NUMBER"))
    # One more than a ticket takes shows that there are several.
    lines = [each.strip() for each in sys.stdin.read(_LENGTH_MAX + 1).splitlines() if each.strip()]
    if len(lines) > 1:
        raise UsageProblem(N_("There are several lines on standard input: name one ticket at a time."))
    return lines[0] if lines else ""


def read_reference(text: str) -> TicketCode | TicketNumber:
    """What is named; raises UsageProblem where it is neither form."""
    text = text.strip()
    if not text:
        raise UsageProblem(
            N_("Name the ticket by its code or as HOSPITAL/CLINIC/DAY/NUMBER, also on standard input.")
        )
    if "/" in text:
        return _ticket_number(text)
    try:
        return TicketCode(parse_ticket_code(text))
    except ValueError as error:
        raise UsageProblem(
            N_(
                "This is no ticket code, which has twelve letters and digits such as 7K3F-9QXM-2T5R. A number"
                " is named with its clinic and day: RSHS/GIG/2026-11-23/17."
            )
        ) from error


def _ticket_number(text: str) -> TicketNumber:
    parts = text.split("/")
    if len(parts) != _PARTS:
        raise UsageProblem(
            N_("Write hospital, clinic, day and number, and the day with hyphens: RSHS/GIG/2026-11-23/17.")
        )
    hospital, clinic, day, number = (part.strip() for part in parts)
    try:
        service_date = date.fromisoformat(parse_date(day))
    except ValueError as error:
        raise UsageProblem(N_("The day is written as 2026-11-23 or 23-11-2026.")) from error
    clinic = clinic.upper()
    try:
        counted = parse_number(number, clinic)
    except ValueError as error:
        raise UsageProblem(N_("The number is written as 17, or as {clinic}-017."), clinic=clinic) from error
    if counted > NUMBER_MAX:
        raise UsageProblem(N_("The number is written as 17, or as {clinic}-017."), clinic=clinic)
    return TicketNumber(ClinicDay(hospital.upper(), clinic, service_date), counted)
