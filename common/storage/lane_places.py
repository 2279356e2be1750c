"""The places of those who wait in a lane: read around a ticket that is to be moved, and written."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select, tuple_, update

from common.domain.clinic_day import ClinicDay
from common.domain.lanes import Lane
from common.domain.places import LanePlace, Place, PlacedTicket
from common.domain.ticket_states import TicketStatus
from common.storage.prepared import INTEGER, MOMENT, Prepared
from common.storage.queues import KEY_COLUMNS, same_queue
from common.storage.tables import in_states, tickets
from common.storage.ticket_rows import of_queue

_place = tuple_(tickets.c.place_at, tickets.c.place_number)


def _waiting(key: ClinicDay) -> Any:
    """A statement for those who wait in a queue, in the order of their places."""
    shown = (tickets.c.number, tickets.c.lane, tickets.c.place_at, tickets.c.place_number)
    waits = in_states(tickets, {TicketStatus.WAITING})
    return select(*shown).where(*of_queue(key), waits).order_by(tickets.c.place_at, tickets.c.place_number)


def next_in_lane(
    connection: Connection, key: ClinicDay, lane: Lane, count: int, *, after: Place | None = None
) -> list[PlacedTicket]:
    """The first `count` who wait in a lane, or the first behind the place `after`, in order."""
    found = _waiting(key).where(tickets.c.lane == lane.value).limit(count)
    if after is not None:
        found = found.where(_place > tuple_(*after))
    return [PlacedTicket(each.number, each.place) for each in _read(connection, found)]


def waiting_between(connection: Connection, key: ClinicDay, first: Place, last: Place) -> list[LanePlace]:
    """Who waits in a queue at these places, in all lanes, in order."""
    return _read(connection, _waiting(key).where(_place >= tuple_(*first), _place <= tuple_(*last)))


def _read(connection: Connection, statement: Any) -> list[LanePlace]:
    return [
        LanePlace(row.number, Lane(row.lane), Place(row.place_at, row.place_number))
        for row in connection.execute(statement)
    ]


_write = Prepared(
    lambda given: (
        update(tickets)
        .where(same_queue(tickets, given), tickets.c.number == given.c.number)
        .values(place_at=given.c.place_at, place_number=given.c.place_number)
    ),
    {**KEY_COLUMNS, "number": INTEGER, "place_at": MOMENT, "place_number": INTEGER},
)


def write_places(connection: Connection, moved: Iterable[tuple[ClinicDay, Sequence[PlacedTicket]]]) -> None:
    """Gives tickets in locked queues other places."""
    rows = [(*key, each.number, *each.place) for key, tickets_moved in moved for each in tickets_moved]
    if rows:
        _write(connection, rows)
