"""What happened in a clinic, or to a ticket, in words: no layout, no colours."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from common.terminal.card import room_in_words
from common.terminal.moments import clock_time
from common.terminal.problem_words import PATIENT_WORDS
from common.terminal.texts import Texts
from common.translation import C_

History = Mapping[str, Any]
"""A `desk_history` reply."""

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


class HistoryRow(NamedTuple):
    """An event. `more` is its room, or what was corrected; `user` who of the staff caused it, empty for what
    patients and the clock did."""

    clock: str
    number: str
    words: str
    more: str
    user: str


def rows(history: History, texts: Texts, *, with_room_names: bool = True) -> list[HistoryRow]:
    """The events, the last first; rooms by their numbers only, without their names."""
    return [_row(each, texts, with_room_names) for each in history["lines"]]


def _row(line: Mapping[str, Any], texts: Texts, with_room_name: bool) -> HistoryRow:
    event, name = line["event"], line["room_name"] if with_room_name else None
    corrected = [texts(PATIENT_WORDS.fields.get(each, each)) for each in line["members"]]
    return HistoryRow(
        clock_time(line["at"], texts),
        line["display_number"] or "",
        texts(EVENTS[event]) if event in EVENTS else event,  # what only a newer server does
        ", ".join(corrected) or room_in_words(line["room"], name, texts) or "",
        line["user"] or "",
    )
