"""The states of tickets, as docs/protocol.md has them: what an event makes of one, and when it may be."""

STATUS_AFTER = {
    "registered": "waiting",
    "prioritised": "waiting",
    "unprioritised": "waiting",
    "called": "called",
    "started": "in_service",
    "served": "served",
    "sent": "served",
    "no_show": "no_show",
    "reinstated": "waiting",
    "skipped": "waiting",
    "parked": "parked",
    "unparked": "waiting",
    "transferred": "transferred",
    "cancelled": "cancelled",
    "expired": "expired",
}
"""After one of `KEEPS_STATUS` a ticket is where it was, and after one of `UNDOES` where it was before what is
taken back."""

UNDOES = {
    "call_undone": "called",
    "start_undone": "started",
    "completion_undone": "served",
    "sending_undone": "sent",
    "no_show_undone": "no_show",
    "cancellation_undone": "cancelled",
    "skip_undone": "skipped",
    "park_undone": "parked",
}
"""What each undoing takes back."""

KEEPS_STATUS = {"recalled", "corrected"}
"""These move nobody: what was done before them can still be taken back."""

MAY_HAPPEN_IN: dict[str | None, set[str]] = {
    None: {"registered"},
    "waiting": {
        "prioritised",
        "unprioritised",
        "corrected",
        "called",
        "skipped",
        "transferred",
        "cancelled",
        "expired",
        "skip_undone",
    },
    "called": {
        "recalled",
        "corrected",
        "started",
        "served",
        "no_show",
        "skipped",
        "parked",
        "transferred",
        "cancelled",
        "expired",
        "call_undone",
    },
    "in_service": {"corrected", "served", "start_undone"},
    "parked": {"unparked", "corrected", "called", "transferred", "cancelled", "expired", "park_undone"},
    "served": {"sent", "sending_undone", "completion_undone"},
    "no_show": {"reinstated", "called", "no_show_undone"},
    "cancelled": {"cancellation_undone"},
}

ACTIVE = {"waiting", "called", "in_service", "parked"}
IN_ROOM = {"called", "in_service"}
GIVEN_BACK = {"cancelled", "transferred"}
"""They do not count towards the quota."""

LANES = ("emergency", "urgent", "priority", "regular")
CANCELLED_BY = {"patient", "staff", "closing"}
CANCEL_REASONS = {"wrong_person", "asked_at_counter", "duplicate"}
CORRECTED = {"medical_record_number", "name", "date_of_birth"}

CALL_REASONS = {"emergency", "results", "doctor"}

HAS_ANOTHER_PLACE = {
    "prioritised",
    "unprioritised",
    "reinstated",
    "skipped",
    "unparked",
    "call_undone",
    "skip_undone",
    "cancellation_undone",
}
"""After these a ticket may be called after a higher number of its lane."""

CLINIC_EVENTS = {
    "clinic.opened",
    "clinic.closed",
    "clinic.hours_changed",
    "clinic.rooms_changed",
    "clinic.mode_changed",
    "clinic.away",
    "clinic.back",
}

TELLS_OF_ABSENCE = {
    "clinic.away": ("room", "room_name", "reason", "until"),
    "clinic.back": ("room", "room_name"),
}
"""What these tell beside the queue's counts."""
