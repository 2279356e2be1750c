"""Builds the replies that show a queue's tickets, with their estimates, from what the store has read."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from common.domain.catalog import Clinic
from common.domain.clinic_outlook import clinic_outlook, expected_call
from common.domain.lanes import Lane
from common.domain.queue_advance import Occupant
from common.domain.service_times import PartRecord
from common.domain.ticket_codes import format_ticket_code
from common.domain.tickets import display_number
from common.domain.waiting_time import Estimate
from common.messages import Ticket
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
        self._now = now
        self._outlook = clinic_outlook(clinic, records, occupants, now)

    def ticket(self, view: TicketView) -> Ticket:
        """One of its tickets."""
        ahead: int | None = None
        estimate: Estimate | None = None
        if view.ahead_in_lane is not None:
            ahead, estimate = expected_call(
                self._outlook,
                view.lane,
                view.ahead_in_lane,
                view.waiting_in_other_lane,
                view.priority_streak,
                self._clinic.priority_ratio,
            )
        hospital_code, clinic_code, service_date = view.clinic_day
        return Ticket(
            ticket_code=format_ticket_code(view.ticket_code),
            number=view.number,
            display_number=display_number(clinic_code, view.number),
            hospital=hospital_code,
            clinic=clinic_code,
            service_date=service_date,
            status=view.status,
            lane=view.lane,
            people_ahead=ahead,
            now_serving=None if view.now_serving is None else display_number(clinic_code, view.now_serving),
            estimated_wait_seconds=None if estimate is None else self._seconds_until(estimate.call_at),
            estimated_call_at=None if estimate is None else self._local(estimate.call_at),
            earliest_call_at=None if estimate is None else self._local(estimate.earliest_call_at),
            latest_call_at=None if estimate is None else self._local(estimate.latest_call_at),
            registered_at=self._local(view.registered_at),
            called_at=None if view.called_at is None else self._local(view.called_at),
            transferred_to=None if view.transferred_to is None else format_ticket_code(view.transferred_to),
        )

    def wait_seconds(self, regular: int, priority: int, streak: int) -> int:
        """The time until the expected call of somebody who would come now to the regular lane, where so many
        wait in each lane."""
        ratio = self._clinic.priority_ratio
        expected = expected_call(self._outlook, Lane.REGULAR, regular, priority, streak, ratio)
        return self._seconds_until(expected.call.call_at)

    def _seconds_until(self, moment: datetime) -> int:
        return round((moment - self._now).total_seconds())

    def _local(self, moment: datetime) -> datetime:
        return local_time(self._clinic, moment)


def local_time(clinic: Clinic, moment: datetime) -> datetime:
    """The moment on the hospital's clock, to the second."""
    return moment.replace(microsecond=0).astimezone(clinic.hospital.time_zone)
