"""How the staff correct what is known of a ticket's patient."""

from datetime import datetime

from common.domain.admission import is_birth_possible
from common.domain.catalog import Clinic
from common.domain.corrections import Correction
from common.domain.newborns import is_newborn_possible, mother_s_name
from common.domain.queue import Queue
from common.domain.refusals import DateOfBirthImpossible, NoNewborn, NotPermitted, NotPermittedReason
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import Action, TicketStatus
from common.domain.tickets import display_number
from ticker_worker.rules.action_results import ActionResult, holds_another, require_ticket
from ticker_worker.rules.day_end import HeldPlace


def correct(
    clinic: Clinic,
    queue: Queue,
    ticket: TicketRecord | None,
    given: Correction,
    holder: HeldPlace | None,
    now: datetime,
) -> ActionResult:
    """The ticket's patient has the data that are `given`. While it waits, priority by age is decided again.

    `holder` holds a ticket of the queue as the patient whose it is to be. Raises DateOfBirthImpossible and
    NoNewborn.
    """
    ticket = require_ticket(ticket)
    queue.check(Action.CORRECT, ticket)
    born, service_date = given.date_of_birth, queue.key.service_date
    if born is not None and not is_birth_possible(born, service_date):
        raise DateOfBirthImpossible
    if given.patient_of(ticket).birth_order:
        if not is_newborn_possible(born or ticket.date_of_birth, service_date):
            raise NoNewborn
        given = given._replace(patient_name=mother_s_name(given.patient_name or ticket.patient_name))
    if holder is not None and holder.number != ticket.number:
        raise holds_another(queue, holder)
    correction = _what_is_new(ticket, given)
    if not correction.members:
        shown = display_number(queue.key.clinic, ticket.number)
        raise NotPermitted(NotPermittedReason.ALREADY_SO, f"{shown} has these data.")
    queue, change = queue.correct(ticket, now, correction)
    changes = [change]
    if correction.date_of_birth is not None and ticket.status is TicketStatus.WAITING:
        before = ticket.priority_reason
        reason = clinic.lane_reason(before, correction.date_of_birth, service_date, is_confirmed=True)
        if reason is not before:
            queue, change = queue.set_priority(ticket, clinic.lanes.lane_for(reason), reason, now)
            changes.append(change)
    return ActionResult([queue], changes)


def _what_is_new(ticket: TicketRecord, given: Correction) -> Correction:
    """What of the data that are given the ticket does not have, or has unconfirmed."""
    new = {name: None if value == getattr(ticket, name) else value for name, value in given._asdict().items()}
    if not ticket.date_of_birth_confirmed:
        new["date_of_birth"] = given.date_of_birth
    return Correction(**new)
