"""How many of a clinic's rooms serve, at which time of its day, by what its staff's habits have shown.

A room that is free while somebody waits is either about to call, or away: the longer it has been free beyond
its usual gap, the more probably it is away, and for the longer. (Servers whose number varies with time: R.
Ibrahim, W. Whitt, Wait-Time Predictors for Customer Service Systems with Time-Varying Demand and Capacity,
Operations Research 59(5), 2011.) The formulae are in docs/waiting-time.md.
"""

from collections.abc import Mapping, Sequence
from math import exp, log
from typing import NamedTuple

from common.domain.gamma import Gamma
from common.domain.habit_sums import AT, GAPS, ROOM, Gaps, HalfHour, RoomServices, half_hour_key
from common.domain.staff_habits import Habits

_DAY_WEIGHT = 1800.0
"""Seconds for which somebody waited, and all rooms served, that are supposed of each clinic's day."""

_HALF_HOUR_WEIGHT = 900.0
"""Seconds for which somebody waited in a half hour that count as much as what is known of the whole day."""

_ABSENT_SHARE, _ABSENT_WEIGHT = 0.02, 50.0
"""The share of the gaps that are absences, before anything is known; and the gaps that count as much."""

_ABSENCE = Gamma(20 * 60.0, (20 * 60.0) ** 2)
_LATE = Gamma(15 * 60.0, (15 * 60.0) ** 2)
_ABSENCES_WEIGHT = 2.0
"""An absence, and how late the first call is, before anything is known of it; and the absences, or days,
that count as much."""

_AGE_LEFT_MIN = 0.15
"""Of the time for which an absence has lasted, it is expected to last so much longer at least: whoever stays
away longer than ever before does not come at once."""

_LATE_SHARE = 0.2
"""The share of the days on which the first call is late, before anything is known of it."""

_GAPS_MAX = log(1e6)
"""The odds of being away grow for so many usual gaps: to a million times those before."""

_ROOM_WEIGHT = 8.0
"""Services in a room that count as much as those of the clinic."""

_ROOMS_WEIGHT = 30.0
"""Services in all rooms that count as much as the supposition that the rooms are alike."""


class FreeRooms(NamedTuple):
    """Rooms that are free at `now`, each `since` some moment; `odds` are those of being away where nobody has
    waited yet, which grow by the factor e with each usual `gap`. Somebody has waited without a break since
    `waiting_from`; where that is None, nobody was left at the last call, or at the opening (`last_call`).
    Moments are in seconds since 1970."""

    odds: float
    gap: float
    now: float
    since: Sequence[float]
    waiting_from: float | None
    last_call: float

    def waited(self, since: float | None, others: int) -> int:
        """For how many seconds somebody has waited without a break, as it is known of somebody who waits
        since then, besides so many others: who came at any time since the last call."""
        now, waiting_from, last_call = self.now, self.waiting_from, self.last_call
        if waiting_from is None:
            first = last_call + (now - last_call) / (others + 1)
            waiting_from = max(first if since is None else min(first, since), last_call)
        return max(round(now - waiting_from), 0)

    def any_serves(self, waited: int) -> float:
        """How probably any of them serves, where somebody has waited for so many seconds."""
        none, odds, gap, now = 1.0, self.odds, self.gap, self.now
        for since in self.since:
            away = odds * exp(min(min(now - since, waited) / gap, _GAPS_MAX))
            none *= away / (1 + away)
        return 1 - none

    def serving(self, waited: int) -> float:
        """How many of them serve, if any does."""
        some, gaps = (
            self.any_serves(waited),
            (min(self.now - since, waited) / self.gap for since in self.since),
        )
        each = (1 / (1 + self.odds * exp(min(gap, _GAPS_MAX))) for gap in gaps)
        return sum(each) / some if some else 1.0

    def age(self, waited: int) -> float:
        """For how long the first of them has been free while somebody waited."""
        return min(self.now - max(self.since), waited)


