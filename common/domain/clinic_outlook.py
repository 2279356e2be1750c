"""What is to be expected of a clinic's queue, from its catalog entry and what was learned of it.

What patients are told, and what the calibration holds against the truth, is made by these two functions.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import erf, exp, sqrt
from typing import NamedTuple

from common.domain.absences import Absence
from common.domain.catalog import Clinic, QueueMode
from common.domain.clinic_course import SERVING_MIN, Course, course_of
from common.domain.clinic_records import ClinicRecords
from common.domain.gamma import Gamma
from common.domain.interval_correction import Correction
from common.domain.lanes import Standing
from common.domain.queue_advance import Occupant
from common.domain.staff_habits import opened_at
from common.domain.staffed_rooms import staffed_rooms
from common.domain.waiting_time import Estimate, Outlook, ServiceTime, StaffPace, Stretch

_CERTAIN = 0.02
"""What is less probable is left out."""

_RESTLESS = 15.0**2
"""The variance, in squared seconds, of any call that people make."""

_ABSENCE_SAID, _ABSENCE_SAID_MAX = 0.05, 180.0
"""How late, on average, who is away comes back: as a part of the absence that the staff have announced, and
in seconds at most."""

_STAYS = 2 * 3600.0
"""Seconds for which who has come stays, on average."""

_HOUR = 3600.0

_HALVINGS = 14
"""So often the range in which a quantile of two outlooks lies is halved."""

_ROOM_FREE, _NO_CALL_YET, _NEXT, _SOON, _LATER = 1, 2, 3, 4, 5
"""The codes of moments, by which intervals are corrected: a room is free while somebody waits; nobody was
called today; all rooms serve, and less than one, than three rounds of them come before, or more."""


class Expected(NamedTuple):
    """How many of those who wait are called before a patient, and when the patient will be."""

    people_ahead: int
    call: Estimate


class ClinicOutlook:
    """The outlook of a queue at `now`: one or two `cases`, with their probabilities."""

    def __init__(
        self,
        now: datetime,
        cases: Sequence[tuple[float, Outlook]],
        rooms: int,
        correction: Correction,
        moment: int | None,
    ) -> None:
        self._now = now
        self._cases = cases
        self._rooms = rooms
        self._correction = correction
        self._moment = moment

    def estimate(self, people_ahead: int, standing: Standing | None = None) -> Estimate:
        """The estimate for a patient with so many before them, who stands there in the lanes."""
        rounds = people_ahead / self._rooms
        moment = self._moment or (_NEXT if rounds < 1 else _SOON if rounds < 3 else _LATER)
        levels = self._correction.levels(moment)
        if len(self._cases) == 1:
            [(_, outlook)] = self._cases
            return outlook.estimate(people_ahead, standing, levels)._replace(moment=moment)
        mixed = _Mixed([(chance, each, each.wait(people_ahead, standing)) for chance, each in self._cases])
        earliest, median, latest = (self._now + timedelta(0, mixed.quantile(level)) for level in levels)
        return Estimate(median, earliest, latest, moment)


class _Mixed:
    """The time until a call in several cases, in seconds on the clock."""

    def __init__(self, cases: Sequence[tuple[float, Outlook, Gamma]]) -> None:
        self._cases = cases

    def quantile(self, level: float) -> float:
        """What it stays below as probably as a standard normal variable stays below the level."""
        chance = _below(level)
        ends = [outlook.clock_seconds(wait.quantiles([level])[0]) for _, outlook, wait in self._cases]
        least, most = min(ends), max(ends)
        for _ in range(_HALVINGS):
            middle = (least + most) / 2
            if self._chance_until(middle) < chance:
                least = middle
            else:
                most = middle
        return (least + most) / 2

    def _chance_until(self, seconds: float) -> float:
        return sum(
            chance * _below(wait.level(outlook.served_seconds(seconds)))
            for chance, outlook, wait in self._cases
        )


def _below(level: float) -> float:
    return (1 + erf(level / sqrt(2))) / 2


def clinic_outlook(
    clinic: Clinic, records: ClinicRecords, occupants: Sequence[Occupant], now: datetime
) -> ClinicOutlook | Outlook:
    """The outlook of today's queue; `records` are what was learned.

    A clinic that is moved by the clock serves exactly by the catalog, whatever was learned.
    """
    # Whoever leaves a room that was closed meanwhile is followed by nobody.
    in_rooms = [each for each in occupants if each.room <= clinic.rooms]
    if clinic.mode is QueueMode.CLOCK:
        return Outlook(max(clinic.rooms, 1), in_rooms, ServiceTime(clinic.mean_service, timedelta()), now)
    course = course_of(clinic, records, clinic.service_date(now))
    return _Now(clinic, records, course, in_rooms, occupants, now).outlook()


class _Now:
    """A clinic that its staff move, at one moment."""

    def __init__(
        self,
        clinic: Clinic,
        records: ClinicRecords,
        course: Course,
        in_rooms: Sequence[Occupant],
        occupants: Sequence[Occupant],
        now: datetime,
    ) -> None:
        self._clinic, self._course, self._now = clinic, course, now
        self._correction = records.correction
        self._habits = records.habits.on(course.day)
        self._first = course.at(now)
        piece = course.pieces[self._first]
        self._is_pause = piece.part.is_pause
        # A pause that the staff do not keep is none.
        self._kept_on = self._is_pause and any(each.called_at >= piece.part.begins_at for each in occupants)
        self._serving = self._first
        if not self._kept_on:
            self._serving = next(
                place
                for place in range(self._first, len(course.pieces))
                if course.pieces[place].stretch.mean_seconds
            )
        self._in_rooms = in_rooms
        taken = {each.room for each in in_rooms}
        self._free = [room for room in range(1, clinic.rooms + 1) if room not in taken]
        self._in_pause = self._is_pause and not self._kept_on

    def outlook(self) -> ClinicOutlook:
        if absences := self._clinic.absences_at(self._now):
            return self._of([(1.0, self._announced(absences))], _ROOM_FREE)
        if not self._free:
            return self._of([(1.0, self._case(len(self._in_rooms)))], None)
        rooms = self._course.rooms
        ages = [self._age(room) for room in self._free]
        share = self._course.pieces[self._serving].share
        presence = rooms.presence(ages, share, has_called=bool(self._habits.rooms))
        cases = []
        if presence.any >= _CERTAIN:
            count = len(self._in_rooms) + max(1, round(presence.rooms))
            cases.append((presence.any, self._case(count)))
        if presence.any <= 1 - _CERTAIN:
            case = (
                self._case(len(self._in_rooms), presence.age)
                if self._in_rooms
                else self._returning(self._return_left())
            )
            cases.append((1 - presence.any, case))
        total = sum(chance for chance, _ in cases)
        moment = _ROOM_FREE if self._habits.rooms or self._in_rooms else _NO_CALL_YET
        return self._of([(chance / total, case) for chance, case in cases], moment)

    def _of(self, cases: Sequence[tuple[float, Outlook]], moment: int | None) -> ClinicOutlook:
        return ClinicOutlook(self._now, cases, max(len(self._in_rooms), 1), self._correction, moment)

    def _age(self, room: int) -> float:
        """For how long a free room has been free while somebody waited."""
        if self._in_pause:
            return 0.0
        now, habits = self._now.timestamp(), self._habits
        if habits.waiting_from is None:
            return 0.0
        since = max(habits.waiting_from, self._opened)
        use = habits.rooms.get(room)
        if use is not None:
            since = max(since, use.called if use.ended is None else use.ended)
        return max(now - since, 0.0)

    @property
    def _opened(self) -> float:
        opened = opened_at(self._clinic, self._course.day, self._now)
        return self._now.timestamp() if opened is None else opened

    def _announced(self, absences: Sequence[Absence]) -> Outlook:
        """Somebody is away, as the staff have said."""
        staffed = staffed_rooms(self._clinic, absences, self._now)
        left = max((staffed.begins_at - self._now).total_seconds(), 0.0)
        serving, service = len(staffed.rooms), self._course.service(self._piece_at(left))
        rest = staffed.course(self._rest(serving, left, 0.0))
        late = self._course.rooms.gaps.notice_gap + min(_ABSENCE_SAID * left, _ABSENCE_SAID_MAX)
        staff = self._staff(Gamma(late, late**2))
        return Outlook(serving, staffed.occupants(self._in_rooms), service, self._now, rest, staff)

    def _return_left(self) -> Gamma:
        """How long it still is until the first room serves, where none does."""
        rooms, now = self._course.rooms, self._now.timestamp()
        if not self._habits.rooms:
            return rooms.late_left(0.0 if self._in_pause else max(now - self._opened, 0.0))
        last = max(use.called if use.ended is None else use.ended for use in self._habits.rooms.values())
        return rooms.absence_left(0.0 if self._in_pause else max(now - max(last, self._opened), 0.0))

    def _staff(self, free: Gamma) -> StaffPace:
        rooms = self._course.rooms
        gap = rooms.gaps.cycle_gap
        return StaffPace(Gamma(gap, gap**2), free, rooms.slowness, _RESTLESS)

    def _case(self, serving: int, absent_for: float = 0.0) -> Outlook:
        """So many rooms serve now."""
        gap = self._course.rooms.gaps.notice_gap
        return self._outlook(serving, self._in_rooms, Gamma(gap, gap**2), 0.0, absent_for)

    def _returning(self, left: Gamma) -> Outlook:
        """No room serves for so long."""
        at = self._piece_at(left.mean)
        usual = self._course.pieces[at].serving * self._ratio
        return self._outlook(max(round(usual), 1), [], left, left.mean, 0.0)

    @property
    def _ratio(self) -> float:
        said = self._course.pieces[self._serving].said
        return self._clinic.rooms / said if self._clinic.rooms else 1.0

    def _piece_at(self, seconds: float) -> int:
        at = self._now + timedelta(seconds=seconds)
        pieces = self._course.pieces
        return next(
            (place for place in range(self._serving, len(pieces)) if pieces[place].stretch.ends_at > at),
            len(pieces) - 1,
        )

    def _outlook(
        self, serving: int, present: Sequence[Occupant], free: Gamma, returns_in: float, absent_for: float
    ) -> Outlook:
        service = self._course.service(self._serving)
        rest = self._rest(serving, returns_in, absent_for)
        return Outlook(serving, present, service, self._now, rest, self._staff(free))

    def _rest(self, serving: int, returns_in: float, absent_for: float) -> Sequence[Stretch]:
        """The rest of the day, at the pace of so many rooms."""
        begins_at = self._piece_at(returns_in)
        if all(each.serving * self._ratio == serving for each in self._course.pieces[self._serving :]):
            return self._usual_rest()
        deviation = serving / (self._course.pieces[begins_at].serving * self._ratio) - 1
        persists = self._persists(begins_at, deviation, absent_for)
        most = max(self._clinic.rooms, serving)
        found: list[Stretch] = []
        begins = 0.0
        for piece, stretch in zip(self._course.pieces[self._first :], self._stretches(), strict=True):
            ends = (stretch.ends_at - self._now).total_seconds()
            mean = stretch.mean_seconds
            if mean is not None and ends > returns_in:
                middle = max((begins + min(ends, begins + _HOUR)) / 2 - returns_in, 0.0)
                count = piece.serving * self._ratio * (1 + deviation * exp(-middle / persists))
                mean *= serving / min(max(count, SERVING_MIN), most)
            found.append(stretch._replace(mean_seconds=mean))
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


def expected_call(outlook: ClinicOutlook | Outlook, standing: Standing) -> Expected:
    """What somebody who stands there in the lanes has to expect."""
    ahead = standing.people_ahead
    return Expected(ahead, outlook.estimate(ahead, standing))
