"""Who is to be called next."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import ClauseElement, Connection, FromClause, bindparam, func, select, true

from common.domain.queue_advance import Waiter
from common.domain.tickets import TicketStatus
from common.storage.prepared import INTEGER, Prepared
from common.storage.queues import KEY_COLUMNS, ClinicDay, key_columns, key_of, same_queue
from common.storage.tables import in_states, tickets

_NUMBER_MAX = 2**31 - 1

_count = bindparam("count", type_=INTEGER)


def _of_each(given: FromClause) -> ClauseElement:
    # However many wait, PostgreSQL then reads no more of a queue than is wanted of it.
    first = (
        select(tickets.c.number, tickets.c.waiting_since)
        .where(same_queue(tickets, given), in_states(tickets, {TicketStatus.WAITING}))
        .order_by(tickets.c.number)
        .limit(_count)
        .lateral("first")
    )
    return (
        select(*key_columns(given), first.c.number, first.c.waiting_since)
        .join_from(given, first, true())
        .order_by(*key_columns(given), first.c.number)
    )


def _up_to_the_last(given: FromClause) -> ClauseElement:
    # SQLite knows no LATERAL, and looks tickets up by queue and number as it is.
    other = tickets.alias("other")
    last_wanted = (
        select(other.c.number)
        .where(same_queue(other, given), in_states(other, {TicketStatus.WAITING}))
        .order_by(other.c.number)
        .limit(1)
        .offset(_count - 1)
        .scalar_subquery()
    )
    return (
        select(*key_columns(tickets), tickets.c.number, tickets.c.waiting_since)
        .join_from(given, tickets, same_queue(tickets, given))
        .where(
            in_states(tickets, {TicketStatus.WAITING}),
            tickets.c.number <= func.coalesce(last_wanted, _NUMBER_MAX),
        )
        .order_by(*key_columns(tickets), tickets.c.number)
    )


_next_waiters = {
    "postgresql": Prepared(_of_each, KEY_COLUMNS),
    "sqlite": Prepared(_up_to_the_last, KEY_COLUMNS),
}


def next_waiters(
    connection: Connection, days: Collection[ClinicDay], count: int
) -> dict[ClinicDay, list[Waiter]]:
    """The first `count` waiting tickets of each queue, in the order in which they are to be called.

    The cost grows with `count`, not with the length of the queues.
    """
    found: dict[ClinicDay, list[Waiter]] = defaultdict(list)
    if days:
        for row in _next_waiters[connection.dialect.name](connection, list(days), count=count):
            found[key_of(row)].append(Waiter(row.number, row.waiting_since))
    return found
