"""What a clinic's desk is told: names and shapes (see docs/desk-protocol.md)."""

from dataclasses import dataclass, field, fields
from datetime import date
from typing import ClassVar

from pydantic import AwareDatetime

from common.domain.absences import AbsenceReason
from common.domain.accuracy import Promise
from common.domain.catalog import ClinicState, QueueMode
from common.domain.elsewhere import Elsewhere
from common.domain.lanes import Lane
from common.domain.staff import StaffRole
from common.domain.ticket_states import TicketStatus
from common.domain.tickets import PriorityReason
from common.messages.message import Reply, ReplyPart, ShownBirthDate, ShownName
from common.messages.patients import Ticket

NO_SHOWS_SHOWN_MAX = 20
FOUND_SHOWN_MAX = 20
"""Tickets of one `found_tickets`."""
PARKED_SHOWN_MAX = 20
AWAY_SHOWN_MAX = 20
RANGES_SHOWN_MAX = 100
"""Ranges of numbers that one change lists."""

DUPLICATES_SHOWN_MAX = 20
"""Possible duplicates in one reply."""

DUTIES_SHOWN_MAX = 15
"""Duties of a member of staff, each of a hospital: a reply holds so many with all their clinics."""


@dataclass(slots=True, kw_only=True)
class OtherRoom(ReplyPart):
    """A room of another clinic of the hospital in which a patient was called or is served; `room_name` where
    it has one."""

    clinic: str
    clinic_name: str
    room: int
    room_name: str | None


def other_room(elsewhere: Elsewhere) -> OtherRoom:
    """Where a patient is, as replies show it."""
    clinic, room = elsewhere
    return OtherRoom(clinic=clinic.code, clinic_name=clinic.name, room=room, room_name=clinic.room_name(room))


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
    patient_name: ShownName | None = None


@dataclass(slots=True, kw_only=True)
class VisitTicket(DeskTicket):
    """The same with what there is room for in lists of few: `elsewhere` is where the patient who waits is
    now, in a room of another clinic; `came_from` is the number of the ticket from which the patient was sent,
    or went back (`is_return`), and `return_clinic` the clinic to which the patient goes back when served
    here."""

    elsewhere: OtherRoom | None = None
    came_from: str | None = None
    is_return: bool = False
    return_clinic: str | None = None


@dataclass(slots=True, kw_only=True)
class AwayTicket(DeskTicket):
    """A ticket that was served, whose patient is to come back from the ticket `station` of another clinic, or
    did not come back, if that is over: then `station_status` says why."""

    station: str
    station_status: TicketStatus


def _names_in(*tickets: DeskTicket) -> int:
    return sum(ticket.patient_name is not None for ticket in tickets)


@dataclass(slots=True, kw_only=True)
class DeskLane(ReplyPart):
    """A lane of a clinic: how many wait in it, and the reasons that lead there."""

    lane: Lane
    waiting: int
    reasons: list[PriorityReason]


@dataclass(slots=True, kw_only=True)
class DeskAbsence(ReplyPart):
    """A room, or (`room` null) the whole clinic, calls nobody since `since`, and is probably back at `until`
    (null: nobody knows when)."""

    room: int | None
    reason: AbsenceReason
    since: AwareDatetime
    until: AwareDatetime | None


@dataclass(slots=True, kw_only=True)
class PossibleDuplicate(ReplyPart):
    """The patient who holds `number` may hold `other` of the same queue, too: by name and date of birth, with
    another medical record number."""

    number: int
    other: int


@dataclass(slots=True, kw_only=True)
class TicketAtDesk(Ticket):
    """A ticket that the desk gave out. Its patient may hold the number `possible_duplicate` of the same
    queue, too: by name and date of birth, with another medical record number."""

    possible_duplicate: str | None = None


def at_desk(ticket: Ticket, possible_duplicate: str | None) -> TicketAtDesk:
    """The ticket as the desk is answered."""
    members = {each.name: getattr(ticket, each.name) for each in fields(Ticket)}
    return TicketAtDesk(**members, possible_duplicate=possible_duplicate)


@dataclass(slots=True, kw_only=True)
class DeskQueue(Reply):
    """A clinic's queue. `waiting` is a page of those who wait, in the order of their calls, and `more` says
    whether others wait behind them; the counts count everybody, `waiting_priority_count` those above the
    regular lane. `lanes` are the clinic's, the most urgent first. `no_shows` are the latest first, `parked`
    and `away` by their numbers.
    `room_names` are what the rooms are called, the first that of room 1; an empty or missing one: by its
    number. `absences` are who of the clinic is away, the whole clinic first. `possible_duplicates` are among
    those in the rooms and on the page, of today."""

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
    room_names: list[str] = field(default_factory=list)
    waiting_count: int
    waiting_priority_count: int
    lanes: list[DeskLane] = field(default_factory=list)
    served_count: int
    now_serving: str | None
    in_rooms: list[DeskTicket]
    waiting: list[VisitTicket]
    no_shows: list[DeskTicket]
    parked_count: int = 0
    parked: list[DeskTicket] = field(default_factory=list)
    away: list[AwayTicket] = field(default_factory=list)
    possible_duplicates: list[PossibleDuplicate] = field(default_factory=list)
    absences: list[DeskAbsence] = field(default_factory=list)
    more: bool = False

    def names_shown(self) -> int:
        """Those of its tickets."""
        return _names_in(*self.in_rooms, *self.waiting, *self.no_shows, *self.parked, *self.away)


