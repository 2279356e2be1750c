"""Tickets of one queue, as replies have them."""

from typing import Any

Ticket = dict[str, Any]


def code_of(number: int) -> str:
    """A code by its ticket's number."""
    return f"CODE-{number:04d}"


def ticket(number: int, **members: Any) -> Ticket:
    """A waiting ticket."""
    return {
        "ticket_code": code_of(number),
        "number": number,
        "display_number": f"GIG-{number:03d}",
        "hospital": "RSHS",
        "clinic": "GIG",
        "service_date": "2026-11-23",
        "status": "waiting",
        "lane": "regular",
        "people_ahead": number - 1,
        "now_serving": None,
        "estimated_wait_seconds": 600 * number,
        "estimated_call_at": "2026-11-23T09:40:00+07:00",
        "earliest_call_at": "2026-11-23T09:30:00+07:00",
        "latest_call_at": "2026-11-23T09:50:00+07:00",
        "day_may_end_first": False,
        "registered_at": "2026-11-23T08:00:00+07:00",
        "called_at": None,
        "recalled_at": None,
        "room": None,
        "room_name": None,
        "transferred_to": None,
        "cancelled_by": None,
        "cancel_reason": None,
        "current_code": None,
        "visit": None,
        "absences": None,
        **members,
    }
