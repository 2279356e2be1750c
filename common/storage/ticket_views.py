"""Tickets as patients see them: what is read for every reply that shows a ticket.

Each statement is sent at once. Its result is waited for where what is returned here is called, so that
several can be sent before.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import ClauseElement, Connection, FromClause, cast, func, literal, select, tuple_

from common.domain.cancellations import CancelledBy
from common.domain.clinic_day import ClinicDay
from common.domain.lanes import ByLane, Lane
from common.domain.queue_advance import Occupant
from common.domain.ticket_states import IN_ROOM, TicketStatus
from common.storage.prepared import INTEGER, MOMENT, TEXT, Prepared
from common.storage.queues import (
    KEY_COLUMNS,
    STREAKS,
    WAITING_ABOVE,
    key_columns,
    key_of,
    same_queue,
    streaks,
    waiting_above,
)
from common.storage.tables import clinic_days, in_states, tickets


class TicketView(NamedTuple):
    """A ticket and its place in the queue: how many wait before it in its lane, None unless it waits.

    `waiting` (in each lane, the most urgent first) and `streaks` are the queue's.
    """

    ticket_code: str
    clinic_day: ClinicDay
    number: int
    status: TicketStatus
    lane: Lane
    ahead_in_lane: int | None
    waiting: Sequence[int]
    streaks: ByLane
    now_serving: int | None
    registered_at: datetime
    called_at: datetime | None
    recalled_at: datetime | None
    room: int | None
    transferred_to: str | None
    cancelled_by: CancelledBy | None = None
    cancel_reason: str | None = None
    visit: str | None = None


_LANES = {lane.value: lane for lane in Lane}
_STATUSES = {status.value: status for status in TicketStatus}
_CANCELLERS = {each.value: each for each in CancelledBy}

_SHOWN = (
    tickets.c.ticket_code,
    *key_columns(tickets),
    tickets.c.number,
    tickets.c.status,
    tickets.c.lane,
    tickets.c.registered_at,
    tickets.c.called_at,
    tickets.c.recalled_at,
    tickets.c.room,
    tickets.c.transferred_to,
    tickets.c.cancelled_by,
    tickets.c.cancel_reason,
    tickets.c.visit,
)

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def _views(given: FromClause) -> ClauseElement:
    # Each waiting patient is counted once per statement, however many tickets of their lane are wanted:
    # between one of these and the next. A ticket's place is the sum of what was counted up to it.
    lane = (*key_columns(tickets), tickets.c.lane)
    place = (tickets.c.place_at, tickets.c.place_number)
    none = (literal(_LONG_AGO, MOMENT), 0)
    previous = [
        func.lag(column, 1, default).over(partition_by=lane, order_by=place).label(f"previous_{column.name}")
        for column, default in zip(place, none, strict=True)
    ]
    wanted = (
        select(*_SHOWN, *place, *previous)
        .join(given, tickets.c.ticket_code == given.c.ticket_code)
        .subquery("wanted")
    )
    ahead = tickets.alias("ahead")
    since_previous = (
        select(cast(func.count(), INTEGER))
        .where(
            same_queue(ahead, wanted),
            in_states(ahead, {TicketStatus.WAITING}),
            ahead.c.lane == wanted.c.lane,
            tuple_(ahead.c.place_at, ahead.c.place_number)
            >= tuple_(wanted.c.previous_place_at, wanted.c.previous_place_number),
            tuple_(ahead.c.place_at, ahead.c.place_number) < tuple_(wanted.c.place_at, wanted.c.place_number),
        )
        .scalar_subquery()
    )
    return select(
        *(wanted.c[column.name] for column in _SHOWN),
        clinic_days.c.now_serving,
        clinic_days.c.waiting,
        *(clinic_days.c[name] for name in (*WAITING_ABOVE, *STREAKS)),
        func.sum(since_previous)
        .over(
            partition_by=(*key_columns(wanted), wanted.c.lane),
            order_by=(wanted.c.place_at, wanted.c.place_number),
        )
        .label("ahead_in_lane"),
    ).join(clinic_days, same_queue(wanted, clinic_days))


_ticket_views = Prepared(_views, {"ticket_code": TEXT})


def read_ticket_views(
    connection: Connection, ticket_codes: Collection[str]
) -> Callable[[], dict[str, TicketView]]:
    """The tickets with these canonical codes, each given once; unknown codes are left out."""
    if not ticket_codes:
        return dict
    rows = _ticket_views.send(connection, [(code,) for code in ticket_codes])
    return lambda: {
        row.ticket_code: TicketView(
            row.ticket_code,
            key_of(row),
            row.number,
            status := _STATUSES[row.status],
            _LANES[row.lane],
            row.ahead_in_lane if status is TicketStatus.WAITING else None,
            (*(above := waiting_above(row)), row.waiting - sum(above)),
            streaks(row),
            row.now_serving,
            row.registered_at,
            row.called_at,
            row.recalled_at,
            row.room,
            row.transferred_to,
            None if row.cancelled_by is None else _CANCELLERS[row.cancelled_by],
            row.cancel_reason,
            row.visit,
        )
        for row in rows()
    }


_occupants = Prepared(
    lambda given: (
        select(
            *key_columns(tickets),
            tickets.c.number,
            tickets.c.room,
            tickets.c.status,
            tickets.c.called_at,
            tickets.c.lane,
        )
        .join(given, same_queue(tickets, given))
        .where(in_states(tickets, IN_ROOM))
    ),
    KEY_COLUMNS,
)

Occupants = Mapping[ClinicDay, Sequence[Occupant]]
"""Who is in the rooms of each queue; queues whose rooms are empty are left out."""


def read_occupants(connection: Connection, days: Collection[ClinicDay]) -> Callable[[], Occupants]:
    """Who is in the rooms of these queues."""
    if not days:
        return dict
    rows = _occupants.send(connection, list(days))

    def by_queue() -> Occupants:
        found: dict[ClinicDay, list[Occupant]] = defaultdict(list)
        for row in rows():
            occupant = Occupant(row.number, row.room, _STATUSES[row.status], row.called_at, _LANES[row.lane])
            found[key_of(row)].append(occupant)
        return found

    return by_queue


def read_rooms(connection: Connection, days: Collection[ClinicDay]) -> Callable[[], Occupants]:
    """Who is in the rooms while these queues go on: with those whom the day before has called, and who keep
    their rooms until they were served."""
    if not days:
        return dict
    occupants = read_occupants(connection, {*days, *(day.day_before for day in days)})

    def by_queue() -> Occupants:
        found = occupants()
        return {
            key: [*found.get(key.day_before, ()), *found.get(key, ())]
            for key in days
            if key in found or key.day_before in found
        }

    return by_queue
