"""Keeps the workers running: those that die are started again, at growing intervals."""

import time
from dataclasses import dataclass

from local_stack.child import Child

STOP_SECONDS_MAX = 15
"""How long stopping workers may take for what they hold; a little more than they allow themselves."""

_RESTART_SECONDS_MIN = 0.25
_RESTART_SECONDS_MAX = 15.0
_SOUND_SECONDS_MIN = 20.0  # a worker that lived so long starts again without delay


@dataclass
class _Watched:
    child: Child
    started_at: float
    delay_seconds: float = _RESTART_SECONDS_MIN
    restart_at: float | None = None


class Supervisor:
    """Owns the workers' processes. It has no thread: its owner calls `tend` a few times a second."""

    def __init__(self) -> None:
        self._watched: list[_Watched] = []

    def start(self, child: Child) -> None:
        """Starts `child` and watches it from now on."""
        self._watched.append(_Watched(child, time.monotonic()))
        child.start()

    def tend(self) -> list[Child]:
        """Starts again what died and whose delay is over; returns the children found dead by this call."""
        now = time.monotonic()
        died = []
        for watched in self._watched:
            if watched.child.alive():
                continue
            if watched.restart_at is None:
                if now - watched.started_at >= _SOUND_SECONDS_MIN:
                    watched.delay_seconds = _RESTART_SECONDS_MIN
                watched.restart_at = now + watched.delay_seconds
                watched.delay_seconds = min(watched.delay_seconds * 2, _RESTART_SECONDS_MAX)
                died.append(watched.child)
            elif now >= watched.restart_at:
                watched.started_at, watched.restart_at = now, None
                watched.child.start()
        return died

    def first_dead(self) -> Child | None:
        """A worker that does not run now, None where all do."""
        return next((watched.child for watched in self._watched if not watched.child.alive()), None)

    def stop(self) -> None:
        """Asks all workers to stop, waits for them together, and kills those that take too long."""
        for watched in self._watched:
            watched.child.ask_to_stop()
        end = time.monotonic() + STOP_SECONDS_MAX
        for watched in self._watched:
            if not watched.child.wait(max(0.0, end - time.monotonic())):
                watched.child.kill()
        self._watched.clear()

    def kill(self) -> None:
        """Ends all workers at once."""
        for watched in self._watched:
            watched.child.kill()
