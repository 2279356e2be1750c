"""Tickets: their states and the number that patients see called."""

from enum import StrEnum


class TicketStatus(StrEnum):
    """waiting → called → in_service → served; waiting|called → cancelled; called → no_show → waiting;
    waiting|called → expired at the end of the service day."""

    WAITING = "waiting"
    CALLED = "called"
    IN_SERVICE = "in_service"
    SERVED = "served"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    EXPIRED = "expired"


ACTIVE = frozenset({TicketStatus.WAITING, TicketStatus.CALLED, TicketStatus.IN_SERVICE})
"""A patient holds at most one ticket in these states per clinic and service day."""

IN_ROOM = frozenset({TicketStatus.CALLED, TicketStatus.IN_SERVICE})
"""A ticket in one of these states occupies a room."""

CANCELLABLE = frozenset({TicketStatus.WAITING, TicketStatus.CALLED})


def display_number(clinic_code: str, number: int) -> str:
    """The number as it is called and shown, such as `GIG-017`."""
    return f"{clinic_code}-{number:03d}"
