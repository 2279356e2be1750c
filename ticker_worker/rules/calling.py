"""How the staff call patients into rooms, and what becomes of whom they have called."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from common.domain.catalog import Clinic
from common.domain.changes import Change, TicketBefore
from common.domain.elsewhere import Elsewhere
from common.domain.lanes import LANES, next_turn
from common.domain.queue import Queue
from common.domain.queue_advance import Waiter
from common.domain.refusals import NotPermitted, NotPermittedReason, PatientElsewhere
from common.domain.service_times import EndedCall
from common.domain.staff_habits import Call
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import Action, TicketStatus
from common.domain.tickets import CallReason, display_number
from ticker_worker.rules.action_results import (
    ActionResult,
    call_made,
    decided,
    ended,
    ended_call,
    holds_another,
    require_desk_mode,
    require_room,
    require_ticket,
    undoable,
)
from ticker_worker.rules.day_end import HeldPlace


class InRoom(NamedTuple):
    """A ticket in a room, and its queue, which may be that of the day before."""

    queue: Queue
    ticket: TicketRecord


class Caller(NamedTuple):
    """Who calls: the room, who is in it, and of those who could be called, who is elsewhere, by number. They
    are called `anyhow`, or not."""

    room: int
    in_room: Sequence[InRoom]
    elsewhere: Mapping[int, Elsewhere]
    anyhow: bool


def call_next(
    clinic: Clinic, queue: Queue, first: Sequence[Waiter], caller: Caller, now: datetime
) -> ActionResult:
    """Completes who is in the room, and calls whose turn it is; `first` are the first of each lane. Raises
    PatientElsewhere."""
    _check_room(clinic, caller)
    following = _next_waiter(queue, clinic, first)
    if not caller.in_room and following is None:
        raise NotPermitted(NotPermittedReason.NOBODY_WAITING, "Nobody is waiting.")
    if following is None:
        return _completed(queue, caller, now)
    _check_elsewhere(queue, following.number, caller)
    completed = _completed(queue, caller, now)
    queues = {each.key: each for each in completed.queues}
    before = TicketBefore(TicketStatus.WAITING, streaks=queue.streaks)
    queues[queue.key], change = queues[queue.key].call(following, caller.room, now, clinic.lanes.ratios)
    changes = [*completed.changes, change._replace(before=before)]
    made = call_made(queues[queue.key], caller.room, following.waiting_since, now)
    return completed._replace(
        queues=[*queues.values()], changes=changes, calls=[*completed.calls, (len(changes) - 1, made)]
    )


def call_ticket(
    clinic: Clinic,
    queue: Queue,
    ticket: TicketRecord | None,
    holder: HeldPlace | None,
    caller: Caller,
    reason: CallReason,
    now: datetime,
) -> ActionResult:
    """Completes who is in the room, and calls this ticket out of turn; `holder` holds a ticket with its
    medical record number. Raises PatientElsewhere."""
    _check_room(clinic, caller)
    ticket = require_ticket(ticket)
    queue.check(Action.CALL_OUT_OF_TURN, ticket)
    if holder is not None and holder.number != ticket.number:
        raise holds_another(queue, holder)
    _check_elsewhere(queue, ticket.number, caller)
    completed = _completed(queue, caller, now)
    queues = {each.key: each for each in completed.queues}
    today = queues[queue.key]
    queues[queue.key], change = undoable(
        today, ticket, today.call_out_of_turn(ticket, caller.room, now, reason)
    )
    changes = [*completed.changes, change]
    made = call_made(queues[queue.key], caller.room, ticket.waiting_since, now)
    return completed._replace(
        queues=[*queues.values()], changes=changes, calls=[*completed.calls, (len(changes) - 1, made)]
    )


def _check_room(clinic: Clinic, caller: Caller) -> None:
    require_desk_mode(clinic)
    require_room(clinic, caller.room)


def _check_elsewhere(queue: Queue, number: int, caller: Caller) -> None:
    if not caller.anyhow and number in caller.elsewhere:
        raise PatientElsewhere(display_number(queue.key.clinic, number), caller.elsewhere[number])


def _completed(queue: Queue, caller: Caller, now: datetime) -> ActionResult:
    """The queue of today, and that of the day before where it is concerned, once nobody is in the room."""
    queues = {each.queue.key: each.queue for each in caller.in_room} | {queue.key: queue}
    changes: list[Change] = []
    calls: list[tuple[int, Call | EndedCall]] = []
    for key, ticket in ((each.queue.key, each.ticket) for each in caller.in_room):
        queues[key], change = undoable(queues[key], ticket, queues[key].complete(ticket, now))
        calls.append((len(changes), ended_call(ticket, now, came=True)))
        changes.append(change)
    return ActionResult([*queues.values()], changes, calls=calls)


def _next_waiter(queue: Queue, clinic: Clinic, first: Sequence[Waiter]) -> Waiter | None:
    of_lane = {waiter.lane: waiter for waiter in first}
    turn = next_turn([lane in of_lane for lane in LANES], queue.streaks, clinic.lanes.ratios)
    return None if turn is None else of_lane[LANES[turn]]


def recall(queue: Queue, ticket: TicketRecord | None, now: datetime) -> ActionResult:
    """Calls a called ticket once more."""
    return decided(queue.recall(require_ticket(ticket), now))


def start(clinic: Clinic, queue: Queue, ticket: TicketRecord | None, now: datetime) -> ActionResult:
    """The called patient has come; service begins."""
    require_desk_mode(clinic)
    ticket = require_ticket(ticket)
    return decided(undoable(queue, ticket, queue.start(ticket, now)))


def complete(clinic: Clinic, queue: Queue, ticket: TicketRecord | None, now: datetime) -> ActionResult:
    """The service is over; the room is free."""
    require_desk_mode(clinic)
    ticket = require_ticket(ticket)
    return ended(undoable(queue, ticket, queue.complete(ticket, now)), ticket, now, came=True)


def mark_no_show(queue: Queue, ticket: TicketRecord | None, now: datetime) -> ActionResult:
    """The called patient did not come; the room is free."""
    ticket = require_ticket(ticket)
    return ended(undoable(queue, ticket, queue.no_show(ticket, now)), ticket, now, came=False)
