"""What faults are made of: they wait without blocking, and tell what they saw."""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Literal, TypeVar

Phase = Literal["fired", "healed", "failed"]

SEEN_SECONDS_MAX = 45.0
"""How long an effect may take to be seen, on a machine that has much else to do, with other faults about."""

T = TypeVar("T")


@dataclass(frozen=True)
class Note:
    """A fault has reached a phase; `detail` says what was seen."""

    phase: Phase
    detail: str


Steps = Generator[Note | None, None, None]
Waiting = Generator[None, None, T]


class NotSeen(Exception):
    """What had to happen did not."""


def seen(condition: Callable[[], bool], seconds_max: float) -> Waiting[bool]:
    """Waits until `condition` holds; returns whether it did within `seconds_max`."""
    end = time.monotonic() + seconds_max
    while not (holds := condition()) and time.monotonic() < end:
        yield
    return holds


def until(condition: Callable[[], bool], what: str, seconds_max: float = SEEN_SECONDS_MAX) -> Waiting[None]:
    """Waits until `condition` holds; raises NotSeen, saying `what` did not happen."""
    holds = yield from seen(condition, seconds_max)
    if not holds:
        raise NotSeen(f"not within {seconds_max:g} s: {what}")


def pause(seconds: float) -> Waiting[None]:
    """Waits for so long."""
    yield from seen(lambda: False, seconds)
