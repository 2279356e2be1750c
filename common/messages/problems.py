"""Problems: their codes, their shape, and the sentence of each one that a worker gives.

The sentences say what to do, and hold nothing that a patient sent.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AwareDatetime, Field

from common.domain import refusals
from common.domain.catalog import Clinic, Hospital
from common.domain.elsewhere import Elsewhere
from common.domain.partial_dates import PartialDate
from common.domain.refusals import NotPermitted, NotPermittedReason
from common.domain.staff import EVERY_ROLE, MOVES_QUEUES, RUNS_CLINICS, SEES_TO_PATIENTS, StaffRole
from common.domain.ticket_states import TicketStatus
from common.messages.desk_replies import OtherRoom, other_room
from common.messages.limits import RECORD_NUMBER_LENGTH_MAX
from common.messages.message import Reply, ReplyPart, ShownBirthDate, ShownName
from common.messages.patients import ShownTicket, Ticket, without_code


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
    ASK_AT_DESK = "ask_at_desk"
    REQUEST_ID_REUSED = "request_id_reused"
    REQUEST_EXPIRED = "request_expired"
    TICKET_NOT_FOUND = "ticket_not_found"
    NOT_CANCELLABLE = "not_cancellable"
    NOT_PERMITTED = "not_permitted"
    NOT_PERMITTED_NOW = "not_permitted_now"
    PATIENT_ELSEWHERE = "patient_elsewhere"
    BUSY = "busy"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"
    INTERNAL_ERROR = "internal_error"

    @property
    def heading(self) -> str:
        """The code as words, such as `Clinic closed`."""
        return self.value.replace("_", " ").capitalize()


@dataclass(slots=True, kw_only=True)
class FieldError(ReplyPart):
    """What is wrong with one field of a request; never what stood in it."""

    field: str
    message: str


@dataclass(slots=True, kw_only=True)
class TicketHolder(ReplyPart):
    """Whose ticket is in the way of a registration, as the ticket has it."""

    name: ShownName
    date_of_birth: ShownBirthDate


@dataclass(slots=True, kw_only=True)
class ShownRecordNumberFormat(ReplyPart):
    """How a hospital writes its medical record numbers, as a `RecordNumberFormat` has it."""

    length: Annotated[int, Field(le=RECORD_NUMBER_LENGTH_MAX)]
    letters: bool
    padded: bool


@dataclass(slots=True, kw_only=True)
class Problem(Reply):
    """A refusal, in the shape of RFC 9457. `code` is what clients decide by.

    `ticket` comes with `already_registered`, and has its code only for the desk, to which it comes with
    `medical_record_mismatch`, too, there with its
    `holder`; `next_opening` comes with `clinic_closed` and `quota_reached`,
    `closed_reason` (what the staff wrote) with `clinic_closed`, `reason` with `not_permitted_now`,
    `server_time` with `request_expired`. `roles` and `clinic_name` come with `not_permitted`: who may, and
    where; they are left out where it is not about a clinic. `display_number` and `elsewhere` come with
    `patient_elsewhere`: who would be called, and where the patient is. `display_number` also comes with the
    reasons `holds_another` and `ticket_status`: the ticket that stands against it, with its `clinic`, or its
    `status`. `record_number_format` comes with
    `invalid_request` where the medical record number does not fit it.
    """

    name: ClassVar[str] = "problem"
    optional_members = (
        *("ticket", "holder", "next_opening", "zone", "closed_reason"),
        *(
            "reason",
            "server_time",
            "roles",
            "clinic_name",
            "display_number",
            "elsewhere",
            "record_number_format",
            "clinic",
            "status",
        ),
    )

    type: Literal["about:blank"] = "about:blank"
    title: str
    detail: str
    code: ProblemCode
    errors: list[FieldError] = field(default_factory=list)
    ticket: ShownTicket | None = None
    holder: TicketHolder | None = None
    next_opening: AwareDatetime | None = None
    zone: str | None = None
    closed_reason: str | None = None
    reason: NotPermittedReason | None = None
    server_time: AwareDatetime | None = None
    roles: list[StaffRole] | None = None
    clinic_name: str | None = None
    display_number: str | None = None
    elsewhere: OtherRoom | None = None
    record_number_format: ShownRecordNumberFormat | None = None
    clinic: str | None = None
    status: TicketStatus | None = None

    def names_shown(self) -> int:
        """That of the `holder`."""
        return int(self.holder is not None)


def problem(code: ProblemCode, detail: str, **extra: Any) -> Problem:
    """A problem with the title of its code; `detail` is one sentence that says what to do."""
    return Problem(title=code.heading, detail=detail, code=code, **extra)


# --- the sentence of each ---------------------------------------------------------------------------------

_JUST_BEFORE = timedelta(microseconds=1)


def hospital_not_found() -> Problem:
    """No such hospital in the catalog."""
    return problem(ProblemCode.HOSPITAL_NOT_FOUND, "Ask for list_hospitals and use one of the codes there.")


def clinic_not_found() -> Problem:
    """No such clinic in a hospital that there is."""
    return problem(ProblemCode.CLINIC_NOT_FOUND, "Ask for list_clinics and use one of the codes there.")


def no_such_clinic(*, has_hospital: bool) -> Problem:
    """No such clinic; `has_hospital` is whether there is the hospital at least."""
    return clinic_not_found() if has_hospital else hospital_not_found()


def clinic_closed(clinic: Clinic, now: datetime) -> Problem:
    """The clinic takes no registrations at `now`."""
    opening, reason = clinic.next_opening(now), clinic.closed_reason(now)
    if opening is None:
        detail = f"{clinic.name} has no opening in the next two weeks."
        return problem(ProblemCode.CLINIC_CLOSED, detail, closed_reason=reason)
    detail = f"{clinic.name} opens again on {_on_the_clock(clinic, opening)}."
    return problem(ProblemCode.CLINIC_CLOSED, detail, closed_reason=reason, **_opening(clinic, opening))


def quota_reached(clinic: Clinic, now: datetime) -> Problem:
    """All tickets of the clinic's service day are given out."""
    detail = f"{clinic.name} has given out its {clinic.daily_quota} tickets of today"
    # Another session of this day would not help: the quota is for the whole day.
    day_end = clinic.day_end(clinic.service_date(now))
    opening = clinic.next_opening(max(now, day_end - _JUST_BEFORE))
    if opening is None:
        return problem(ProblemCode.QUOTA_REACHED, f"{detail}.")
    detail += f"; it opens again on {_on_the_clock(clinic, opening)}."
    return problem(ProblemCode.QUOTA_REACHED, detail, **_opening(clinic, opening))


