"""What the staff do with those who wait, or are to wait again."""

from datetime import datetime

from common.domain.admission import Admission, check_admission
from common.domain.cancellations import Cancellation, CancelledBy, CancelReason
from common.domain.lanes import Lane, lane_for
from common.domain.queue import Ending, Queue
from common.domain.refusals import NotPermitted, NotPermittedReason
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import Action
from common.domain.tickets import LaneReason, PriorityReason, StaffChoice, display_number
from ticker_worker.rules.action_results import (
    ActionResult,
    decided,
    holds_another,
    require_ticket,
    undoable,
)
from ticker_worker.rules.day_end import HeldPlace


def reinstate(
    queue: Queue, ticket: TicketRecord | None, holder: HeldPlace | None, now: datetime
) -> ActionResult:
    """A no-show has come after all and waits again, by the time of arrival."""
    ticket = require_ticket(ticket)
    queue.check(Action.REINSTATE, ticket)
    if queue.ending is Ending.EXPIRY:
        shown = display_number(queue.key.clinic, ticket.number)
        detail = f"The service day of {shown} is over; register the patient again."
        raise NotPermitted(NotPermittedReason.TICKET_STATUS, detail)
    if check_admission(queue, ticket, holder) is not Admission.ADMITTED:
        raise holds_another(queue, holder)
    return decided(queue.reinstate(ticket, now))


def set_priority(
    queue: Queue, ticket: TicketRecord | None, priority: PriorityReason | None, now: datetime
) -> ActionResult:
    """A waiting ticket goes to the priority lane for this reason, or (None) back to the regular lane."""
    ticket = require_ticket(ticket)
    queue.check(Action.PRIORITISE, ticket)
    before = ticket.priority_reason if ticket.lane is Lane.PRIORITY else None
    if before is priority:
        shown = display_number(queue.key.clinic, ticket.number)
        raise NotPermitted(NotPermittedReason.ALREADY_SO, f"{shown} is in this lane.")
    reason: LaneReason = priority or StaffChoice.REGULAR
    return decided(queue.set_priority(ticket, lane_for(reason), reason, now))


def cancel(queue: Queue, ticket: TicketRecord | None, reason: CancelReason, now: datetime) -> ActionResult:
    """The ticket, waiting or called, is given up; if it was called, the room is free."""
    ticket, cancellation = require_ticket(ticket), Cancellation(CancelledBy.STAFF, reason.value)
    return decided(undoable(queue, ticket, queue.cancel(ticket, now, cancellation)))
