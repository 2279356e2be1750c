"""What a clinic's desk asks for: names and shapes (see docs/desk-protocol.md).

These requests come through the exchange of the desks, to which patients cannot publish; a worker reads none
of them from anywhere else. Who asks is the user whom the broker vouches for.
"""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from antrean_client.visible_text import has_invisible
from common.domain.absences import AbsenceReason
from common.domain.cancellations import CancelReason
from common.domain.catalog import QueueMode
from common.domain.newborns import BIRTH_ORDER_MAX
from common.domain.staff import EVERY_ROLE, MOVES_QUEUES, RUNS_CLINICS, SEES_TO_PATIENTS, StaffRole
from common.domain.tickets import CallReason, PriorityReason
from common.messages.fields import BirthDate, Code, IsoDate, MedicalRecordNumber, PersonName
from common.messages.limits import NUMBER_MAX, ROOMS_MAX
from common.messages.message import Request
from common.messages.patients import Register

REASON_LENGTH_MAX = 200
TEXT_LENGTH_MAX = 100
"""Characters of what is looked for."""
HISTORY_SHOWN_MAX = 50
"""Lines of one `desk_history`."""
QUEUE_SHOWN_MAX = 200
"""Waiting tickets on one page of `desk_queue`, where they are that short."""
PLACES_MAX = 100_000
"""The last place in a queue that can be asked for."""


def _reason(text: str) -> str:
    if has_invisible(text):
        raise ValueError("a reason has no control, formatting or other invisible characters")
    return " ".join(text.split())


def _said(reason: AbsenceReason) -> AbsenceReason:
    if reason is AbsenceReason.CLOSED:
        raise ValueError("close the clinic until then instead")
    return reason


def _text(text: str) -> str:
    if has_invisible(text) or not (words := text.split()):
        raise ValueError("write a number or a part of a name, without invisible characters")
    return " ".join(words)


Text = Annotated[str, Field(min_length=1, max_length=TEXT_LENGTH_MAX), AfterValidator(_text)]
Reason = Annotated[str, Field(min_length=1, max_length=REASON_LENGTH_MAX), AfterValidator(_reason)]
Room = Annotated[int, Field(ge=1, le=ROOMS_MAX)]
Number = Annotated[int, Field(ge=1, le=NUMBER_MAX)]


class WaitingFate(StrEnum):
    """What becomes of those who wait when a clinic closes: still called, or their tickets cancelled."""

    DRAIN = "drain"
    CANCEL = "cancel"


class DeskRequest(Request):
    """Base of what a desk asks of one clinic today. Staff with one of the `roles` there may ask it."""

    roles: ClassVar[frozenset[StaffRole]] = EVERY_ROLE

    hospital: Code
    clinic: Code


class DeskQueueRequest(DeskRequest):
    """Asks who is in the rooms, who waits and who did not come. Of those who wait, behind the first `after`
    places. Answered by `DeskQueue`; changes nothing."""

    name: ClassVar[str] = "desk_queue"

    with_names: bool = False
    after: Annotated[int, Field(ge=0, le=PLACES_MAX)] = 0
    limit: Annotated[int, Field(ge=1, le=QUEUE_SHOWN_MAX)] = QUEUE_SHOWN_MAX


class FindTickets(DeskRequest):
    """Asks for today's tickets, in whatever state, with a number (17, GIG-017) or a part of a patient's name.
    Answered by `FoundTickets`; changes nothing."""

    name: ClassVar[str] = "find_tickets"

    text: Text


class DeskHistoryRequest(DeskRequest):
    """Asks what happened last to a ticket, or (`number` null) in the clinic, on a service day (today, where
    left out). Answered by `DeskHistory`; changes nothing."""

    name: ClassVar[str] = "desk_history"

    number: Number | None = None
    service_date: IsoDate | None = None
    limit: Annotated[int, Field(ge=1, le=HISTORY_SHOWN_MAX)] = 10