def already_registered(ticket: Ticket) -> Problem:
    """The patient holds an active ticket for this clinic today. Who knows the patient's data may be somebody
    else: its code, which cancels it, is not shown."""
    detail = f"This patient holds {ticket.display_number} for today; use that ticket, or ask at the desk."
    return problem(ProblemCode.ALREADY_REGISTERED, detail, ticket=without_code(ticket))


def already_registered_at_desk(ticket: Ticket) -> Problem:
    """The same, told to the desk, which sees who stands there and can give the code again."""
    detail = f"This patient holds {ticket.display_number} for today; use that ticket, or cancel it first."
    return problem(ProblemCode.ALREADY_REGISTERED, detail, ticket=ticket)


def medical_record_mismatch() -> Problem:
    """Somebody else's active ticket, as far as the asker's data go; nothing is told of it."""
    detail = (
        "The data do not match or are not registered in this hospital. Check the medical record number"
        " (leading zeros, too), name and date of birth, or ask at the registration desk."
    )
    return problem(ProblemCode.MEDICAL_RECORD_MISMATCH, detail)


def mismatch_at_desk(ticket: Ticket, name: str, date_of_birth: PartialDate) -> Problem:
    """The same, told to the desk: this ticket was taken with the patient's number and other data, which they
    are, and what to do with it."""
    detail = (
        f"Somebody with other data holds {ticket.display_number}; correct it if it is this patient's, else"
        " cancel it."
    )
    holder = TicketHolder(name=name, date_of_birth=str(date_of_birth))
    return problem(ProblemCode.MEDICAL_RECORD_MISMATCH, detail, ticket=ticket, holder=holder)


def ask_at_desk() -> Problem:
    """Too much was tried with a medical record number today; nothing is told of it or its tickets."""
    detail = (
        "For this medical record number, today's number can only be taken at the registration desk."
        " A ticket that you hold stays valid."
    )
    return problem(ProblemCode.ASK_AT_DESK, detail)


def date_of_birth_impossible() -> Problem:
    """The date of birth is in the future or too long ago."""
    error = FieldError(field="date_of_birth", message="a date of birth lies in the past 130 years")
    return problem(ProblemCode.INVALID_REQUEST, "Correct date_of_birth.", errors=[error])


def no_newborn() -> Problem:
    """Somebody of that date of birth goes by a number of their own."""
    message = "a newborn without a number of its own is younger than a year; leave newborn out"
    error = FieldError(field="newborn", message=message)
    return problem(ProblemCode.INVALID_REQUEST, "Correct date_of_birth or newborn.", errors=[error])


def record_number_unfit(hospital: Hospital) -> Problem:
    """The hospital has no such medical record number: how it writes them."""
    form = hospital.record_number_format
    assert form is not None
    shown = ShownRecordNumberFormat(length=form.length, letters=form.letters, padded=form.padded)
    kinds = "letters and digits" if form.letters else "digits"
    message = f"the hospital's medical record numbers have {form.length} {kinds}"
    if form.padded:
        message += "; zeros in front may be left out"
    error = FieldError(field="medical_record_number", message=message)
    return problem(
        ProblemCode.INVALID_REQUEST,
        "Correct medical_record_number.",
        errors=[error],
        record_number_format=shown,
    )


