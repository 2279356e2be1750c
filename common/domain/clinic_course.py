"""How one day of a clinic goes, as far as it is known before anybody's wait is asked for."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from math import sqrt
from typing import NamedTuple

from common.domain.catalog import Clinic
from common.domain.clinic_records import ClinicRecords
from common.domain.day_parts import DayPart, day_parts
from common.domain.habit_sums import HALF_HOUR, Gaps
from common.domain.service_times import PartRecord, ServiceTimes
from common.domain.serving_rooms import ServingRooms
from common.domain.staff_habits import Habits
from common.domain.waiting_time import ServiceTime, Stretch

_HALF_HOUR = timedelta(seconds=HALF_HOUR)
_AFTER_CLOSING = timedelta(hours=4)
"""For so long after the last session rooms are told apart by the half hour."""

_SECOND = timedelta(seconds=1)
_SPREAD_MIN = 0.1
"""Of the mean: no service takes as long as every other."""

SERVING_MIN = 0.05
"""Rooms: so few serve at least."""


class Piece(NamedTuple):
    """A stretch of the day within one half hour, and in one part of the day; how many rooms the desk usually
    says then, and which share of them serves."""

    part: DayPart
    stretch: Stretch
    share: float
    said: float

    @property
    def serving(self) -> float:
        """How many rooms usually serve."""
        return max(self.share * self.said, SERVING_MIN)


class Course(NamedTuple):
    """How one day of a clinic goes, and what it was made of: the records of its `parts` and of the habits, as
    they were `kept`. `habits` are these as they are known on that day. There are the day's pieces, when they
    end, and the rest of the day from each piece on, in which neighbours alike are one stretch. `steady` says
    how many rooms usually serve from each piece on to the end, 0 where their number changes."""

    clinic: Clinic
    day: date
    parts: Mapping[int, PartRecord]
    kept: Habits
    habits: Habits
    times: ServiceTimes
    rooms: ServingRooms
    pieces: Sequence[Piece]
    ends: Sequence[datetime]
    rests: Sequence[Sequence[Stretch]]
    steady: Sequence[float]
    services: dict[int, ServiceTime]

    def at(self, now: datetime) -> int:
        """The place of the piece in which a moment lies; after the day, that of the last one."""
        return min(bisect_right(self.ends, now), len(self.ends) - 1)

    def cycle(self, part: int) -> float:
        """How many seconds pass on average from call to call of a room, or from batch to batch, in a part of
        the day."""
        return _cycle(self.times, self.rooms, part)

    def service(self, place: int) -> ServiceTime:
        """For how long somebody who is called in the piece at this place is in a room, or all who are called
        there at once."""
        part = self.pieces[place].part.part
        found = self.services.get(part)
        if found is None:
            known = _of_batch(self.times.service(part), self.rooms.gaps)
            # What the rooms differ by is known of each of them.
            found = replace(known, spread=known.spread * sqrt(self.rooms.alike))
            self.services[part] = found
        return found


_COURSES_MAX = 512
_courses: dict[tuple[str, str], Course] = {}


def course_of(clinic: Clinic, records: ClinicRecords, day: date) -> Course:
    """The course of a day, with the pauses by schedule. It is remembered, since most queues are asked for
    again before anything more was learned of them."""
    known = _courses.get(clinic.key)
    if known is not None and known[0] is clinic and known[1:4] == (day, records.parts, records.habits):
        return known
    habits = records.habits.on(day)
    times, rooms = ServiceTimes(clinic, records.parts, day), ServingRooms(clinic.rooms, habits)
    pieces = tuple(_pieces(clinic, day, times, rooms))
    ends = [each.stretch.ends_at for each in pieces]
    rests, steady = _rests(pieces), _steady(pieces)
    made_of = clinic, day, records.parts, records.habits, habits
    course = Course(*made_of, times, rooms, pieces, ends, rests, steady, {})
    if len(_courses) >= _COURSES_MAX:
        _courses.clear()
    _courses[clinic.key] = course
    return course


def _pieces(clinic: Clinic, day: date, times: ServiceTimes, rooms: ServingRooms) -> Iterator[Piece]:
    stretches: dict[int, Stretch] = {}
    for part, half, ends_at in _half_hours(day_parts(clinic, day), clinic.hospital.time_zone):
        stretch = stretches.get(id(part))
        if stretch is None:
            mean = None if part.is_pause else _cycle(times, rooms, part.part)
            overtaking = times.overtaking_patients(part.part, part.open_hours)
            stretch = stretches[id(part)] = Stretch(part.ends_at, mean, overtaking)
        yield Piece(part, Stretch(ends_at, *stretch[1:]), rooms.share(half), rooms.said(half))


def _cycle(times: ServiceTimes, rooms: ServingRooms, part: int) -> float:
    return times.mean(part) * rooms.gaps.at_once + rooms.gaps.cycle_gap


def _of_batch(call: ServiceTime, gaps: Gaps) -> ServiceTime:
    """For how long those are in a room who are called there at once. Of calls that end with the next one of
    their batch, the last has nearly all the time: their squares are those of the batches."""
    count = gaps.at_once
    if count == 1:
        return call
    mean, spread = call.mean / _SECOND, call.spread / _SECOND
    of_one = spread**2 + mean**2 - gaps.batch_share * mean**2
    variance = max(of_one, (_SPREAD_MIN * mean) ** 2) * count
    return replace(call, mean=count * call.mean, spread=sqrt(variance) * _SECOND)


# Remembered, since what is learned changes with each call, and the hours do not.
@lru_cache(maxsize=1000)
def _half_hours(parts: tuple[DayPart, ...], zone: tzinfo) -> Sequence[tuple[DayPart, int, datetime]]:
    """The half hours of the parts, counted from midnight, and when they end."""
    last = parts[-1].begins_at + _AFTER_CLOSING
    found = []
    for part in parts:
        begins = part.begins_at
        while begins < part.ends_at:
            local = begins.astimezone(zone)
            half = (local.hour * 60 + local.minute) // 30
            into = timedelta(minutes=local.minute % 30, seconds=local.second, microseconds=local.microsecond)
            ends = part.ends_at
            if not part.is_pause and begins < last:
                ends = min(begins - into + _HALF_HOUR, ends)
            found.append((part, half, ends))
            begins = ends
    return found


def _steady(pieces: Sequence[Piece]) -> Sequence[float]:
    counts = [pieces[-1].serving]
    for piece in reversed(pieces[:-1]):
        counts.append(piece.serving if piece.serving == counts[-1] else 0.0)
    return counts[::-1]


def _rests(pieces: Sequence[Piece]) -> Sequence[Sequence[Stretch]]:
    """From each piece on, what is left of the day; and nothing after the last."""
    rests: list[Sequence[Stretch]] = [()]
    for piece in reversed(pieces):
        stretch, rest = piece.stretch, rests[-1]
        goes_on = rest and stretch.mean_seconds is not None and stretch[1:] == rest[0][1:]
        rests.append(rest if goes_on else (stretch, *rest))
    return rests[::-1]
