"""Builds the replies that show a queue's tickets, with their estimates, from what the store has read.

A ticket is composed as JSON, and sent as such: most of what workers do is to tell of tickets, and a model's
checks of what is our own would take longer than all the rest of it. `Ticket` stays its description: what is
composed here is, byte for byte, what that model would be encoded as.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from pydantic_core import to_json

from common.domain.catalog import Clinic
from common.domain.clinic_outlook import clinic_outlook, expected_call
from common.domain.lanes import Lane
from common.domain.opening_hours import midnight
from common.domain.queue_advance import Occupant
from common.domain.service_times import PartRecord
from common.domain.ticket_codes import format_ticket_code
from common.domain.tickets import display_number
from common.domain.waiting_time import Estimate
from common.messages.message import EncodedReply
from common.messages.patients import Ticket, Tickets
from common.storage.ticket_views import TicketView


class ShownQueue:
    """A clinic's queue of one day as its patients see it at `now`; `occupants` are those in its rooms,
    `records` what was learned of the clinic, by part of the day."""

    def __init__(
        self,
        clinic: Clinic,
        occupants: Sequence[Occupant],
        records: Mapping[int, PartRecord],
        now: datetime,
    ) -> None:
        self._clinic = clinic
        self._zone = clinic.hospital.zone_at(now)
        self._now = now
        self._outlook = clinic_outlook(clinic, records, occupants, now)
        zone = clinic.hospital.time_zone
        self._today = _local_day(now.astimezone(zone).date(), zone)
        self._expiry: tuple[date, datetime | None] | None = None

    def ticket(self, view: TicketView) -> Ticket:
        """One of its tickets."""
        return Ticket.model_validate_json(self.encoded(view))

    def encoded(self, view: TicketView) -> str:
        """One of its tickets as JSON: as `encode_reply` writes it."""
        # Codes and names of states need no escapes.
        hospital, clinic, service_date = view.clinic_day
        ahead = wait = call_at = earliest = latest = in_vain = serving = called_at = transferred_to = "null"
        if view.ahead_in_lane is not None:
            people_ahead, estimate = expected_call(
                self._outlook,
                view.lane,
                view.ahead_in_lane,
                view.waiting_in_other_lane,
                view.priority_streak,
                self._clinic.priority_ratio,
            )
            ahead, wait = str(people_ahead), str(self._seconds_until(estimate.call_at))
            call_at = self._local(estimate.call_at)
            earliest = self._local(estimate.earliest_call_at)
            latest = self._local(estimate.latest_call_at)
            in_vain = "true" if self._day_may_end_first(estimate, service_date) else "false"
        if view.now_serving is not None:
            serving = f'"{display_number(clinic, view.now_serving)}"'
        if view.called_at is not None:
            called_at = self._local(view.called_at)
        if view.transferred_to is not None:
            transferred_to = f'"{format_ticket_code(view.transferred_to)}"'
        return (
            f'{{"ticket_code":"{format_ticket_code(view.ticket_code)}","number":{view.number},'
            f'"display_number":"{display_number(clinic, view.number)}","hospital":"{hospital}",'
            f'"clinic":"{clinic}","service_date":"{service_date}","status":"{view.status}","lane":"{view.lane}",'
            f'"people_ahead":{ahead},"now_serving":{serving},"estimated_wait_seconds":{wait},'
            f'"estimated_call_at":{call_at},"earliest_call_at":{earliest},"latest_call_at":{latest},'
            f'"day_may_end_first":{in_vain},'
            f'"registered_at":{self._local(view.registered_at)},"called_at":{called_at},'
            f'"transferred_to":{transferred_to},"zone":"{self._zone}"}}'
        )

    def newcomer(self, regular: int, priority: int, streak: int) -> tuple[int, bool]:
        """The time in seconds until the expected call of somebody who would come now to the regular lane,
        where so many wait in each lane; and whether the day may end before."""
        ratio = self._clinic.priority_ratio
        expected = expected_call(self._outlook, Lane.REGULAR, regular, priority, streak, ratio)
        today = self._clinic.service_date(self._now)
        return self._seconds_until(expected.call.call_at), self._day_may_end_first(expected.call, today)

    def _day_may_end_first(self, estimate: Estimate, service_date: date) -> bool:
        """Whether the end of the interval lies behind that of a service day which goes over to no other."""
        if self._expiry is None or self._expiry[0] != service_date:
            self._expiry = (service_date, self._clinic.expires_at(service_date))
        expires_at = self._expiry[1]
        return expires_at is not None and estimate.latest_call_at >= expires_at

    def _seconds_until(self, moment: datetime) -> int:
        return round((moment - self._now).total_seconds())

    def _local(self, moment: datetime) -> str:
        """`Hospital.local_time` as JSON."""
        today = self._today
        if today is not None:
            passed = moment - today.begins_at
            if not passed.days:
                minute, second = divmod(passed.seconds, 60)
                return f"{today.date}{_MINUTES[minute]}{_SECONDS[second]}{today.offset}"
        return to_json(self._clinic.hospital.local_time(moment)).decode()


def encoded_ticket(ticket: str) -> EncodedReply:
    """The reply that is one such ticket."""
    return EncodedReply(Ticket.name, ticket.encode())


def encoded_tickets(tickets: Iterable[str], not_found: Iterable[str]) -> EncodedReply:
    """The reply with these tickets, and with the canonical codes that are nobody's."""
    missing = ",".join([f'"{format_ticket_code(code)}"' for code in not_found])
    return EncodedReply(Tickets.name, f'{{"tickets":[{",".join(tickets)}],"not_found":[{missing}]}}'.encode())


class _LocalDay(NamedTuple):
    """A day of 24 hours with one offset: what its moments have in common when they are written as JSON."""

    begins_at: datetime
    date: str
    offset: str


_DAY = timedelta(days=1)
_MINUTES = [f"{hour:02d}:{minute:02d}" for hour in range(24) for minute in range(60)]
_SECONDS = [f":{second:02d}" for second in range(60)]


@lru_cache(maxsize=100)
def _local_day(day: date, zone: tzinfo) -> _LocalDay | None:
    """None where the clocks change on that day."""
    begins_at, ends_at = midnight(day, zone), midnight(day + _DAY, zone)
    if ends_at - begins_at != _DAY:
        return None
    date, _, offset = to_json(begins_at.astimezone(zone)).decode().partition("00:00:00")
    return _LocalDay(begins_at, date, offset)