class OpenClinic(DeskRequest):
    """Opens the clinic. Within its opening hours it follows them again; outside it is forced open until
    `until` (the end of the service day, where left out)."""

    name: ClassVar[str] = "open_clinic"
    roles: ClassVar[frozenset[StaffRole]] = RUNS_CLINICS

    until: AwareDatetime | None = None
    reason: Reason | None = None


class CloseClinic(DeskRequest):
    """Takes no registrations until `until` (the end of the service day, where left out)."""

    name: ClassVar[str] = "close_clinic"
    roles: ClassVar[frozenset[StaffRole]] = RUNS_CLINICS

    waiting: WaitingFate = WaitingFate.DRAIN
    until: AwareDatetime | None = None
    reason: Reason | None = None


class CallNext(DeskRequest):
    """Completes who is in the room, if anybody is, and calls whose turn it is there: also who is in a room of
    another clinic, where `anyhow` says so."""

    name: ClassVar[str] = "call_next"
    roles: ClassVar[frozenset[StaffRole]] = MOVES_QUEUES

    room: Room
    anyhow: bool = False


class CallTicket(DeskRequest):
    """Completes who is in the room, if anybody is, and calls this number there, out of turn."""

    name: ClassVar[str] = "call_ticket"
    roles: ClassVar[frozenset[StaffRole]] = MOVES_QUEUES

    number: Number
    room: Room
    reason: CallReason
    anyhow: bool = False


class TicketAction(DeskRequest):
    """Base of what is done with one ticket of the clinic's queue, by its number; `service_date` tells whether
    it is one of today's (null), or of the day before, whose patients may still be in the rooms."""

    number: Number
    service_date: IsoDate | None = None


class DeskTicketRequest(TicketAction):
    """Asks for one ticket, whose it is, and what its patient sees of it. Answered by `DeskTicketShown`;
    changes nothing."""

    name: ClassVar[str] = "desk_ticket"
    roles: ClassVar[frozenset[StaffRole]] = SEES_TO_PATIENTS


class Recall(TicketAction):
    """Calls a called ticket once more: its event is published again for the boards."""

    name: ClassVar[str] = "recall"
    roles: ClassVar[frozenset[StaffRole]] = MOVES_QUEUES


class Start(TicketAction):
    """The called patient has come; service begins."""

    name: ClassVar[str] = "start"
    roles: ClassVar[frozenset[StaffRole]] = MOVES_QUEUES


class Complete(TicketAction):
    """The service is over; the room is free."""

    name: ClassVar[str] = "complete"
    roles: ClassVar[frozenset[StaffRole]] = MOVES_QUEUES


class MarkNoShow(TicketAction):
    """The called patient did not come; the room is free."""

    name: ClassVar[str] = "mark_no_show"
    roles: ClassVar[frozenset[StaffRole]] = MOVES_QUEUES


class Reinstate(TicketAction):
    """A no-show has come after all and waits again, behind the first ones of the lane."""

    name: ClassVar[str] = "reinstate"


class Skip(TicketAction):
    """Who is late, waiting or called, waits on behind the next ones of the lane."""

    name: ClassVar[str] = "skip"
    roles: ClassVar[frozenset[StaffRole]] = MOVES_QUEUES


class Park(TicketAction):
    """The called patient is not ready yet; the room is free."""

    name: ClassVar[str] = "park"
    roles: ClassVar[frozenset[StaffRole]] = MOVES_QUEUES


class Unpark(TicketAction):
    """A parked ticket's patient is ready, and waits at the front of the lane."""

    name: ClassVar[str] = "unpark"


class Undo(DeskRequest):
    """Takes back the last request that changed a ticket, by its number, or something in a room: one of the
    two is given. Whoever may do what is taken back may do this."""

    name: ClassVar[str] = "undo"

    number: Number | None = None
    room: Room | None = None
    service_date: IsoDate | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Undo":
        if (self.number is None) == (self.room is None):
            raise ValueError("give either number or room")
        return self


class SetPriority(TicketAction):
    """A waiting ticket goes to the priority lane for `reason`, or (null) back to the regular lane."""

    name: ClassVar[str] = "set_priority"

    reason: PriorityReason | None


