"""Visits: what joins the tickets of one patient who was sent on from one clinic to another.

Each ticket stays a ticket of one queue, with states of its own; a visit is a link between them, not a state.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from common.domain.clinic_day import ClinicDay
from common.domain.ticket_states import ACTIVE, IN_ROOM, TicketStatus

STATIONS_MAX: Final = 20
"""So many stations follow one another in a visit."""


class ReturnPlace(StrEnum):
    """Where a clinic's patients wait who come back from a station: before all but those who came back before
    them, by the time at which they first arrived, or behind everybody."""

    FRONT = "front"
    ARRIVAL = "arrival"
    END = "end"


class Station(NamedTuple):
    """What joins a ticket to its visit: the `place`, from 1, counts the stations on the way to it.
    `sent_from` is the code of the ticket that was sent on, and `return_to` of the one to whose clinic the
    patient goes back from here. `is_return` says that the patient came back to this clinic."""

    visit: str
    place: int
    sent_from: str | None = None
    return_to: str | None = None
    is_return: bool = False

    def carried_on(self) -> "Station":
        """That of the ticket which the patient gets for this one: in another queue, or on the next day. What
        is no station after another stays the first of its visit: its sending was taken back."""
        return self if self.sent_from is None else self._replace(place=self.place + 1)


def station_of(
    visit: str | None, place: int | None, sent_from: str | None, return_to: str | None, is_return: bool
) -> Station | None:
    """The station that a ticket is, as it is stored; None where it belongs to no visit."""
    return None if visit is None or place is None else Station(visit, place, sent_from, return_to, is_return)


class Neighbour(NamedTuple):
    """The ticket of the same visit from which a patient comes, or to which a patient goes."""

    visit: str
    clinic_day: ClinicDay
    number: int


def shown_station(statuses: Sequence[TicketStatus]) -> int:
    """Which of several stations is named to those to whom the patient is to come back from them: where the
    patient is to be now, or else why the patient did not come back, the latest reason."""
    current = current_station(statuses)
    if current is not None:
        return current
    over = [place for place, status in enumerate(statuses) if status is not TicketStatus.SERVED]
    return over[-1] if over else len(statuses) - 1


def current_station(statuses: Sequence[TicketStatus]) -> int | None:
    """At which of the stations of a visit, given in order, the patient is to be now: where a room is theirs,
    or else where they have waited the longest; None where nothing is left of the visit."""
    for states in (IN_ROOM, ACTIVE):
        for place, status in enumerate(statuses):
            if status in states:
                return place
    return None
