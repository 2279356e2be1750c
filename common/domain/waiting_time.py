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


def estimate_call(
    people_ahead: int, rooms: int, occupants: Sequence[Occupant], service: ServiceTime, now: datetime
) -> Estimate:
    """The estimate for a patient with `people_ahead` waiting patients before them, made at `now`."""
    # Whoever leaves a room that was closed meanwhile is followed by nobody.
    followed = [occupant for occupant in occupants if occupant.room <= rooms]
    free = rooms - len(followed)
    departures_needed = people_ahead - free + 1
    if departures_needed <= 0:
        return Estimate(now, now, now)
    departures = sorted(max(occupant.called_at + service.mean, now) for occupant in followed)
    room_free_at = [now] * free + departures
    rounds, room = divmod(people_ahead, rooms)
    call_at = room_free_at[room] + rounds * service.mean
    margin = _Z_80_PERCENT * sqrt(departures_needed) / rooms * service.spread
    return Estimate(call_at, max(call_at - margin, now), call_at + margin)
