"""Where the time comes from. Everything that needs the time is handed a `Clock`.

A demonstration runs minutes in seconds: its processes share a `ScaledClock`, which starts at one moment
and runs faster than the real one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The time as the hospital sees it."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        ...

    def real_seconds(self, seconds: float) -> float:
        """How many real seconds pass while this clock advances by `seconds`."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def real_seconds(self, seconds: float) -> float:
        return seconds


@dataclass(frozen=True)
class ScaledClock:
    """Shows `starts_at` at the real moment `started_at` and advances `speed` times as fast as real time."""

    starts_at: datetime
    started_at: datetime
    speed: float

    def now(self) -> datetime:
        elapsed: timedelta = datetime.now(UTC) - self.started_at
        return (self.starts_at + elapsed * self.speed).astimezone(UTC)

    def real_seconds(self, seconds: float) -> float:
        return seconds / self.speed
