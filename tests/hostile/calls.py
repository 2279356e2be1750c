"""What honest people noticed: their calls, written line by line, and what follows from them.

Each call has a line when it begins and one when it ends; moments are those of time.monotonic(), which all
processes of a machine share.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

DESK = "desk"
"""How the names of desks begin."""

SLOW_SECONDS = 1.0
"""A call that takes longer is noticed by a person; when none does any more, the system has recovered."""

QUIET_SECONDS = 2.0
"""For so long all calls have to end well before the system counts as recovered."""

_QUIET_CALLS_MIN = 5

Outcome = Literal["answered", "busy", "unanswered", "unreachable"]


@dataclass(frozen=True)
class Call:
    """One request of an honest person; `ended` and `outcome` are None while it is under way."""

    who: str
    name: str
    begun: float
    ended: float | None = None
    outcome: Outcome | None = None
    detail: str = ""

    @property
    def is_desk(self) -> bool:
        """Whether it is the staff's."""
        return self.who.startswith(DESK)

    def is_bad(self, now: float) -> bool:
        """Whether it was not answered, or takes long."""
        if self.outcome is not None and self.outcome != "answered":
            return True
        return (self.ended or now) - self.begun > SLOW_SECONDS


class CallsFile:
    """Reads what another process appends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._calls: dict[str, Call] = {}

    def calls(self) -> list[Call]:
        """All calls that have begun by now."""
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._read)
                new = file.read()
            whole = new[: new.rfind(b"\n") + 1]
            self._read += len(whole)
            for line in whole.splitlines():
                call_id, fields = json.loads(line)
                self._calls[call_id] = Call(**fields)
        return list(self._calls.values())


def recovered_at(calls: Iterable[Call], left_at: float, now: float) -> float | None:
    """From when on all was well after the attacker had left at `left_at`; None where it is not known yet."""
    since = [each for each in calls if each.ended is None or each.ended >= left_at]
    if any(each.ended is None and each.is_bad(now) for each in since):
        return None
    well_from = max((each.ended for each in since if each.ended and each.is_bad(now)), default=left_at)
    after = [each for each in since if each.begun >= well_from and each.ended is not None]
    if now - well_from < QUIET_SECONDS or len(after) < _QUIET_CALLS_MIN:
        return None
    return well_from


@dataclass(frozen=True)
class Waited:
    """How long answered calls took, in seconds; None where none was answered."""

    p50: float | None
    p99: float | None
    longest: float | None
    count: int


def waited(calls: Iterable[Call]) -> Waited:
    """Of the answered ones among these calls."""
    seconds = sorted(
        each.ended - each.begun for each in calls if each.ended is not None and each.outcome == "answered"
    )
    if not seconds:
        return Waited(None, None, None, 0)
    return Waited(percentile(seconds, 0.5), percentile(seconds, 0.99), seconds[-1], len(seconds))


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which this share of the ordered values lies (nearest rank)."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def count(calls: Iterable[Call], *outcomes: Outcome) -> int:
    """How many calls ended like this."""
    return sum(each.outcome in outcomes for each in calls)


def between(begin: float, end: float) -> Callable[[Call], bool]:
    """Whether a call began within this time."""
    return lambda call: begin <= call.begun < end
