"""What happened in a queue, in words, as the staff and operators read it."""

from collections.abc import Mapping
from typing import Final

from common.translation import C_, N_
from common.words.texts import Texts

EVENTS: Final[Mapping[str, str]] = {
    "ticket.registered": C_("history", "registered"),
    "ticket.prioritised": C_("history", "priority lane"),
    "ticket.unprioritised": C_("history", "regular lane"),
    "ticket.called": C_("history", "called"),
    "ticket.recalled": C_("history", "called again"),
    "ticket.started": C_("history", "service begun"),
    "ticket.served": C_("history", "served"),
    "ticket.no_show": C_("history", "did not come"),
    "ticket.reinstated": C_("history", "waits again"),
    "ticket.skipped": C_("history", "further back"),
    "ticket.parked": C_("history", "on hold"),
    "ticket.unparked": C_("history", "off hold"),
    "ticket.corrected": C_("history", "corrected"),
    "ticket.transferred": C_("history", "transferred"),  # by staff, or to the next day
    "ticket.sent": C_("history", "sent on"),
    "ticket.cancelled": C_("history", "cancelled"),
    "ticket.expired": C_("history", "expired"),
    "ticket.call_undone": C_("history", "call undone"),
    "ticket.start_undone": C_("history", "start undone"),
    "ticket.completion_undone": C_("history", "completion undone"),
    "ticket.no_show_undone": C_("history", "no-show undone"),
    "ticket.cancellation_undone": C_("history", "cancellation undone"),
    "ticket.skip_undone": C_("history", "further back undone"),
    "ticket.park_undone": C_("history", "hold undone"),
    "ticket.sending_undone": C_("history", "sending undone"),
    "clinic.opened": C_("history", "clinic opened"),
    "clinic.closed": C_("history", "clinic closed"),
    "clinic.hours_changed": C_("history", "opening changed"),
    "clinic.rooms_changed": C_("history", "rooms changed"),
    "clinic.mode_changed": C_("history", "mode changed"),
    "clinic.away": C_("history", "away"),
    "clinic.back": C_("history", "back"),
}
"""What an event is called where there is room for a few words."""

CALL_REASONS: Final[Mapping[str, str]] = {
    "emergency": N_("an emergency"),
    "results": N_("returns with results"),
    "doctor": N_("the doctor asks for the patient"),
}
"""Why a number is called out of turn."""


def event_in_words(event: str, texts: Texts) -> str:
    """What an event is called; what only a newer server knows stays as it is."""
    return texts(EVENTS[event]) if event in EVENTS else event


def call_reason_in_words(reason: str, texts: Texts) -> str:
    """Why a number was called out of turn; what only a newer server knows stays as it is."""
    return texts(CALL_REASONS[reason]) if reason in CALL_REASONS else reason
