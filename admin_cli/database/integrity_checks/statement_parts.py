"""What several checks ask a database: of which day a row is, and what is read from a row that is found."""

from collections.abc import Callable, Collection, Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Function, RowMapping, and_, case, func, select

from common.domain.event_names import EventName
from common.domain.ticket_states import ACTIVE, IN_ROOM
from common.storage.tables import journal, tickets

KEY: Final = ("hospital", "clinic", "service_date")


def key(source: FromClause) -> list[ColumnElement[Any]]:
    return [source.c[name] for name in KEY]


def same_day(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(*(one.c[name] == other.c[name] for name in KEY))


def is_purged(ticket: FromClause) -> ColumnElement[bool]:
    """Whether the ticket of a row has no personal data any more."""
    return ticket.c.medical_record_number.is_(None)


def has(ticket: FromClause, events: Collection[EventName]) -> ColumnElement[bool]:
    """Whether one of these happened to the ticket of a row."""
    event = journal.alias("event")
    same_number = and_(same_day(event, ticket), event.c.number == ticket.c.number)
    return select(event.c.number).where(same_number, event.c.event_name.in_(events)).exists()


def count_where(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def of_ticket(neighbour: Function[Any]) -> ColumnElement[Any]:
    """The event before, or after, among the events of one ticket."""
    return neighbour.over(partition_by=[*key(journal), journal.c.number], order_by=journal.c.sequence)


def of_all(found: Function[Any]) -> ColumnElement[Any]:
    """What is found among all events of one ticket."""
    return found.over(partition_by=[*key(journal), journal.c.number])


is_active = tickets.c.status.in_(sorted(ACTIVE))


is_in_room = tickets.c.status.in_(sorted(IN_ROOM))


Values = dict[str, Any]


Read = Callable[[str, RowMapping], Iterator[tuple[str, Values]]]


def as_it_is(check: str, row: RowMapping) -> Iterator[tuple[str, Values]]:
    yield check, {name: value for name, value in row.items() if name not in KEY}
