"""Tickets of people who were born on one day: among them the staff are told of possible duplicates."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

from sqlalchemy import Connection, select

from common.domain.clinic_day import ClinicDay
from common.domain.duplicates import HeldBy
from common.domain.partial_dates import PartialDate
from common.domain.ticket_states import ACTIVE
from common.storage.patient_columns import patient_columns, patient_of
from common.storage.prepared import PARTIAL_DATE, Prepared
from common.storage.queues import KEY_COLUMNS, key_columns, key_of, same_queue
from common.storage.tables import in_states, tickets

BornAlike = Mapping[ClinicDay, Sequence[HeldBy]]
"""The active tickets of each queue that were looked for."""

_born_alike = Prepared(
    lambda given: (
        select(
            *key_columns(tickets),
            tickets.c.number,
            *patient_columns(tickets),
            tickets.c.patient_name,
            tickets.c.date_of_birth,
        )
        .join(given, same_queue(tickets, given) & (tickets.c.date_of_birth == given.c.date_of_birth))
        .where(in_states(tickets, ACTIVE))
    ),
    {**KEY_COLUMNS, "date_of_birth": PARTIAL_DATE},
)


def find_born_alike(
    connection: Connection, wanted: Collection[tuple[ClinicDay, PartialDate]]
) -> Callable[[], BornAlike]:
    """Who holds an active ticket of these queues and was born then, each given once; sent at once, waited for
    where what is returned is called. Where nobody is wanted, nothing is sent."""
    if not wanted:
        return dict
    rows = _born_alike.send(connection, [(*key, born) for key, born in wanted])

    def by_queue() -> BornAlike:
        found: dict[ClinicDay, list[HeldBy]] = defaultdict(list)
        for row in rows():
            holder = HeldBy(row.number, patient_of(row), row.patient_name, row.date_of_birth)
            found[key_of(row)].append(holder)
        return found

    return by_queue
