"""When a clinic's openings and closings are announced, and on which day it opens next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from common.domain.catalog import Clinic

_JUST_BEFORE = datetime.resolution


@dataclass(frozen=True, slots=True)
class Announcement:
    """A clinic opened (or closed) at the moment `at`, by its hours or its catalog entry."""

    at: datetime
    is_open: bool


class Announcements(NamedTuple):
    """What is to be announced until now, in order; what has been announced of the clinic then; and when it
    opens or closes next on this service day, None where it does not."""

    due: list[Announcement]
    is_open: bool
    next_at: datetime | None


def announcements(
    clinic: Clinic, service_date: date, was_open: bool | None, after: datetime, now: datetime
) -> Announcements:
    """The openings and closings of a service day later than `after`, at which `was_open` had been announced
    (None: nothing yet; it was as the catalog has it within the day, and closed before the day).

    An opening at the very beginning of the service day belongs to it, and a closing at its very end. Whatever
    decides (the hours, what the staff forced, the catalog), openings and closings take turns: what does not
    change whether the clinic is open is not announced, and what was changed unannounced is announced now.
    """
    day_start, day_end = clinic.day_start(service_date), clinic.day_end(service_date)
    begins = after if after > day_start else day_start - _JUST_BEFORE
    now = max(now, begins)
    is_open = was_open
    if is_open is None:
        is_open = begins >= day_start and clinic.is_open(begins)
    moments = [at for at in _moments(clinic, service_date) if at > begins]
    due = []
    for at in moments:
        opens = clinic.is_open(at)
        if at <= now and opens != is_open and not (opens and at == day_end):
            due.append(Announcement(at, opens))
            is_open = opens
    if now >= day_end:
        return Announcements(due, is_open, None)
    if clinic.is_open(now) != is_open:  # the catalog has changed it, at no moment of its own
        is_open = not is_open
        due.append(Announcement(now, is_open))
    changes = (at for at in moments if at > now and clinic.is_open(at) != is_open)
    next_at = next(changes, None)
    return Announcements(due, is_open, None if next_at == day_end and not is_open else next_at)


def _moments(clinic: Clinic, service_date: date) -> Iterator[datetime]:
    """The moments of a service day at which the clinic may open or close, in order."""
    day_start, day_end = clinic.day_start(service_date), clinic.day_end(service_date)
    found = {day_start, day_end}
    for session in clinic.sessions_on(service_date):
        found |= {session.opens_at, session.closes_at}
    if clinic.forced_until is not None and day_start < clinic.forced_until < day_end:
        found.add(clinic.forced_until)
    yield from sorted(found)


def next_service_date(clinic: Clinic, now: datetime) -> date | None:
    """Today, if the clinic opens today at all, else the day on which it opens next."""
    today = clinic.service_date(now)
    if not clinic.retired and (clinic.sessions_on(today) or clinic.is_open(now)):
        return today
    opening = clinic.next_opening(now)
    return None if opening is None else clinic.service_date(opening)
