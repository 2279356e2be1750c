"""What a clinic's past services teach about those to come: mean and spread by part of the day, how much the
days differ, the share of those who do not come when called, and how many priority patients come.

Only sums are kept (`PartRecord`): those of today, and those of the days before, which fade by the day. The
catalog's values are the prior, and count as much as `CATALOG_WEIGHT` observed services. Only what was
observed teaches: a clinic that is moved by the clock serves by the catalog, and learns nothing.

The formulae are in docs/waiting-time.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import sqrt
from typing import NamedTuple

from common.domain.catalog import Clinic
from common.domain.day_parts import part_at
from common.domain.lanes import ByLane, Lane
from common.domain.waiting_time import ServiceTime

FADING = 0.9
"""So much of a day's weight is left a day of service later: all days together never count as more than
ten."""

CATALOG_WEIGHT = 5.0
"""Observed services that count as much as the catalog's mean and spread."""

_SPREAD_MIN = 0.1
"""Of the catalog's mean: no staff serves as regularly as a clock."""

CLINIC_WEIGHT = 15.0
"""Services in one part of the day that count as much as what is known of the clinic's whole day."""

_PACE_SPREAD = 0.1
_PACE_WEIGHT = 100.0
"""The standard deviation of the days' pace, as a part of the mean, before anything is known of it; and the
services that count as much."""

_NO_SHOW_SHARE = 0.03
_NO_SHOW_SECONDS = 180.0
_NO_SHOW_WEIGHT = 20.0
"""The share of those who do not come, and for how long they are waited for, before anything is known of it;
and the calls that count as much."""

_UNCERTAINTY_MAX = 0.95
"""Of a mean: whatever was observed, the mean is not expected to be wrong by all of itself."""

_OUTLIER_DEVIATIONS = 5.0
"""A call that lasts longer than the mean and so many deviations, each at least half the mean, counts as one
of this length: a room that was forgotten overnight is no service, but a clinic that became slow is seen."""


class Tally(NamedTuple):
    """Sums over calls: those whose patient was served, with the services' seconds and squared seconds; those
    whose patient did not come, with the seconds until that was seen; and the patients who came to each lane
    above the regular one."""

    served: float = 0.0
    seconds: float = 0.0
    squares: float = 0.0
    no_shows: float = 0.0
    no_show_seconds: float = 0.0
    priority: float = 0.0
    urgent: float = 0.0
    emergency: float = 0.0

    def plus(self, other: "Tally", fading: float = 1.0) -> "Tally":
        """Both together, this one with so much of its weight."""
        return Tally(*[fading * mine + others for mine, others in zip(self, other, strict=True)])

    def minus(self, part: "Tally") -> "Tally":
        """This one without a part of it."""
        return Tally(*[max(whole - taken, 0.0) for whole, taken in zip(self, part, strict=True)])


_NOTHING = Tally()


@dataclass(frozen=True, slots=True)
class PartRecord:
    """What is kept of one part of a clinic's day: its sums of `day`, and those of the `days` before, faded.

    `pace_weight` sums the services of the days before, and `pace_excess`, with as much weight, by how much
    the square of each day's relative deviation exceeded what chance explains.
    """

    day: date
    today: Tally = _NOTHING
    days: float = 0.0
    before: Tally = _NOTHING
    pace_excess: float = 0.0
    pace_weight: float = 0.0

    def on(self, day: date) -> "PartRecord":
        """As it is known on `day`, on which nothing may have been observed yet."""
        if day <= self.day:
            return self
        weight = self.today.served if self.before.served else 0.0
        excess = weight * _squared_deviation_beyond_chance(self.today, self.before) if weight else 0.0
        return PartRecord(
            day=day,
            days=FADING * self.days + 1,
            before=self.before.plus(self.today, FADING),
            pace_excess=FADING * self.pace_excess + excess,
            pace_weight=FADING * self.pace_weight + weight,
        )


def _squared_deviation_beyond_chance(day: Tally, before: Tally) -> float:
    both = before.plus(day)
    mean = both.seconds / both.served
    if not mean:
        return 0.0
    irregularity = both.squares / both.served / mean**2 - 1
    deviation = (day.seconds / day.served - before.seconds / before.served) / mean
    return deviation**2 - irregularity * (1 / day.served + 1 / before.served)


@dataclass(frozen=True, slots=True)
class EndedCall:
    """A call that staff have ended: its patient was served or, unless `came`, was a no-show. Without `room`
    nothing is learned of the room."""

    waiting_since: datetime
    called_at: datetime
    ended_at: datetime
    lane: Lane
    came: bool = True
    room: int | None = None


def parts_taught(clinic: Clinic, day: date, ended: EndedCall) -> set[int]:
    """The parts of the day of which an ended call teaches: that of the call, and that in which a patient came
    to a lane above the regular one."""
    moments = [ended.called_at, *([] if ended.lane is Lane.REGULAR else [ended.waiting_since])]
    return {part_at(clinic, day, moment) for moment in moments}


PartTallies = Mapping[int, Tally]
"""What one ended call adds to the records of its day, by part of the day."""


