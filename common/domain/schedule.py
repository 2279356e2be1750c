"""When a clinic's openings and closings are announced, and on which day it opens next."""

from dataclasses import dataclass
from datetime import date, datetime

from common.domain.catalog import Clinic, ClinicState


@dataclass(frozen=True, slots=True)
class Announcement:
    """A clinic opened (or closed) by its schedule at the moment `at`."""

    at: datetime
    is_open: bool


def announcements(clinic: Clinic, service_date: date, after: datetime) -> list[Announcement]:
    """The day's openings and closings by schedule later than `after`, in order.

    A clinic that its staff forced open or closed does not open or close by schedule.
    """
    if clinic.retired or clinic.state is not ClinicState.SCHEDULE:
        return []
    found = (
        Announcement(at, is_open)
        for session in clinic.sessions_on(service_date)
        for at, is_open in ((session.opens_at, True), (session.closes_at, False))
        if at > after
    )
    return sorted(found, key=lambda each: each.at)


def next_service_date(clinic: Clinic, now: datetime) -> date | None:
    """Today, if the clinic opens today at all, else the day on which it opens next."""
    today = clinic.hospital.service_date(now)
    if not clinic.retired and clinic.sessions_on(today):
        return today
    opening = clinic.next_opening(now)
    return None if opening is None else clinic.hospital.service_date(opening)
