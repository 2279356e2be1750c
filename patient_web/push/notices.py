"""What a telephone is notified of, and in which words: those of the ticket's page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from common.words.texts import Texts
from common.words.tickets import Ticket
from patient_web.pages.ticket_view import TicketView, ticket_view

NOTHING_TOLD: Final = ""

_ENDED: Final = frozenset({"cancelled", "no_show", "expired"})
"""How a ticket ends otherwise than by being served, and what the patient may yet take up with the staff."""

_CALL_SECONDS: Final = 30 * 60
_NEAR_SECONDS: Final = 15 * 60
_END_SECONDS: Final = 12 * 3600


@dataclass(frozen=True, slots=True)
class Notice:
    """`key` is another one for each thing that is told; push services keep it for so many `seconds` for a
    telephone that is off. `path` is the ticket's page."""

    key: str
    title: str
    body: str
    path: str
    language: str
    seconds: int


def notice_of(ticket: Ticket, language: str, now: datetime) -> Notice | None:
    """What is told of a ticket as it stands: that it is near, is called, or has ended; None where it is
    nothing to wake anybody for."""
    view = ticket_view(ticket, Texts(language), now)
    key, seconds = _key_of(view, ticket), _CALL_SECONDS
    if key is None:
        return None
    if view.status in _ENDED:
        seconds = _END_SECONDS
    elif view.alert == "near":
        seconds = _NEAR_SECONDS
    return Notice(key, view.title, view.headline, f"/t/{view.code}", language, seconds)


def told_by_page(ticket: Ticket, language: str, now: datetime) -> str:
    """The key of what somebody knows who looks at the ticket's page now."""
    notice = notice_of(ticket, language, now)
    return NOTHING_TOLD if notice is None else notice.key


def is_over(ticket: Ticket, now: datetime) -> bool:
    """Whether nothing more will be told of it, and the patient does not go on with another one. Who was not
    there may be taken in again."""
    view = ticket_view(ticket, Texts("en"), now)
    return view.is_over and not view.goes_on and view.status != "no_show"


def _key_of(view: TicketView, ticket: Ticket) -> str | None:
    if view.goes_on:
        return None
    if view.alert == "called":
        return " ".join(["called", *(str(ticket.get(each)) for each in ("called_at", "recalled_at", "room"))])
    if view.alert == "near":
        return f"near {view.code}"
    by_patient = ticket.get("cancelled_by") == "patient"
    return f"{view.status} {view.code}" if view.status in _ENDED and not by_patient else None
