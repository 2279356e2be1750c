"""What the staff do with those who wait, or are to wait again."""

from collections.abc import Sequence
from datetime import datetime

from common.domain.admission import Admission, check_admission
from common.domain.cancellations import Cancellation, CancelledBy, CancelReason
from common.domain.catalog import Clinic
from common.domain.changes import Change
from common.domain.lanes import Lane
from common.domain.places import PlacedTicket, at_the_front, behind
from common.domain.queue import Ending, Queue
from common.domain.refusals import NotPermitted, NotPermittedReason, no_lane
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import Action, TicketStatus
from common.domain.tickets import PriorityReason, StaffChoice, display_number
from ticker_worker.rules.action_results import (
    ActionResult,
    decided,
    ended,
    ended_call,
    holds_another,
    require_ticket,
    undoable,
)
from ticker_worker.rules.day_end import HeldPlace


def reinstate(
    queue: Queue,
    ticket: TicketRecord | None,
    holder: HeldPlace | None,
    first: Sequence[PlacedTicket],
    now: datetime,
) -> ActionResult:
    """A no-show has come after all and waits again, behind those who are `first` in the lane."""
    ticket = require_ticket(ticket)
    queue.check(Action.REINSTATE, ticket)
    if queue.ending is Ending.EXPIRY:
        shown = display_number(queue.key.clinic, ticket.number)
        detail = f"The service day of {shown} is over; register the patient again."
        raise NotPermitted(NotPermittedReason.DAY_OVER, detail)
    if check_admission(queue, ticket, holder) is not Admission.ADMITTED:
        raise holds_another(queue, holder)
    return _put_behind(queue.reinstate(ticket, now, len(first)), ticket, first)


def skip(
    queue: Queue, ticket: TicketRecord | None, following: Sequence[PlacedTicket], now: datetime
) -> ActionResult:
    """Who is late waits on behind those who are `following`: the next ones of the lane, or its first where
    the ticket was called; then the room is free."""
    ticket = require_ticket(ticket)
    queue.check(Action.SKIP, ticket)
    step = undoable(queue, ticket, queue.skip(ticket, now, len(following)))
    if ticket.status is not TicketStatus.WAITING:
        return _put_behind(step, ticket, following)._replace(calls=[(0, ended_call(ticket, now, came=False))])
    if not following:
        shown = display_number(queue.key.clinic, ticket.number)
        raise NotPermitted(NotPermittedReason.ALREADY_SO, f"Nobody waits behind {shown} in its lane.")
    moved = behind(PlacedTicket(ticket.number, ticket.place), following)
    return decided(step)._replace(moved=[(queue.key, moved)])


def park(queue: Queue, ticket: TicketRecord | None, now: datetime) -> ActionResult:
    """The called patient is not ready yet; the room is free."""
    ticket = require_ticket(ticket)
    return ended(undoable(queue, ticket, queue.park(ticket, now)), ticket, now, came=False)


def unpark(
    queue: Queue, ticket: TicketRecord | None, first: Sequence[PlacedTicket], now: datetime
) -> ActionResult:
    """A parked ticket's patient is ready, and waits before who is `first` in the lane."""
    ticket = require_ticket(ticket)
    step = queue.unpark(ticket, now)
    place = at_the_front(ticket.place, next(iter(first), None), step[1].sequence)
    return decided(step)._replace(moved=[(queue.key, [PlacedTicket(ticket.number, place)])])


def _put_behind(
    step: tuple[Queue, Change], ticket: TicketRecord, first: Sequence[PlacedTicket]
) -> ActionResult:
    """A ticket that did not wait does so now, behind the first of the lane. One of the day before goes over
    to the next: its number there makes its place the one behind the last of them."""
    queue, change = step
    if queue.ending is Ending.HANDOVER:
        own = ticket.place._replace(at=first[-1].place.at) if first else ticket.place
        return decided(step)._replace(moved=[(queue.key, [PlacedTicket(ticket.number, own)])])
    front = at_the_front(ticket.place, next(iter(first), None), change.sequence)
    return decided(step)._replace(moved=[(queue.key, behind(PlacedTicket(ticket.number, front), first))])


def set_priority(
    clinic: Clinic, queue: Queue, ticket: TicketRecord | None, priority: PriorityReason | None, now: datetime
) -> ActionResult:
    """A waiting ticket goes to the lane to which this reason leads, or (None) back to the regular lane."""
    ticket = require_ticket(ticket)
    queue.check(Action.PRIORITISE, ticket)
    lane = Lane.REGULAR if priority is None else clinic.lanes.lane_of(priority)
    if lane is None:
        raise no_lane(clinic.name)
    before = None if ticket.lane is Lane.REGULAR else ticket.priority_reason
    if (ticket.lane, before) == (lane, priority):
        shown = display_number(queue.key.clinic, ticket.number)
        raise NotPermitted(NotPermittedReason.ALREADY_SO, f"{shown} is in this lane.")
    return decided(queue.set_priority(ticket, lane, priority or StaffChoice.REGULAR, now))


def cancel(queue: Queue, ticket: TicketRecord | None, reason: CancelReason, now: datetime) -> ActionResult:
    """The ticket, waiting or called, is given up; if it was called, the room is free."""
    ticket, cancellation = require_ticket(ticket), Cancellation(CancelledBy.STAFF, reason.value)
    return decided(undoable(queue, ticket, queue.cancel(ticket, now, cancellation)))
