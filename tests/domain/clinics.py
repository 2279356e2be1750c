"""Clinics for tests of the domain."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from common.domain.catalog import Clinic, Hospital
from common.domain.opening_hours import OpeningHours

JAKARTA = ZoneInfo("Asia/Jakarta")
JAYAPURA = ZoneInfo("Asia/Jayapura")

_GIGI = Clinic(
    hospital=Hospital("RSHS", "RSUP Dr. Hasan Sadikin", "Bandung", JAKARTA),
    code="GIG",
    name="Poli Gigi",
    opening_hours=OpeningHours.parse(
        {
            "mon": ["08:00-12:00", "13:00-15:00"],
            "tue": ["08:00-12:00"],
            "fri": ["08:00-11:30", "13:00-15:00"],
        }
    ),
    rooms=2,
    daily_quota=60,
    mean_service=timedelta(minutes=10),
    service_spread=timedelta(minutes=5),
    serving_since=datetime(2026, 11, 1, tzinfo=UTC),
)


def clinic(**changes: object) -> Clinic:
    """A dental clinic in Bandung, open on Monday (two sessions), Tuesday and Friday, but for `changes`."""
    changed: Clinic = replace(_GIGI, **changes)  # type: ignore[arg-type]
    return changed


def in_bandung(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment in November 2026, in which the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=JAKARTA)
