"""Places in a lane: by arrival, and moved only by a named act of the staff.

No place is ever reckoned out between two others: a ticket that goes behind others takes the last one's
place, and each of those the place before its own. So the places of a lane stay exactly the same ones, however
often tickets are moved.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from common.domain.lanes import Lane


class Place(NamedTuple):
    """A place in a lane, which is called in the order of its places.

    Whoever arrives has the place of that moment and of the ticket's number. No two places of a queue have the
    same `number`, so there are no ties.
    """

    at: datetime
    number: int


class PlacedTicket(NamedTuple):
    """A ticket that waits, and its place."""

    number: int
    place: Place


class FrontPlace(NamedTuple):
    """One of the first who wait in a lane: whether the patient came back from a station, and whether the
    ticket was called before, and so waits again where the staff have put it."""

    number: int
    place: Place
    is_return: bool
    was_called: bool


class LanePlace(NamedTuple):
    """A ticket that waits, its lane and its place there."""

    number: int
    lane: Lane
    place: Place


def behind(ticket: PlacedTicket, others: Sequence[PlacedTicket]) -> list[PlacedTicket]:
    """The ticket goes behind those that come right after it, in order."""
    numbers = [*(each.number for each in others), ticket.number]
    places = [ticket.place, *(each.place for each in others)]
    return [*map(PlacedTicket, numbers, places)]


def in_front_of(ticket: PlacedTicket, others: Sequence[PlacedTicket]) -> list[PlacedTicket]:
    """The ticket goes in front of those that come right before it, in order."""
    numbers = [ticket.number, *(each.number for each in others)]
    places = [*(each.place for each in others), ticket.place]
    return [*map(PlacedTicket, numbers, places)]


def at_the_front(own: Place, first: PlacedTicket | None, sequence: int) -> Place:
    """A place before the first of a lane: the ticket's `own`, where that is one; else a new one, made by the
    change of the queue that has this sequence."""
    if first is None or own < first.place:
        return own
    # Smaller than the number of any other place: these are numbers of tickets, or of earlier changes.
    return Place(first.place.at, -sequence)
