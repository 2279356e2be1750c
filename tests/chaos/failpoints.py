"""Failpoints: where a worker under test dies or freezes. A file arms them, the worker checks them."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

from local_stack.files import write_private

Point = Literal[
    "before_transaction",  # deliveries taken, no transaction yet
    "before_commit",  # everything written, nothing committed
    "committed",  # nothing published yet
    "replied",  # replies and events sent, events not confirmed
    "confirmed",  # events confirmed, nothing acknowledged
    "claimed",  # a ticker has claimed due clinics and emitted no tick yet
]
Action = Literal["kill", "freeze"]

POINTS: tuple[Point, ...] = get_args(Point)

_SIGNALS = {"kill": signal.SIGKILL, "freeze": signal.SIGSTOP}


class Failpoints:
    """The failpoints of the worker `name`; at most one is armed at a time, and it fires once."""

    def __init__(self, control: Path, name: str) -> None:
        self._armed, self._fired = control / f"{name}.armed", control / f"{name}.fired"

    def arm(self, point: Point, action: Action) -> None:
        """The worker does `action` when it next reaches `point`."""
        self._fired.unlink(missing_ok=True)
        write_private(self._armed, f"{point} {action}")

    def disarm(self) -> None:
        """Forgets what was armed and has not been reached."""
        self._armed.unlink(missing_ok=True)

    def fired(self) -> bool:
        """Whether what was armed last has been reached."""
        return self._fired.exists()

    def armed(self) -> str | None:
        """The point that is armed now."""
        try:
            return self._armed.read_text().split()[0]
        except FileNotFoundError:
            return None

    def reach(self, point: Point) -> None:
        """Called by the worker: dies or freezes here if this point is armed."""
        with suppress(FileNotFoundError):
            armed, action = self._armed.read_text().split()
            if armed == point:
                self._armed.rename(self._fired)
                os.kill(os.getpid(), _SIGNALS[action])
