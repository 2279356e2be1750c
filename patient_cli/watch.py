"""Follows one ticket, and what is new about its call, until it is served, cancelled, expired or missed."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Final, Protocol

import click

from common.errors import MessagingError, TooManyRequests
from common.exit_codes import ExitCode
from common.terminal.failures import ProblemReply, failure_of
from common.terminal.streams import json_text
from common.translation import N_
from common.words.absences import absences_in_words
from common.words.call_news import ENDED, FOLLOWED, call_news
from common.words.texts import Texts
from common.words.tickets import (
    Ticket,
    back_to,
    call_estimate,
    clinic_name,
    goes_on_with,
    next_ticket_sentence,
    not_back_to,
    people,
    status_word,
)
from patient_cli.session import PatientSession
from patient_cli.ticket_requests import look_up, replace_remembered, unknown_tickets

OUTAGE_SECONDS_MAX: Final = 60.0
"""A broker may be away for this long, after a first answer."""

_INTERVAL_SECONDS_MIN: Final = 0.2
_OUTAGE_RETRY_SECONDS: Final = 1.0
_LOOK_SECONDS_MAX: Final = 3.0  # so that an outage is soon seen as one
_IDLE_SECONDS_MAX: Final = 10.0  # a longer pause could cost the connection its heartbeat


ENDINGS: Final[Mapping[str, str]] = {
    **ENDED,
    "transferred": N_("Ticket {number} was transferred; follow the new one with:\n  {command}"),
}
"""What is said when following ends, by the ticket's status then."""


@dataclass(frozen=True)
class Outage:
    """No answer this time; another attempt follows."""


class View(Protocol):
    """Where the ticket is shown as it changes."""

    def show(self, ticket: Ticket) -> None:
        """Takes every reply, whether or not anything changed."""
        ...

    def moved_on(self, old: Ticket, new: Ticket) -> None:
        """The ticket was transferred, or is served and the patient goes on: the new one is followed now."""
        ...

    def announce(self, sentence: str) -> None:
        """Something is new about the ticket's call."""
        ...

    def lost(self) -> None:
        """The connection is lost, or still is."""
        ...


def watch_ticket(
    session: PatientSession, code: str, interval_seconds: float, *, until_called: bool = False
) -> None:
    """Shows a ticket, those with which the patient goes on and what is new about their calls, until a service
    begins from which the patient does not go back, or all has ended otherwise, or only until a call; asks
    every `interval_seconds` of the hospital's clock, or where the server tells news whenever there are some.

    Raises ProblemReply for an unknown ticket, and a MessagingError where no answer comes for too long.
    """
    last: Ticket | None = None
    view, shown = _view(session)
    with shown:
        for found in follow(session, code, interval_seconds, until_called=until_called):
            if isinstance(found, Outage):
                view.lost()
                continue
            if last is not None and last["ticket_code"] != found["ticket_code"]:
                replace_remembered(session, [last], [found])
                view.moved_on(last, found)
                last = None
            view.show(found)
            if news := call_news(last, found, session.texts):
                view.announce(news)
            last = found
    if last is not None and last["status"] != "called" and not session.as_json:
        click.echo(session.folded(closing_sentence(last, session)))


def follow(
    session: PatientSession, code: str, interval_seconds: float, *, until_called: bool = False
) -> Iterator[Ticket | Outage]:
    """The ticket as it is seen each time, and after a transfer or at the visit's next station the new one;
    where that station was taken back, the one before it again. Ends when it neither waits nor is called, or
    as soon as it is called."""
    seen = {code}
    pause = max(session.settings.clock().real_seconds(interval_seconds), _INTERVAL_SECONDS_MIN)
    is_known, lost_at = False, None
    with session.waiting_for_news() as wait:
        while True:
            try:
                ticket = _look(session, code, _LOOK_SECONDS_MAX if is_known else None)
            except (MessagingError, ProblemReply) as error:
                if not is_known or not _is_temporary(error, session.texts):
                    raise
                lost_at = lost_at or time.monotonic()
                if time.monotonic() - lost_at > OUTAGE_SECONDS_MAX:
                    raise
                yield Outage()
                time.sleep(max(pause, _OUTAGE_RETRY_SECONDS, _asked_seconds(error)))
                continue
            is_known, lost_at = True, None
            yield ticket
            if not _is_followed(ticket) or (until_called and ticket["status"] == "called"):
                new_code = goes_on_with(ticket)
                if not new_code:
                    return
                is_back, code = new_code in seen, new_code
                seen.add(code)
                if not is_back:
                    continue
            if pause > _IDLE_SECONDS_MAX:
                session.disconnect()
            wait(code, pause)


