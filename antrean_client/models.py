"""What patients are answered, as models: read with every member and state that came after this version.

A worker writes replies strictly (`common.messages.patients` has the same members); a client takes what it
does not know: a `status` or a `lane` is text, and members without a name here are in `model_extra`.
"""

from datetime import date

from pydantic import AwareDatetime, BaseModel, ConfigDict


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)


class Station(_Model):
    """A station of a visit: a ticket of the same patient."""

    ticket_code: str
    number: int
    display_number: str
    clinic: str
    clinic_name: str
    service_date: date
    status: str
    room: int | None
    room_name: str | None
    is_current: bool
    return_clinic: str | None


class Absence(_Model):
    """A room, or (`room` null) the whole clinic, calls nobody since `since`, probably until `until`."""

    room: int | None
    room_name: str | None
    reason: str
    since: AwareDatetime
    until: AwareDatetime | None


class Ticket(_Model):
    """A ticket as it stands. Moments carry the hospital's offset; durations are in seconds. With
    `ticket_code` it is looked up and given up: treat it like a password."""

    ticket_code: str
    number: int
    display_number: str
    hospital: str
    hospital_name: str | None = None
    clinic: str
    clinic_name: str | None = None
    service_date: date
    status: str
    lane: str
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
    cancelled_by: str | None = None
    cancel_reason: str | None = None
    current_code: str | None = None
    visit: list[Station] | None = None
    absences: list[Absence] | None = None


class Hospital(_Model):
    """A hospital and how many of its clinics are open now."""

    code: str
    name: str
    city: str
    time_zone: str
    open_clinics: int


class Clinic(_Model):
    """A clinic today; `estimated_wait_seconds` is for somebody who would register now, with the interval from
    `shortest_wait_seconds` to `longest_wait_seconds`, which servers before 0.4 do not tell."""

    code: str
    name: str
    is_open: bool
    opens_at: AwareDatetime | None
    closes_at: AwareDatetime | None
    waiting: int
    now_serving: str | None
    estimated_wait_seconds: int | None
    shortest_wait_seconds: int | None = None
    longest_wait_seconds: int | None = None
    day_may_end_first: bool | None
    quota_left: int
    next_opening: AwareDatetime | None
    zone: str | None = None
    closed_reason: str | None = None
    absences: list[Absence] | None = None


class Room(_Model):
    """Who is called to a room, or being served in it."""

    room: int
    room_name: str | None
    display_number: str
    status: str


class ClinicQueue(_Model):
    """A clinic's queue in numbers: being served and where, next to be called, and how many wait; `sequence`
    is that of the last event that is in it."""

    hospital: str
    hospital_name: str
    clinic: str
    clinic_name: str
    service_date: date
    is_open: bool
    now_serving: str | None
    in_rooms: list[str]
    rooms: list[Room]
    next: list[str]
    waiting: int
    absences: list[Absence] | None = None
    sequence: int = 0
