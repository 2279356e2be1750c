"""Who is to be called next."""

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import (
    ClauseElement,
    Connection,
    FromClause,
    Select,
    bindparam,
    func,
    literal,
    select,
    true,
    union_all,
)

from common.domain.clinic_day import ClinicDay
from common.domain.lanes import Lane
from common.domain.queue_advance import Waiter
from common.domain.ticket_states import TicketStatus
from common.storage.prepared import INTEGER, MOMENT, TEXT, Prepared
from common.storage.queues import KEY_COLUMNS, key_columns, key_of, same_queue
from common.storage.tables import in_states, tickets

_FAR_AHEAD = datetime(9999, 1, 1, tzinfo=UTC)

_count = bindparam("count", type_=INTEGER)

_lanes = union_all(*(select(literal(lane.value, TEXT).label("lane")) for lane in Lane)).subquery("lanes")


def _wait_in_lane(table: FromClause, given: FromClause, lanes: FromClause) -> Select[tuple[object, ...]]:
    """The tickets that wait in a queue and a lane, in the order in which they are to be called."""
    return (
        select(table.c.number, table.c.lane, table.c.waiting_since, table.c.place_at, table.c.place_number)
        .where(
            same_queue(table, given),
            in_states(table, {TicketStatus.WAITING}),
            table.c.lane == lanes.c.lane,
        )
        .order_by(table.c.place_at, table.c.place_number)
    )


def _of_each(given: FromClause) -> ClauseElement:
    # However many wait, PostgreSQL then reads no more of a queue than is wanted of it.
    first = _wait_in_lane(tickets, given, _lanes).limit(_count).lateral("first")
    return (
        select(*key_columns(given), first.c.number, first.c.lane, first.c.waiting_since)
        .select_from(given.join(_lanes, true()).join(first, true()))
        .order_by(*key_columns(given), first.c.place_at, first.c.place_number)
    )


def _up_to_the_last(given: FromClause) -> ClauseElement:
    # SQLite knows no LATERAL, and looks tickets up by queue, lane and place as it is.
    other = tickets.alias("other")
    last_wanted = (
        _wait_in_lane(other, given, _lanes)
        .with_only_columns(other.c.place_at)
        .limit(1)
        .offset(_count - 1)
        .scalar_subquery()
    )
    waiting = _wait_in_lane(tickets, given, _lanes).order_by(None)
    return (
        waiting.with_only_columns(
            *key_columns(tickets), tickets.c.number, tickets.c.lane, tickets.c.waiting_since
        )
        .select_from(given.join(_lanes, true()).join(tickets, same_queue(tickets, given)))
        .where(tickets.c.place_at <= func.coalesce(last_wanted, literal(_FAR_AHEAD, MOMENT)))
        .order_by(*key_columns(tickets), tickets.c.place_at, tickets.c.place_number)
    )


_next_waiters = {
    "postgresql": Prepared(_of_each, KEY_COLUMNS),
    "sqlite": Prepared(_up_to_the_last, KEY_COLUMNS),
}


def next_waiters(
    connection: Connection, days: Collection[ClinicDay], count: int
) -> dict[ClinicDay, list[Waiter]]:
    """The first `count` waiting tickets of each lane of each queue, by their places: the order in which each
    lane calls them.

    The cost grows with `count`, not with the length of the queues.
    """
    lanes: dict[tuple[ClinicDay, Lane], int] = defaultdict(int)
    found: dict[ClinicDay, list[Waiter]] = defaultdict(list)
    if days:
        for row in _next_waiters[connection.dialect.name](connection, list(days), count=count):
            key, lane = key_of(row), Lane(row.lane)
            lanes[key, lane] += 1
            if lanes[key, lane] <= count:  # of places of one moment, SQLite gives all
                found[key].append(Waiter(row.number, row.waiting_since, lane))
    return found
