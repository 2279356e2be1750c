"""How the staff send a patient to another clinic of the hospital, instead of this one."""

from datetime import datetime
from typing import NamedTuple

from common.domain.admission import Admission, AdmissionRefused, NewTicket, check_admission
from common.domain.catalog import Clinic
from common.domain.changes import Change
from common.domain.queue import Queue
from common.domain.refusals import DestinationUnknown, NotPermitted, NotPermittedReason
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import Action
from common.domain.visits import Station
from ticker_worker.rules.action_results import ActionResult, holds_another, require_ticket
from ticker_worker.rules.day_end import HeldPlace


class Destination(NamedTuple):
    """Where a patient is sent: another clinic and its queue of today, and who holds a ticket of it with the
    patient's medical record number. `home` is the ticket with which the patient was sent from there, and to
    which the patient was to go back: who is sent there comes back."""

    clinic: Clinic
    queue: Queue
    holder: HeldPlace | None
    home: TicketRecord | None = None


def transfer(
    queue: Queue, ticket: TicketRecord | None, to: Destination | None, new_code: str, now: datetime
) -> ActionResult:
    """The patient goes to another clinic and keeps the place by time of arrival; its queue gives out a new
    ticket with this code. Raises DestinationUnknown where `to` is None, and AdmissionRefused."""
    ticket = require_ticket(ticket)
    queue.check(Action.TRANSFER, ticket)
    to = check_destination(queue, ticket, to, now)
    left, transferred = queue.transfer(ticket, now, new_code)
    station = None if ticket.in_visit is None else ticket.in_visit.carried_on()
    if station is not None and to.home is not None:
        station = station._replace(return_to=to.home.return_to, is_return=True)
    entered, registered, new = enter(to.clinic, to.queue, ticket, new_code, station, ticket.arrived_at, now)
    return ActionResult([left, entered], [transferred, registered], new_tickets=[new])


def check_destination(
    queue: Queue, ticket: TicketRecord, to: Destination | None, now: datetime
) -> Destination:
    """The destination, if the patient is admitted there as at a registration. Raises DestinationUnknown where
    it is None, NotPermitted and AdmissionRefused."""
    if to is None:
        raise DestinationUnknown
    if to.queue.key.clinic == queue.key.clinic:
        raise NotPermitted(NotPermittedReason.SAME_CLINIC, "The ticket is in this clinic's queue.")
    is_open = to.clinic.is_open(now)
    verdict = check_admission(to.queue, ticket, to.holder, is_open=is_open, quota=to.clinic.daily_quota)
    if verdict in (Admission.ALREADY_HELD, Admission.HELD_BY_ANOTHER):
        raise holds_another(to.queue, to.holder)
    if verdict is not Admission.ADMITTED:
        raise AdmissionRefused(verdict, to.clinic)
    return to


def enter(
    clinic: Clinic,
    queue: Queue,
    ticket: TicketRecord,
    new_code: str,
    station: Station | None,
    arrived_at: datetime | None,
    now: datetime,
) -> tuple[Queue, Change, NewTicket]:
    """The ticket's patient gets another ticket, with this code, in the queue of `clinic`: at the place by
    `arrived_at`, or (None) behind all who wait. A decision of the staff on the lane stays."""
    reason = clinic.lane_reason(
        ticket.priority_reason,
        ticket.date_of_birth,
        queue.key.service_date,
        is_confirmed=ticket.date_of_birth_confirmed,
    )
    lane = clinic.lanes.lane_for(reason)
    entered, registered = queue.admit(lane, now, now)
    last = entered.last_arrival_at
    assert last is not None
    new = NewTicket(
        new_code,
        entered.key,
        entered.last_number,
        lane,
        reason,
        ticket.patient,
        ticket.patient_name,
        ticket.date_of_birth,
        ticket.date_of_birth_confirmed,
        registered_at=now,
        arrived_at=arrived_at or last,
        waiting_since=now if arrived_at else last,
        station=station,
    )
    return entered, registered, new
