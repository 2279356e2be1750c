"""The clock of a run: real time and an offset that all its processes read from one file."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local_stack.files import write_private

CLOCK_FILE = "clock"
STARTS_AT = datetime.fromisoformat("2026-11-23T10:00:00+07:00")
"""What the clock shows when a run begins: a Monday in Bandung."""


class OffsetClock:
    """Shows real time and the offset (seconds) that stands in the folder `control`."""

    def __init__(self, control: Path) -> None:
        self._path = control / CLOCK_FILE
        self._read_at = 0
        self._offset_seconds = 0.0

    @classmethod
    def set_in(cls, control: Path) -> "OffsetClock":
        """The clock of a new run, which shows `STARTS_AT` now."""
        seconds = STARTS_AT.timestamp() - time.time()
        write_private(control / CLOCK_FILE, repr(seconds))
        return cls(control)

    def now(self) -> datetime:
        """The present moment of the run, in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self._offset())

    def real_seconds(self, seconds: float) -> float:
        """Real seconds for `seconds` of this clock: the same, since it runs at real speed."""
        return seconds

    def jump(self, seconds: float) -> None:
        """Puts the clock forward for every process of the run."""
        write_private(self._path, repr(self._offset() + seconds))

    def _offset(self) -> float:
        changed_at = self._path.stat().st_mtime_ns
        if changed_at != self._read_at:
            self._offset_seconds, self._read_at = float(self._path.read_text()), changed_at
        return self._offset_seconds
