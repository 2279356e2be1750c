"""What clients and workers have to agree on: names at the broker, and what a request may hold."""

from typing import Final

PATIENT_EXCHANGE: Final = "antrean.patient"
INTEGRATOR_EXCHANGE: Final = "antrean.integrator"
JOURNAL_QUEUE: Final = "antrean.journal"
"""The stream with every event but ticks."""

LOOK_UPS: Final = frozenset(
    {
        "list_hospitals",
        "list_clinics",
        "ticket_status",
        "clinic_queue",
        "desk_queue",
        "desk_ticket",
        "find_tickets",
        "desk_history",
        "clinic_report",
        "estimate_accuracy",
        "desk_user",
        "events_since",
    }
)
"""Requests that change nothing: the broker need not keep them over its restart, since they are sent again."""

SHORT_LIST_MAX: Final = 15
"""Tickets that a look-up shows with all their members, names of places among them, however long these are."""

BODY_BYTES_MAX: Final = 8 * 1024
"""Bytes of a request's body; a longer one is refused unread. A look-up of 100 ticket
codes has less than 4 KiB; 8 KiB that are wrong all over cost a worker 2 ms."""
