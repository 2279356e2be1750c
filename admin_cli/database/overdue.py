"""Since when the next change of a queue is due, as far as its row can tell."""

from datetime import date, datetime

from common.domain.catalog import Clinic


def due_at(next_change_at: datetime, clinic: Clinic, service_date: date) -> datetime:
    """That moment, or the end of the service day where it comes first: a tick that was claimed and never
    applied shows only by then."""
    return min(next_change_at, clinic.day_end(service_date))
