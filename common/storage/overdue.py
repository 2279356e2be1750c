"""Since when the next change of a queue is due, as far as its row can tell: for all who say what is late."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, literal, select, true, tuple_

from common.domain.opening_hours import OpeningHours, parse_day_end
from common.storage.engine import Connection
from common.storage.tables import clinic_days, clinics, hospitals


def under_way() -> ColumnElement[bool]:
    """That something is still to come in a queue."""
    return clinic_days.c.next_change_at.is_not(None)


def due_at(connection: Connection, now: datetime) -> ColumnElement[datetime]:
    """Of a row of `clinic_days` that is under way: the moment of its next change, or the end of its service
    day where that is over by `now` and comes first: a tick that was claimed and never applied shows only
    then."""
    dates = select(clinic_days.c.service_date).where(under_way()).distinct().subquery()
    zones = select(hospitals.c.time_zone).distinct().subquery()
    ends = select(clinics.c.day_ends_at).distinct().subquery()
    days = connection.execute(
        select(dates.c.service_date, zones.c.time_zone, ends.c.day_ends_at).select_from(
            dates.join(zones, true()).join(ends, true())
        )
    )
    next_change_at = clinic_days.c.next_change_at
    over = [
        (and_(_is_of(*day), next_change_at > end), literal(end, next_change_at.type))
        for day in days
        if (end := _day_end(*day)) <= now
    ]
    return case(*over, else_=next_change_at) if over else next_change_at


def _day_end(service_date: date, time_zone: str, day_ends_at: str) -> datetime:
    return OpeningHours.parse({}, parse_day_end(day_ends_at)).day_end(service_date, ZoneInfo(time_zone))


def _is_of(service_date: date, time_zone: str, day_ends_at: str) -> ColumnElement[bool]:
    """That a queue's day has this date, by clocks of this zone, and ends so. The date comes first: of most
    days nothing else has to be looked up."""
    in_zone = select(hospitals.c.code).where(hospitals.c.time_zone == time_zone)
    ending = select(clinics.c.hospital, clinics.c.code).where(clinics.c.day_ends_at == day_ends_at)
    queue = tuple_(clinic_days.c.hospital, clinic_days.c.clinic)
    return and_(
        clinic_days.c.service_date == service_date,
        clinic_days.c.hospital.in_(in_zone),
        queue.in_(ending),
    )
