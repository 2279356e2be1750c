"""Builds the reply that shows a ticket, with its estimate, from what the store has read."""

from collections.abc import Sequence
from datetime import datetime

from common.domain.catalog import Clinic
from common.domain.queue_advance import Occupant
from common.domain.ticket_codes import format_ticket_code
from common.domain.tickets import TicketStatus, display_number
from common.domain.waiting_time import Estimate, ServiceTime, estimate_call
from common.messages import Ticket
from common.storage.ticket_views import TicketView


def ticket_reply(view: TicketView, clinic: Clinic, occupants: Sequence[Occupant], now: datetime) -> Ticket:
    """The ticket as its patient sees it at `now`; `occupants` are those in the rooms of its queue."""

    def local(moment: datetime | None) -> datetime | None:
        return None if moment is None else local_time(clinic, moment)

    estimate: Estimate | None = None
    if view.status is TicketStatus.WAITING and view.people_ahead is not None:
        estimate = estimate_for(clinic, view.people_ahead, occupants, now)
    expected, earliest, latest = (
        (None, None, None)
        if estimate is None
        else (estimate.call_at, estimate.earliest_call_at, estimate.latest_call_at)
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
        people_ahead=view.people_ahead,
        now_serving=None if view.now_serving is None else display_number(clinic_code, view.now_serving),
        estimated_wait_seconds=None if estimate is None else wait_seconds(estimate, now),
        estimated_call_at=local(expected),
        earliest_call_at=local(earliest),
        latest_call_at=local(latest),
        registered_at=local_time(clinic, view.registered_at),
        called_at=local(view.called_at),
    )


def estimate_for(clinic: Clinic, people_ahead: int, occupants: Sequence[Occupant], now: datetime) -> Estimate:
    """When somebody with `people_ahead` in this clinic's queue will be called."""
    service = ServiceTime(clinic.mean_service, clinic.service_spread)
    return estimate_call(people_ahead, clinic.rooms, occupants, service, now)


def wait_seconds(estimate: Estimate, now: datetime) -> int:
    """From now until the expected call."""
    return round((estimate.call_at - now).total_seconds())


def local_time(clinic: Clinic, moment: datetime) -> datetime:
    """The moment on the hospital's clock, to the second."""
    return moment.astimezone(clinic.hospital.time_zone).replace(microsecond=0)
