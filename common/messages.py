"""Requests and replies: their names, shapes and the closed list of problem codes (see docs/protocol.md)."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)

from common.domain.catalog import CODE_PATTERN
from common.domain.lanes import Lane
from common.domain.ticket_codes import parse_ticket_code
from common.domain.tickets import TicketStatus
from common.limits import NAME_LENGTH_MAX, PAGE_LENGTH_MAX, TICKET_CODES_MAX
from common.patient_data import normal_medical_record_number, normal_name


class ProblemCode(StrEnum):
    """Why a request was refused; clients decide by this code."""

    INVALID_REQUEST = "invalid_request"
    UNKNOWN_REQUEST = "unknown_request"
    MESSAGE_TOO_LARGE = "message_too_large"
    HOSPITAL_NOT_FOUND = "hospital_not_found"
    CLINIC_NOT_FOUND = "clinic_not_found"
    CLINIC_CLOSED = "clinic_closed"
    QUOTA_REACHED = "quota_reached"
    ALREADY_REGISTERED = "already_registered"
    MEDICAL_RECORD_MISMATCH = "medical_record_mismatch"
    REQUEST_ID_REUSED = "request_id_reused"
    REQUEST_EXPIRED = "request_expired"
    TICKET_NOT_FOUND = "ticket_not_found"
    NOT_CANCELLABLE = "not_cancellable"
    NOT_PERMITTED_NOW = "not_permitted_now"
    BUSY = "busy"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"
    INTERNAL_ERROR = "internal_error"

    @property
    def heading(self) -> str:
        """The code as words, such as `Clinic closed`."""
        return self.value.replace("_", " ").capitalize()


class Hindrance(StrEnum):
    """What stands against a desk's action, where it is not permitted now."""

    CLOCK_MODE = "clock_mode"
    NOBODY_WAITING = "nobody_waiting"
    ROOM_NOT_SERVING = "room_not_serving"
    TICKET_STATUS = "ticket_status"
    HOLDS_ANOTHER = "holds_another"
    SAME_CLINIC = "same_clinic"
    ALREADY_SO = "already_so"


class Message(BaseModel):
    """Base of everything that travels: immutable, strictly typed, nothing unknown in it."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", hide_input_in_errors=True, defer_build=True
    )


# --- what is in a request -------------------------------------------------------------------------------


def _ticket_code(text: str) -> str:
    return parse_ticket_code(text)


def _iso_date(value: Any) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise ValueError("a date is written as 1990-01-31")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError("there is no such day in the calendar") from error


Code = Annotated[str, Field(pattern=CODE_PATTERN)]
TicketCode = Annotated[str, Field(max_length=40), AfterValidator(_ticket_code)]
MedicalRecordNumber = Annotated[str, Field(max_length=40), AfterValidator(normal_medical_record_number)]
PersonName = Annotated[str, Field(max_length=4 * NAME_LENGTH_MAX), AfterValidator(normal_name)]
AfterCode = Annotated[str, Field(pattern=f"{CODE_PATTERN}|^$")]
PageLength = Annotated[int, Field(ge=1, le=PAGE_LENGTH_MAX)]
IsoDate = Annotated[date, BeforeValidator(_iso_date)]


class Request(Message):
    """Base of the requests; `name` is the message's `type` property and its routing key."""

    name: ClassVar[str]


class Register(Request):
    """Asks for a ticket for today in an open clinic. Answered by `Ticket`."""

    name: ClassVar[str] = "register"

    hospital: Code
    clinic: Code
    medical_record_number: MedicalRecordNumber
    patient_name: PersonName = Field(alias="name")
    date_of_birth: IsoDate


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


# --- what is in a reply ---------------------------------------------------------------------------------


class Reply(Message):
    """Base of the replies; `name` is the message's `type` property."""

    name: ClassVar[str]


