"""Where else in the hospital the patients of a queue are."""

from collections.abc import Callable, Collection
from datetime import timedelta

from sqlalchemy import ClauseElement, Connection, FromClause, and_, select

from common.domain.catalog import Clinic
from common.domain.clinic_day import ClinicDay
from common.domain.elsewhere import Elsewhere
from common.domain.ticket_states import IN_ROOM
from common.storage.prepared import INTEGER, Prepared
from common.storage.queues import KEY_COLUMNS, same_queue
from common.storage.tables import in_states, tickets


def _in_other_rooms(given: FromClause) -> ClauseElement:
    other = tickets.alias("other")
    same_patient = and_(
        other.c.hospital == tickets.c.hospital,
        other.c.medical_record_number == tickets.c.medical_record_number,
        other.c.birth_order == tickets.c.birth_order,
        other.c.clinic != tickets.c.clinic,
        in_states(other, IN_ROOM),
    )
    return (
        select(tickets.c.number, other.c.clinic, other.c.service_date, other.c.room)
        .join(given, and_(same_queue(tickets, given), tickets.c.number == given.c.number))
        .join(other, same_patient)
        .order_by(tickets.c.number, other.c.called_at, other.c.clinic)
    )


_find = Prepared(_in_other_rooms, {**KEY_COLUMNS, "number": INTEGER})


def find_elsewhere(
    connection: Connection,
    key: ClinicDay,
    numbers: Collection[int],
    clinic_of: Callable[[ClinicDay], Clinic],
) -> dict[int, Elsewhere]:
    """Of these tickets of a queue, whose patients are in a room of another clinic of the hospital: where they
    were called last. Rooms that an earlier day than the one before has left occupied are passed over."""
    found: dict[int, Elsewhere] = {}
    since = key.service_date - timedelta(days=1)
    for row in _find(connection, [(*key, number) for number in numbers]) if numbers else ():
        if row.service_date >= since:
            day = ClinicDay(key.hospital, row.clinic, row.service_date)
            found[row.number] = Elsewhere(clinic_of(day), row.room)
    return found