class ToAnotherClinic(TicketAction):
    """Base of what gives a ticket's patient a new ticket in another clinic of the hospital."""

    to_clinic: Code


class Transfer(ToAnotherClinic):
    """The patient goes to another clinic instead of this one and keeps the place by time of arrival."""

    name: ClassVar[str] = "transfer"


class Send(ToAnotherClinic):
    """The patient, in service or served, goes on to another clinic, behind all who wait there, and `returns`
    to this one when served there."""

    name: ClassVar[str] = "send"
    roles: ClassVar[frozenset[StaffRole]] = MOVES_QUEUES

    returns: bool = False


class DeskCancel(TicketAction):
    """Gives up the ticket, waiting or called, of a patient who is not to have it; the patient is told why."""

    name: ClassVar[str] = "desk_cancel"

    reason: CancelReason


class Correct(TicketAction):
    """Corrects the data of the patient of a ticket, waiting, called or in service: those that are given.
    `newborn` is as in `register`; 0 says that the number is the patient's own."""

    name: ClassVar[str] = "correct"
    roles: ClassVar[frozenset[StaffRole]] = SEES_TO_PATIENTS

    medical_record_number: MedicalRecordNumber | None = None
    patient_name: PersonName | None = Field(default=None, alias="name")
    date_of_birth: BirthDate | None = None
    newborn: Annotated[int, Field(ge=0, le=BIRTH_ORDER_MAX)] | None = None

    @model_validator(mode="after")
    def _corrects_something(self) -> "Correct":
        given = (self.medical_record_number, self.patient_name, self.date_of_birth, self.newborn)
        if all(each is None for each in given):
            raise ValueError("give at least one of medical_record_number, name, date_of_birth and newborn")
        return self


class Away(DeskRequest):
    """A room, or (null) the whole clinic, calls nobody from now on; probably until `until`, and where that is
    not known, at the longest until the service day ends."""

    name: ClassVar[str] = "away"
    roles: ClassVar[frozenset[StaffRole]] = MOVES_QUEUES

    room: Room | None = None
    reason: Annotated[AbsenceReason, AfterValidator(_said)]
    until: AwareDatetime | None = None


class Back(DeskRequest):
    """A room, or (null) the clinic, is no longer away."""

    name: ClassVar[str] = "back"
    roles: ClassVar[frozenset[StaffRole]] = MOVES_QUEUES

    room: Room | None = None


class SetRooms(DeskRequest):
    """So many rooms serve from now on; none, where the staff do not know when one will."""

    name: ClassVar[str] = "set_rooms"
    roles: ClassVar[frozenset[StaffRole]] = RUNS_CLINICS

    rooms: Annotated[int, Field(ge=0, le=ROOMS_MAX)]


class SetMode(DeskRequest):
    """From now on the clock, or the desk, moves the queue."""

    name: ClassVar[str] = "set_mode"
    roles: ClassVar[frozenset[StaffRole]] = RUNS_CLINICS

    mode: QueueMode


class DeskRegister(Register):
    """Registers a patient at the counter. Answered by `Ticket`, or as `register` is."""

    name: ClassVar[str] = "desk_register"
    roles: ClassVar[frozenset[StaffRole]] = SEES_TO_PATIENTS

    priority: PriorityReason | None = None


class ReportRequest(DeskRequest):
    """Asks what a clinic did on a service day (today, where left out). Answered by `ClinicReport`."""

    name: ClassVar[str] = "clinic_report"
    roles: ClassVar[frozenset[StaffRole]] = RUNS_CLINICS

    service_date: IsoDate | None = None


class AccuracyRequest(DeskRequest):
    """Asks how the times that patients were told turned out, on the service days from `first_date` (seven in
    all, where left out) to `last_date` (today). Answered by `EstimateAccuracy`; changes nothing."""

    name: ClassVar[str] = "estimate_accuracy"

    first_date: IsoDate | None = None
    last_date: IsoDate | None = None


class DeskUserRequest(Request):
    """Asks who asks, and what they may do where. Answered by `DeskUser`."""

    name: ClassVar[str] = "desk_user"
