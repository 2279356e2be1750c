"""Builds the replies that show a queue's tickets, with their estimates, from what the store has read."""

from collections.abc import Sequence
from datetime import datetime

from common.domain.catalog import Clinic
from common.domain.queue_advance import Occupant
from common.domain.ticket_codes import format_ticket_code
from common.domain.tickets import TicketStatus, display_number
from common.domain.waiting_time import Estimate, Outlook, ServiceTime
from common.messages import Ticket
from common.storage.ticket_views import TicketView


class ShownQueue:
    """A clinic's queue of one day as its patients see it at `now`; `occupants` are those in its rooms."""

    def __init__(self, clinic: Clinic, occupants: Sequence[Occupant], now: datetime) -> None:
        self._clinic = clinic
        self._now = now
        service = ServiceTime(clinic.mean_service, clinic.service_spread)
        self._outlook = Outlook(clinic.rooms, occupants, service, now)

    def ticket(self, view: TicketView) -> Ticket:
        """One of its tickets."""
        estimate: Estimate | None = None
        if view.status is TicketStatus.WAITING and view.people_ahead is not None:
            estimate = self._outlook.estimate(view.people_ahead)
        hospital_code, clinic_code, service_date = view.clinic_day
        return Ticket(
            ticket_code=format_ticket_code(view.ticket_code),
            number=view.number,
            display_number=display_number(clinic_code, view.number),
            hospital=hospital_code,
            clinic=clinic_code,
            service_date=service_date,
            status=view.status,
            people_ahead=view.people_ahead,
            now_serving=None if view.now_serving is None else display_number(clinic_code, view.now_serving),
            estimated_wait_seconds=None if estimate is None else self._seconds_until(estimate.call_at),
            estimated_call_at=None if estimate is None else self._local(estimate.call_at),
            earliest_call_at=None if estimate is None else self._local(estimate.earliest_call_at),
            latest_call_at=None if estimate is None else self._local(estimate.latest_call_at),
            registered_at=self._local(view.registered_at),
            called_at=None if view.called_at is None else self._local(view.called_at),
        )

    def wait_seconds(self, people_ahead: int) -> int:
        """The time until the expected call of somebody with so many waiting people before them."""
        return self._seconds_until(self._outlook.estimate(people_ahead).call_at)

    def _seconds_until(self, moment: datetime) -> int:
        return round((moment - self._now).total_seconds())

    def _local(self, moment: datetime) -> datetime:
        return local_time(self._clinic, moment)


def local_time(clinic: Clinic, moment: datetime) -> datetime:
    """The moment on the hospital's clock, to the second."""
    return moment.replace(microsecond=0).astimezone(clinic.hospital.time_zone)
