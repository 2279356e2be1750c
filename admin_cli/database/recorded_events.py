"""The events of the journal in the order in which they were recorded, as `republish` reads them."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, literal, select, tuple_

from common.messages.events import Event
from common.storage.journal import event_of
from common.storage.tables import journal


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event, and its place among all that was ever recorded: the moment first, then the primary key."""

    event: Event
    place: tuple[datetime, str, str, date, int]

    @property
    def recorded_at(self) -> datetime:
        """When it was recorded, by the clock of whoever did it."""
        return self.place[0]


_PLACE = (
    journal.c.recorded_at,
    journal.c.hospital,
    journal.c.clinic,
    journal.c.service_date,
    journal.c.sequence,
)


def read_recorded(
    connection: Connection,
    since: datetime,
    until: datetime | None,
    after: RecordedEvent | None,
    count_max: int,
) -> list[RecordedEvent]:
    """The next events recorded at `since` or later, and before `until`, that follow `after`; at most
    `count_max`, in the order of their places.

    The cost grows with `count_max`, not with how much was recorded before or is recorded later.
    """
    # What is said of the moment alone is what the index serves.
    condition = journal.c.recorded_at >= (after.recorded_at if after else since)
    if until is not None:
        condition &= journal.c.recorded_at < until
    if after is not None:
        place = [literal(value, column.type) for value, column in zip(after.place, _PLACE, strict=True)]
        condition &= tuple_(*_PLACE) > tuple_(*place)
    rows = connection.execute(select(journal).where(condition).order_by(*_PLACE).limit(count_max))
    return [
        RecordedEvent(
            event_of(row), (row.recorded_at, row.hospital, row.clinic, row.service_date, row.sequence)
        )
        for row in rows
    ]
