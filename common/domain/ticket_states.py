"""The states of a ticket, and the one table of what can be done with a ticket in which state.

The table is `TRANSITIONS`: one row for each action, with the states from which it is allowed, the state that
follows, and the event that tells of it. Whoever has to know which action is allowed when reads it here: the
queue (queue.py), the desk's console, the integrity check. A new action is a row here, an event in
event_names.py and a method of `Queue`.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

from common.domain.event_names import EventName
from common.domain.lanes import Lane


class TicketStatus(StrEnum):
    """The states of a ticket."""

    WAITING = "waiting"
    CALLED = "called"
    IN_SERVICE = "in_service"
    PARKED = "parked"
    SERVED = "served"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    TRANSFERRED = "transferred"
    EXPIRED = "expired"


ACTIVE: Final = frozenset(
    {TicketStatus.WAITING, TicketStatus.CALLED, TicketStatus.IN_SERVICE, TicketStatus.PARKED}
)
"""A patient holds at most one ticket in these states per clinic and service day."""

IN_ROOM: Final = frozenset({TicketStatus.CALLED, TicketStatus.IN_SERVICE})
"""A ticket in one of these states occupies a room."""

OUTSIDE: Final = frozenset({TicketStatus.WAITING, TicketStatus.PARKED})
"""A ticket in one of these states is active, and in no room."""

GIVEN_BACK: Final = frozenset({TicketStatus.CANCELLED, TicketStatus.TRANSFERRED})
"""A ticket in one of these states does not count towards the day's quota."""

_WAITING: Final = frozenset({TicketStatus.WAITING})
_CALLED: Final = frozenset({TicketStatus.CALLED})
_BEFORE_SERVICE: Final = frozenset({TicketStatus.WAITING, TicketStatus.CALLED, TicketStatus.PARKED})
_OUT_OF_TURN: Final = frozenset({TicketStatus.WAITING, TicketStatus.PARKED, TicketStatus.NO_SHOW})


class Action(StrEnum):
    """What can be done with a ticket, by patients, by staff or by the clock."""

    REGISTER = "register"
    PRIORITISE = "prioritise"
    UNPRIORITISE = "unprioritise"
    CALL = "call"
    CALL_OUT_OF_TURN = "call_out_of_turn"
    RECALL = "recall"
    START = "start"
    COMPLETE = "complete"
    SEND = "send"
    MARK_NO_SHOW = "mark_no_show"
    REINSTATE = "reinstate"
    SKIP = "skip"
    PARK = "park"
    STAY_PARKED = "stay_parked"
    UNPARK = "unpark"
    CORRECT = "correct"
    TRANSFER = "transfer"
    CANCEL = "cancel"
    EXPIRE = "expire"
    UNDO_CALL = "undo_call"
    UNDO_START = "undo_start"
    UNDO_COMPLETION = "undo_completion"
    UNDO_SENDING = "undo_sending"
    UNDO_NO_SHOW = "undo_no_show"
    UNDO_CANCELLATION = "undo_cancellation"
    UNDO_SKIP = "undo_skip"
    UNDO_PARK = "undo_park"


class TransitionRule(NamedTuple):
    """One row of the table: from one of the states `before` (empty for a new ticket) to `after`; None: the
    ticket stays in its state, or goes back to the one of `back_to` in which it was.

    `frees_room`: a called ticket leaves its room, which is free from that moment.
    """

    before: frozenset[TicketStatus]
    after: TicketStatus | None
    event: EventName
    frees_room: bool = False
    back_to: frozenset[TicketStatus] = frozenset()


def _undoes(status: TicketStatus, event: EventName, *back_to: TicketStatus) -> TransitionRule:
    return TransitionRule(frozenset({status}), None, event, back_to=frozenset(back_to))


