"""The queue of a clinic's service day, and what can be done to it.

A `Queue` is a value. Each method is given a ticket and a moment, and returns the queue as it is then and the
`Change` that happened; whether the ticket's state allows it is read in the table of ticket_states.py. So the
counters always agree with the tickets: numbers are 1 to N, and `sequence` counts the changes.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from common.domain.absences import Absence
from common.domain.cancellations import Cancellation
from common.domain.changes import Change, TicketBefore
from common.domain.clinic_day import ClinicDay
from common.domain.corrections import Correction
from common.domain.event_names import EventName
from common.domain.lanes import NONE, ByLane, Lane
from common.domain.refusals import NotPermitted, NotPermittedReason, TicketInTheWay
from common.domain.ticket_states import (
    GIVEN_BACK,
    IN_ROOM,
    TRANSITIONS,
    Action,
    QueuedTicket,
    TicketState,
    TicketStatus,
)
from common.domain.tickets import CallReason, LaneReason, display_number
from common.domain.visits import Neighbour, Station

_NO_ROOMS: Final[Mapping[int, datetime]] = MappingProxyType({})


class Ending(StrEnum):
    """What becomes of those who wait when a service day is over: the next day takes them over, where the
    clinic is open at that moment; else they expire."""

    HANDOVER = "handover"
    EXPIRY = "expiry"


class Queue(NamedTuple):
    """The queue of one clinic on one service day.

    `last_number` tickets were given out, of which `given_back` were cancelled or went to another queue.
    `waiting` counts all lanes, `waiting_above` each of those above the regular one, and their `streaks` tell
    whose turn it is; `parked` are in none. `rooms_freed` tells since when a room is free whose patient left
    it before the end of a service. Openings and closings are announced up to `announced_until`, and
    `announced_open` is the last of them. `next_change_at` is when something happens next by the clock, None
    where nothing will. `ending` is decided when the day is over.
    """

    key: ClinicDay
    announced_until: datetime
    next_change_at: datetime | None
    last_number: int = 0
    last_sequence: int = 0
    waiting: int = 0
    waiting_above: ByLane = NONE
    parked: int = 0
    given_back: int = 0
    streaks: ByLane = NONE
    now_serving: int | None = None
    last_arrival_at: datetime | None = None
    rooms_freed: Mapping[int, datetime] = _NO_ROOMS
    announced_open: bool | None = None
    ending: Ending | None = None

    # --- what it says of itself -------------------------------------------------------------------------

    @property
    def given_out(self) -> int:
        """Tickets that count towards the day's quota."""
        return self.last_number - self.given_back

    def waiting_in(self, lane: Lane) -> int:
        """How many wait in a lane."""
        return self.waiting_by_lane[lane.rank]

    @property
    def waiting_by_lane(self) -> tuple[int, ...]:
        """How many wait in each lane, the most urgent first."""
        return (*self.waiting_above, self.waiting - sum(self.waiting_above))

    def check(self, action: Action, ticket: QueuedTicket) -> None:
        """Raises NotPermitted where the ticket's state does not allow the action."""
        if ticket.status not in TRANSITIONS[action].before:
            wanted = " or ".join(sorted(TRANSITIONS[action].before))
            shown = display_number(self.key.clinic, ticket.number)
            raise NotPermitted(
                NotPermittedReason.TICKET_STATUS,
                f"{shown} is {ticket.status}; it would have to be {wanted}.",
                TicketInTheWay(shown, status=ticket.status),
            )

    @property
    def outside(self) -> int:
        """How many are to be served, and in no room."""
        return self.waiting + self.parked

    # --- tickets ----------------------------------------------------------------------------------------

    def admit(self, lane: Lane, at: datetime, due_at: datetime) -> tuple["Queue", Change]:
        """Gives out the next number; `due_at` is when something can happen next because of it.

        `last_arrival_at` of the new queue is when the patient arrives: never before the number before.
        """
        number, sequence, waiting = self.last_number + 1, self.last_sequence + 1, self.waiting + 1
        arrived_at, next_change_at = self.last_arrival_at, self.next_change_at
        queue = self._replace(
            last_number=number,
            last_sequence=sequence,
            waiting=waiting,
            waiting_above=self.waiting_above.plus(lane, 1),
            last_arrival_at=at if arrived_at is None or arrived_at < at else arrived_at,
            next_change_at=due_at if next_change_at is None or due_at < next_change_at else next_change_at,
        )
        ticket = TicketState(number, TicketStatus.WAITING, lane)
        event = EventName.TICKET_REGISTERED
        return queue, Change(self.key, sequence, event, at, waiting, self.now_serving, ticket)

    def call(self, ticket: QueuedTicket, room: int, at: datetime, ratios: ByLane) -> tuple["Queue", Change]:
        """Calls a waiting ticket to a room; `ratios` are how the clinic's lanes take turns."""
        called = self._replace(
            streaks=self.streaks.after_call(ticket.lane, ratios), now_serving=ticket.number
        )
        return called._do(Action.CALL, ticket, at, room=room)

    def call_out_of_turn(
        self, ticket: QueuedTicket, room: int, at: datetime, reason: CallReason
    ) -> tuple["Queue", Change]:
        """Calls a ticket before its turn: whose turn it is, and the number called last, stay as they are."""
        queue, change = self._do(Action.CALL_OUT_OF_TURN, ticket, at, room=room)
        return queue, change._replace(out_of_turn=reason)

    def recall(self, ticket: QueuedTicket, at: datetime) -> tuple["Queue", Change]:
        """Calls a called ticket once more."""
        return self._do(Action.RECALL, ticket, at, room=ticket.room)

    def start(self, ticket: QueuedTicket, at: datetime) -> tuple["Queue", Change]:
        """The called patient has come; service begins."""
        return self._do(Action.START, ticket, at, room=ticket.room)

    def complete(self, ticket: QueuedTicket, at: datetime) -> tuple["Queue", Change]:
        """The service is over."""
        return self._do(Action.COMPLETE, ticket, at, room=ticket.room)

    def no_show(self, ticket: QueuedTicket, at: datetime) -> tuple["Queue", Change]:
        """The called patient did not come."""
        return self._do(Action.MARK_NO_SHOW, ticket, at, room=ticket.room)

    def reinstate(self, ticket: QueuedTicket, at: datetime, places: int) -> tuple["Queue", Change]:
        """A no-show waits again, behind so many others of the lane."""
        queue, change = self.due(at)._do(Action.REINSTATE, ticket, at)
        return queue, change._replace(places=places)

    def skip(self, ticket: QueuedTicket, at: datetime, places: int) -> tuple["Queue", Change]:
        """Who is late waits on, behind so many others of the lane."""
        queue, change = self.due(at)._do(Action.SKIP, ticket, at, room=ticket.room)
        return queue, change._replace(places=places)

    def park(self, ticket: QueuedTicket, at: datetime) -> tuple["Queue", Change]:
        """The called patient is not ready yet, and leaves the room."""
        return self._do(Action.PARK, ticket, at, room=ticket.room)

    def stay_parked(self, ticket: QueuedTicket, at: datetime) -> tuple["Queue", Change]:
        """A ticket that was just given out, for one of the day before which was parked, is parked, too."""
        return self._do(Action.STAY_PARKED, ticket, at)

    def unpark(self, ticket: QueuedTicket, at: datetime) -> tuple["Queue", Change]:
        """A parked ticket's patient is ready, and waits at the front of the lane."""
        return self.due(at)._do(Action.UNPARK, ticket, at)

    def correct(self, ticket: QueuedTicket, at: datetime, correction: Correction) -> tuple["Queue", Change]:
        """The ticket's patient has other data; it stays where it is."""
        queue, change = self._do(Action.CORRECT, ticket, at, room=ticket.room)
        return queue, change._replace(correction=correction)

    def cancel(
        self, ticket: QueuedTicket, at: datetime, cancellation: Cancellation
    ) -> tuple["Queue", Change]:
        """The ticket is given up."""
        queue, change = self._do(Action.CANCEL, ticket, at, room=ticket.room)
        return queue, change._replace(cancellation=cancellation)

    def expire(self, ticket: QueuedTicket, at: datetime) -> tuple["Queue", Change]:
        """The day is over, and the patient was not served."""
        return self._do(Action.EXPIRE, ticket, at, room=ticket.room)

    def transfer(self, ticket: QueuedTicket, at: datetime, new_code: str) -> tuple["Queue", Change]:
        """The patient goes to another queue, with the ticket that has the code `new_code`."""
        queue, change = self._do(Action.TRANSFER, ticket, at, room=ticket.room)
        return queue, change._replace(transferred_to=new_code)

    def send(
        self, ticket: QueuedTicket, at: datetime, to: Neighbour, station: Station
    ) -> tuple["Queue", Change]:
        """A served patient goes on to another queue; `station` joins the ticket to the visit."""
        queue, change = self._do(Action.SEND, ticket, at, room=ticket.room)
        return queue, change._replace(sent_to=to, station=station)

    def undo(
        self, action: Action, ticket: QueuedTicket, before: TicketBefore, cause_id: str, at: datetime
    ) -> tuple["Queue", Change]:
        """Takes back what the staff did with a ticket by the request `cause_id`: it is as it was `before`,
        and so is the room that it left then."""
        room = ticket.room or before.room
        queue, change = self.due(at)._do(action, ticket, at, room=room, status=before.status)
        if room is not None and before.status in IN_ROOM and ticket.status not in IN_ROOM:
            freed = {other: since for other, since in queue.rooms_freed.items() if other != room}
            if before.room_freed is not None:
                freed[room] = before.room_freed
            queue = queue._replace(rooms_freed=freed)
        return queue, change._replace(before=before, takes_back=cause_id)

    def with_calls(
        self, now_serving: int | None, streaks: ByLane, lanes: Iterable[Lane], ratios: ByLane
    ) -> "Queue":
        """The queue in which `now_serving` was called last, and patients of these lanes, in order, since the
        streaks were `streaks`."""
        for lane in lanes:
            streaks = streaks.after_call(lane, ratios)
        return self._replace(now_serving=now_serving, streaks=streaks)

    def set_priority(
        self, ticket: QueuedTicket, lane: Lane, reason: LaneReason | None, at: datetime
    ) -> tuple["Queue", Change]:
        """The waiting ticket goes to this lane, for this reason."""
        action = Action.UNPRIORITISE if lane is Lane.REGULAR else Action.PRIORITISE
        queue, change = self._do(action, ticket, at, lane=lane)
        return queue, change._replace(lane_reason=reason)

    def _do(
        self,
        action: Action,
        ticket: QueuedTicket,
        at: datetime,
        *,
        lane: Lane | None = None,
        room: int | None = None,
        status: TicketStatus | None = None,
    ) -> tuple["Queue", Change]:
        """Brings a ticket into another state by the table, and the counters with it; `status` is the state to
        which it goes back, where the table leaves that open. Raises NotPermitted."""
        self.check(action, ticket)
        rule = TRANSITIONS[action]
        after = TicketState(ticket.number, rule.after or status or ticket.status, lane or ticket.lane, room)
        joins, leaves = after.status is TicketStatus.WAITING, ticket.status is TicketStatus.WAITING
        queue = self
        if rule.frees_room and ticket.room is not None:
            queue = queue._replace(rooms_freed={**self.rooms_freed, ticket.room: at}).due(at)
        queue = queue._replace(
            last_sequence=self.last_sequence + 1,
            waiting=self.waiting + joins - leaves,
            waiting_above=self.waiting_above.plus(after.lane, joins).plus(ticket.lane, -leaves),
            parked=self.parked
            + (after.status is TicketStatus.PARKED)
            - (ticket.status is TicketStatus.PARKED),
            given_back=self.given_back + (after.status in GIVEN_BACK) - (ticket.status in GIVEN_BACK),
        )
        return queue, queue._change(rule.event, at, after)

    # --- the clinic -------------------------------------------------------------------------------------

    def announce(self, is_open: bool, at: datetime) -> tuple["Queue", Change]:
        """The clinic has opened, or closed."""
        queue = self._replace(announced_open=is_open, last_sequence=self.last_sequence + 1)
        return queue, queue._change(EventName.CLINIC_OPENED if is_open else EventName.CLINIC_CLOSED, at)

    def change_clinic(self, event: EventName, is_open: bool, at: datetime) -> tuple["Queue", Change]:
        """The staff have changed how the clinic works: what happens next may be something else now. Where
        that opens or closes the clinic, the event is `clinic.opened` or `clinic.closed`."""
        queue = self.due(at)
        if is_open != queue.announced_open:
            return queue.announce(is_open, at)
        queue = queue._replace(last_sequence=queue.last_sequence + 1)
        return queue, queue._change(event, at)

    def change_absence(self, event: EventName, absence: Absence, at: datetime) -> tuple["Queue", Change]:
        """Somebody of the clinic goes away, or is back."""
        queue = self._replace(last_sequence=self.last_sequence + 1)
        return queue, queue._change(event, at)._replace(absence=absence)

    # --- time -------------------------------------------------------------------------------------------

    def due(self, at: datetime) -> "Queue":
        """The same, with something to happen at that moment at the latest."""
        next_change_at = self.next_change_at
        return self._replace(next_change_at=at if next_change_at is None else min(next_change_at, at))

    def _change(self, event: EventName, at: datetime, ticket: TicketState | None = None) -> Change:
        return Change(self.key, self.last_sequence, event, at, self.waiting, self.now_serving, ticket)


def new_queue(
    key: ClinicDay, day_start: datetime, next_change_at: datetime, *, announced_open: bool | None = None
) -> Queue:
    """A queue without tickets. Openings since `day_start` are still to be announced; `announced_open` is
    whether the clinic was open then, None where that is not known."""
    return Queue(key, day_start, next_change_at, announced_open=announced_open)


def cancel_waiting(
    queue: Queue, tickets: Iterable[QueuedTicket], at: datetime, cancellation: Cancellation
) -> tuple[Queue, list[Change]]:
    """Several tickets are given up, one after the other."""
    changes = []
    for ticket in tickets:
        queue, change = queue.cancel(ticket, at, cancellation)
        changes.append(change)
    return queue, changes
