"""Tickets: why each waits in its lane or is called out of turn, and the number that patients see called."""

import re
from datetime import date
from enum import StrEnum

from common.domain.partial_dates import PartialDate


class PriorityReason(StrEnum):
    """Why a ticket waits in a lane above the regular one: by age, which the registrar sees, or as the desk
    marks it."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    AGE = "age"
    DISABILITY = "disability"
    PREGNANCY = "pregnancy"
    INFANT = "infant"


class StaffChoice(StrEnum):
    """What the desk decided against a patient's age: it stays so in whichever queue the patient goes to."""

    REGULAR = "regular"


class CallReason(StrEnum):
    """Why a ticket is called out of turn."""

    EMERGENCY = "emergency"
    RESULTS = "results"
    DOCTOR = "doctor"


LaneReason = PriorityReason | StaffChoice
"""Why a ticket waits in its lane, where anything speaks for one."""

_LANE_REASONS: dict[str, LaneReason] = {each.value: each for each in (*PriorityReason, *StaffChoice)}


def lane_reason(stored: str | None) -> LaneReason | None:
    """The reason that is stored with a ticket."""
    return None if stored is None else _LANE_REASONS[stored]


def is_of_age(date_of_birth: PartialDate, age: int, on: date) -> bool:
    """Whether somebody has surely lived for `age` whole years on a day: of a birth date that is partly known
    the latest day counts. Born on 29 February, from 1 March on."""
    born = date_of_birth.latest
    birthday = (on.month, on.day) >= (born.month, born.day)
    return on.year - born.year - (not birthday) >= age


def display_number(clinic_code: str, number: int) -> str:
    """The number as it is called and shown, such as `GIG-017`."""
    return f"{clinic_code}-{number:03d}"


_NUMBER = re.compile(r"(?:([A-Z0-9]{2,10})-)?0*([1-9]\d{0,8})", re.ASCII)


def parse_number(text: str, clinic_code: str) -> int:
    """17 from `17`, `017`, `GIG-017` or `gig-17`; raises ValueError, also for another clinic's ticket."""
    match = _NUMBER.fullmatch(text.strip().upper())
    if match is None or match[1] not in (None, clinic_code):
        raise ValueError("a number is written as 17 or GIG-017")
    return int(match[2])