TRANSITIONS: Final[Mapping[Action, TransitionRule]] = MappingProxyType(
    {
        Action.REGISTER: TransitionRule(frozenset(), TicketStatus.WAITING, EventName.TICKET_REGISTERED),
        Action.PRIORITISE: TransitionRule(_WAITING, TicketStatus.WAITING, EventName.TICKET_PRIORITISED),
        Action.UNPRIORITISE: TransitionRule(_WAITING, TicketStatus.WAITING, EventName.TICKET_UNPRIORITISED),
        Action.CALL: TransitionRule(_WAITING, TicketStatus.CALLED, EventName.TICKET_CALLED),
        Action.CALL_OUT_OF_TURN: TransitionRule(_OUT_OF_TURN, TicketStatus.CALLED, EventName.TICKET_CALLED),
        Action.RECALL: TransitionRule(_CALLED, TicketStatus.CALLED, EventName.TICKET_RECALLED),
        Action.START: TransitionRule(_CALLED, TicketStatus.IN_SERVICE, EventName.TICKET_STARTED),
        Action.COMPLETE: TransitionRule(IN_ROOM, TicketStatus.SERVED, EventName.TICKET_SERVED),
        Action.SEND: TransitionRule(
            frozenset({TicketStatus.IN_SERVICE, TicketStatus.SERVED}), None, EventName.TICKET_SENT
        ),
        Action.MARK_NO_SHOW: TransitionRule(
            _CALLED, TicketStatus.NO_SHOW, EventName.TICKET_NO_SHOW, frees_room=True
        ),
        Action.REINSTATE: TransitionRule(
            frozenset({TicketStatus.NO_SHOW}), TicketStatus.WAITING, EventName.TICKET_REINSTATED
        ),
        Action.SKIP: TransitionRule(
            frozenset({TicketStatus.WAITING, TicketStatus.CALLED}),
            TicketStatus.WAITING,
            EventName.TICKET_SKIPPED,
            frees_room=True,
        ),
        Action.PARK: TransitionRule(_CALLED, TicketStatus.PARKED, EventName.TICKET_PARKED, frees_room=True),
        # Of a ticket that was given out for a parked one of the day before.
        Action.STAY_PARKED: TransitionRule(_WAITING, TicketStatus.PARKED, EventName.TICKET_PARKED),
        Action.UNPARK: TransitionRule(
            frozenset({TicketStatus.PARKED}), TicketStatus.WAITING, EventName.TICKET_UNPARKED
        ),
        Action.CORRECT: TransitionRule(ACTIVE, None, EventName.TICKET_CORRECTED),
        Action.TRANSFER: TransitionRule(
            _BEFORE_SERVICE, TicketStatus.TRANSFERRED, EventName.TICKET_TRANSFERRED, frees_room=True
        ),
        Action.CANCEL: TransitionRule(
            _BEFORE_SERVICE, TicketStatus.CANCELLED, EventName.TICKET_CANCELLED, frees_room=True
        ),
        Action.EXPIRE: TransitionRule(_BEFORE_SERVICE, TicketStatus.EXPIRED, EventName.TICKET_EXPIRED),
        Action.UNDO_CALL: _undoes(TicketStatus.CALLED, EventName.TICKET_CALL_UNDONE, *_OUT_OF_TURN),
        Action.UNDO_START: _undoes(
            TicketStatus.IN_SERVICE, EventName.TICKET_START_UNDONE, TicketStatus.CALLED
        ),
        Action.UNDO_COMPLETION: _undoes(TicketStatus.SERVED, EventName.TICKET_COMPLETION_UNDONE, *IN_ROOM),
        Action.UNDO_SENDING: _undoes(
            TicketStatus.SERVED, EventName.TICKET_SENDING_UNDONE, TicketStatus.SERVED
        ),
        Action.UNDO_NO_SHOW: _undoes(
            TicketStatus.NO_SHOW, EventName.TICKET_NO_SHOW_UNDONE, TicketStatus.CALLED
        ),
        Action.UNDO_CANCELLATION: _undoes(
            TicketStatus.CANCELLED, EventName.TICKET_CANCELLATION_UNDONE, *_BEFORE_SERVICE
        ),
        Action.UNDO_SKIP: _undoes(
            TicketStatus.WAITING, EventName.TICKET_SKIP_UNDONE, TicketStatus.WAITING, TicketStatus.CALLED
        ),
        Action.UNDO_PARK: _undoes(TicketStatus.PARKED, EventName.TICKET_PARK_UNDONE, TicketStatus.CALLED),
    }
)
"""The table. No ticket comes into a state in any other way."""

STATUSES_AFTER: Final[Mapping[EventName, frozenset[TicketStatus]]] = MappingProxyType(
    {
        row.event: row.back_to if row.after is None else frozenset({row.after})
        for row in TRANSITIONS.values()
        if row.after is not None or row.back_to
    }
)
"""In which states a ticket can be after an event of it, where the event changes its state."""

UNDONE_BY: Final[Mapping[EventName, Action]] = MappingProxyType(
    {
        EventName.TICKET_CALLED: Action.UNDO_CALL,
        EventName.TICKET_STARTED: Action.UNDO_START,
        EventName.TICKET_SERVED: Action.UNDO_COMPLETION,
        EventName.TICKET_SENT: Action.UNDO_SENDING,
        EventName.TICKET_NO_SHOW: Action.UNDO_NO_SHOW,
        EventName.TICKET_CANCELLED: Action.UNDO_CANCELLATION,
        EventName.TICKET_SKIPPED: Action.UNDO_SKIP,
        EventName.TICKET_PARKED: Action.UNDO_PARK,
    }
)
"""What takes an event of a ticket back, where the staff caused it."""


def is_allowed(action: Action, status: TicketStatus) -> bool:
    """Whether the action is allowed with a ticket in this state."""
    return status in TRANSITIONS[action].before


def allowed_events(status: TicketStatus) -> frozenset[EventName]:
    """The events that a ticket in this state can have next; none for a state that is final for ever."""
    return frozenset(row.event for row in TRANSITIONS.values() if status in row.before)


class QueuedTicket(Protocol):
    """What a queue has to know of a ticket, whatever the ticket was read as."""

    @property
    def number(self) -> int:
        """Its number, 1 to N."""

    @property
    def status(self) -> TicketStatus:
        """Its state."""

    @property
    def lane(self) -> Lane:
        """The lane in which it waits, or waited."""

    @property
    def room(self) -> int | None:
        """The room to which it was called, if it was."""


class TicketState(NamedTuple):
    """A ticket as its queue knows it."""

    number: int
    status: TicketStatus
    lane: Lane
    room: int | None = None
