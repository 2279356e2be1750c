"""What a clinic's desk asks for and is told: names and shapes (see docs/protocol.md).

These requests come through the exchange of the desks, to which patients cannot publish; a worker reads none
of them from anywhere else.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import AfterValidator, AwareDatetime, Field

from common.domain.catalog import ClinicState, QueueMode
from common.domain.lanes import Lane
from common.domain.ticket_states import TicketStatus
from common.domain.tickets import PriorityReason
from common.messages.fields import Code, IsoDate, PersonName
from common.messages.limits import NAME_LENGTH_MAX, NUMBER_MAX, ROOMS_MAX
from common.messages.message import Reply, ReplyPart, Request
from common.messages.patients import Register, Ticket
from common.visible_text import has_invisible

REASON_LENGTH_MAX = 200
QUEUE_SHOWN_MAX = 200
"""Waiting tickets on one page of `desk_queue`, where they are that short."""
PLACES_MAX = 100_000
"""The last place in a queue that can be asked for."""
NO_SHOWS_SHOWN_MAX = 20
RANGES_SHOWN_MAX = 100
"""Ranges of numbers that one change lists."""


def _reason(text: str) -> str:
    if has_invisible(text):
        raise ValueError("a reason has no control, formatting or other invisible characters")
    return " ".join(text.split())


Reason = Annotated[str, Field(min_length=1, max_length=REASON_LENGTH_MAX), AfterValidator(_reason)]
Room = Annotated[int, Field(ge=1, le=ROOMS_MAX)]
Number = Annotated[int, Field(ge=1, le=NUMBER_MAX)]


class WaitingFate(StrEnum):
    """What becomes of those who wait when a clinic closes: still called, or their tickets cancelled."""

    DRAIN = "drain"
    CANCEL = "cancel"


# --- requests -------------------------------------------------------------------------------------------


class DeskRequest(Request):
    """Base of what a desk asks of one clinic today; `operator` is who asks, as the journal keeps it."""

    hospital: Code
    clinic: Code
    operator: PersonName


class DeskQueueRequest(DeskRequest):
    """Asks who is in the rooms, who waits and who did not come. Of those who wait, behind the first `after`
    places. Answered by `DeskQueue`; changes nothing."""

    name: ClassVar[str] = "desk_queue"

    with_names: bool = False
    after: Annotated[int, Field(ge=0, le=PLACES_MAX)] = 0
    limit: Annotated[int, Field(ge=1, le=QUEUE_SHOWN_MAX)] = QUEUE_SHOWN_MAX


class OpenClinic(DeskRequest):
    """Opens the clinic. Within its opening hours it follows them again; outside it is forced open until
    `until` (the end of the service day, where left out)."""

    name: ClassVar[str] = "open_clinic"

    until: AwareDatetime | None = None
    reason: Reason | None = None


class CloseClinic(DeskRequest):
    """Takes no registrations until `until` (the end of the service day, where left out)."""

    name: ClassVar[str] = "close_clinic"

    waiting: WaitingFate = WaitingFate.DRAIN
    until: AwareDatetime | None = None
    reason: Reason | None = None


class CallNext(DeskRequest):
    """Completes who is in the room, if anybody is, and calls whose turn it is there."""

    name: ClassVar[str] = "call_next"

    room: Room


class TicketAction(DeskRequest):
    """Base of what is done with one ticket of the clinic's queue, by its number; `service_date` tells whether
    it is one of today's (null), or of the day before, whose patients may still be in the rooms."""

    number: Number
    service_date: IsoDate | None = None


class Recall(TicketAction):
    """Calls a called ticket once more: its event is published again for the boards."""

    name: ClassVar[str] = "recall"


class Start(TicketAction):
    """The called patient has come; service begins."""

    name: ClassVar[str] = "start"


class Complete(TicketAction):
    """The service is over; the room is free."""

    name: ClassVar[str] = "complete"


class MarkNoShow(TicketAction):
    """The called patient did not come; the room is free."""

    name: ClassVar[str] = "mark_no_show"


class Reinstate(TicketAction):
    """A no-show has come after all and waits again, by the time of arrival."""

    name: ClassVar[str] = "reinstate"


class SetPriority(TicketAction):
    """A waiting ticket goes to the priority lane for `reason`, or (null) back to the regular lane."""

    name: ClassVar[str] = "set_priority"

    reason: PriorityReason | None


