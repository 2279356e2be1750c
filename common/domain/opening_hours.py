"""Opening hours by weekday, the service days they belong to, and what both mean in one time zone.

A service day ends at a time of the clock that may lie in the small hours of the next calendar day. Times
before it belong to the service day that began the day before: where days end at 03:00, Monday's 20:00-02:00
ends on Tuesday, and a session of Monday's 01:00-02:00 is on Tuesday, too.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Self

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

MINUTES_PER_DAY = 24 * 60

DAY_ENDS_LATEST = MINUTES_PER_DAY + 12 * 60
"""A service day ends at noon of the next calendar day at the latest, in minutes after its own midnight."""

WHOLE_DAY = "00:00-24:00"
"""A session that lasts for the whole service day, whenever that ends."""

_DAYS_SEARCHED = 14
"""How far ahead the next opening is looked for."""

_CLOCK_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)", re.ASCII)


_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Session:
    """One stretch of time in which a clinic is open: from `opens_at` until just before `closes_at` (UTC)."""

    opens_at: datetime
    closes_at: datetime


def midnight(day: date, zone: tzinfo) -> datetime:
    """The moment (UTC) at which `day` begins in `zone`."""
    return _moment(day, 0, zone)


def parse_day_end(text: str) -> int:
    """When service days end, in minutes after their midnight: from `24:00`, or `03:00` of the next calendar
    day.

    Raises ValueError with a sentence.
    """
    minutes = _minutes(text)
    if minutes is not None and minutes < MINUTES_PER_DAY:
        minutes += MINUTES_PER_DAY
    if minutes is None or minutes > DAY_ENDS_LATEST:
        raise ValueError(f"{text!r} is not 24:00, or a time from 00:00 to 12:00 of the next calendar day")
    return minutes


def format_day_end(minutes: int) -> str:
    """The form that `parse_day_end` reads."""
    return _clock_time(minutes)


_PRESENT_MAX = 1_000
_present: dict[tuple[int, tzinfo], tuple[datetime, datetime, date]] = {}
"""The service days that were asked for last, with their bounds: each reply asks for that of now."""


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """For each weekday from Monday the (opens, closes) pairs in minutes after its midnight, in order.

    The service day of a weekday ends `day_ends` minutes after that midnight, and begins where the one before
    it ends. All pairs lie within it.
    """

    weekdays: tuple[tuple[tuple[int, int], ...], ...]
    day_ends: int = MINUTES_PER_DAY

    @classmethod
    def parse(cls, hours: dict[str, list[str]], day_ends: int = MINUTES_PER_DAY) -> Self:
        """From `{"mon": ["08:00-12:00", "13:00-15:00"], ...}`; a day left out is closed.

        Raises ValueError with one sentence that names the day.
        """
        unknown = sorted(set(hours) - set(WEEKDAYS))
        if unknown:
            raise ValueError(f"{unknown[0]!r} is not one of {', '.join(WEEKDAYS)}")
        return cls(tuple(_parse_day(day, hours.get(day, []), day_ends) for day in WEEKDAYS), day_ends)

    def format(self) -> dict[str, list[str]]:
        """The form that `parse` reads; closed days are left out."""
        return {
            day: [_format_session(*session) for session in sessions]
            for day, sessions in zip(WEEKDAYS, self.weekdays, strict=True)
            if sessions
        }

    def service_date(self, moment: datetime, zone: tzinfo) -> date:
        """The service day that `moment` belongs to."""
        kept = _present.get((self.day_ends, zone))
        if kept is not None and kept[0] <= moment < kept[1]:
            return kept[2]
        day = self._service_date(moment, zone)
        if len(_present) >= _PRESENT_MAX:
            _present.clear()
        _present[self.day_ends, zone] = (self.day_start(day, zone), self.day_end(day, zone), day)
        return day

    def _service_date(self, moment: datetime, zone: tzinfo) -> date:
        shift = timedelta(minutes=self.day_ends - MINUTES_PER_DAY)
        day = (moment.astimezone(zone).replace(tzinfo=None) - shift).date()
        # Where the clocks change, a time of the clock is not always one moment.
        if moment >= self.day_end(day, zone):
            return day + _ONE_DAY
        return day - _ONE_DAY if moment < self.day_start(day, zone) else day

    def day_start(self, day: date, zone: tzinfo) -> datetime:
        """The moment (UTC) at which a service day begins."""
        return _moment(day, self.day_ends - MINUTES_PER_DAY, zone)

    def day_end(self, day: date, zone: tzinfo) -> datetime:
        """The moment (UTC) at which a service day ends, and the next one begins."""
        return self.day_start(day + _ONE_DAY, zone)

    def opens_with_day(self, day: date) -> bool:
        """Whether a session begins with a service day."""
        sessions = self.weekdays[day.weekday()]
        return bool(sessions) and sessions[0][0] == self.day_ends - MINUTES_PER_DAY

    def pauses_on(self, day: date) -> bool:
        """Whether a service day has several sessions."""
        return len(self.weekdays[day.weekday()]) > 1

    def sessions_on(self, day: date, zone: tzinfo) -> list[Session]:
        """The sessions of one service day, in order."""
        return list(_sessions(self.weekdays[day.weekday()], day, zone))

    def next_opening(self, after: datetime, zone: tzinfo) -> datetime | None:
        """The first opening later than `after`; None where the next fortnight has none."""
        first = self.service_date(after, zone)
        for ahead in range(_DAYS_SEARCHED + 1):
            for session in self.sessions_on(first + timedelta(days=ahead), zone):
                if session.opens_at > after:
                    return session.opens_at
        return None


def _parse_day(day: str, sessions: list[str], day_ends: int) -> tuple[tuple[int, int], ...]:
    pairs: list[tuple[int, int]] = []
    for text in sessions:
        opens, closes = _parse_session(day, text, day_ends)
        if not opens < closes <= day_ends:
            raise ValueError(
                f"{day}: {text!r} does not end after it begins, within a service day that ends at"
                f" {_clock_time(day_ends)}; what lies behind it belongs to the next day"
            )
        if pairs and opens <= pairs[-1][1]:
            raise ValueError(f"{day}: {text!r} does not begin after the session before it has ended")
        pairs.append((opens, closes))
    return tuple(pairs)


def _parse_session(day: str, text: str, day_ends: int) -> tuple[int, int]:
    """From when until when, in minutes after the day's midnight."""
    begins = day_ends - MINUTES_PER_DAY
    if text == WHOLE_DAY:
        return begins, day_ends
    times = [_minutes(part) for part in text.split("-")]
    if len(times) != 2 or times[0] is None or times[1] is None:
        raise ValueError(f"{day}: {text!r} is not of the form 08:00-12:00")
    opens, closes = times[0], times[1]
    if opens < begins:
        opens += MINUTES_PER_DAY
    if closes <= begins:
        closes += MINUTES_PER_DAY
    return opens, closes