class Ticket(Reply):
    """A ticket as it stands. Moments carry the hospital's offset; durations are in seconds.

    The estimate is null where nothing is to be expected any more: called, served, cancelled ...
    `day_may_end_first`: the interval ends behind the service day, at whose end the ticket expires.
    `transferred_to` is the code of the ticket in another queue that the patient got for this one.
    """

    name: ClassVar[str] = "ticket"

    ticket_code: str
    number: int
    display_number: str
    hospital: str
    clinic: str
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
    transferred_to: str | None
    zone: str | None = None


class Tickets(Reply):
    """The tickets found, in the order asked for, and the codes that are nobody's."""

    name: ClassVar[str] = "tickets"

    tickets: list[Ticket]
    not_found: list[str] = []


class HospitalSummary(Message):
    """A hospital and how many of its clinics are open now."""

    code: str
    name: str
    city: str
    time_zone: str
    open_clinics: int


class Hospitals(Reply):
    """Hospitals, ordered by code; whether there are `more` behind the last."""

    name: ClassVar[str] = "hospitals"

    hospitals: list[HospitalSummary]
    more: bool = False


class ClinicSummary(Message):
    """A clinic today. `opens_at` and `closes_at` are of the session that is on or comes next today, or
    else of today's last one; `estimated_wait_seconds` is for somebody who would register now."""

    code: str
    name: str
    is_open: bool
    opens_at: AwareDatetime | None
    closes_at: AwareDatetime | None
    waiting: int
    now_serving: str | None
    estimated_wait_seconds: int | None
    day_may_end_first: bool | None
    quota_left: int
    next_opening: AwareDatetime | None
    zone: str | None = None


class Clinics(Reply):
    """Clinics of one hospital, ordered by code; whether there are `more` behind the last."""

    name: ClassVar[str] = "clinics"

    hospital: str
    clinics: list[ClinicSummary]
    more: bool = False


class ClinicQueue(Reply):
    """A clinic's queue in numbers: being served, next to be called, and how many wait."""

    name: ClassVar[str] = "clinic_queue"

    hospital: str
    clinic: str
    service_date: date
    is_open: bool
    now_serving: str | None
    in_rooms: list[str]
    next: list[str]
    waiting: int


class FieldError(Message):
    """What is wrong with one field of a request; never what stood in it."""

    field: str
    message: str


class Problem(Reply):
    """A refusal, in the shape of RFC 9457. `code` is what clients decide by.

    `ticket` comes with `already_registered`; `next_opening` with `clinic_closed` and `quota_reached`;
    `reason` with `not_permitted_now`; `server_time` with `request_expired`.
    """

    name: ClassVar[str] = "problem"

    type: Literal["about:blank"] = "about:blank"
    title: str
    detail: str
    code: ProblemCode
    errors: list[FieldError] = []
    ticket: Ticket | None = None
    next_opening: AwareDatetime | None = None
    zone: str | None = None
    reason: Hindrance | None = None
    server_time: AwareDatetime | None = None


def problem(code: ProblemCode, detail: str, **extra: Any) -> Problem:
    """A problem with the title of its code; `detail` is one sentence that says what to do."""
    return Problem(title=code.heading, detail=detail, code=code, **extra)


class EncodedReply(NamedTuple):
    """A reply that was composed as JSON: the `name` of its model, and what that would be encoded as."""

    name: str
    body: bytes


def encoded(part: Message) -> bytes:
    """A part of a reply as JSON in UTF-8."""
    return part.model_dump_json().encode()


def encode_reply(reply: Reply | EncodedReply) -> bytes:
    """The reply as JSON in UTF-8. A problem's members that are not there are left out."""
    if isinstance(reply, EncodedReply):
        return reply.body
    absent = None
    if isinstance(reply, Problem):
        absent = {
            name
            for name in ("ticket", "next_opening", "zone", "reason", "server_time")
            if getattr(reply, name) is None
        }
    return reply.model_dump_json(exclude=absent).encode()
