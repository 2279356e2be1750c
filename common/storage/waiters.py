"""Who is to be called next."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, and_, func, literal, select, tuple_

from common.domain.queue_advance import Waiter
from common.domain.tickets import TicketStatus
from common.storage.queues import ClinicDay
from common.storage.tables import clinic_days, tickets

_KEY = ("hospital", "clinic", "service_date")
_NUMBER_MAX = 2**31 - 1

_day_key = tuple_(*(clinic_days.c[name] for name in _KEY))
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
        .where(
            *(other.c[name] == clinic_days.c[name] for name in _KEY),
            other.c.status == _WAITING,
        )
        .order_by(other.c.number)
        .limit(1)
        .offset(limit - 1)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(*(tickets.c[name] for name in _KEY), tickets.c.number, tickets.c.waiting_since)
        .join(clinic_days, and_(*(tickets.c[name] == clinic_days.c[name] for name in _KEY)))
        .where(
            _day_key.in_(wanted),
            tickets.c.status == _WAITING,
            tickets.c.number <= func.coalesce(last_wanted, _NUMBER_MAX),
        )
        .order_by(*(tickets.c[name] for name in _KEY), tickets.c.number)
    )
    for row in rows:
        key = (row.hospital, row.clinic, row.service_date)
        found[key].append(Waiter(row.number, row.waiting_since))
    return found
