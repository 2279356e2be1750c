"""When a waiting patient will be called: an estimate with its 80 % interval.

Whoever has n people ahead is called when a room comes free for the (n + 1)-th time. The moment's mean and
variance follow from how long those in the rooms will still take, given how long they have been there, and
from the services between; a gamma distribution with these two moments gives the median and the interval.
The formulae, where they come from and how they are tested are in docs/waiting-time.md.

Sources: W. Whitt, Predicting Queueing Delays, Management Science 45(6), 1999; R. Ibrahim and W. Whitt,
Real-Time Delay Estimation Based on Delay History, M&SOM 11(3), 2009.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from math import exp, inf, pi
from typing import NamedTuple

from common.domain.gamma import NONE, Gamma
from common.domain.interval_correction import USUAL_LEVELS, Levels
from common.domain.lanes import ByLane, Standing
from common.domain.queue_advance import Occupant


class Estimate(NamedTuple):
    """The moment than which the call is as likely to come earlier as later, and the interval that holds it
    in 80 % of cases. `moment` is a code of the queue's state, by which such intervals are corrected."""

    call_at: datetime
    earliest_call_at: datetime
    latest_call_at: datetime
    moment: int = 0


@dataclass(frozen=True, slots=True)
class ServiceTime:
    """For how long a called patient occupies a room: mean and standard deviation, and the standard error
    with which the mean is known, as a part of it."""

    mean: timedelta
    spread: timedelta
    uncertainty: float = 0.0


@dataclass(frozen=True, slots=True)
class StaffPace:
    """How promptly the next is called: after a service (`gap`), and into a free room (`free`); and how long a
    service in each room takes, relative to the clinic's (`slowness`, 1 where a room is not named). A call
    has at least the variance `restless`. An `away` part of the rooms that usually serve does not, and will
    after `back` seconds, on average. So many are called into a room `at_once`, and the service is theirs."""

    gap: Gamma = NONE
    free: Gamma = NONE
    slowness: Mapping[int, float] = field(default_factory=dict)
    restless: float = 0.0
    away: float = 0.0
    back: float = 0.0
    at_once: int = 1


PROMPT = StaffPace()
"""Who is free calls at once."""


class Stretch(NamedTuple):
    """A stretch of the day, until `ends_at`; the next one begins there.

    `mean_seconds` is that of a service then, None in a pause, in which nobody is called. So many come to each
    lane above the regular one (`overtaking_per_hour`); it is empty where nobody is expected to.
    """

    ends_at: datetime
    mean_seconds: float | None
    overtaking_per_hour: Sequence[float] = ()