def _is_followed(ticket: Ticket) -> bool:
    """Whether more is to come of this ticket: its call, or the way back when it is served."""
    return ticket["status"] in FOLLOWED or (ticket["status"] == "in_service" and back_to(ticket) is not None)


def closing_sentence(ticket: Ticket, session: PatientSession) -> str:
    """What is said when following ends."""
    ended, home = _ending(ticket, session), not_back_to(ticket)
    if home is None:
        return ended
    not_back = session.texts("You are not in the queue of {clinic} again; ask its staff.", clinic=home)
    return f"{ended} {not_back}"


def _ending(ticket: Ticket, session: PatientSession) -> str:
    texts = session.texts
    if ticket.get("cancelled_by"):
        return texts(
            "Ticket {number} is {status}.",
            number=ticket["display_number"],
            status=status_word(ticket, texts),
        )
    if ended := ENDINGS.get(ticket["status"]):
        command = session.command_line("watch", ticket.get("transferred_to") or ticket["ticket_code"])
        return texts(ended, number=ticket["display_number"], clinic=clinic_name(ticket), command=command)
    return texts(
        "Ticket {number}: {status}.", number=ticket["display_number"], status=status_word(ticket, texts)
    )


_VISIBLE: Final = (
    *("ticket_code", "status", "people_ahead", "now_serving"),
    *("called_at", "recalled_at", "room", "room_name", "absences"),
)


def visible_state(ticket: Ticket) -> tuple[object, ...]:
    """What has to change for a ticket to be shown again; the estimate alone moves with every reply."""
    return tuple(ticket.get(name) for name in _VISIBLE)


def _look(session: PatientSession, code: str, timeout_seconds: float | None) -> Ticket:
    found, not_found = look_up(session, [code], timeout_seconds=timeout_seconds)
    if not_found:
        raise ProblemReply(unknown_tickets(not_found))
    return found[0]


def _is_temporary(error: Exception, texts: Texts) -> bool:
    return not isinstance(error, ProblemReply) or failure_of(error, texts).exit_code == ExitCode.NO_REPLY


def _asked_seconds(error: Exception) -> float:
    """How long the server asks to be left alone, as far as anybody waits for it."""
    seconds = error.retry_after_seconds if isinstance(error, TooManyRequests) else None
    return min(seconds or 0.0, OUTAGE_SECONDS_MAX)


def _view(session: PatientSession) -> tuple[View, AbstractContextManager[object]]:
    if session.as_json or not sys.stdout.isatty():
        return LineView(session), nullcontext()
    from patient_cli.watch_panel import PanelView

    view = PanelView(session)
    return view, view.live


class LineView:
    """A line whenever something changed: for pipes, and as JSON."""

    def __init__(self, session: PatientSession) -> None:
        self._session = session
        self._seen: tuple[object, ...] | None = None
        self._is_lost = False

    def show(self, ticket: Ticket) -> None:
        if self._is_lost:
            self._is_lost = False
            self._session.note(self._session.texts("Connected again."))
        if self._seen == visible_state(ticket):
            return
        self._seen = visible_state(ticket)
        click.echo(json_text(ticket) if self._session.as_json else self._line(ticket))

    def moved_on(self, old: Ticket, new: Ticket) -> None:
        sentence = next_ticket_sentence(old, new, self._session.texts)
        if self._session.as_json:
            self._session.note(sentence)
        else:
            click.echo(sentence)

    def announce(self, sentence: str) -> None:
        if not self._session.as_json:
            click.echo(self._session.folded(sentence))

    def lost(self) -> None:
        if not self._is_lost:
            self._is_lost = True
            self._session.note(
                self._session.texts("The connection is lost; trying again. Your number is safe.")
            )

    def _line(self, ticket: Ticket) -> str:
        texts = self._session.texts
        details = []
        if ticket["status"] == "waiting":
            ahead = ticket["people_ahead"]
            details.append(
                texts("{people} ahead", people=people(ahead, texts)) if ahead else texts("you are next")
            )
            if ticket["now_serving"]:
                details.append(texts("now serving {number}", number=ticket["now_serving"]))
            details.append(call_estimate(ticket, texts) or "")
            details += absences_in_words(ticket.get("absences") or (), texts, ticket.get("zone"))
        return " · ".join(
            [f"{ticket['display_number']} {status_word(ticket, texts)}", *filter(None, details)]
        )
