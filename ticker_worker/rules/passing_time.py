"""Time passes in a queue: what happens until a moment by the clock, and by the opening hours."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from common.domain.catalog import Clinic
from common.domain.changes import Change
from common.domain.lanes import Lane
from common.domain.queue import Ending, Queue
from common.domain.queue_advance import (
    Advance,
    Occupant,
    Serving,
    Transition,
    Waiter,
    advance,
    rooms_held,
)
from common.domain.ticket_states import TicketState, TicketStatus
from ticker_worker.rules.schedule import Announcement, announcements


class QueueTickets(NamedTuple):
    """The tickets of a queue that time can move: those in the rooms, and the first of each lane in the order
    in which the lane calls them; and, when the day is over, those who are parked."""

    occupants: Sequence[Occupant] = ()
    waiters: Sequence[Waiter] = ()
    parked: Sequence[TicketState] = ()


class Passed(NamedTuple):
    """A queue as time has left it, who is in its rooms then, and what has happened, in order."""

    queue: Queue
    occupants: Sequence[Occupant]
    changes: Sequence[Change]


class Progress(NamedTuple):
    """How far a queue has moved; `is_unfinished` where more happens than the waiters that were read show."""

    advance: Advance
    is_unfinished: bool = False


def is_over(queue: Queue, clinic: Clinic, now: datetime) -> bool:
    """Whether the service day has ended."""
    return clinic.day_end(queue.key.service_date) <= now


def is_handed_over(queue: Queue, clinic: Clinic, now: datetime) -> bool:
    """Whether those who wait go over to the next day, at this moment or from now on."""
    if queue.ending is None:
        return is_over(queue, clinic, now) and clinic.is_open(clinic.day_end(queue.key.service_date))
    return queue.ending is Ending.HANDOVER


def awaits_handover(before: Queue | None, clinic: Clinic, now: datetime) -> bool:
    """Whether some of the day before are still to come over, whose places may be before everybody's."""
    if before is None or before.next_change_at is None:
        return False
    is_undecided = before.ending is None and is_over(before, clinic, now)
    return is_undecided or (before.ending is Ending.HANDOVER and before.outside > 0)


def serving_of(clinic: Clinic, queue: Queue, held: Mapping[int, datetime] | None = None) -> Serving:
    """How a clinic serves a queue, while rooms are `held` by patients of the day before."""
    return Serving(
        mode=clinic.mode,
        rooms=clinic.rooms,
        mean_service=clinic.mean_service,
        since=clinic.serving_since,
        day_end=clinic.day_end(queue.key.service_date),
        rooms_freed={**queue.rooms_freed, **(held or {})},
        streaks=queue.streaks,
        ratios=clinic.lanes.ratios,
    )


def waits_for_day_before(queue: Queue, now: datetime) -> Progress:
    """Nobody is called before those of the day before have come over."""
    return Progress(Advance((), now, queue.streaks))


def advance_queue(
    queue: Queue, clinic: Clinic, tickets: QueueTickets, before: Iterable[Occupant], now: datetime
) -> Progress:
    """Advances a queue to `now`, or to the end of its day, with the waiters that were read of it; `before`
    are those whom the day before has called, and who are still in the rooms."""
    occupants, waiters, _ = tickets
    serving = serving_of(clinic, queue, rooms_held(serving_of(clinic, queue), before))
    moved = advance(serving, occupants, waiters, now)
    calls = {each.number: each.at for each in moved.transitions if each.status is TicketStatus.CALLED}
    emptied_at = []
    for lane in Lane:
        numbers = [waiter.number for waiter in waiters if waiter.lane is lane]
        if len(numbers) < queue.waiting_in(lane) and calls.keys() >= set(numbers):
            emptied_at.append(max(calls[number] for number in numbers))
    if not emptied_at:
        return Progress(moved)
    # All tickets that were read of a lane have been called, and more wait. Stop just before the last of these
    # calls: a room that came free at that moment would count as free while no ticket was waiting. (An earlier
    # call always exists, since more tickets are read of a lane than a clinic has rooms.)
    return Progress(advance(serving, occupants, waiters, min(emptied_at) - timedelta.resolution), True)