class Outlook:
    """What is to be expected of one queue, as it stands at `now`, with `occupants` in the rooms that serve.

    `service` is what is to be expected at `now`, or at the end of the pause; `stretches` tell how the day
    goes on, the last one until its end. Without them it goes on as it is, and nobody overtakes. The times of
    the stretches are from call to call.
    """

    def __init__(
        self,
        rooms: int,
        occupants: Sequence[Occupant],
        service: ServiceTime,
        now: datetime,
        stretches: Sequence[Stretch] = (),
        staff: StaffPace = PROMPT,
    ) -> None:
        self._now_seconds = now.timestamp()
        self._uncertainty = service.uncertainty
        self._restless = staff.restless
        self._at_once = staff.at_once
        self._away, self._back = staff.away, staff.back
        in_room = Gamma(service.mean.total_seconds(), service.spread.total_seconds() ** 2)
        self._service = in_room.plus(staff.gap)
        self._day = _Day(self._service, now, stretches)
        self._is_overtaken = any(self._day.overtaking_most)
        left = []
        for each in occupants:
            age, slowness = max((now - each.called_at).total_seconds(), 0.0), staff.slowness.get(each.room, 1)
            stays = in_room.left_after(age / slowness).times(slowness)
            left.append(self._day.left_after_pause(stays).plus(staff.gap))
        self._left = sorted([staff.free] * (rooms - len(left)) + left)
        self._mean_left = sum(each.mean for each in self._left) / rooms
        self._variance_left = list(accumulate(each.variance for each in self._left))
        self._mix(rooms)

    def _mix(self, rooms: int) -> None:
        """Works out what the two extremes of `_until_call` have in common for all who wait."""
        mean, variance = self._service
        irregularity = min(variance / mean**2, 1.0)
        self._turns_saved = (rooms - 1) / 2 * (1 + irregularity)
        self._mixed_variance = irregularity * (1 - irregularity) * (rooms - 1) * (mean / rooms) ** 2
        self._order_decay = -2 * (pi / mean) ** 2

    def estimate(
        self,
        people_ahead: int,
        standing: Standing | None = None,
        levels: Levels = USUAL_LEVELS,
        moment: int = 0,
    ) -> Estimate:
        """The estimate for a patient with `people_ahead` waiting patients before them; their `standing` in
        the lanes, if it is known, tells how many of those who are still to come are called before, too.
        It bears the code of the `moment`.
        """
        earliest, median, latest = self.wait(people_ahead, standing).quantiles(levels)
        return Estimate(self._moment(median), self._moment(earliest), self._moment(latest), moment)

    def wait(self, people_ahead: int, standing: Standing | None = None) -> Gamma:
        """The time of service, at the pace of now, until the call."""
        mean, variance = self._until_call(people_ahead // self._at_once)
        overtaking_max = 0.0
        if standing is not None and self._is_overtaken:
            overtaking_max = standing.overtaking(self._day.overtaking_most)
        if standing is not None and overtaking_max:
            overtaking = 0.0
            # The later the call, the more overtake, and the later the call: two rounds come close enough.
            for _ in range(2):
                overtaking = standing.overtaking(self._day.overtaking_arrivals(mean))
                mean, variance = self._until_call((people_ahead + overtaking) / self._at_once)
            turn = self._service.mean / len(self._left) / self._at_once
            is_open = 1 - overtaking / overtaking_max
            # Whatever makes the wait longer brings more who overtake.
            feedback = 1 / (1 - min(is_open * overtaking * turn / mean, 0.5)) if mean else 1.0
            variance = (variance + is_open * overtaking * turn**2) * feedback**2
        if self._away:
            variance += self._variance_of_return(mean)
        return Gamma(mean, variance + (self._uncertainty * mean) ** 2 + self._restless)

    def _variance_of_return(self, wait: float) -> float:
        """Who is away comes back after an exponential time: of what is left then of such a wait, their part
        is spared."""
        back = 1 - exp(-wait / self._back)
        mean = wait - self._back * back
        squares = wait**2 - 2 * self._back * mean
        slowness = 1 - self._away * back  # of the clock then, beside the pace of now
        return max(squares - mean**2, 0.0) * (self._away / slowness) ** 2

    def _until_call(self, people_ahead: float) -> tuple[float, float]:
        """Mean and variance of the time, at the pace of now, until a room comes free for the
        (people_ahead + 1)-th time.

        It lies between two extremes: that the rooms keep coming free in the order in which they are expected
        to; and that, after some services of random length, they come free at any time.
        """
        mean, variance = self._service
        rooms = len(self._left)
        rounds, room = divmod(int(people_ahead), rooms)
        first = self._left[room]
        ordered_mean = first.mean + (rounds + people_ahead % 1 / rooms) * mean
        ordered_variance = first.variance + rounds * variance
        turns = people_ahead - self._turns_saved
        mixed_mean = max(self._mean_left + turns * mean / rooms, 0.0)
        later_variance = max(people_ahead + 1 - rooms, 0.0) * variance
        mixed_variance = (self._variance_left[-1 if rounds else room] + later_variance) / rooms**2
        mixed_variance += self._mixed_variance
        order = exp(self._order_decay * ordered_variance)
        return (
            order * ordered_mean + (1 - order) * mixed_mean,
            order * ordered_variance + (1 - order) * mixed_variance,
        )

    def _moment(self, served_seconds: float) -> datetime:
        # In half the time that it takes to add to `now`.
        return datetime.fromtimestamp(self._now_seconds + self._day.clock_seconds(served_seconds), UTC)

    def clock_seconds(self, served: float) -> float:
        """In how many seconds so much service will have been given."""
        return self._day.clock_seconds(served)

    def served_seconds(self, clock: float) -> float:
        """How much service will have been given in so many seconds."""
        return self._day.served_seconds(clock)


class _Served(NamedTuple):
    """A stretch in which patients are called: it begins after `served` seconds of service at the pace of
    now, lasts on the clock from `begins` until `ends`, and is `pace` times as quick."""

    served: float
    begins: float
    ends: float
    pace: float


class _Day:
    """Translates time of service, at the pace of `now`, into time on the clock, in seconds from now: slower
    and quicker stretches lie between, and pauses."""

    def __init__(self, service: Gamma, now: datetime, stretches: Sequence[Stretch]) -> None:
        self._stretches: list[_Served] = []
        self._arrivals: list[tuple[float, float, Sequence[float]]] = []
        # Any number can come to a lane, or nobody where nobody is expected.
        self.overtaking_most = [0.0] * len(ByLane._fields)
        self._pause_left = 0.0
        # Whoever is in a room when a pause begins is served to the end within it.
        overrun = (service.mean + service.variance / service.mean) / 2
        begins = served = 0.0
        for stretch in stretches:
            ends = inf if stretch is stretches[-1] else (stretch.ends_at - now).total_seconds()
            if stretch.overtaking_per_hour:
                self._arrivals.append((begins, ends, stretch.overtaking_per_hour))
                expected = zip(self.overtaking_most, stretch.overtaking_per_hour, strict=True)
                self.overtaking_most = [inf if most or rate else 0.0 for most, rate in expected]
            if stretch.mean_seconds is not None:
                pace = service.mean / stretch.mean_seconds
                self._stretches.append(_Served(served, begins, ends, pace))
                served += (ends - begins) * pace
            elif self._stretches:
                served += min(overrun, ends - begins)
            else:
                self._pause_left = ends
            begins = ends
        if not self._stretches:
            self._stretches.append(_Served(0.0, 0.0, inf, 1.0))
        self._served = [each.served for each in self._stretches]
        self._begins = [each.begins for each in self._stretches]

    def left_after_pause(self, left: Gamma) -> Gamma:
        """What is left of a service at the end of the pause in which it is now, if it is in one."""
        if not self._pause_left:
            return left
        return (
            Gamma(left.mean - self._pause_left, left.variance)
            if left.mean > self._pause_left
            else Gamma(0, 0)
        )

    def clock_seconds(self, served: float) -> float:
        """When so much service (not less than none) will have been given."""
        following = bisect_right(self._served, served)
        stretch = self._stretches[following - 1]
        at = stretch.begins + (served - stretch.served) / stretch.pace
        if at < stretch.ends:
            return at
        return self._stretches[following].begins if following < len(self._stretches) else inf

    def served_seconds(self, clock: float) -> float:
        """How much service (in pauses, as much as at their beginning) will have been given by then."""
        following = bisect_right(self._begins, clock)
        if not following:
            return 0.0
        stretch = self._stretches[following - 1]
        return stretch.served + (min(clock, stretch.ends) - stretch.begins) * stretch.pace

    def overtaking_arrivals(self, served: float) -> list[float]:
        """How many patients are expected to come until then to each lane above the regular one."""
        until = self.clock_seconds(served)
        arrivals = [0.0] * len(ByLane._fields)
        for begins, ends, per_hour in self._arrivals:
            if begins < until:
                hours = (min(ends, until) - begins) / 3600
                arrivals = [sum_ + rate * hours for sum_, rate in zip(arrivals, per_hour, strict=True)]
        return arrivals