class Transfer(TicketAction):
    """The patient goes to another clinic of the hospital and keeps the place by time of arrival; the ticket
    there is a new one."""

    name: ClassVar[str] = "transfer"

    to_clinic: Code


class SetRooms(DeskRequest):
    """So many rooms serve from now on."""

    name: ClassVar[str] = "set_rooms"

    rooms: Room


class SetMode(DeskRequest):
    """From now on the clock, or the desk, moves the queue."""

    name: ClassVar[str] = "set_mode"

    mode: QueueMode


class DeskRegister(Register):
    """Registers a patient at the counter. Answered by `Ticket`, or as `register` is."""

    name: ClassVar[str] = "desk_register"

    operator: PersonName
    priority: PriorityReason | None = None


class ReportRequest(DeskRequest):
    """Asks what a clinic did on a service day (today, where left out). Answered by `ClinicReport`."""

    name: ClassVar[str] = "clinic_report"

    service_date: IsoDate | None = None


# --- replies --------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class DeskTicket(ReplyPart):
    """A ticket as its desk sees it; `patient_name` only where it was asked for."""

    number: int
    display_number: str
    service_date: date
    status: TicketStatus
    lane: Lane
    priority_reason: PriorityReason | None
    room: int | None
    registered_at: AwareDatetime
    called_at: AwareDatetime | None
    started_at: AwareDatetime | None
    patient_name: Annotated[str, Field(max_length=NAME_LENGTH_MAX)] | None = None


@dataclass(slots=True, kw_only=True)
class DeskQueue(Reply):
    """A clinic's queue. `waiting` is a page of those who wait, in the order of their calls, and `more` says
    whether others wait behind them; the counts count everybody. `no_shows` are the latest first."""

    name: ClassVar[str] = "desk_queue"

    hospital: str
    hospital_name: str
    clinic: str
    clinic_name: str
    service_date: date
    zone: str | None = None
    mode: QueueMode
    is_open: bool
    state: ClinicState
    forced_until: AwareDatetime | None
    forced_reason: str | None
    rooms: int
    waiting_count: int
    waiting_priority_count: int
    served_count: int
    now_serving: str | None
    in_rooms: list[DeskTicket]
    waiting: list[DeskTicket]
    no_shows: list[DeskTicket]
    more: bool = False


@dataclass(slots=True, kw_only=True)
class NumberRange(ReplyPart):
    """All numbers from `first` to `last`."""

    first: int
    last: int


@dataclass(slots=True, kw_only=True)
class DeskChange(ReplyPart):
    """An event that the request caused; `number` where it was of a ticket. Where a request does the same with
    everybody who waits, it is one change for all of them: `count` events, of the tickets with `numbers` (the
    first RANGES_SHOWN_MAX ranges)."""

    event: str
    clinic: str
    number: int | None
    display_number: str | None
    count: int = 1
    numbers: list[NumberRange] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class DeskDone(Reply):
    """The request was done, now or when it came before: what it changed, in order.

    `ticket` is the ticket that was called or acted on, as it stands now; `new_ticket` is the one that a
    transfer gave.
    """

    name: ClassVar[str] = "desk_done"

    hospital: str
    clinic: str
    service_date: date
    changes: list[DeskChange]
    ticket: DeskTicket | None = None
    new_ticket: Ticket | None = None


@dataclass(slots=True, kw_only=True)
class Spread(ReplyPart):
    """Of how many durations, their median and the one that nine in ten do not exceed, in seconds."""

    count: int
    median_seconds: int | None
    p90_seconds: int | None


@dataclass(slots=True, kw_only=True)
class ReportRow(ReplyPart):
    """What became of the tickets registered in one hour of the day (`hour` null: of all).

    `waits` are from arrival to call, `services` from the call, or from where service began, to its end.
    """

    hour: int | None
    registered: int
    served: int
    no_shows: int
    cancelled: int
    transferred: int
    expired: int
    waits: Spread
    services: Spread


@dataclass(slots=True, kw_only=True)
class ClinicReport(Reply):
    """What a clinic did on a service day: by hours of registration on the hospital's clock, and in all."""

    name: ClassVar[str] = "clinic_report"

    hospital: str
    clinic: str
    clinic_name: str
    service_date: date
    total: ReportRow
    hours: list[ReportRow]
