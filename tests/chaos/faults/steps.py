"""The steps of a fault: generators that wait without blocking, and note what they saw."""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Literal, TypeVar

Phase = Literal["fired", "healed", "failed", "late"]

SEEN_SECONDS_MAX = 45.0
"""How long an effect takes at most on an idle machine, during other faults. Longer is late: the machine is
too slow for a verdict, or Antrean is too slow."""

NEVER_SECONDS = 600.0
"""After this time, even on a busy machine, an expected effect counts as missing: the fault failed."""

T = TypeVar("T")


@dataclass(frozen=True)
class Note:
    """A fault has reached a phase; `detail` says what was seen, or what was seen late."""

    phase: Phase
    detail: str


Steps = Generator[Note | None, None, None]
Waiting = Generator[Note | None, None, T]


class NotSeen(Exception):
    """An expected effect did not happen."""


def seen(condition: Callable[[], bool], seconds_max: float) -> Waiting[bool]:
    """Waits until `condition` holds; returns whether it did within `seconds_max`."""
    end = time.monotonic() + seconds_max
    while not (holds := condition()) and time.monotonic() < end:
        yield None
    return holds


def until(condition: Callable[[], bool], what: str, seconds_max: float = SEEN_SECONDS_MAX) -> Waiting[None]:
    """Waits until `condition` holds, and notes where that takes longer than `seconds_max`.

    Raises NotSeen, saying `what` did not happen, where it never does.
    """
    if (yield from seen(condition, seconds_max)):
        return
    began_at = time.monotonic() - seconds_max
    if not (yield from seen(condition, NEVER_SECONDS)):
        raise NotSeen(f"not within {NEVER_SECONDS:g} s: {what}")
    yield late(what, time.monotonic() - began_at, seconds_max)


def late(what: str, seconds: float, seconds_max: float) -> Note:
    """`what` took longer than it may."""
    return Note("late", f"{what}: after {seconds:.0f} s instead of {seconds_max:g} s")


def pause(seconds: float) -> Waiting[None]:
    """Waits for so long."""
    yield from seen(lambda: False, seconds)
