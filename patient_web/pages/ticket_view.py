"""What a page shows of a ticket: the same words as on a terminal, the most important of them large."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from common.translation import N_
from common.words.call_news import ENDED, call_news
from common.words.moments import clock_time_with_zone, long_date
from common.words.texts import Texts
from common.words.tickets import (
    Ticket,
    call_estimate,
    clinic_name,
    goes_on_with,
    hospital_name,
    not_back_to,
    status_word,
    ticket_facts,
    ticket_room,
)

NEAR_PEOPLE_MAX: Final = 3
"""So few people ahead are said to be near."""

_BACK_BEFORE: Final = timedelta(minutes=10)
_STAY_BELOW: Final = timedelta(minutes=15)
_ROUNDED_TO_MINUTES: Final = 5

_SAID_LARGE: Final = ("room", "room_name", "estimated_call_at", "day_may_end_first", "people_ahead")

_ALERTS: Final = frozenset({"called"})
_WAITING: Final = "waiting"
_FOLLOWED: Final = frozenset({"waiting", "called", "parked", "in_service"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """A ticket in words. `place` are hospital, clinic and day; `headline` says what it is about now,
    `estimate` when it will be called, `advice` when to be back. `alert` is `near` or `called`, and `news_key`
    changes whenever there is news that a patient should hear. `goes_on` where another ticket is the
    patient's now. `moment` is the time of what is shown."""

    code: str
    number: str
    status: str
    status_in_words: str
    place: tuple[str, str, str]
    headline: str
    room: str | None
    estimate: str | None
    advice: str | None
    facts: list[tuple[str, str]]
    alert: str
    news_key: str
    title: str
    moment: str
    can_be_cancelled: bool
    is_over: bool
    goes_on: bool


def ticket_view(ticket: Ticket, texts: Texts, now: datetime) -> TicketView:
    """What is shown of a ticket of a reply at `now`."""
    status = str(ticket["status"])
    alert = _alert(ticket)
    calls = (status, alert, *(ticket.get(name) for name in ("called_at", "recalled_at", "room")))
    headline = _headline(ticket, texts)
    zone = datetime.fromisoformat(ticket["registered_at"]).tzinfo
    moment = now.astimezone(zone).replace(microsecond=0).isoformat()
    return TicketView(
        code=ticket["ticket_code"],
        number=ticket["display_number"],
        status=status,
        status_in_words=status_word(ticket, texts),
        place=(hospital_name(ticket), clinic_name(ticket), long_date(ticket["service_date"], texts)),
        headline=headline,
        room=ticket_room(ticket, texts) if status == "called" else None,
        estimate=call_estimate(ticket, texts) if status == _WAITING else None,
        advice=_advice(ticket, texts, now),
        facts=ticket_facts({**ticket, **dict.fromkeys(_SAID_LARGE)}, texts),
        alert=alert,
        news_key=" ".join(map(str, calls)),
        title=_title(ticket, texts, alert),
        moment=clock_time_with_zone(moment, texts, ticket.get("zone")),
        can_be_cancelled=status in ("waiting", "called", "parked"),
        is_over=status not in _FOLLOWED,
        goes_on=goes_on_with(ticket) is not None,
    )


def _alert(ticket: Ticket) -> str:
    if ticket["status"] in _ALERTS:
        return str(ticket["status"])
    ahead = ticket.get("people_ahead")
    is_near = ticket["status"] == _WAITING and ahead is not None and ahead <= NEAR_PEOPLE_MAX
    return "near" if is_near else ""


def _headline(ticket: Ticket, texts: Texts) -> str:
    status = str(ticket["status"])
    if status == _WAITING:
        return _ahead_of(ticket, texts)
    if news := call_news(None, ticket, texts):
        return news
    if ticket.get("cancelled_by") or status not in ENDED:
        words = status_word(ticket, texts)
        return texts("Ticket {number}: {status}.", number=ticket["display_number"], status=words)
    ended = texts(ENDED[status], number=ticket["display_number"], clinic=clinic_name(ticket))
    if (home := not_back_to(ticket)) is None:
        return ended
    not_back = texts("You are not in the queue of {clinic} again; ask its staff.", clinic=home)
    return f"{ended} {not_back}"


def _ahead_of(ticket: Ticket, texts: Texts) -> str:
    ahead = ticket.get("people_ahead")
    if ahead is None:
        return texts("You are in the queue.")
    if ahead == 0:
        return texts("You are next.")
    return texts.plural("1 person is ahead of you.", "{count} people are ahead of you.", ahead)


def _title(ticket: Ticket, texts: Texts, alert: str) -> str:
    """For the tab of a browser: the number, never the code."""
    number = ticket["display_number"]
    if alert == "called":
        return texts("{number}: called!", number=number)
    if alert == "near":
        return f"{number}: {_ahead_of(ticket, texts)}"
    return texts("Ticket {number}", number=number)


def _advice(ticket: Ticket, texts: Texts, now: datetime) -> str | None:
    """When the patient has to be back; None where nobody knows, or it does not matter."""
    earliest = ticket.get("earliest_call_at")
    if ticket["status"] != _WAITING or not earliest or ticket.get("day_may_end_first"):
        return None
    back_at = _rounded_down(datetime.fromisoformat(earliest) - _BACK_BEFORE)
    if _alert(ticket) or back_at - now < _STAY_BELOW:
        return texts(N_("Stay near the clinic: it can be your turn at any moment."))
    clock = clock_time_with_zone(back_at.isoformat(), texts, ticket.get("zone"))
    return texts("If you go away, be back at the clinic by {clock}.", clock=clock)


def _rounded_down(moment: datetime) -> datetime:
    surplus = moment.minute % _ROUNDED_TO_MINUTES
    return moment.replace(second=0, microsecond=0) - timedelta(minutes=surplus)


def held_ticket(ticket: Mapping[str, Any], texts: Texts) -> list[tuple[str, str]]:
    """What is told of the ticket that somebody holds already, who may not have its code."""
    facts = [(texts("Number"), ticket["display_number"]), (texts("Status"), status_word({**ticket}, texts))]
    return [*facts, *ticket_facts({**ticket}, texts)]
