"""What the system knows of a simulated clinic from moment to moment, and its predictions for patients.

Only what has happened by then is used: registrations, calls and ends of calls, today and on earlier days.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum, StrEnum
from random import Random
from statistics import median
from zoneinfo import ZoneInfo

from calibration.scenarios import RULES, Nature, Patient
from common.domain.absences import Absence, AbsenceReason
from common.domain.catalog import Clinic, Hospital, QueueMode
from common.domain.clinic_lanes import ClinicLanes
from common.domain.clinic_outlook import clinic_outlook, expected_call
from common.domain.clinic_records import NO_RECORDS, ClinicRecords
from common.domain.lanes import LANES, NONE, Lane, Standing
from common.domain.learning import learn
from common.domain.opening_hours import WEEKDAYS, OpeningHours
from common.domain.queue_advance import Occupant
from common.domain.service_times import EndedCall
from common.domain.staff_habits import Call
from common.domain.ticket_states import TicketStatus
from common.domain.told import ToldInterval
from common.domain.waiting_time import Estimate

_ZONE = ZoneInfo("Asia/Jakarta")
_FIRST_DAY = date(2026, 11, 23)
_OPENS_AT_HOUR = 8
_FIXED_TURN = timedelta(minutes=10)
"""What rival (b) takes for everybody's turn."""

_FORGETFUL_EVENING = 4
_OVERNIGHT = timedelta(hours=15)
"""Staff who forget rooms end a day's last service only so long after the opening, every so many days."""

_LAST_SERVICES = 10
"""What rival (d) takes the median of."""

_LOOK_UP_SECONDS = 25 * 60.0
"""Who waits looks at the estimate again after so long, on average."""


class Happening(IntEnum):
    """What happens, in the order of what happens at one moment."""

    END = 0
    ROOMS = 1
    AWAY = 2
    CALL = 3
    REGISTRATION = 4
    CALL_AT_ONCE = 5
    LOOK_UP = 6


class Moment(StrEnum):
    """In which moment of a clinic and its queue an estimate is given; it may be in several."""

    REGISTRATION = "at registration"
    ROOM_FREE = "a room is free"
    BEFORE_FIRST_CALL = "before the first call"
    ONE_AHEAD = "one ahead"
    FIVE_AHEAD = "five ahead"


_AHEAD = {1: Moment.ONE_AHEAD, 5: Moment.FIVE_AHEAD}


@dataclass(frozen=True)
class Prediction:
    """An estimate given to a waiting patient at `at`, with the moment of the true call.

    The simpler methods that it is compared with: `configured`, people ahead times the configured mean;
    `per_room`, that divided by the rooms; `fixed`, the ticket's number times ten minutes; `last_wait`, the
    wait of the last patient who was called; `last_services`, people ahead times the median of the last ten
    services (before the first, the configured mean), divided by the rooms.
    """

    at: datetime
    moments: frozenset[Moment]
    estimate: Estimate
    configured: datetime
    per_room: datetime
    fixed: datetime
    last_wait: datetime
    last_services: datetime
    called_at: datetime

    @property
    def at_registration(self) -> bool:
        """Whether it was given at registration, not to who looked again."""
        return Moment.REGISTRATION in self.moments


@dataclass
class ObservedClinic:
    """One clinic: its catalog entry, and what was learned of it so far."""

    nature: Nature
    records: ClinicRecords = NO_RECORDS
    day: date = _FIRST_DAY

    def __post_init__(self) -> None:
        hours = [f"{_clock_time(opens)}-{_clock_time(closes)}" for opens, closes in self.nature.sessions]
        mean = timedelta(seconds=self.nature.configured_mean)
        self.clinic = Clinic(
            hospital=Hospital("RSUD", "RSUD", "Kota", _ZONE),
            code="UMUM",
            name="Poli Umum",
            opening_hours=OpeningHours.parse(dict.fromkeys(WEEKDAYS, hours)),
            rooms=self.nature.rooms_at_opening,
            daily_quota=1000,
            mean_service=mean,
            service_spread=mean / 2,
            serving_since=datetime(2026, 1, 1, tzinfo=UTC),
            mode=QueueMode.DESK,
            lanes=ClinicLanes(RULES),
        )

    def observe(self, patients: Sequence[Patient], rng: Random) -> Iterator[Prediction]:
        """Lives through one day; yields the predictions for waiting patients."""
        day = _Day(self, patients)
        yield from day.live(rng)
        self.clinic = replace(self.clinic, rooms=self.nature.rooms_at_opening, absences=())
        self.day += timedelta(days=1)