def request_id_reused() -> Problem:
    """The id belongs to a request with other contents."""
    detail = "This message_id belongs to another request; send this one with a new UUID."
    return problem(ProblemCode.REQUEST_ID_REUSED, detail)


def request_expired(now: datetime) -> Problem:
    """The request waited too long to be taken up, or its sender's clock is late: `now` is the worker's."""
    detail = "The request is more than 15 minutes old and was not carried out; send it again as a new one."
    return problem(ProblemCode.REQUEST_EXPIRED, detail, server_time=now.replace(microsecond=0))


def busy() -> Problem:
    """The sender has more requests waiting than its share."""
    return problem(ProblemCode.BUSY, "The system is very busy; send the request again in a moment.")


def ticket_not_found() -> Problem:
    """No ticket has this code."""
    return problem(ProblemCode.TICKET_NOT_FOUND, "No ticket has this code; check it character by character.")


def number_not_given_out() -> Problem:
    """The clinic's queue of today has no ticket with this number."""
    detail = "The clinic has given out no ticket with this number today; check the number."
    return problem(ProblemCode.TICKET_NOT_FOUND, detail)


def looks_not_recorded() -> Problem:
    """Names of patients would be shown, and nobody could tell afterwards to whom."""
    detail = (
        "Who looks at names cannot be recorded now; ask without names, and tell the system's operators if"
        " this lasts."
    )
    return problem(ProblemCode.TEMPORARILY_UNAVAILABLE, detail)


def not_staff() -> Problem:
    """A desk's request of nobody for whom the broker vouches, or of no active member of staff."""
    detail = "Only active members of staff may ask this, each as a user of their own; ask to be added."
    return problem(ProblemCode.NOT_PERMITTED, detail)


_WHO_MAY = {
    EVERY_ROLE: "the staff",
    MOVES_QUEUES: "a caller or a manager",
    SEES_TO_PATIENTS: "reception or a manager",
    RUNS_CLINICS: "a manager",
}


def not_permitted(clinic: Clinic, roles: frozenset[StaffRole]) -> Problem:
    """Only who has one of these roles in the clinic may ask this."""
    detail = f"Only {_WHO_MAY[roles]} of {clinic.name} may do this; ask there."
    who = [role for role in StaffRole if role in roles]
    return problem(ProblemCode.NOT_PERMITTED, detail, roles=who, clinic_name=clinic.name)


def other_hospital(hospital: str) -> Problem:
    """An integrator who is restricted to a hospital asks for the events of another."""
    detail = f"Through this exchange the events of {hospital} are answered, and no other hospital's."
    return problem(ProblemCode.NOT_PERMITTED, detail)


def not_permitted_now(refused: NotPermitted) -> Problem:
    """The state of a clinic's queue, or of a ticket in it, does not allow what its desk asks for."""
    ticket = {} if refused.ticket is None else refused.ticket._asdict()
    return problem(ProblemCode.NOT_PERMITTED_NOW, refused.detail, reason=refused.reason, **ticket)


def patient_elsewhere(display_number: str, elsewhere: Elsewhere) -> Problem:
    """The patient who would be called is in a room of another clinic."""
    where = other_room(elsewhere)
    room = where.room_name or f"room {where.room}"
    detail = (
        f"{display_number} is in {where.clinic_name}, {room}; call somebody else, or repeat it with anyhow."
    )
    return problem(ProblemCode.PATIENT_ELSEWHERE, detail, display_number=display_number, elsewhere=where)


def no_lane(clinic: Clinic) -> Problem:
    """The clinic has no lane to which the reason leads that its desk gives."""
    return not_permitted_now(refusals.no_lane(clinic.name))


def until_impossible() -> Problem:
    """A clinic cannot be forced open or closed, and nobody be away, until then."""
    rule = "a moment in the next 31 days, with its offset from UTC; of an absence, one of this service day"
    error = FieldError(field="until", message=rule)
    return problem(ProblemCode.INVALID_REQUEST, "Correct until.", errors=[error])


def not_cancellable(ticket: Ticket) -> Problem:
    """The ticket is past the point at which it can be given up."""
    shown = ticket.display_number
    detail = f"{shown} is {ticket.status.value}; only one that waits, is called or parked is cancelled."
    return problem(ProblemCode.NOT_CANCELLABLE, detail)


def _on_the_clock(clinic: Clinic, moment: datetime) -> str:
    local = clinic.hospital.local_time(moment)
    return f"{local:%Y-%m-%d} at {local:%H:%M} {clinic.hospital.zone_at(moment)}"


def _opening(clinic: Clinic, opening: datetime) -> dict[str, Any]:
    """When the clinic opens again, on the hospital's clock."""
    return {"next_opening": clinic.hospital.local_time(opening), "zone": clinic.hospital.zone_at(opening)}