def _format_session(opens: int, closes: int) -> str:
    if closes - opens == MINUTES_PER_DAY:
        return WHOLE_DAY
    return f"{_clock_time(opens % MINUTES_PER_DAY)}-{_clock_time(closes)}"


@lru_cache(maxsize=1000)
def _sessions(hours: tuple[tuple[int, int], ...], day: date, zone: tzinfo) -> tuple[Session, ...]:
    # Remembered, since thousands of clinics keep the same few hours.
    return tuple(Session(_moment(day, opens, zone), _moment(day, closes, zone)) for opens, closes in hours)


@lru_cache(maxsize=4000)
def _moment(day: date, minutes: int, zone: tzinfo) -> datetime:
    # Added to the day's naive beginning: where the clocks change, minutes are those that the clocks show.
    on_the_clock = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001
    return on_the_clock.replace(tzinfo=zone).astimezone(UTC)


def _minutes(clock_time: str) -> int | None:
    match = _CLOCK_TIME.fullmatch(clock_time)
    minutes = int(match[1]) * 60 + int(match[2]) if match else MINUTES_PER_DAY + 1
    return minutes if minutes <= MINUTES_PER_DAY else None


def _clock_time(minutes: int) -> str:
    """Minutes after midnight on the clock; midnight at the end of a day is 24:00."""
    shown = minutes if minutes <= MINUTES_PER_DAY else minutes - MINUTES_PER_DAY
    return f"{shown // 60:02d}:{shown % 60:02d}"