def tallies_of(clinic: Clinic, records: Mapping[int, PartRecord], day: date, ended: EndedCall) -> PartTallies:
    """What a call that has ended on the service day `day` teaches."""
    called = part_at(clinic, day, ended.called_at)
    known = ServiceTimes(clinic, records, day).service(called)
    mean, spread = known.mean.total_seconds(), known.spread.total_seconds()
    longest = mean + _OUTLIER_DEVIATIONS * max(spread, mean / 2)
    seconds = min(max((ended.ended_at - ended.called_at).total_seconds(), 0.0), longest)
    if ended.came:
        tallies = {called: Tally(served=1, seconds=seconds, squares=seconds**2)}
    else:
        tallies = {called: Tally(no_shows=1, no_show_seconds=seconds)}
    if ended.lane is not Lane.REGULAR:
        came = part_at(clinic, day, ended.waiting_since)
        tallies[came] = tallies.get(came, _NOTHING).plus(Tally(**{ended.lane.value: 1}))
    return tallies


def with_tallies(records: Mapping[int, PartRecord], day: date, tallies: PartTallies) -> dict[int, PartRecord]:
    """The records with what was taught on this day."""
    learned = dict(records)
    for part, tally in tallies.items():
        record = learned[part].on(day) if part in learned else PartRecord(day)
        learned[part] = replace(record, today=record.today.plus(tally))
    return learned


def without_tallies(
    records: Mapping[int, PartRecord], day: date, tallies: PartTallies
) -> dict[int, PartRecord]:
    """The records without what was taught on this day. Where the next day has begun since, what its beginning
    told of the pace of the day before stays as it is."""
    left = dict(records)
    for part, tally in tallies.items():
        record = left[part]
        if record.day == day:
            left[part] = replace(record, today=record.today.minus(tally))
        else:
            left[part] = replace(record, before=record.before.minus(tally))
    return left


class _Known(NamedTuple):
    """A mean in seconds and the squared deviation relative to it, as if from so many observed services."""

    mean: float
    irregularity: float
    weight: float

    def refined(self, tally: Tally) -> "_Known":
        """With what was observed."""
        weight = self.weight + tally.served
        mean = (self.weight * self.mean + tally.seconds) / weight
        squares = tally.squares - 2 * mean * tally.seconds + mean**2 * tally.served
        return _Known(mean, (self.weight * self.irregularity + squares / mean**2) / weight, weight)


class ServiceTimes:
    """What is known of a clinic's service times on one day, from its `records` by part of the day."""

    def __init__(self, clinic: Clinic, records: Mapping[int, PartRecord], day: date) -> None:
        self._records = {part: record.on(day) for part, record in records.items()}
        before = _sum([each.before for each in self._records.values()])
        today = _sum([each.today for each in self._records.values()])
        mean, spread = clinic.mean_service.total_seconds(), clinic.service_spread.total_seconds()
        catalog = _Known(mean, max(spread / mean, _SPREAD_MIN) ** 2, CATALOG_WEIGHT)
        whole = catalog.refined(before)
        self._elsewhen = whole._replace(weight=CLINIC_WEIGHT)
        self._parts = {part: self._elsewhen.refined(each.before) for part, each in self._records.items()}
        self._read_pace(whole, today)
        self._read_no_shows(before.plus(today))

    def _read_pace(self, whole: _Known, today: Tally) -> None:
        """How quick today is: as the days before, until today's services say otherwise."""
        records = self._records.values()
        weight = _PACE_WEIGHT + sum([each.pace_weight for each in records])
        excess = _PACE_WEIGHT * _PACE_SPREAD**2 + sum([each.pace_excess for each in records])
        variance = max(excess / weight, 0.0) + whole.irregularity / whole.weight
        expected = sum([each.today.served * self._parts[part].mean for part, each in self._records.items()])
        deviation = today.seconds / expected - 1 if expected else 0.0
        trust = variance * today.served / (variance * today.served + whole.irregularity)
        self._pace = 1 + trust * deviation
        self._pace_variance = variance * (1 - trust)

    def _read_no_shows(self, tally: Tally) -> None:
        no_shows = tally.no_shows + _NO_SHOW_SHARE * _NO_SHOW_WEIGHT
        seconds = tally.no_show_seconds + _NO_SHOW_SHARE * _NO_SHOW_WEIGHT * _NO_SHOW_SECONDS
        self._no_show_share = no_shows / (tally.no_shows + tally.served + _NO_SHOW_WEIGHT)
        self._no_show_seconds = seconds / no_shows

    def mean(self, part: int) -> float:
        """For how many seconds, on average, somebody who is called in that part of the day is in a room."""
        served = self._parts.get(part, self._elsewhen).mean * self._pace
        return served + self._no_show_share * (self._no_show_seconds - served)

    def service(self, part: int) -> ServiceTime:
        """For how long somebody who is called in that part of the day is in a room."""
        known = self._parts.get(part, self._elsewhen)
        served, mean, share = known.mean * self._pace, self.mean(part), self._no_show_share
        squares = (1 - share) * served**2 * (1 + known.irregularity) + share * self._no_show_seconds**2
        return ServiceTime(
            timedelta(seconds=mean),
            timedelta(seconds=sqrt(max(squares - mean**2, 0.0))),
            min(sqrt(self._pace_variance + known.irregularity / known.weight), _UNCERTAINTY_MAX),
        )

    def overtaking_patients(self, part: int, open_hours: float) -> tuple[float, ...]:
        """How many patients come per hour to each lane above the regular one in that part of a day, of which
        registrations are open for so long; empty where nobody comes."""
        record = self._records.get(part)
        if record is None or not record.days or not open_hours:
            return ()
        rates = [getattr(record.before, lane) / record.days / open_hours for lane in ByLane._fields]
        return tuple(rates) if any(rates) else ()


def _sum(tallies: Sequence[Tally]) -> Tally:
    return Tally(*map(sum, zip(*tallies, strict=True))) if tallies else Tally()
