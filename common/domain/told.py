"""What a patient was told of the call, and what the call made of it."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Verdict(StrEnum):
    """Whether an interval held the call. The call was `missed` that came before the earliest moment told:
    whoever trusts the interval is not there yet. It was `late` after the latest."""

    HELD = "held"
    MISSED = "missed"
    LATE = "late"


class ToldInterval(NamedTuple):
    """The interval that a patient was told `at` a moment, with its median, the expected `call`; each is kept
    to the second. `moment` is a code of the queue's state then, 0 where that was not told apart."""

    at: datetime
    earliest: datetime
    call: datetime
    latest: datetime
    moment: int = 0

    def verdict(self, called_at: datetime) -> Verdict:
        """What a call makes of it. The second that is told counts to its end, as patients read it."""
        called_at = called_at.replace(microsecond=0)
        if called_at < self.earliest:
            return Verdict.MISSED
        return Verdict.LATE if called_at > self.latest else Verdict.HELD
