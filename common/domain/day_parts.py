"""The parts of a clinic's day, by which its service times are learned, and the pauses in it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise

from common.domain.catalog import Clinic, ClinicState
from common.domain.opening_hours import OpeningHours, Session

OPENING = timedelta(minutes=30)
"""The beginning of a session: more come at once than later."""

_PART_HOURS = 2
"""A part of the day is two hours on the clock, of which the beginning of a session is a part of its own."""


@dataclass(frozen=True, slots=True)
class DayPart:
    """A stretch of one day (UTC) that lies within one part of the day, 0 to 23.

    The clinic is open, or closed until a later session (`is_pause`), or closed after the last one.
    `open_hours` are those of all the day's open stretches of this part, 0 for one that is closed.
    """

    part: int
    begins_at: datetime
    ends_at: datetime
    is_pause: bool
    open_hours: float


def day_parts(clinic: Clinic, day: date) -> tuple[DayPart, ...]:
    """The stretches of one service day, in order and without gaps, from its beginning to its end.

    While its staff have forced a clinic open, it does not pause by schedule. One that they have closed takes
    no registrations, and calls those who wait as ever.
    """
    parts = _day_parts(clinic.opening_hours, day, clinic.hospital.time_zone)
    return tuple(_forced(parts, clinic.forced_until)) if clinic.state is ClinicState.OPEN else parts


def _forced(parts: Sequence[DayPart], until: datetime | None) -> Iterator[DayPart]:
    """The same, with no pause until then (None: at all)."""
    for part in parts:
        if not part.is_pause or (until is not None and until <= part.begins_at):
            yield part
        elif until is None or part.ends_at <= until:
            yield replace(part, is_pause=False)
        else:
            yield replace(part, is_pause=False, ends_at=until)
            yield replace(part, begins_at=until)


def part_at(clinic: Clinic, day: date, moment: datetime) -> int:
    """The part of the service day in which `moment` lies; the first or the last one if it lies outside."""
    parts = day_parts(clinic, day)
    return next((each.part for each in parts if moment < each.ends_at), parts[-1].part)


# Remembered, since each reply needs them and thousands of clinics keep the same few hours.
@lru_cache(maxsize=1000)
def _day_parts(hours: OpeningHours, day: date, zone: tzinfo) -> tuple[DayPart, ...]:
    sessions = hours.sessions_on(day, zone)
    open_hours: defaultdict[int, float] = defaultdict(float)
    found = []
    for begins_at, ends_at in pairwise(_bounds(hours, day, zone)):
        session = next((each for each in sessions if each.opens_at <= begins_at < each.closes_at), None)
        is_opening = session is not None and begins_at < session.opens_at + OPENING
        part = 2 * (begins_at.astimezone(zone).hour // _PART_HOURS) + is_opening
        if session is not None:
            open_hours[part] += (ends_at - begins_at) / timedelta(hours=1)
        found.append((part, begins_at, ends_at, session is not None))
    last = sessions[-1].opens_at if sessions else hours.day_start(day, zone)
    return tuple(
        DayPart(
            part, begins_at, ends_at, not is_open and begins_at < last, open_hours[part] if is_open else 0.0
        )
        for part, begins_at, ends_at, is_open in found
    )


def _bounds(opening_hours: OpeningHours, day: date, zone: tzinfo) -> list[datetime]:
    """Where the parts begin and end; what lies before the first session and after the last is not divided."""
    begins, ends = opening_hours.day_start(day, zone), opening_hours.day_end(day, zone)
    sessions: Sequence[Session] = opening_hours.sessions_on(day, zone)
    opens, closes = (sessions[0].opens_at, sessions[-1].closes_at) if sessions else (begins, ends)
    hours = (
        datetime(each.year, each.month, each.day, hour, tzinfo=zone)
        for each in (day, day + timedelta(days=1))
        for hour in range(0, 24, _PART_HOURS)
    )
    found = {begins, ends} | {hour.astimezone(UTC) for hour in hours if opens < hour < closes}
    for each in sessions:
        found |= {each.opens_at, each.closes_at, min(each.opens_at + OPENING, each.closes_at)}
    return sorted(found)
