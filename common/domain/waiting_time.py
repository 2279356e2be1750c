"""When a waiting patient will be called: an estimate with its 80 % interval.

With every room busy, the patient who has k people ahead is called at the (k+1)-th departure from now. The
expected moment follows from the rooms' expected departures; the spread of n departures from s rooms is
taken as σ √n / s. Source: W. Whitt, Predicting Queueing Delays, Management Science 45(6), 1999.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from common.domain.queue_advance import Occupant

_Z_80_PERCENT = 1.2816
"""Standard deviations to each side of the mean that hold 80 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The expected moment of the call, and the interval that holds the true one in 80 % of cases."""

    call_at: datetime
    earliest_call_at: datetime
    latest_call_at: datetime


@dataclass(frozen=True, slots=True)
class ServiceTime:
    """The mean and the standard deviation of a clinic's service time."""

    mean: timedelta
    spread: timedelta


class Outlook:
    """What is to be expected of one queue, as it stands at `now`."""

    def __init__(
        self, rooms: int, occupants: Sequence[Occupant], service: ServiceTime, now: datetime
    ) -> None:
        # Whoever leaves a room that was closed meanwhile is followed by nobody.
        departures = [max(each.called_at + service.mean, now) for each in occupants if each.room <= rooms]
        self._free = rooms - len(departures)
        self._room_free_at = [now] * self._free + sorted(departures)
        self._service = service
        self._now = now

    def estimate(self, people_ahead: int) -> Estimate:
        """The estimate for a patient with `people_ahead` waiting patients before them."""
        departures_needed = people_ahead - self._free + 1
        if departures_needed <= 0:
            return Estimate(self._now, self._now, self._now)
        rooms = len(self._room_free_at)
        rounds, room = divmod(people_ahead, rooms)
        call_at = self._room_free_at[room] + rounds * self._service.mean
        margin = _Z_80_PERCENT * sqrt(departures_needed) / rooms * self._service.spread
        return Estimate(call_at, max(call_at - margin, self._now), call_at + margin)
