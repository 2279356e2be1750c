"""How the staff call patients into rooms, and what becomes of whom they have called."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from common.domain.catalog import Clinic
from common.domain.changes import TicketBefore
from common.domain.lanes import Lane, next_lane
from common.domain.queue import Queue
from common.domain.queue_advance import Waiter
from common.domain.refusals import NotPermitted, NotPermittedReason
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import TicketStatus
from ticker_worker.rules.action_results import (
    ActionResult,
    decided,
    ended,
    ended_call,
    require_desk_mode,
    require_ticket,
    undoable,
)


class InRoom(NamedTuple):
    """A ticket in a room, and its queue, which may be that of the day before."""

    queue: Queue
    ticket: TicketRecord


def call_next(
    clinic: Clinic, queue: Queue, in_room: Sequence[InRoom], first: Sequence[Waiter], room: int, now: datetime
) -> ActionResult:
    """Completes who is in the room, and calls whose turn it is; `first` are the first of each lane."""
    require_desk_mode(clinic)
    if room > clinic.rooms:
        detail = f"{clinic.name} has {clinic.rooms} rooms; set its rooms first."
        raise NotPermitted(NotPermittedReason.ROOM_NOT_SERVING, detail)
    following = _next_waiter(queue, clinic, first)
    if not in_room and following is None:
        raise NotPermitted(NotPermittedReason.NOBODY_WAITING, "Nobody is waiting.")
    queues = {each.queue.key: each.queue for each in in_room} | {queue.key: queue}
    changes, ended_calls = [], []
    for key, ticket in ((each.queue.key, each.ticket) for each in in_room):
        queues[key], change = undoable(queues[key], ticket, queues[key].complete(ticket, now))
        changes.append(change)
        ended_calls.append((key.service_date, ended_call(ticket, now, came=True)))
    if following is not None:
        before = TicketBefore(TicketStatus.WAITING, streak=queue.priority_streak)
        queues[queue.key], change = queues[queue.key].call(following, room, now, clinic.priority_ratio)
        changes.append(change._replace(before=before))
    return ActionResult([*queues.values()], changes, ended_calls=ended_calls)


def _next_waiter(queue: Queue, clinic: Clinic, first: Sequence[Waiter]) -> Waiter | None:
    of_lane = {waiter.lane: waiter for waiter in first}
    lane = next_lane(
        queue.priority_streak,
        clinic.priority_ratio,
        priority_waiting=Lane.PRIORITY in of_lane,
        regular_waiting=Lane.REGULAR in of_lane,
    )
    return None if lane is None else of_lane[lane]


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
