"""What is new about a ticket's call between two looks at it: called, again, to another room, taken back."""

from collections.abc import Mapping
from typing import Final

from common.translation import N_
from common.words.texts import Texts
from common.words.tickets import Ticket, clinic_name, ticket_room

FOLLOWED: Final = frozenset({"waiting", "called", "parked"})
"""In these states a ticket is followed on: a call can be repeated, go to another room, be taken back, or be
put off."""

ENDED: Final[Mapping[str, str]] = {
    "in_service": N_("Number {number} is being served."),
    "served": N_("Number {number} has been served."),
    "cancelled": N_("Ticket {number} was cancelled."),
    "no_show": N_("Number {number} was called and you were not there; speak to the staff of {clinic}."),
    "expired": N_("Ticket {number} expired: its service day is over."),
}
"""What is said of a ticket that is not followed on, by its status; of a transferred one, with what follows
it."""

_NEWS: Final[Mapping[str, str]] = {
    "called": N_("Number {number} is called. Please go to {where}."),
    "moved": N_("Number {number} is called to another room. Please go to {where}."),
    "again": N_("Number {number} is called again. Please go to {where}."),
    "put_off": N_(
        "Number {number} is on hold, as you were not ready. Tell the staff when you are; you are called next"
        " then."
    ),
    "taken_back": N_(
        "Number {number} waits again: its call was taken back, or you were not there. Please wait until it is"
        " called."
    ),
}


_AFTER_CALL: Final[Mapping[str, str]] = {"waiting": "taken_back", "parked": "put_off"}


def call_news(before: Ticket | None, now: Ticket, texts: Texts) -> str | None:
    """One sentence, or None where nothing is new; `before` is the same ticket at the last look, None at the
    first one."""
    news = _what_is_new(before, now)
    if news is None:
        return None
    return texts(_NEWS[news], number=now["display_number"], where=destination(now, texts))


def destination(ticket: Ticket, texts: Texts) -> str:
    """Where the patient has to go: `Loket A, Poli Gigi`."""
    return ", ".join(filter(None, (ticket_room(ticket, texts), clinic_name(ticket))))


def _what_is_new(before: Ticket | None, now: Ticket) -> str | None:
    was_called = before is not None and before["status"] == "called"
    if was_called and now["status"] in _AFTER_CALL:
        return _AFTER_CALL[now["status"]]
    if now["status"] != "called":
        return None
    if before is None or not was_called:
        return "called"
    if any(before.get(name) != now.get(name) for name in ("room", "room_name")):
        return "moved"
    is_again = any(before.get(name) != now.get(name) for name in ("called_at", "recalled_at"))
    return "again" if is_again else None
