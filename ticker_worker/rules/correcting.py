"""How the staff correct what is known of a ticket's patient, with all active tickets of the visit."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from common.domain.admission import is_birth_possible
from common.domain.catalog import Clinic
from common.domain.changes import Change
from common.domain.corrections import Correction
from common.domain.newborns import is_newborn_possible, mother_s_name
from common.domain.queue import Queue
from common.domain.refusals import DateOfBirthImpossible, NoNewborn, NotPermitted, NotPermittedReason
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import Action, TicketStatus
from common.domain.tickets import display_number
from ticker_worker.rules.action_results import ActionResult, holds_another, require_ticket
from ticker_worker.rules.day_end import HeldPlace


class OtherTicket(NamedTuple):
    """Another active ticket that the patient has in the same visit: in which queue of which clinic, and who
    holds a ticket of that queue as the patient whose it is to be."""

    clinic: Clinic
    queue: Queue
    ticket: TicketRecord
    holder: HeldPlace | None


def correct(
    clinic: Clinic,
    queue: Queue,
    ticket: TicketRecord | None,
    given: Correction,
    holder: HeldPlace | None,
    others: Sequence[OtherTicket],
    now: datetime,
) -> ActionResult:
    """The ticket's patient has the data that are `given`, also in the `others` of the visit. While one waits,
    priority by age is decided again.

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
    if not _what_is_new(ticket, given).members:
        shown = display_number(queue.key.clinic, ticket.number)
        raise NotPermitted(NotPermittedReason.ALREADY_SO, f"{shown} has these data.")
    queues, changes = [], list[Change]()
    for each in (OtherTicket(clinic, queue, ticket, holder), *others):
        corrected, of_ticket = _corrected(each, _what_is_new(each.ticket, given), now)
        queues.append(corrected)
        changes += of_ticket
    return ActionResult(queues, changes)


def _corrected(each: OtherTicket, correction: Correction, now: datetime) -> tuple[Queue, list[Change]]:
    """The queue with one corrected ticket, and what happened to it: nothing where it has these data."""
    clinic, queue, ticket, holder = each
    if holder is not None and holder.number != ticket.number:
        raise holds_another(queue, holder)
    if not correction.members:
        return queue, []
    queue, change = queue.correct(ticket, now, correction)
    changes = [change]
    if correction.date_of_birth is not None and ticket.status is TicketStatus.WAITING:
        before, born = ticket.priority_reason, correction.date_of_birth
        reason = clinic.lane_reason(before, born, queue.key.service_date, is_confirmed=True)
        if reason is not before:
            queue, change = queue.set_priority(ticket, clinic.lanes.lane_for(reason), reason, now)
            changes.append(change)
    return queue, changes


def _what_is_new(ticket: TicketRecord, given: Correction) -> Correction:
    """What of the data that are given the ticket does not have, or has unconfirmed."""
    new = {name: None if value == getattr(ticket, name) else value for name, value in given._asdict().items()}
    if not ticket.date_of_birth_confirmed:
        new["date_of_birth"] = given.date_of_birth
    return Correction(**new)
