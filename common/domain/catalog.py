"""Hospitals and their clinics (*poliklinik*), as the catalog describes them."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from common.domain.absences import Absence, AbsenceReason
from common.domain.clinic_day import ClinicDay
from common.domain.clinic_lanes import TWO_LANES, ClinicLanes
from common.domain.opening_hours import OpeningHours, Session
from common.domain.partial_dates import PartialDate
from common.domain.record_numbers import RecordNumberFormat
from common.domain.tickets import LaneReason, PriorityReason, is_of_age
from common.domain.time_zones import zone_word
from common.domain.visits import ReturnPlace

CODE_PATTERN = r"^[A-Z0-9]{2,10}$"
"""Hospital and clinic codes; such a code is safe as a word of a routing key."""


class QueueMode(StrEnum):
    """Who moves a clinic's queue: the clock, or its staff at the desk."""

    CLOCK = "clock"
    DESK = "desk"


class ClinicState(StrEnum):
    """Whether a clinic follows its opening hours or was forced open or closed by its staff."""

    SCHEDULE = "schedule"
    OPEN = "open"
    CLOSED = "closed"


class Identity(StrEnum):
    """Who may register at a hospital by himself: everybody, or only whom its registry knows."""

    OPEN = "open"
    REGISTRY = "registry"


