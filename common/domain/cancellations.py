"""Who gives a ticket up, and why."""

from enum import StrEnum
from typing import NamedTuple


class CancelledBy(StrEnum):
    """Who cancelled a ticket: its patient, the staff, or the clinic for all who waited when it closed."""

    PATIENT = "patient"
    STAFF = "staff"
    CLOSING = "closing"


class CancelReason(StrEnum):
    """Why the staff cancelled one ticket."""

    WRONG_PERSON = "wrong_person"
    ASKED_AT_COUNTER = "asked_at_counter"
    DUPLICATE = "duplicate"


class Cancellation(NamedTuple):
    """Who cancelled a ticket. `reason` is a CancelReason of the staff, or for a closing the text that they
    gave; None where nobody gave one."""

    by: CancelledBy
    reason: str | None = None