class ServingRooms:
    """What is known of a clinic's rooms by its `habits`, as they are on a day. `gap` is how long it usually
    takes, in seconds, until a free room calls."""

    def __init__(self, rooms: int, habits: Habits) -> None:
        self.rooms = rooms
        self._habits = habits
        self.gaps = gaps = Gaps(*habits.sums_of(GAPS))
        self.gap = max(gaps.cycle_gap, gaps.notice_gap, 15.0)
        halves = {
            key: HalfHour(*habits.sums_of(key))
            for key in habits.before.keys() | habits.today.keys()
            if key.startswith(AT)
        }
        self._halves = halves
        self._services = {
            int(key.removeprefix(ROOM)): RoomServices(*habits.sums_of(key))
            for key in habits.before.keys() | habits.today.keys()
            if key.startswith(ROOM)
        }
        self._all = (
            RoomServices(*map(sum, zip(*self._services.values(), strict=True)))
            if self._services
            else RoomServices()
        )
        said = sum(each.said for each in halves.values())
        served = sum(each.served for each in halves.values())
        weight = _DAY_WEIGHT * max(rooms, 1)
        self.slowness, self.alike = self._slowness(), self._alike()
        self._share = (served + weight) / (said + weight)
        calls = gaps.cycles + gaps.notices + gaps.absences
        self._absent = (gaps.absences + _ABSENT_SHARE * _ABSENT_WEIGHT) / (calls + _ABSENT_WEIGHT)
        self.absence = _known(_ABSENCE, gaps.absences, gaps.absence_seconds, gaps.absence_squares)
        late_days = gaps.late_days + _LATE_SHARE * _ABSENCES_WEIGHT
        self._late_share = late_days / (gaps.days + _ABSENCES_WEIGHT)
        self.late = _known(_LATE, gaps.late_days, gaps.late_seconds, gaps.late_squares)

    def share(self, half: int) -> float:
        """The share of the rooms that the desk says which serve in this half hour of the day."""
        known = self._halves.get(half_hour_key(half), HalfHour())
        weight = _HALF_HOUR_WEIGHT * max(self.rooms, 1)
        return round((known.served + weight * self._share) / (known.said + weight), 2)

    def said(self, half: int) -> float:
        """How many rooms the desk usually says in this half hour of the day."""
        known = self._halves.get(half_hour_key(half), HalfHour())
        said = known.said + _HALF_HOUR_WEIGHT * max(self.rooms, 1)
        return round(said / (known.waited + _HALF_HOUR_WEIGHT), 2)

    def odds_away(self, share: float, *, has_called: bool) -> float:
        """The odds that a free room is away, in a half hour in which usually such a share of the rooms
        serves; whether any room `has_called` today."""
        away = min(max(self._absent if has_called else self._late_share, 1 - share), 0.98)
        return away / (1 - away)

    def absence_left(self, age: float) -> Gamma:
        """How long an absence still lasts that has lasted for so long."""
        return _left(self.absence, age)

    def late_left(self, age: float) -> Gamma:
        """How long it still is to the first call so long after the opening."""
        return _left(self.late, age)

    def _slowness(self) -> Mapping[int, float]:
        """How long a service in each room takes, relative to the clinic's."""
        mean = self._all.seconds / self._all.served if self._all.served else 0.0
        if not mean:
            return {}
        return {
            room: (each.seconds / mean + _ROOM_WEIGHT) / (each.served + _ROOM_WEIGHT)
            for room, each in self._services.items()
        }

    def _alike(self) -> float:
        """How much of the services' variance is left within the rooms, of 1."""
        whole = _variance(self._all)
        within = sum(_variance(each) for each in self._services.values())
        known = max(self._all.served - len(self._services), 0.0)
        if not whole or not known:
            return 1.0
        scale = (self._all.served - 1) / known if known else 1.0
        share = min(within / whole * max(scale, 1.0), 1.0)
        return (known * share + _ROOMS_WEIGHT) / (known + _ROOMS_WEIGHT)


def _variance(services: RoomServices) -> float:
    """The sum of the squared deviations from the mean."""
    return services.squares - services.seconds**2 / services.served if services.served else 0.0


def _known(prior: Gamma, count: float, seconds: float, squares: float) -> Gamma:
    weight = count + _ABSENCES_WEIGHT
    mean = (seconds + prior.mean * _ABSENCES_WEIGHT) / weight
    second = (squares + (prior.variance + prior.mean**2) * _ABSENCES_WEIGHT) / weight
    return Gamma(mean, max(second - mean**2, (mean / 10) ** 2))


def _left(span: Gamma, age: float) -> Gamma:
    left = span.left_after(age)
    return Gamma(max(left.mean, _AGE_LEFT_MIN * age), max(left.variance, (_AGE_LEFT_MIN * age) ** 2))