class _Day:
    """One day of an observed clinic."""

    def __init__(self, observed: ObservedClinic, patients: Sequence[Patient]) -> None:
        self._observed = observed
        self._patients = patients
        self._opens_at = datetime(
            observed.day.year, observed.day.month, observed.day.day, _OPENS_AT_HOUR, tzinfo=_ZONE
        ).astimezone(UTC)
        self._waiting: dict[Lane, deque[int]] = {lane: deque() for lane in Lane}
        self._occupants: dict[int, Occupant] = {}
        self._streaks = NONE
        self._last_wait = dict.fromkeys(Lane, timedelta())
        self._last_services: deque[timedelta] = deque(maxlen=_LAST_SERVICES)
        self._has_called = False
        self._told: dict[int, ToldInterval] = {}

    def live(self, rng: Random) -> Iterator[Prediction]:
        """All that happens, in order."""
        for at, happening, index in sorted(self._happenings(rng)):
            now = self._opens_at + timedelta(seconds=at)
            if happening is Happening.END:
                self._end(index, now)
            elif happening is Happening.ROOMS:
                self._observed.clinic = replace(self._clinic, rooms=index, serving_since=now)
            elif happening is Happening.AWAY:
                until = self._opens_at + timedelta(seconds=index)
                away = Absence(None, until, AbsenceReason.BREAK, now)
                self._observed.clinic = replace(self._clinic, absences=(away,))
            elif happening in (Happening.CALL, Happening.CALL_AT_ONCE):
                self._call(index, now)
            else:
                if happening is Happening.REGISTRATION:
                    self._register(index)
                if at < self._patients[index].called:
                    yield self._predict(index, now, at_registration=happening is Happening.REGISTRATION)

    def _register(self, index: int) -> None:
        waiting = self._waiting[self._lane(index)]
        if self._patients[index].back:
            waiting.appendleft(index)
        else:
            waiting.append(index)

    @property
    def _clinic(self) -> Clinic:
        return self._observed.clinic

    def _happenings(self, rng: Random) -> Iterator[tuple[float, Happening, int]]:
        for at, rooms in self._observed.nature.rooms_said:
            yield at, Happening.ROOMS, rooms
        for at, until in self._observed.nature.away_said:
            yield at, Happening.AWAY, round(until)
        for index, patient in enumerate(self._patients):
            waits = patient.registered < patient.called
            yield patient.registered, Happening.REGISTRATION, index
            yield patient.called, Happening.CALL if waits else Happening.CALL_AT_ONCE, index
            yield patient.ended, Happening.END, index
            at = patient.registered + rng.expovariate(1 / _LOOK_UP_SECONDS)
            while at < patient.called:
                yield at, Happening.LOOK_UP, index
                at += rng.expovariate(1 / _LOOK_UP_SECONDS)

    def _lane(self, index: int) -> Lane:
        return self._patients[index].lane

    def _call(self, index: int, now: datetime) -> None:
        lane = self._lane(index)
        if self._waiting[lane].popleft() != index:
            raise AssertionError("within a lane, patients are called in the order in which they came")
        self._streaks = self._streaks.after_call(lane, self._clinic.lanes.ratios)
        taken = {each.room for each in self._occupants.values()}
        free = (room for room in range(1, self._clinic.rooms + 1) if room not in taken)
        room = self._patients[index].room or next(free)
        self._occupants[index] = Occupant(index + 1, room, TicketStatus.CALLED, now)
        self._last_wait[lane] = now - self._registered_at(index)
        self._has_called = True
        records, day = self._observed.records, self._observed.day
        waiting = sum(map(len, self._waiting.values()))
        call = Call(room, self._registered_at(index), now, waiting, self._told.pop(index, None))
        self._observed.records, _ = learn(self._clinic, records, day, call)

    def _end(self, index: int, now: datetime) -> None:
        patient, occupant = self._patients[index], self._occupants.pop(index)
        is_last = index == len(self._patients) - 1
        if is_last and self._observed.nature.family.forgets_rooms and self._is_forgetful_evening():
            now = self._opens_at + _OVERNIGHT
        self._last_services.append(now - occupant.called_at)
        ended = EndedCall(
            self._registered_at(index),
            occupant.called_at,
            now,
            self._lane(index),
            patient.came,
            occupant.room,
        )
        records, day = self._observed.records, self._observed.day
        self._observed.records, _ = learn(self._clinic, records, day, ended)

    def _is_forgetful_evening(self) -> bool:
        return (self._observed.day - _FIRST_DAY).days % _FORGETFUL_EVENING == 0

    def _predict(self, index: int, now: datetime, *, at_registration: bool) -> Prediction:
        lane = self._lane(index)
        outlook = clinic_outlook(self._clinic, self._observed.records, list(self._occupants.values()), now)
        waiting = [len(self._waiting[each]) for each in LANES]
        ahead_in_lane = self._waiting[lane].index(index)
        place = Standing(lane.rank, ahead_in_lane, waiting, self._streaks, self._clinic.lanes.ratios)
        ahead, estimate = expected_call(outlook, place, self._registered_at(index))
        if at_registration:
            self._told[index] = _told(now, estimate)
        return Prediction(
            at=now,
            moments=frozenset(self._moments(ahead, at_registration=at_registration)),
            estimate=estimate,
            configured=now + ahead * self._clinic.mean_service,
            per_room=now + ahead * self._clinic.mean_service / max(self._clinic.rooms, 1),
            fixed=max(self._opens_at + (index + 1) * _FIXED_TURN, now),
            last_wait=max(self._registered_at(index) + self._last_wait[lane], now),
            last_services=now + ahead * self._usual_service() / max(self._clinic.rooms, 1),
            called_at=self._opens_at + timedelta(seconds=self._patients[index].called),
        )

    def _moments(self, ahead: int, *, at_registration: bool) -> Iterator[Moment]:
        if at_registration:
            yield Moment.REGISTRATION
        if len(self._occupants) < self._clinic.rooms:
            yield Moment.ROOM_FREE
        if not self._has_called:
            yield Moment.BEFORE_FIRST_CALL
        if ahead in _AHEAD:
            yield _AHEAD[ahead]

    def _usual_service(self) -> timedelta:
        seconds = [each.total_seconds() for each in self._last_services]
        return timedelta(seconds=median(seconds)) if seconds else self._clinic.mean_service

    def _registered_at(self, index: int) -> datetime:
        return self._opens_at + timedelta(seconds=self._patients[index].registered)


def _told(at: datetime, estimate: Estimate) -> ToldInterval:
    """As it is kept with a ticket: to the second."""
    call_at, earliest, latest = (each.replace(microsecond=0) for each in estimate[:3])
    return ToldInterval(at.replace(microsecond=0), earliest, call_at, latest, estimate.moment)


def _clock_time(second: float) -> str:
    hours, minutes = divmod(int(second) // 60 + _OPENS_AT_HOUR * 60, 60)
    return f"{hours:02d}:{minutes:02d}"
