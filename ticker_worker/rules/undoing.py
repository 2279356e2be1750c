"""Taking back the last thing that the staff did with a ticket, or in a room.

What is taken back is a whole request: everything that it changed, the last change first. So the queue is as
if the request had never come, but for its events. It is possible for ten minutes, and as long as nothing was
built on it: each of its tickets is where the request left it, and the room to which one goes back is free.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from common.domain.accuracy import Judged
from common.domain.cancellations import Cancellation, CancelledBy
from common.domain.changes import TicketBefore
from common.domain.clinic_day import ClinicDay
from common.domain.event_names import EventName
from common.domain.lanes import NONE, ByLane, Lane
from common.domain.learning import Lesson
from common.domain.places import LanePlace, Place, PlacedTicket, behind, in_front_of
from common.domain.queue import Ending, Queue
from common.domain.refusals import NotPermitted, NotPermittedReason, RoleMissing, holds_ticket
from common.domain.staff import EVERY_ROLE, MOVES_QUEUES, StaffRole
from common.domain.ticket_record import TicketRecord
from common.domain.ticket_states import ACTIVE, IN_ROOM, UNDONE_BY
from common.domain.tickets import display_number
from ticker_worker.rules.action_results import ActionResult

UNDO_WITHIN: Final = timedelta(minutes=10)
"""For so long what was done can be taken back."""

_PASSED_OVER: Final = frozenset({EventName.TICKET_RECALLED, EventName.TICKET_CORRECTED})
"""What happens to a ticket without moving it."""

_TAKEN_BACK: Final = Cancellation(CancelledBy.STAFF)
"""What becomes of a ticket that was given out: numbers stay without gaps."""

_ROLES: Final[Mapping[EventName, frozenset[StaffRole]]] = {EventName.TICKET_CANCELLED: EVERY_ROLE}
"""Who may take a kind of event back: whoever may cause it. All others move queues."""


class PastChange(NamedTuple):
    """What happened to a ticket, as the journal has it: in which queue, in which room, by which request.

    `before` is how the ticket was, where that can be taken back, `lesson` what was learned from it, and
    `judged` what a call made of what its patient was told; of an undoing, `takes_back` is the request that it
    took back. `ordinal` counts the changes of the request, and `lane` is the ticket's at that moment;
    `out_of_turn` says that it was a call which was not in turn.
    """

    key: ClinicDay
    number: int
    event: EventName
    at: datetime
    cause_id: str
    ordinal: int
    room: int | None
    lane: Lane
    before: TicketBefore | None = None
    lesson: Lesson | None = None
    judged: Judged | None = None
    takes_back: str | None = None
    out_of_turn: bool = False


class UndoSubject(NamedTuple):
    """What an undoing looks at: the locked `queues` of the clinic, and those of others in which the request
    gave a ticket out; what happened in them `lately` and was not taken back (the latest first), the `tickets`
    that this was about, who is in the clinic's rooms, the latest `calls` in turn of each queue and their
    undoings, in order, who holds a ticket of a queue with the medical record number of one of the tickets,
    who waits where one was moved (`passed`), and which roles the user has."""

    queues: Mapping[ClinicDay, Queue]
    lately: Sequence[PastChange]
    tickets: Mapping[tuple[ClinicDay, int], TicketRecord]
    in_rooms: Sequence[tuple[ClinicDay, TicketRecord]]
    calls: Mapping[ClinicDay, Sequence[PastChange]]
    holders: Mapping[tuple[ClinicDay, int], int]
    passed: Mapping[ClinicDay, Sequence[LanePlace]]
    may: Callable[[frozenset[StaffRole]], bool]
    ratios: ByLane


def undo(
    subject: UndoSubject, number: int | None, room: int | None, key: ClinicDay, now: datetime
) -> ActionResult:
    """Takes back the last request that changed the ticket with this number of the queue `key`, or that
    changed something in this room. Raises NotPermitted and RoleMissing."""
    steps = _steps(subject, last_done(subject.lately, number, room, key))
    queues, changes, moved = {**subject.queues}, [], []
    left: set[tuple[ClinicDay, int]] = set()
    for step in steps:
        ticket, before = subject.tickets[step.key, step.number], step.before
        assert before is not None
        queue = queues[step.key]
        if step.event is EventName.TICKET_REGISTERED:
            queues[step.key], change = queue.cancel(ticket, now, _TAKEN_BACK)
            changes.append(change._replace(takes_back=step.cause_id))
            continue
        if before.status is not ticket.status:
            _check_place(subject, step, ticket, before, left)
        if before.status not in IN_ROOM:
            left.add((step.key, step.number))
        if step.event is EventName.TICKET_CALLED and not step.out_of_turn:
            queue = _without_call(queue, subject.calls[step.key], step.cause_id, subject.ratios)
        queues[step.key], change = queue.undo(UNDONE_BY[step.event], ticket, before, step.cause_id, now)
        changes.append(change)
        if before.status in IN_ROOM:
            queues = {key: _with_room_taken(queue, before.room, step) for key, queue in queues.items()}
        if before.place is not None:
            moved.append((step.key, moved_back(ticket, before.place, subject.passed.get(step.key, ()))))
    unlearned = [(step.key.service_date, step.lesson) for step in steps if step.lesson]
    unjudged = [(step.key, step.judged.negated()) for step in steps if step.judged]
    return ActionResult([*queues.values()], changes, unlearned=unlearned, unjudged=unjudged, moved=moved)


def _with_room_taken(queue: Queue, room: int | None, step: PastChange) -> Queue:
    """The next day, which takes over which rooms are free, has not heard of the one that this step freed."""
    is_next_day = queue.key.clinic_key == step.key.clinic_key and queue.key != step.key
    if not is_next_day or room is None or queue.rooms_freed.get(room) != step.at:
        return queue
    return queue._replace(rooms_freed={each: at for each, at in queue.rooms_freed.items() if each != room})


def standing(lately: Iterable[PastChange]) -> list[PastChange]:
    """What happened and was not taken back: undoings are left out, too."""
    past = list(lately)
    taken_back = {each.takes_back for each in past if each.takes_back is not None}
    return [each for each in past if each.takes_back is None and each.cause_id not in taken_back]


def last_done(
    lately: Sequence[PastChange], number: int | None, room: int | None, key: ClinicDay
) -> PastChange:
    """The last change that stands, of a ticket or in a room. A ticket that was given out for one of another
    clinic is taken back there. Raises NotPermitted."""
    found = [
        each
        for each in lately
        if each.key.clinic_key == key.clinic_key
        and (each.room == room if number is None else (each.key, each.number) == (key, number))
        and each.event not in _PASSED_OVER
    ]
    if not any(each.before for each in found) or found[0].event is EventName.TICKET_REGISTERED:
        detail = "Nothing was done here in the last ten minutes that can be taken back; look at the queue."
        raise NotPermitted(NotPermittedReason.NOTHING_TO_UNDO, detail)
    if found[0].before is None:
        raise _changed_since(found[0])
    return found[0]


def _steps(subject: UndoSubject, last: PastChange) -> list[PastChange]:
    """The changes of the request that is to be taken back, the last first; none of them was built on."""
    latest: dict[tuple[ClinicDay, int], PastChange] = {}
    for each in subject.lately:
        if each.event not in _PASSED_OVER:
            latest.setdefault((each.key, each.number), each)
    steps = [each for each in subject.lately if each.cause_id == last.cause_id]
    steps.sort(key=lambda step: step.ordinal, reverse=True)
    for step in steps:
        roles = _ROLES.get(step.event, MOVES_QUEUES)
        if not subject.may(roles):
            raise RoleMissing(roles)
        last_of_ticket = latest[step.key, step.number]
        if last_of_ticket.cause_id != step.cause_id or step.before is None:
            raise _changed_since(last_of_ticket)
        if step.event is EventName.TICKET_REGISTERED:
            _check_not_corrected(subject.lately, step)
    return steps


def _check_not_corrected(lately: Iterable[PastChange], given_out: PastChange) -> None:
    """Whether nobody has corrected the ticket that would be given up: the correction would be lost."""
    ticket = (given_out.key, given_out.number)
    for each in lately:
        if each.event is EventName.TICKET_CORRECTED and (each.key, each.number) == ticket:
            raise _changed_since(each)


def _check_place(
    subject: UndoSubject,
    step: PastChange,
    ticket: TicketRecord,
    before: TicketBefore,
    left: set[tuple[ClinicDay, int]],
) -> None:
    """Whether the ticket can be where it was; `left` are those that leave their rooms by the same undoing."""
    if subject.queues[step.key].ending is Ending.EXPIRY:
        # Whoever came back would expire, also who was served.
        raise _day_over(step)
    if ticket.status not in ACTIVE and (held := subject.holders.get((step.key, step.number))) is not None:
        raise holds_ticket(step.key.clinic, held)
    if before.status not in IN_ROOM or ticket.status in IN_ROOM:
        return
    for key, other in subject.in_rooms:
        if other.room == before.room and (key, other.number) not in left:
            shown = display_number(key.clinic, other.number)
            detail = f"{shown} is in room {before.room}; that has to be taken back, or completed, first."
            raise NotPermitted(NotPermittedReason.ROOM_OCCUPIED, detail)


def _without_call(queue: Queue, past: Sequence[PastChange], cause_id: str, ratios: ByLane) -> Queue:
    """The queue as the calls leave it that stand once this request is taken back. The lanes' turns are
    counted again from the first call that does not stand: what was before it was counted as it came."""
    gone = {each.takes_back for each in past} | {cause_id}
    calls = [each for each in past if each.takes_back is None]
    first = next(place for place, each in enumerate(calls) if each.cause_id in gone)
    before, lanes = calls[first].before, [each.lane for each in calls[first:] if each.cause_id not in gone]
    assert before is not None
    numbers = [each.number for each in calls if each.cause_id not in gone]
    return queue.with_calls(numbers[-1] if numbers else None, before.streaks or NONE, lanes, ratios)


def moved_back(ticket: TicketRecord, to: Place, passed: Iterable[LanePlace]) -> list[PlacedTicket]:
    """The ticket goes back in front of those behind whom it was put and who still wait; or behind those who
    stand before its place now: it was called out of turn, or others were put behind it since."""
    own = PlacedTicket(ticket.number, ticket.place)
    if to.number == own.place.number:
        return [own._replace(place=to)]
    # Its place may be another's by now: those in between move.
    first, last = min(to, own.place), max(to, own.place)
    between = [
        PlacedTicket(each.number, each.place)
        for each in passed
        if each.lane is ticket.lane and first <= each.place <= last and each.number != ticket.number
    ]
    return in_front_of(own, between) if to < own.place else behind(own, between)


def _changed_since(last: PastChange) -> NotPermitted:
    """Something was built on what is to be taken back; `last` is the last that was done with that ticket."""
    if last.event is EventName.TICKET_EXPIRED:
        return _day_over(last)
    shown = display_number(last.key.clinic, last.number)
    if last.before is None:
        detail = f"{shown} was changed since, and that cannot be taken back; go on from how it stands."
    else:
        detail = f"{shown} was changed since; take the last thing that was done with it back first."
    return NotPermitted(NotPermittedReason.CHANGED_SINCE, detail)


def _day_over(step: PastChange) -> NotPermitted:
    shown = display_number(step.key.clinic, step.number)
    detail = f"The service day of {shown} is over; register the patient today, if need be."
    return NotPermitted(NotPermittedReason.DAY_OVER, detail)
