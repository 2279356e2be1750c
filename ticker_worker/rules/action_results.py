"""What an action of the staff changes, and what the rules of several actions have in common."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from common.domain.accuracy import Judged
from common.domain.admission import NewTicket
from common.domain.catalog import Clinic, QueueMode
from common.domain.changes import Change, TicketBefore
from common.domain.clinic_day import ClinicDay
from common.domain.event_names import EventName
from common.domain.learning import Lesson
from common.domain.places import PlacedTicket
from common.domain.queue import Queue
from common.domain.refusals import NotPermitted, NotPermittedReason, NumberNotGivenOut, holds_ticket
from common.domain.service_times import EndedCall
from common.domain.staff_habits import Call
from common.domain.ticket_record import TicketRecord
from ticker_worker.rules.day_end import HeldPlace


class ActionResult(NamedTuple):
    """What an action changes: the queues as they are now, and what happened in them, in order.

    `clinic_values` are attributes of the clinic with their new values; `calls` are those that the staff made
    or ended, each with the position of its change: waiting times are learned from them. `unlearned` is what
    is no longer learned, by service date, and `unjudged` are calls that were not made after all. `moved` are
    tickets that have other places now.
    """

    queues: Sequence[Queue]
    changes: Sequence[Change]
    clinic_values: dict[str, Any] | None = None
    new_tickets: Sequence[NewTicket] = ()
    calls: Sequence[tuple[int, Call | EndedCall]] = ()
    unlearned: Sequence[tuple[date, Lesson]] = ()
    unjudged: Sequence[tuple[ClinicDay, Judged]] = ()
    moved: Sequence[tuple[ClinicDay, Sequence[PlacedTicket]]] = ()


def require_ticket(ticket: TicketRecord | None) -> TicketRecord:
    """The ticket; raises NumberNotGivenOut where there is none."""
    if ticket is None:
        raise NumberNotGivenOut
    return ticket


def require_desk_mode(clinic: Clinic) -> None:
    """Raises NotPermitted where the clock moves the queue."""
    if clinic.mode is not QueueMode.DESK:
        detail = f"The clock calls the patients of {clinic.name}; set its mode to desk first."
        raise NotPermitted(NotPermittedReason.CLOCK_MODE, detail)


def require_room(clinic: Clinic, room: int) -> None:
    """Raises NotPermitted where the clinic has no such room."""
    if room > clinic.rooms:
        detail = f"{clinic.name} has {clinic.rooms} rooms; set its rooms first."
        raise NotPermitted(NotPermittedReason.ROOM_NOT_SERVING, detail)


def holds_another(queue: Queue, holder: HeldPlace | None) -> NotPermitted:
    """Why a patient who has a ticket gets no other one."""
    assert holder is not None
    return holds_ticket(queue.key.clinic, holder.number)


def undoable(queue: Queue, ticket: TicketRecord, step: tuple[Queue, Change]) -> tuple[Queue, Change]:
    """The step, with how the ticket was before in the queue, so that it can be taken back."""
    after, change = step
    freed = None if ticket.room is None else queue.rooms_freed.get(ticket.room)
    before = TicketBefore(
        ticket.status,
        ticket.room,
        called_at=ticket.called_at,
        started_at=ticket.started_at,
        room_freed=freed,
        ended_at=ticket.ended_at,
        waiting_since=ticket.waiting_since,
        place=None if change.places is None else ticket.place,
        told=ticket.told if change.places is not None or change.event is EventName.TICKET_PARKED else None,
    )
    return after, change._replace(before=before)


def decided(step: tuple[Queue, Change]) -> ActionResult:
    """What an action of one step changes."""
    queue, change = step
    return ActionResult([queue], [change])


def ended(step: tuple[Queue, Change], ticket: TicketRecord, now: datetime, *, came: bool) -> ActionResult:
    """What an action changes that ends a call; the patient `came`, or did not."""
    queue, change = step
    return ActionResult([queue], [change], calls=[(0, ended_call(ticket, now, came=came))])


def call_made(queue: Queue, room: int, waiting_since: datetime, now: datetime) -> Call:
    """A call into a room, which has left the queue so."""
    return Call(room, waiting_since, now, queue.waiting)


def ended_call(ticket: TicketRecord, now: datetime, *, came: bool) -> EndedCall:
    """The call of a ticket that ends now."""
    assert ticket.called_at is not None
    return EndedCall(ticket.waiting_since, ticket.called_at, now, ticket.lane, came, ticket.room)
