"""Builds the tickets that replies show, with their estimates, from what the store has read."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from common.domain.catalog import Clinic, QueueMode
from common.domain.clinic_outlook import Expected, clinic_outlook, expected_call
from common.domain.clinic_records import ClinicRecords
from common.domain.lanes import ByLane, Lane, Standing
from common.domain.opening_hours import midnight
from common.domain.queue_advance import Occupant
from common.domain.ticket_codes import format_ticket_code
from common.domain.ticket_states import IN_ROOM, TicketStatus
from common.domain.tickets import display_number
from common.domain.told import ToldInterval
from common.domain.waiting_time import Estimate
from common.messages.patients import Ticket
from common.shown_absences import shown_to_patients
from common.storage.ticket_views import TicketView

_SHOWS_ROOM = IN_ROOM | {TicketStatus.SERVED}

_WEEK_DAYS = 7


class NewcomersWait(NamedTuple):
    """Until the call of somebody who would come now: in seconds, with the interval, and whether the day may
    end before."""

    seconds: int
    shortest_seconds: int
    longest_seconds: int
    day_may_end_first: bool


class PatientTickets:
    """A clinic's queue of one day as its patients see it at `now`; `occupants` are those in its rooms,
    `records` what was learned of the clinic."""

    def __init__(
        self,
        clinic: Clinic,
        occupants: Sequence[Occupant],
        records: ClinicRecords,
        now: datetime,
    ) -> None:
        self._clinic = clinic
        self._ratios = clinic.lanes.ratios
        self._zone = clinic.hospital.zone_at(now)
        self._now = now
        self._told_at = now.replace(microsecond=0)
        self._outlook = clinic_outlook(clinic, records, occupants, now)
        zone = clinic.hospital.time_zone
        self._days = _local_days(now.astimezone(zone).date(), zone)
        self._expiry: tuple[date, datetime | None] | None = None
        calls = (each.called_at for each in occupants)
        self._absences = shown_to_patients(clinic, calls, now)

    def ticket(self, view: TicketView) -> Ticket:
        """One of its tickets."""
        return self._ticket(view, self._expected(view))

    def ticket_and_told(self, view: TicketView) -> tuple[Ticket, ToldInterval | None]:
        """One of its tickets, and what it tells its patient of the call. None where it tells nothing, and
        where the clock moves the queue: what is told there is no interval."""
        expected, told = self._expected(view), None
        if expected is not None and self._clinic.mode is QueueMode.DESK:
            call = expected.call
            earliest, latest = call.earliest_call_at, call.latest_call_at
            told = ToldInterval(self._told_at, earliest, call.call_at, latest, call.moment)
        return self._ticket(view, expected), told

    def _expected(self, view: TicketView) -> Expected | None:
        """What is expected of a ticket that waits."""
        if view.ahead_in_lane is None:
            return None
        place = Standing(view.lane.rank, view.ahead_in_lane, view.waiting, view.streaks, self._ratios)
        return expected_call(self._outlook, place, view.registered_at)

    def _ticket(self, view: TicketView, expected: Expected | None) -> Ticket:
        hospital, clinic, service_date = view.clinic_day
        local_time = self._local_time
        room = view.room if view.status in _SHOWS_ROOM else None
        ahead = wait = call_at = earliest = latest = may_end_first = None
        if expected is not None:
            ahead, estimate = expected
            wait = self._seconds_until(estimate.call_at)
            call_at = local_time(estimate.call_at)
            earliest = local_time(estimate.earliest_call_at)
            latest = local_time(estimate.latest_call_at)
            may_end_first = self._day_may_end_first(estimate, service_date)
        return Ticket(
            ticket_code=format_ticket_code(view.ticket_code),
            number=view.number,
            display_number=display_number(clinic, view.number),
            hospital=hospital,
            hospital_name=self._clinic.hospital.name,
            clinic=clinic,
            clinic_name=self._clinic.name,
            service_date=service_date,
            status=view.status,
            lane=view.lane,
            people_ahead=ahead,
            now_serving=None if view.now_serving is None else display_number(clinic, view.now_serving),
            estimated_wait_seconds=wait,
            estimated_call_at=call_at,
            earliest_call_at=earliest,
            latest_call_at=latest,
            day_may_end_first=may_end_first,
            registered_at=local_time(view.registered_at),
            called_at=None if view.called_at is None else local_time(view.called_at),
            recalled_at=self._recalled_at(view),
            room=room,
            room_name=None if room is None else self._clinic.room_name(room),
            transferred_to=None if view.transferred_to is None else format_ticket_code(view.transferred_to),
            zone=self._zone,
            cancelled_by=view.cancelled_by,
            cancel_reason=view.cancel_reason,
            absences=self._absences if ahead is not None else None,
        )

    def _recalled_at(self, view: TicketView) -> datetime | None:
        """When a called ticket was called once more; what an earlier call has left does not count."""
        called_at, recalled_at = view.called_at, view.recalled_at
        if recalled_at is None or called_at is None or view.status is not TicketStatus.CALLED:
            return None
        return self._local_time(recalled_at) if recalled_at >= called_at else None

    def newcomer(self, waiting: Sequence[int], streaks: ByLane) -> NewcomersWait:
        """The wait of somebody who would come now to the regular lane, where so many wait in each lane."""
        place = Standing(Lane.REGULAR.rank, waiting[Lane.REGULAR.rank], waiting, streaks, self._ratios)
        call = expected_call(self._outlook, place).call
        return NewcomersWait(
            self._seconds_until(call.call_at),
            self._seconds_until(call.earliest_call_at),
            self._seconds_until(call.latest_call_at),
            self._day_may_end_first(call, self._clinic.service_date(self._now)),
        )

    def _day_may_end_first(self, estimate: Estimate, service_date: date) -> bool:
        """Whether the end of the interval lies behind that of a service day which goes over to no other."""
        if self._expiry is None or self._expiry[0] != service_date:
            self._expiry = (service_date, self._clinic.expires_at(service_date))
        expires_at = self._expiry[1]
        return expires_at is not None and estimate.latest_call_at >= expires_at

    def _seconds_until(self, moment: datetime) -> int:
        return max(round((moment - self._now).total_seconds()), 0)

    def _local_time(self, moment: datetime) -> datetime:
        """`Hospital.local_time`, in a third of the time for moments of today and the next days."""
        days = self._days
        passed = moment - days.begin_at
        if 0 <= passed.days < days.whole:
            return days.midnight + timedelta(passed.days, passed.seconds)
        return self._clinic.hospital.local_time(moment)


class _Remembered(NamedTuple):
    """A queue as patients saw it in a second (since 1970), and what it was made of."""

    second: int
    clinic: Clinic
    occupants: Sequence[Occupant]
    records: ClinicRecords
    queue: PatientTickets


_QUEUES_MAX = 512
_queues: dict[tuple[str, str], _Remembered] = {}


def patient_tickets(
    clinic: Clinic, occupants: Sequence[Occupant], records: ClinicRecords, now: datetime
) -> PatientTickets:
    """A clinic's queue as `PatientTickets` has it.

    It is remembered for the second in which it was made, as long as nothing changes: patients read no finer,
    and in the morning a clinic is asked for a hundred times a second.
    """
    second, there = int(now.timestamp()), tuple(occupants)
    known = _queues.get(clinic.key)
    if known is not None and known[0] == second and known[1] is clinic and known[2:4] == (there, records):
        return known.queue
    queue = PatientTickets(clinic, there, records, now)
    if len(_queues) >= _QUEUES_MAX:
        _queues.clear()
    _queues[clinic.key] = _Remembered(second, clinic, there, records, queue)
    return queue


class _LocalDays(NamedTuple):
    """So many `whole` days of 24 hours: when the first begins, in UTC and on the clock of the hospital."""

    begin_at: datetime
    midnight: datetime
    whole: int


@lru_cache(maxsize=100)
def _local_days(first: date, zone: tzinfo) -> _LocalDays:
    """The days until the clocks change next, a week at most; none where they do on the first."""
    begin_at = midnight(first, zone)
    week = (timedelta(days) for days in range(1, _WEEK_DAYS + 1))
    same = takewhile(lambda passed: midnight(first + passed, zone) - begin_at == passed, week)
    return _LocalDays(begin_at, begin_at.astimezone(zone), len([*same]))
