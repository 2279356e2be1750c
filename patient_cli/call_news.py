"""What is new about a ticket's call between two looks at it: called, again, to another room, taken back."""

from collections.abc import Mapping
from typing import Final

from common.terminal.card import Ticket, clinic_name, ticket_room
from common.terminal.texts import Texts
from common.translation import N_

FOLLOWED: Final = frozenset({"waiting", "called"})
"""In these states a ticket is followed on: a call can be repeated, go to another room, or be taken back."""

_NEWS: Final[Mapping[str, str]] = {
    "called": N_("Number {number} is called. Please go to {where}."),
    "moved": N_("Number {number} is called to another room. Please go to {where}."),
    "again": N_("Number {number} is called again. Please go to {where}."),
    "taken_back": N_(
        "The call of number {number} was taken back. It waits again, in its place; please wait until it is"
        " called."
    ),
}


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
    if now["status"] == "waiting":
        return "taken_back" if was_called else None
    if now["status"] != "called":
        return None
    if before is None or not was_called:
        return "called"
    if any(before.get(name) != now.get(name) for name in ("room", "room_name")):
        return "moved"
    is_again = any(before.get(name) != now.get(name) for name in ("called_at", "recalled_at"))
    return "again" if is_again else None
