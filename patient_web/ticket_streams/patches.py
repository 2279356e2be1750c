"""What a ticket's own event changes of what is shown of it, until a look-up tells all."""

from datetime import datetime
from typing import Any, Final

from antrean_client.events import Event

Ticket = dict[str, Any]
"""A ticket of a reply."""

_SHOW_ROOM: Final = frozenset({"called", "in_service", "served"})
_OF_WAITING: Final = (
    *("people_ahead", "estimated_wait_seconds", "estimated_call_at", "earliest_call_at", "latest_call_at"),
    *("day_may_end_first", "absences"),
)


def after_event(ticket: Ticket, event: Event) -> Ticket:
    """The ticket as its event has left it, as far as the event says: status, lane and room. Its place and
    its estimate are null where it waits no more, else as they were."""
    data = event.data
    status = data.get("status")
    if not isinstance(status, str):
        return ticket
    has_room = status in _SHOW_ROOM
    return {
        **ticket,
        **({} if status == "waiting" else dict.fromkeys(_OF_WAITING)),
        "status": status,
        "lane": data.get("lane", ticket["lane"]),
        "now_serving": data.get("now_serving", ticket["now_serving"]),
        "room": data.get("room") if has_room else None,
        "room_name": data.get("room_name") if has_room else None,
        **_moments(ticket, event),
        "cancelled_by": data.get("cancelled_by") if status == "cancelled" else None,
        "cancel_reason": data.get("cancel_reason") if status == "cancelled" else None,
    }


def _moments(ticket: Ticket, event: Event) -> Ticket:
    match event.name:
        case "ticket.called":
            return {"called_at": _local(ticket, event), "recalled_at": None}
        case "ticket.recalled":
            return {"recalled_at": _local(ticket, event)}
    return {} if event.data.get("status") == "called" else {"recalled_at": None}


def _local(ticket: Ticket, event: Event) -> str:
    """When it happened, on the hospital's clock, as replies have it."""
    zone = datetime.fromisoformat(ticket["registered_at"]).tzinfo
    return event.happened_at.astimezone(zone).replace(microsecond=0).isoformat()
