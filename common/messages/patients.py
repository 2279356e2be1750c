"""What patients ask for, and the replies to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, ClassVar, Final

from pydantic import AwareDatetime, Field

from common.domain.absences import AbsenceReason
from common.domain.cancellations import CancelledBy
from common.domain.lanes import Lane
from common.domain.ticket_states import TicketStatus
from common.messages.fields import (
    AfterCode,
    BirthDate,
    BirthOrder,
    Code,
    MedicalRecordNumber,
    PageLength,
    PersonName,
    TicketCode,
)
from common.messages.limits import PAGE_LENGTH_MAX, SHORT_LIST_MAX, TICKET_CODES_MAX
from common.messages.message import Reply, ReplyPart, Request

# --- requests -------------------------------------------------------------------------------------------


class Register(Request):
    """Asks for a ticket for today in an open clinic. Answered by `Ticket`. A `newborn` without a medical
    record number has its mother's, and her name; it is the order of birth."""

    name: ClassVar[str] = "register"

    hospital: Code
    clinic: Code
    medical_record_number: MedicalRecordNumber
    patient_name: PersonName = Field(alias="name")
    date_of_birth: BirthDate
    # Left out of the JSON where it is not given: so the digest of a request under way stays that of before.
    newborn: BirthOrder | None = Field(default=None, exclude_if=lambda order: order is None)


class Cancel(Request):
    """Gives a ticket up. Answered by `Ticket`."""

    name: ClassVar[str] = "cancel"

    ticket_code: TicketCode


class ListHospitals(Request):
    """Asks for the hospitals behind the code `after`, or from the first one on. Answered by `Hospitals`."""

    name: ClassVar[str] = "list_hospitals"

    after: AfterCode = ""
    limit: PageLength = PAGE_LENGTH_MAX


class ListClinics(Request):
    """Asks for the clinics of one hospital, behind the code `after` or from the first one on. Answered by
    `Clinics`."""

    name: ClassVar[str] = "list_clinics"

    hospital: Code
    open_only: bool = False
    after: AfterCode = ""
    limit: PageLength = PAGE_LENGTH_MAX


class TicketStatusRequest(Request):
    """Asks for tickets by their codes. Answered by `Tickets`."""

    name: ClassVar[str] = "ticket_status"

    ticket_codes: list[TicketCode] = Field(min_length=1, max_length=TICKET_CODES_MAX)


class ClinicQueueRequest(Request):
    """Asks who is served and who is next in a clinic. Answered by `ClinicQueue`."""

    name: ClassVar[str] = "clinic_queue"

    hospital: Code
    clinic: Code


# --- replies --------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class VisitStation(ReplyPart):
    """A station of a visit: a ticket of the same patient, as it stands. `is_current` is where the patient is
    to be now; `return_clinic` is to which the patient comes back when served here."""

    ticket_code: str
    number: int
    display_number: str
    clinic: str
    clinic_name: str
    service_date: date
    status: TicketStatus
    room: int | None
    room_name: str | None
    is_current: bool
    return_clinic: str | None


ABSENCES_SHOWN_MAX: Final = 2
"""Absences that patients are shown of one clinic."""


@dataclass(slots=True, kw_only=True)
class ClinicAbsence(ReplyPart):
    """A room, or (`room` null) the whole clinic, calls nobody since `since`, and is probably back at `until`
    (null: nobody knows when)."""

    room: int | None
    room_name: str | None
    reason: AbsenceReason
    since: AwareDatetime
    until: AwareDatetime | None


@dataclass(slots=True, kw_only=True)
class ShownTicket(ReplyPart):
    """A ticket as it stands. Moments carry the hospital's offset; durations are in seconds.

    `ticket_code` is null where somebody is shown a ticket who may not act on it. The estimate is null where
    nothing is to be expected any more: called, served, cancelled ... `day_may_end_first`: the interval ends
    behind the service day, at whose end the ticket expires. `room` is where a ticket that is called or in
    service has to go, and where a served one went, `room_name` what it is called; `recalled_at` is when a
    called one was called once more. `transferred_to` is the code of the ticket in another queue that the
    patient got for this one. `cancelled_by` and `cancel_reason` tell who cancelled it and why: the staff's
    CancelReason, or the text that they gave when they closed the clinic. Of a ticket in a visit,
    `current_code` is the code of the station at which the patient is to be now, and `visit` are all stations,
    in order, where one ticket was asked for. While it waits, `absences` are who of the clinic is away, the
    whole clinic first; null where nobody is.
    """

    ticket_code: str | None
    number: int
    display_number: str
    hospital: str
    hospital_name: str | None = None
    clinic: str
    clinic_name: str | None = None
    service_date: date
    status: TicketStatus
    lane: Lane
    people_ahead: int | None
    now_serving: str | None
    estimated_wait_seconds: int | None
    estimated_call_at: AwareDatetime | None
    earliest_call_at: AwareDatetime | None
    latest_call_at: AwareDatetime | None
    day_may_end_first: bool | None
    registered_at: AwareDatetime
    called_at: AwareDatetime | None
    recalled_at: AwareDatetime | None = None
    room: int | None = None
    room_name: str | None = None
    transferred_to: str | None
    zone: str | None = None
    cancelled_by: CancelledBy | None = None
    cancel_reason: str | None = None
    current_code: str | None = None
    visit: list[VisitStation] | None = None
    absences: list[ClinicAbsence] | None = None


