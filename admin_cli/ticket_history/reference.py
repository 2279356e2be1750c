"""How an operator names a ticket: by its code, or by its queue and number. The code is a secret of the
patient's, and is in no sentence."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from common.domain.catalog import CODE_PATTERN
from common.domain.clinic_day import ClinicDay
from common.domain.ticket_codes import parse_ticket_code
from common.domain.tickets import parse_number
from common.messages.limits import NUMBER_MAX
from common.terminal.usage import UsageProblem
from common.translation import N_
from common.words.written_dates import parse_date

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
    codes = [part.strip().upper() for part in parts[:2]]
    if len(parts) != _PARTS or not all(re.fullmatch(CODE_PATTERN, each) for each in codes):
        raise UsageProblem(
            N_("Write hospital, clinic, day and number, and the day with hyphens: RSHS/GIG/2026-11-23/17.")
        )
    hospital, clinic = codes
    day, number = (part.strip() for part in parts[2:])
    try:
        service_date = date.fromisoformat(parse_date(day))
    except ValueError as error:
        raise UsageProblem(N_("The day is written as 2026-11-23 or 23-11-2026.")) from error
    try:
        counted = parse_number(number, clinic)
    except ValueError as error:
        raise UsageProblem(N_("The number is written as 17, or as {clinic}-017."), clinic=clinic) from error
    if counted > NUMBER_MAX:
        raise UsageProblem(N_("The number is written as 17, or as {clinic}-017."), clinic=clinic)
    return TicketNumber(ClinicDay(hospital, clinic, service_date), counted)