def pass_time(
    queue: Queue,
    clinic: Clinic,
    tickets: QueueTickets,
    progress: Progress,
    was_open: bool | None,
    now: datetime,
) -> Passed:
    """Brings a queue to `now`, or to the end of its day: the calls and services of `progress`, and the
    openings and closings since the last that was announced (`was_open`)."""
    day_end = clinic.day_end(queue.key.service_date)
    moved = progress.advance
    announced = announcements(clinic, queue.key.service_date, was_open, queue.announced_until, now)
    moments = [day_end, moved.next_change_at, announced.next_at]
    next_change_at = now if progress.is_unfinished else min(at for at in moments if at is not None)
    due: list[Transition | Announcement] = [*announced.due, *moved.transitions]
    due.sort(key=lambda each: each.at)
    queue, changes = _apply(queue, clinic, tickets, due)
    passed = queue._replace(
        announced_open=announced.is_open,
        announced_until=max(queue.announced_until, min(now, day_end)),
        next_change_at=next_change_at,
        ending=None if day_end > now else queue.ending,
    )
    return Passed(passed, _occupants_after(tickets.occupants, changes), changes)


def _apply(
    queue: Queue, clinic: Clinic, tickets: QueueTickets, due: Iterable[Transition | Announcement]
) -> tuple[Queue, list[Change]]:
    """What is due happens, in order."""
    standing = states_of(tickets)
    changes = []
    for each in due:
        if isinstance(each, Announcement):
            queue, change = queue.announce(each.is_open, each.at)
        else:
            queue, change = apply_transition(queue, clinic, standing[each.number], each)
            assert change.ticket is not None
            standing[each.number] = change.ticket
        changes.append(change)
    return queue, changes


def states_of(tickets: QueueTickets) -> dict[int, TicketState]:
    """The tickets as their queue knows them, by number."""
    waiting = {
        each.number: TicketState(each.number, TicketStatus.WAITING, each.lane) for each in tickets.waiters
    }
    in_rooms = {
        each.number: TicketState(each.number, each.status, each.lane, each.room) for each in tickets.occupants
    }
    return waiting | in_rooms | {each.number: each for each in tickets.parked}


def apply_transition(
    queue: Queue, clinic: Clinic, ticket: TicketState, each: Transition
) -> tuple[Queue, Change]:
    """What the clock has made of a ticket: it was called to a room, was served, or has expired."""
    if each.status is TicketStatus.CALLED:
        assert each.room is not None
        return queue.call(ticket, each.room, each.at, clinic.lanes.ratios)
    if each.status is TicketStatus.SERVED:
        return queue.complete(ticket, each.at)
    assert each.status is TicketStatus.EXPIRED
    return queue.expire(ticket, each.at)


def _occupants_after(occupants: Iterable[Occupant], changes: Iterable[Change]) -> list[Occupant]:
    """Who is in the rooms after these changes."""
    found = {each.number: each for each in occupants}
    for change in changes:
        ticket = change.ticket
        if ticket is None:
            continue
        found.pop(ticket.number, None)
        if ticket.status is TicketStatus.CALLED and ticket.room is not None:
            found[ticket.number] = Occupant(ticket.number, ticket.room, ticket.status, change.at, ticket.lane)
    return list(found.values())


def announced_open(queue: Queue, before: Queue | None, clinic: Clinic) -> bool | None:
    """What was announced of the clinic last: of a day that begins, on the day before."""
    day_start = clinic.day_start(queue.key.service_date)
    if queue.announced_open is None and before is not None and queue.announced_until <= day_start:
        return before.announced_open
    return queue.announced_open