@dataclass(slots=True, kw_only=True)
class Ticket(ShownTicket, Reply):
    """A ticket with its code, by which it is looked up and given up."""

    name: ClassVar[str] = "ticket"

    ticket_code: str


def without_code(ticket: Ticket) -> ShownTicket:
    """The ticket for somebody who may see it, and neither follow it nor give it up."""
    members = {each.name: getattr(ticket, each.name) for each in fields(ShownTicket)}
    codes = dict.fromkeys(("ticket_code", "transferred_to", "current_code", "visit"))
    return ShownTicket(**members | codes)


SHOWN_IN_SHORT_LISTS: Final = (
    "hospital_name",
    "clinic_name",
    "recalled_at",
    "room",
    "room_name",
    "cancelled_by",
    "cancel_reason",
    "current_code",
    "absences",
)
"""Members of a ticket that lists of more than SHORT_LIST_MAX tickets leave out: a reply cannot hold them."""

SHOWN_ALONE: Final = ("visit",)
"""Members of a ticket that lists of more than one ticket leave out, too."""


@dataclass(slots=True, kw_only=True)
class Tickets(Reply):
    """The tickets found, in the order asked for, and the codes that no ticket has."""

    name: ClassVar[str] = "tickets"

    tickets: list[Ticket]
    not_found: list[str] = field(default_factory=list)

    def left_out(self) -> Mapping[str, Any] | None:
        """As SHOWN_IN_SHORT_LISTS and SHOWN_ALONE say."""
        if len(self.tickets) <= 1:
            return None
        members = {*SHOWN_ALONE}
        if len(self.tickets) > SHORT_LIST_MAX:
            members |= {*SHOWN_IN_SHORT_LISTS}
        return {"tickets": {"__all__": members}}


@dataclass(slots=True, kw_only=True)
class HospitalSummary(ReplyPart):
    """A hospital and how many of its clinics are open now."""

    code: str
    name: str
    city: str
    time_zone: str
    open_clinics: int


@dataclass(slots=True, kw_only=True)
class Hospitals(Reply):
    """Hospitals, ordered by code; whether there are `more` behind the last."""

    name: ClassVar[str] = "hospitals"

    hospitals: list[HospitalSummary]
    more: bool = False


@dataclass(slots=True, kw_only=True)
class ClinicSummary(ReplyPart):
    """A clinic today. `opens_at` and `closes_at` are of the session that is on or comes next today, or
    else of today's last one; `estimated_wait_seconds` is for somebody who would register now, with the
    interval from `shortest_wait_seconds` to `longest_wait_seconds`.
    `closed_reason` is why the staff have closed it, `absences` who of it is away, as in `ShownTicket`."""

    code: str
    name: str
    is_open: bool
    opens_at: AwareDatetime | None
    closes_at: AwareDatetime | None
    waiting: int
    now_serving: str | None
    estimated_wait_seconds: int | None
    shortest_wait_seconds: int | None
    longest_wait_seconds: int | None
    day_may_end_first: bool | None
    quota_left: int
    next_opening: AwareDatetime | None
    zone: str | None = None
    closed_reason: str | None = None
    absences: list[ClinicAbsence] | None = None


@dataclass(slots=True, kw_only=True)
class Clinics(Reply):
    """Clinics of one hospital, ordered by code; whether there are `more` behind the last."""

    name: ClassVar[str] = "clinics"

    hospital: str
    clinics: list[ClinicSummary]
    more: bool = False


@dataclass(slots=True, kw_only=True)
class OccupiedRoom(ReplyPart):
    """Who is called to a room, or being served in it. A room can have two: the one whom the day before has
    called keeps it until the service ends."""

    room: int
    room_name: str | None
    display_number: str
    status: TicketStatus


@dataclass(slots=True, kw_only=True)
class ClinicQueue(Reply):
    """A clinic's queue in numbers: being served and where, next to be called, and how many wait; and who is
    away, as in `ShownTicket`. `sequence` is that of the last event that is in it: who follows events goes on
    with those behind it."""

    name: ClassVar[str] = "clinic_queue"

    hospital: str
    hospital_name: str
    clinic: str
    clinic_name: str
    service_date: date
    is_open: bool
    now_serving: str | None
    in_rooms: list[str]
    rooms: list[OccupiedRoom]
    next: list[str]
    waiting: int
    absences: list[ClinicAbsence] | None = None
    sequence: int = 0
