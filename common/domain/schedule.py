"""When a clinic's openings and closings are announced, and on which day it opens next."""

from dataclasses import dataclass
from datetime import date, datetime

from common.domain.catalog import Clinic, ClinicState


@dataclass(frozen=True, slots=True)
class Announcement:
    """A clinic opened (or closed) at the moment `at`, without anybody's doing."""

    at: datetime
    is_open: bool


def announcements(clinic: Clinic, service_date: date, after: datetime) -> list[Announcement]:
    """The day's openings and closings by schedule later than `after`, in order.

    A clinic that its staff forced open or closed does not open or close by schedule until that is over; then
    it does so at that moment, if its opening hours say otherwise.
    """
    if clinic.retired:
        return []
    found = [
        Announcement(at, is_open)
        for session in clinic.sessions_on(service_date)
        for at, is_open in ((session.opens_at, True), (session.closes_at, False))
        if at > after and clinic.state_at(at) is ClinicState.SCHEDULE
    ]
    over_at = clinic.forced_until
    if clinic.state is not ClinicState.SCHEDULE and over_at is not None and over_at > after:
        was_open, is_open = clinic.state is ClinicState.OPEN, clinic.session_at(over_at) is not None
        is_told = any(each.at == over_at for each in found)
        if was_open != is_open and not is_told and over_at < clinic.hospital.day_end(service_date):
            found.append(Announcement(over_at, is_open))
    return sorted(found, key=lambda each: each.at)


def next_service_date(clinic: Clinic, now: datetime) -> date | None:
    """Today, if the clinic opens today at all, else the day on which it opens next."""
    today = clinic.hospital.service_date(now)
    if not clinic.retired and clinic.sessions_on(today):
        return today
    opening = clinic.next_opening(now)
    return None if opening is None else clinic.hospital.service_date(opening)
