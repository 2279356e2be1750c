"""Since when the next change of a queue is due, as far as its row can tell: for all who say what is late."""

from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, FromClause, and_, case, literal, select

from common.domain.opening_hours import OpeningHours, parse_day_end
from common.storage.engine import Connection
from common.storage.tables import clinic_days, clinics, hospitals

QUEUES: Final[FromClause] = clinic_days.join(
    clinics, and_(clinics.c.hospital == clinic_days.c.hospital, clinics.c.code == clinic_days.c.clinic)
).join(hospitals, hospitals.c.code == clinic_days.c.hospital)
"""Queues with their clinics and hospitals, which say when a service day ends."""

_DAY: Final = (clinic_days.c.service_date, hospitals.c.time_zone, clinics.c.day_ends_at)


def under_way() -> ColumnElement[bool]:
    """That something is still to come in a queue."""
    return clinic_days.c.next_change_at.is_not(None)


def due_at(connection: Connection, now: datetime) -> ColumnElement[datetime]:
    """Of a row of `QUEUES` that is under way: the moment of its next change, or the end of its service day
    where that is over by `now` and comes first: a tick that was claimed and never applied shows only then."""
    over = [
        (day, end)
        for day in connection.execute(select(*_DAY).select_from(QUEUES).where(under_way()).distinct())
        if (end := _day_end(*day)) <= now
    ]
    next_change_at = clinic_days.c.next_change_at
    ends: list[tuple[ColumnElement[bool], Any]] = [
        (
            and_(*(column == value for column, value in zip(_DAY, day, strict=True)), next_change_at > end),
            literal(end, next_change_at.type),
        )
        for day, end in over
    ]
    return case(*ends, else_=next_change_at) if ends else next_change_at


def _day_end(service_date: date, time_zone: str, day_ends_at: str) -> datetime:
    return OpeningHours.parse({}, parse_day_end(day_ends_at)).day_end(service_date, ZoneInfo(time_zone))
