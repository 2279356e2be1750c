"""Opening hours by weekday, and what they mean on one calendar day in one time zone."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Self

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

MINUTES_PER_DAY = 24 * 60

_DAYS_SEARCHED = 14
"""How far ahead the next opening is looked for."""

_HOURS = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Session:
    """One stretch of time in which a clinic is open: from `opens_at` until just before `closes_at` (UTC)."""

    opens_at: datetime
    closes_at: datetime


@lru_cache(maxsize=1000)
def midnight(day: date, zone: tzinfo) -> datetime:
    """The moment (UTC) at which `day` begins in `zone`."""
    return _moment(day, 0, zone)


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """For each weekday from Monday the (opens, closes) pairs in minutes after midnight, in order."""

    weekdays: tuple[tuple[tuple[int, int], ...], ...]

    @classmethod
    def parse(cls, hours: dict[str, list[str]]) -> Self:
        """From `{"mon": ["08:00-12:00", "13:00-15:00"], ...}`; a day left out is closed.

        Raises ValueError with one sentence that names the day.
        """
        unknown = sorted(set(hours) - set(WEEKDAYS))
        if unknown:
            raise ValueError(f"{unknown[0]!r} is not one of {', '.join(WEEKDAYS)}")
        return cls(tuple(_parse_day(day, hours.get(day, [])) for day in WEEKDAYS))

    def format(self) -> dict[str, list[str]]:
        """The form that `parse` reads; closed days are left out."""
        return {
            day: [f"{_clock_time(opens)}-{_clock_time(closes)}" for opens, closes in sessions]
            for day, sessions in zip(WEEKDAYS, self.weekdays, strict=True)
            if sessions
        }

    def sessions_on(self, day: date, zone: tzinfo) -> list[Session]:
        """The sessions of one calendar day, in order."""
        return list(_sessions(self.weekdays[day.weekday()], day, zone))

    def next_opening(self, after: datetime, zone: tzinfo) -> datetime | None:
        """The first opening later than `after`; None where the next fortnight has none."""
        first = after.astimezone(zone).date()
        for ahead in range(_DAYS_SEARCHED + 1):
            for session in self.sessions_on(first + timedelta(days=ahead), zone):
                if session.opens_at > after:
                    return session.opens_at
        return None


def _parse_day(day: str, sessions: list[str]) -> tuple[tuple[int, int], ...]:
    pairs: list[tuple[int, int]] = []
    for text in sessions:
        match = _HOURS.fullmatch(text)
        if not match:
            raise ValueError(f"{day}: {text!r} is not of the form 08:00-12:00")
        hour_opens, minute_opens, hour_closes, minute_closes = map(int, match.groups())
        opens, closes = hour_opens * 60 + minute_opens, hour_closes * 60 + minute_closes
        if not opens < closes <= MINUTES_PER_DAY:
            raise ValueError(f"{day}: {text!r} does not end after it begins, on the same day")
        if pairs and opens <= pairs[-1][1]:
            raise ValueError(f"{day}: {text!r} does not begin after the session before it has ended")
        pairs.append((opens, closes))
    return tuple(pairs)


@lru_cache(maxsize=1000)
def _sessions(hours: tuple[tuple[int, int], ...], day: date, zone: tzinfo) -> tuple[Session, ...]:
    # Remembered, since thousands of clinics keep the same few hours.
    return tuple(Session(_moment(day, opens, zone), _moment(day, closes, zone)) for opens, closes in hours)


def _moment(day: date, minutes: int, zone: tzinfo) -> datetime:
    # Added to the day's naive beginning: where the clocks change, minutes are those that the clocks show.
    on_the_clock = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001
    return on_the_clock.replace(tzinfo=zone).astimezone(UTC)


def _clock_time(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
