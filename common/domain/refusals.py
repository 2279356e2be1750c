"""Why something cannot be done with a queue."""

from enum import StrEnum
from typing import NamedTuple

from common.domain.elsewhere import Elsewhere
from common.domain.staff import StaffRole
from common.domain.ticket_states import TicketStatus
from common.domain.tickets import display_number


class NotPermittedReason(StrEnum):
    """What stands against a desk's action, where it is not permitted now."""

    CLOCK_MODE = "clock_mode"
    NOBODY_WAITING = "nobody_waiting"
    ROOM_NOT_SERVING = "room_not_serving"
    TICKET_STATUS = "ticket_status"
    HOLDS_ANOTHER = "holds_another"
    SAME_CLINIC = "same_clinic"
    TOO_MANY_STATIONS = "too_many_stations"
    ALREADY_SO = "already_so"
    NOTHING_TO_UNDO = "nothing_to_undo"
    CHANGED_SINCE = "changed_since"
    DAY_OVER = "day_over"
    ROOM_OCCUPIED = "room_occupied"
    NO_LANE = "no_lane"


class TicketInTheWay(NamedTuple):
    """The ticket that stands against an action: its display number, and the code of its clinic, or where it
    is the ticket that was asked for, its status."""

    display_number: str
    clinic: str | None = None
    status: TicketStatus | None = None


class ActionRefused(Exception):
    """Base of what stands against an action of the staff. Nothing is changed by it."""


class NotPermitted(ActionRefused):
    """The state of the queue, or of the ticket, does not allow it; `detail` is a sentence that says why, and
    `ticket` the one that stands against it, where that is to be named."""

    def __init__(self, reason: NotPermittedReason, detail: str, ticket: TicketInTheWay | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.ticket = ticket


class PatientElsewhere(ActionRefused):
    """The patient who would be called, as `display_number`, is in a room of another clinic."""

    def __init__(self, display_number: str, elsewhere: Elsewhere) -> None:
        super().__init__(display_number)
        self.display_number = display_number
        self.elsewhere = elsewhere


class RoleMissing(ActionRefused):
    """Only staff with one of these roles may do it."""

    def __init__(self, roles: frozenset[StaffRole]) -> None:
        super().__init__(", ".join(sorted(roles)))
        self.roles = roles


class NumberNotGivenOut(ActionRefused):
    """The queue has no ticket with this number."""


class UntilImpossible(ActionRefused):
    """A clinic cannot be forced open or closed, and nobody be away, until then."""


class DateOfBirthImpossible(ActionRefused):
    """Nobody who comes on that day was born then."""


class NoNewborn(ActionRefused):
    """Somebody of that date of birth goes by a number of their own."""


class RecordNumberUnfit(ActionRefused):
    """The hospital has no such medical record number."""


class DestinationUnknown(ActionRefused):
    """The hospital has no such clinic to send a patient to."""


def holds_ticket(clinic: str, number: int) -> NotPermitted:
    """The patient has this ticket of a clinic, given by its code, and gets no other one there."""
    shown = display_number(clinic, number)
    detail = f"This patient holds {shown}; use that ticket, or cancel it first."
    return NotPermitted(NotPermittedReason.HOLDS_ANOTHER, detail, TicketInTheWay(shown, clinic=clinic))


def no_lane(clinic_name: str) -> NotPermitted:
    """The clinic has no lane to which a reason leads."""
    detail = f"{clinic_name} has no lane for this reason; choose another, or none."
    return NotPermitted(NotPermittedReason.NO_LANE, detail)
