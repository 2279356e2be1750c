"""Who is to be called next."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, func, literal, select, tuple_

from common.domain.queue_advance import Waiter
from common.domain.tickets import TicketStatus
from common.storage.queues import ClinicDay, key_columns, key_of, same_queue
from common.storage.tables import clinic_days, tickets

_NUMBER_MAX = 2**31 - 1

# Written into the statement, so that the planner sees that the partial index on waiting tickets serves.
_WAITING = literal(TicketStatus.WAITING.value, literal_execute=True)


def next_waiters(
    connection: Connection, days: Iterable[ClinicDay], limit: int
) -> dict[ClinicDay, list[Waiter]]:
    """The first `limit` waiting tickets of each queue, in the order in which they are to be called.

    The cost grows with `limit`, not with the length of the queues.
    """
    found: dict[ClinicDay, list[Waiter]] = defaultdict(list)
    wanted = list(days)
    if not wanted:
        return found
    other = tickets.alias("other")
    last_wanted = (
        select(other.c.number)
        .where(same_queue(other, clinic_days), other.c.status == _WAITING)
        .order_by(other.c.number)
        .limit(1)
        .offset(limit - 1)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(*key_columns(tickets), tickets.c.number, tickets.c.waiting_since)
        .join(clinic_days, same_queue(tickets, clinic_days))
        .where(
            tuple_(*key_columns(clinic_days)).in_(wanted),
            tickets.c.status == _WAITING,
            tickets.c.number <= func.coalesce(last_wanted, _NUMBER_MAX),
        )
        .order_by(*key_columns(tickets), tickets.c.number)
    )
    for row in rows:
        found[key_of(row)].append(Waiter(row.number, row.waiting_since))
    return found
