"""What a clinic that its staff move is like at one moment: the outlooks of the cases that are possible."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from math import exp

from common.domain.absences import Absence
from common.domain.catalog import Clinic
from common.domain.clinic_course import SERVING_MIN, Course
from common.domain.gamma import NONE, Gamma
from common.domain.queue_advance import Occupant
from common.domain.serving_rooms import FreeRooms
from common.domain.staff_habits import opened_at
from common.domain.staffed_rooms import staffed_rooms
from common.domain.waiting_time import Outlook, StaffPace, Stretch

_RESTLESS = 15.0**2
"""The variance, in squared seconds, of any call that people make."""

_ABSENCE_SAID, _ABSENCE_SAID_MAX = 0.05, 180.0
"""How much sooner or later than it was announced who is away comes back: as a part of what is left of the
absence, and in seconds at most."""

_ABSENCE_UNKNOWN = 0.2
"""Where the staff do not know until when: how much longer than usual it lasts, as a part of its age."""

_STAYS = 2 * 3600.0
"""Seconds for which who has come stays, on average."""

_AWAY_MAX = 0.9
"""Of the rooms that usually serve: not all are supposed to be away while somebody is in one."""

_HOUR = 3600.0


class ClinicMoment:
    """A clinic that its staff move, at one moment. `announced` is the outlook where somebody is away, as the
    staff have said; `free` are the free rooms, None where there are none; in `rooms_taken` somebody is, and a
    `round` are all whom these call once more; `has_called` is whether anybody was called today."""

    def __init__(
        self,
        clinic: Clinic,
        course: Course,
        occupants: Sequence[Occupant],
        now: datetime,
    ) -> None:
        self._clinic, self._course, self._now = clinic, course, now
        self._habits = course.habits
        self._first = course.at(now)
        piece = course.pieces[self._first]
        is_pause = piece.part.is_pause
        # A pause that the staff do not keep is none.
        self._kept_on = is_pause and any(each.called_at >= piece.part.begins_at for each in occupants)
        self._serving = self._first
        if piece.stretch.mean_seconds is None and not self._kept_on:
            self._serving = next(
                place
                for place in range(self._first, len(course.pieces))
                if course.pieces[place].stretch.mean_seconds
            )
        # Whoever leaves a room that was closed meanwhile is followed by nobody.
        self._in_rooms = [each for each in occupants if each.room <= clinic.rooms]
        taken = {each.room for each in self._in_rooms}
        self._free = [room for room in range(1, clinic.rooms + 1) if room not in taken]
        self.rooms_taken = len(self._in_rooms)
        self.round = self.rooms_taken * course.rooms.gaps.at_once
        self.has_called = bool(self._habits.rooms or self._in_rooms)
        self._in_pause = is_pause and not self._kept_on
        opened = opened_at(clinic, course.day, now)
        self._opened = now.timestamp() if opened is None else opened
        said = course.pieces[self._serving].said
        self._ratio = clinic.rooms / said if clinic.rooms else 1.0
        absences = clinic.absences_at(now)
        self.announced = self._announced(absences) if absences else None
        self.free = self._free_rooms() if self._free else None

    def _free_rooms(self) -> FreeRooms:
        share, now = self._course.pieces[self._serving].share, self._now.timestamp()
        rooms = self._course.rooms
        odds = rooms.odds_away(share, has_called=bool(self._habits.rooms))
        if self._in_pause:
            return FreeRooms(odds, rooms.gap, now, [now for _ in self._free], now, now)
        opened = self._opened
        uses = [self._habits.rooms.get(room) for room in self._free]
        since = [opened if use is None else min(max(use.free_since, opened), now) for use in uses]
        waiting = self._habits.waiting_from
        waiting_from = None if waiting is None else max(waiting, opened)
        last_call = max(self._habits.last_call or opened, opened)
        return FreeRooms(odds, rooms.gap, now, since, waiting_from, last_call)

    @cached_property
    def serving(self) -> Outlook:
        """The outlook where those free rooms serve, too, which are expected to if any does."""
        free = 0 if self.free is None else max(1, round(self.free.serving(_newcomer_waited(self.free))))
        gap = self._course.rooms.gaps.notice_gap
        return self._outlook(len(self._in_rooms) + free, self._in_rooms, Gamma(gap, gap**2), 0.0, 0.0)

    @cached_property
    def absent(self) -> Outlook:
        """The outlook where no free room serves."""
        if not self._in_rooms:
            return self._returning(self._return_left())
        assert self.free is not None
        age = self.free.age(_newcomer_waited(self.free))
        return self._outlook(len(self._in_rooms), self._in_rooms, NONE, 0.0, age)

    def _announced(self, absences: Sequence[Absence]) -> Outlook:
        """Somebody is away, as the staff have said."""
        unknown = next((each for each in absences if each.room is None and each.until is None), None)
        if unknown is not None:
            age = max((self._now - unknown.since).total_seconds(), 0.0)
            usual = self._course.rooms.absence_left(age)
            return self._returning(usual.plus(Gamma(_ABSENCE_UNKNOWN * age, 0.0)))
        staffed = staffed_rooms(self._clinic, absences, self._now)
        left = max((staffed.begins_at - self._now).total_seconds(), 0.0)
        serving, service = len(staffed.rooms), self._course.service(self._piece_at(left))
        # They may be back a little sooner, or later.
        off = min(_ABSENCE_SAID * left, _ABSENCE_SAID_MAX)
        sooner = staffed._replace(begins_at=staffed.begins_at - timedelta(seconds=off))
        rest = sooner.course(self._rest(serving, left, 0.0))
        gap = self._course.rooms.gaps.notice_gap
        staff = self._staff(Gamma(gap + 1.4 * off, gap**2 + (0.6 * off) ** 2))
        is_over = left > service.mean.total_seconds()  # whoever is in a room is served until then
        there = [] if is_over else staffed.occupants(self._in_rooms)
        return Outlook(serving, there, service, self._now, rest, staff)

    def _return_left(self) -> Gamma:
        """How long it still is until the first room serves, where none does."""
        rooms, now = self._course.rooms, self._now.timestamp()
        if not self._habits.rooms:
            return rooms.late_left(0.0 if self._in_pause else max(now - self._opened, 0.0))
        last = max(use.free_since for use in self._habits.rooms.values())
        return rooms.absence_left(0.0 if self._in_pause else max(now - max(last, self._opened), 0.0))

    def _staff(self, free: Gamma) -> StaffPace:
        rooms = self._course.rooms
        gap = rooms.gaps.cycle_gap
        at_once, slowness = rooms.gaps.at_once, rooms.slowness
        if at_once > 1:
            # How many were called at once into each room is known.
            slowness = {
                room: slowness.get(room, 1.0) * use.at_once / at_once
                for room, use in self._habits.rooms.items()
            }
        return StaffPace(Gamma(gap, gap**2), free, slowness, _RESTLESS, at_once=at_once)

    def _returning(self, left: Gamma) -> Outlook:
        """No room serves for so long."""
        at = self._piece_at(left.mean)
        # In the half hour in which they come back they do not serve all the time.
        usual = max(each.serving for each in self._course.pieces[at : at + 2]) * self._ratio
        return self._outlook(max(round(usual), 1), [], left, left.mean, 0.0)

    def _piece_at(self, seconds: float) -> int:
        return max(self._course.at(self._now + timedelta(0, seconds)), self._serving)

    def _outlook(
        self, serving: int, present: Sequence[Occupant], free: Gamma, returns_in: float, absent_for: float
    ) -> Outlook:
        service = self._course.service(self._serving)
        rest = self._rest(serving, returns_in, absent_for)
        staff, away = self._staff(free), 0.0
        if absent_for:
            away = 1 - serving / (self._course.pieces[self._serving].serving * self._ratio)
        if away > 0:
            back = self._persists(self._serving, -away, absent_for)
            staff = replace(staff, away=min(away, _AWAY_MAX), back=back)
        return Outlook(serving, present, service, self._now, rest, staff)

    def _rest(self, serving: int, returns_in: float, absent_for: float) -> Sequence[Stretch]:
        """The rest of the day, at the pace of so many rooms."""
        begins_at = self._piece_at(returns_in)
        if self._course.steady[self._serving] * self._ratio == serving:
            return self._usual_rest()
        deviation = serving / (self._course.pieces[begins_at].serving * self._ratio) - 1
        persists = self._persists(begins_at, deviation, absent_for)
        found: list[Stretch] = []
        begins = 0.0
        for piece, stretch in zip(self._course.pieces[self._first :], self._stretches(), strict=True):
            ends = (stretch.ends_at - self._now).total_seconds()
            mean = stretch.mean_seconds
            if mean is not None and ends > returns_in:
                middle = max((begins + min(ends, begins + _HOUR)) / 2 - returns_in, 0.0)
                count = piece.serving * self._ratio * (1 + deviation * exp(-middle / persists))
                most = max(piece.said * self._ratio, serving)
                mean *= serving / min(max(count, SERVING_MIN), most)
            found.append(Stretch(stretch.ends_at, mean, stretch.overtaking_per_hour))
            begins = ends
        return found

    def _usual_rest(self) -> Sequence[Stretch]:
        if self._kept_on:
            return (self._stretches()[0], *self._course.rests[self._first + 1])
        return self._course.rests[self._first]

    def _stretches(self) -> list[Stretch]:
        """What is left of the day, by the half hour; at the usual number of rooms."""
        first, *later = (piece.stretch for piece in self._course.pieces[self._first :])
        if self._kept_on:
            part = self._course.pieces[self._first].part.part
            first = first._replace(mean_seconds=self._course.cycle(part))
        return [first, *later]

    def _persists(self, at: int, deviation: float, absent_for: float) -> float:
        """For how many seconds it lasts, on average, that more or fewer rooms serve than usual."""
        rooms, pieces = self._course.rooms, self._course.pieces
        if deviation <= 0:
            return max(rooms.absence.mean, absent_for)
        before = pieces[at - 1] if at and not pieces[at - 1].part.is_pause else None
        if before is not None and before.serving > 1.1 * pieces[at].serving:
            return pieces[at].stretch.mean_seconds or 600.0
        if before is None or before.serving < 0.9 * pieces[at].serving:
            return _STAYS
        return rooms.absence.mean


def _newcomer_waited(free: FreeRooms) -> int:
    """For how many seconds somebody has waited, as it is known of somebody who comes now."""
    return free.waited(None, 0)
