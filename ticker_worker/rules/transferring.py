"""How the staff send a patient to another clinic of the hospital."""

from datetime import datetime
from typing import NamedTuple

from common.domain.admission import Admission, AdmissionRefused, NewTicket, check_admission
from common.domain.catalog import Clinic
from common.domain.queue import Queue
from common.domain.refusals import DestinationUnknown, NotPermitted, NotPermittedReason
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import Action
from ticker_worker.rules.action_results import ActionResult, holds_another, require_ticket
from ticker_worker.rules.day_end import HeldPlace


class Destination(NamedTuple):
    """Where a patient is sent: another clinic and its queue of today, and who holds a ticket of it with the
    patient's medical record number."""

    clinic: Clinic
    queue: Queue
    holder: HeldPlace | None


def transfer(
    queue: Queue, ticket: TicketRecord | None, to: Destination | None, new_code: str, now: datetime
) -> ActionResult:
    """The patient goes to another clinic and keeps the place by time of arrival; its queue gives out a new
    ticket with this code. Raises DestinationUnknown where `to` is None, and AdmissionRefused."""
    ticket = require_ticket(ticket)
    queue.check(Action.TRANSFER, ticket)
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
    left, transferred = queue.transfer(ticket, now, new_code)
    reason = to.clinic.lane_reason(
        ticket.priority_reason,
        ticket.date_of_birth,
        to.queue.key.service_date,
        is_confirmed=ticket.date_of_birth_confirmed,
    )
    lane = to.clinic.lanes.lane_for(reason)
    entered, registered = to.queue.admit(lane, now, now)
    new = NewTicket(
        new_code,
        entered.key,
        entered.last_number,
        lane,
        reason,
        ticket.medical_record_number,
        ticket.patient_name,
        ticket.date_of_birth,
        ticket.date_of_birth_confirmed,
        registered_at=now,
        arrived_at=ticket.arrived_at,
        waiting_since=now,
    )
    return ActionResult([left, entered], [transferred, registered], new_ticket=new)