@dataclass(frozen=True, slots=True)
class Hospital:
    """A hospital; its clocks show the time of its zone.

    One medical record number can be registered at most `registrations_max` times for one clinic and service
    day, tickets that were cancelled among them. After `mismatches_max` registrations of one number and day
    that do not match what is known of it, nobody learns any more whether one does. What staff register is
    bound by neither. Where there is a `record_number_format`, each number is kept as that has it.
    """

    code: str
    name: str
    city: str
    time_zone: ZoneInfo
    identity: Identity = Identity.OPEN
    registrations_max: int = 3
    mismatches_max: int = 5
    record_number_format: RecordNumberFormat | None = None

    def record_number(self, number: str) -> str | None:
        """A medical record number as the hospital writes it; None where its format has no such number."""
        return number if self.record_number_format is None else self.record_number_format.normal(number)

    def local_time(self, moment: datetime) -> datetime:
        """The moment on the hospital's clock, to the second."""
        return moment.replace(microsecond=0).astimezone(self.time_zone)

    def zone_at(self, moment: datetime) -> str:
        """What stands behind a moment on the hospital's clock: WIB, WITA, WIT or an offset."""
        return zone_word(moment.astimezone(self.time_zone), self.time_zone.key)


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic. `rooms` patients are served at once, each for `mean_service` (± `service_spread`, the
    standard deviation), by this arrangement since `serving_since`; at most `daily_quota` tickets that are
    not cancelled are given out for one service day.

    `room_names` are what its rooms are called, the first that of room 1; where one is empty or missing, the
    room has only its number. There may be names of rooms that do not serve now.

    `returns_to` is where patients wait who come back from a station of their visit.

    From `priority_age` on (None: at no age) patients wait in the one of its `lanes` to which age leads. Who
    is late is put behind the next `skip_places` who wait. What the staff forced ends at `forced_until`; then
    the clinic follows its opening hours again. These also tell when its service days end.

    `absences` are who its staff said is away, also where that is over (`absences_at`)."""

    hospital: Hospital
    code: str
    name: str
    opening_hours: OpeningHours
    rooms: int
    daily_quota: int
    mean_service: timedelta
    service_spread: timedelta
    serving_since: datetime
    mode: QueueMode = QueueMode.CLOCK
    state: ClinicState = ClinicState.SCHEDULE
    forced_until: datetime | None = None
    forced_reason: str | None = None
    priority_age: int | None = 60
    skip_places: int = 3
    lanes: ClinicLanes = TWO_LANES
    retired: bool = False
    room_names: tuple[str, ...] = ()
    returns_to: ReturnPlace = ReturnPlace.FRONT
    absences: tuple[Absence, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Hospital code and clinic code: what names a clinic everywhere."""
        return (self.hospital.code, self.code)

    def room_name(self, room: int) -> str | None:
        """What the room with this number is called; None where it has only its number."""
        return (self.room_names[room - 1] or None) if 0 < room <= len(self.room_names) else None

    def service_date(self, moment: datetime) -> date:
        """The service day that `moment` belongs to: the hospital's time zone and the clinic decide."""
        return self.opening_hours.service_date(moment, self.hospital.time_zone)

    def clinic_day(self, moment: datetime) -> ClinicDay:
        """The clinic on the service day that `moment` belongs to: what names its queue then."""
        return ClinicDay(self.hospital.code, self.code, self.service_date(moment))

    def day_start(self, service_date: date) -> datetime:
        """The moment at which a service day begins."""
        return self.opening_hours.day_start(service_date, self.hospital.time_zone)

    def day_end(self, service_date: date) -> datetime:
        """The moment at which a service day ends, and the next one begins."""
        return self.opening_hours.day_end(service_date, self.hospital.time_zone)

    def expires_at(self, service_date: date) -> datetime | None:
        """When waiting tickets expire: at the end of the service day; None where the clinic is open then and
        hands them over to the next day."""
        day_end = self.day_end(service_date)
        state = self.state_at(day_end)
        goes_on = state is ClinicState.OPEN
        if state is ClinicState.SCHEDULE:
            goes_on = self.opening_hours.opens_with_day(service_date + timedelta(days=1))
        return None if goes_on and not self.retired else day_end

    def is_open(self, moment: datetime) -> bool:
        """Whether patients can register at `moment`."""
        if self.retired:
            return False
        state = self.state_at(moment)
        if state is ClinicState.SCHEDULE:
            return self.session_at(moment) is not None
        return state is ClinicState.OPEN

    def state_at(self, moment: datetime) -> ClinicState:
        """What the staff have forced, as long as it lasts."""
        return ClinicState.SCHEDULE if self._is_over(moment) else self.state

    def closed_reason(self, moment: datetime) -> str | None:
        """Why the staff have closed the clinic, as they wrote it; None where they have not."""
        return self.forced_reason if self.state_at(moment) is ClinicState.CLOSED else None

    def as_of(self, moment: datetime) -> "Clinic":
        """The clinic without what its staff forced, and who they said is away, where that is over by then."""
        lasting = tuple(each for each in self.absences if self._lasts(each, moment))
        clinic = self if lasting == self.absences else replace(self, absences=lasting)
        if not clinic._is_over(moment):
            return clinic
        return replace(clinic, state=ClinicState.SCHEDULE, forced_until=None, forced_reason=None)

    def absences_at(self, moment: datetime) -> tuple[Absence, ...]:
        """Who is away at `moment`; where no room serves, the whole clinic. The clock waits for nobody."""
        if self.mode is QueueMode.CLOCK or (self.rooms and not self.absences):
            return ()
        away = tuple(each for each in self.absences if self._lasts(each, moment) and self._is_here(each.room))
        if self.rooms or away:
            return away
        return (Absence(None, None, AbsenceReason.OTHER, self.serving_since),)

    def pause_at(self, moment: datetime) -> Absence | None:
        """The pause between two sessions in which `moment` lies; None where staff have opened the clinic."""
        if self.mode is QueueMode.CLOCK or self.state_at(moment) is ClinicState.OPEN:
            return None
        day = self.service_date(moment)
        if not self.opening_hours.pauses_on(day):
            return None
        for before, after in pairwise(self.sessions_on(day)):
            if before.closes_at <= moment < after.opens_at:
                return Absence(None, after.opens_at, AbsenceReason.BREAK, before.closes_at)
        return None

    def _is_here(self, room: int | None) -> bool:
        return room is None or room <= self.rooms

    def _lasts(self, absence: Absence, moment: datetime) -> bool:
        """Whether it is not over: by its time, or at the end of the service day in which it began."""
        ends_at = absence.until or self.day_end(self.service_date(absence.since))
        return moment < ends_at

    def _is_over(self, moment: datetime) -> bool:
        return self.forced_until is not None and self.forced_until <= moment

    def age_priority(self, date_of_birth: PartialDate, on: date) -> PriorityReason | None:
        """Why somebody born on that day has priority, if it is for their age. A date of birth that neither
        the hospital's registry nor its staff have confirmed gives none."""
        if self.priority_age is None or not is_of_age(date_of_birth, self.priority_age, on):
            return None
        return None if self.lanes.lane_of(PriorityReason.AGE) is None else PriorityReason.AGE

    def lane_reason(
        self, before: LaneReason | None, date_of_birth: PartialDate, on: date, *, is_confirmed: bool
    ) -> LaneReason | None:
        """The lane reason of a patient who comes from another queue with the reason `before`: a decision of
        the staff stays, priority by a confirmed age is decided again by this clinic."""
        if before is PriorityReason.AGE or (before is None and is_confirmed):
            return self.age_priority(date_of_birth, on)
        return before

    def sessions_on(self, service_date: date) -> list[Session]:
        """The service day's sessions as moments, in order."""
        return self.opening_hours.sessions_on(service_date, self.hospital.time_zone)

    def session_at(self, moment: datetime) -> Session | None:
        """The session by schedule that holds `moment`."""
        sessions = self.sessions_on(self.service_date(moment))
        return next((s for s in sessions if s.opens_at <= moment < s.closes_at), None)

    def next_opening(self, after: datetime) -> datetime | None:
        """The first opening later than `after`; None where the next fortnight has none."""
        if self.retired:
            return None
        if self.state_at(after) is ClinicState.CLOSED and self.forced_until is not None:
            if self.session_at(self.forced_until) is not None:
                return self.forced_until
            after = self.forced_until
        return self.opening_hours.next_opening(after, self.hospital.time_zone)