@dataclass(slots=True, kw_only=True)
class DeskTicketShown(Reply):
    """One ticket, whose it is, and what its patient sees of it. `newborn` is the order of birth of a newborn
    that goes by its mother's record number and name, `possible_duplicate` as in `TicketAtDesk`."""

    name: ClassVar[str] = "desk_ticket"

    hospital: str
    hospital_name: str
    clinic: str
    clinic_name: str
    zone: str | None = None
    ticket: VisitTicket
    medical_record_number: str
    date_of_birth: ShownBirthDate
    newborn: int | None = None
    possible_duplicate: str | None = None
    patient_ticket: Ticket

    def names_shown(self) -> int:
        """That of its patient."""
        return _names_in(self.ticket)


@dataclass(slots=True, kw_only=True)
class FoundTickets(Reply):
    """Tickets of a service day with the number or the name that was looked for, at most FOUND_SHOWN_MAX,
    those first who are still to be seen; whether there are `more`."""

    name: ClassVar[str] = "found_tickets"

    hospital: str
    clinic: str
    service_date: date
    tickets: list[VisitTicket]
    more: bool

    def names_shown(self) -> int:
        """Those of the tickets."""
        return _names_in(*self.tickets)


@dataclass(slots=True, kw_only=True)
class HistoryLine(ReplyPart):
    """An event of a ticket, or (`number` null) of the clinic. `user` is who of the staff asked for it, null
    for what patients and the clock did; `members` are those that a correction changed; `room_name` is what
    the room was called then, null where it had only a number."""

    at: AwareDatetime
    event: str
    number: int | None
    display_number: str | None
    room: int | None
    room_name: str | None
    user: str | None
    members: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class DeskHistory(Reply):
    """What happened last to a ticket, or in a clinic, on a service day: the last first."""

    name: ClassVar[str] = "desk_history"

    hospital: str
    clinic: str
    service_date: date
    zone: str | None = None
    lines: list[HistoryLine]


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

    `ticket` is the ticket that was called or acted on, as it stands now, and `room_name` what its room is
    called; `new_ticket` is the one that a transfer gave.
    """

    name: ClassVar[str] = "desk_done"

    hospital: str
    clinic: str
    service_date: date
    changes: list[DeskChange]
    ticket: VisitTicket | None = None
    room_name: str | None = None
    new_ticket: Ticket | None = None

    def names_shown(self) -> int:
        """That of the ticket, which tickers leave out."""
        return 0 if self.ticket is None else _names_in(self.ticket)


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
class TimesTold(ReplyPart):
    """How the intervals turned out that patients were told: of `told`, so many `held` the call, `missed` it
    (it came before the interval), were `late`, or had passed by when the day ended and nobody was called
    (`uncalled`). Calls `apart` are not judged. The waits and the errors of the expected moment are of those
    who were called. Shares, widths and means are null where there is nothing to divide by."""

    told: int
    held: int
    missed: int
    late: int
    uncalled: int
    apart: int
    held_share: float | None
    missed_share: float | None
    median_width_minutes: int | None
    mean_width_seconds: int | None
    mean_wait_seconds: int | None
    mean_error_seconds: int | None


@dataclass(slots=True, kw_only=True)
class EstimateAccuracy(Reply):
    """How the times that a clinic's patients were told turned out on the service days from `first_date` to
    `last_date`, and whether the promise was kept that `promised_share` of them hold."""

    name: ClassVar[str] = "estimate_accuracy"

    hospital: str
    clinic: str
    clinic_name: str
    first_date: date
    last_date: date
    promised_share: float
    promise: Promise
    times: TimesTold


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
    times: TimesTold


@dataclass(slots=True, kw_only=True)
class DeskDuty(ReplyPart):
    """What a member of staff does in some `clinics` of a hospital, in all of them where that is None. The
    `hospital` may be EVERY_HOSPITAL, which has no name."""

    hospital: str
    hospital_name: str | None
    clinics: list[str] | None
    role: StaffRole


@dataclass(slots=True, kw_only=True)
class DeskUser(Reply):
    """Who asks, and what they do where, by hospital. `more`: there are duties beyond DUTIES_SHOWN_MAX."""

    name: ClassVar[str] = "desk_user"

    user: str
    duties: list[DeskDuty]
    more: bool
