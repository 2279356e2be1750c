"""The evidence of a run: what its clients, its subscriber, the journal's stream and its database say."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

_LOOK_UPS = {"list_clinics", "ticket_status", "clinic_queue", "desk_queue"}
_CONTENTS = (
    "user",
    "hospital",
    "clinic",
    "medical_record_number",
    "name",
    "date_of_birth",
    "priority",
    "ticket_code",
    "number",
    "room",
    "service_date",
    "reason",
    "to_clinic",
    "rooms",
    "waiting",
    "newborn",
    "anyhow",
    "returns",
)

Record = Mapping[str, Any]
ClinicDay = tuple[str, str, str]
"""Hospital code, clinic code, service date as `2026-11-23`."""


@dataclass(frozen=True)
class Ticket:
    """A row of `tickets`; the codes without hyphens. `keeps_its_place`: it can be called since it arrived.
    `newborn`: which of the mother with the record number, 0: the number is the patient's own."""

    code: str
    day: ClinicDay
    number: int
    status: str
    medical_record_number: str
    patient_name: str
    lane: str
    keeps_its_place: bool
    arrived_at: float
    transferred_to: str | None
    newborn: int
    visit: str | None
    station: int | None
    sent_from: str | None

    @property
    def patient(self) -> tuple[str, int]:
        """Whose it is."""
        return self.medical_record_number, self.newborn

    def is_earlier(self, other: "Ticket") -> bool:
        """Whether it is an earlier station of a visit than another one."""
        return (self.station or 0) < (other.station or 0)


@dataclass(frozen=True)
class Entry:
    """A row of `journal`; the moments in seconds since 1970 of the simulated clock, `event` its body, and
    `operator` the member of the staff whose request it was."""

    day: ClinicDay
    sequence: int
    cause_id: str
    ordinal: int
    name: str
    number: int | None
    operator: str | None
    occurred_at: float
    recorded_at: float
    event: Mapping[str, Any]

    @property
    def event_id(self) -> str:
        """The CloudEvent's id."""
        return str(self.event.get("id"))

    @property
    def data(self) -> Mapping[str, Any]:
        """What the event tells of its ticket."""
        told: Mapping[str, Any] = self.event.get("data", {})
        return told

    @property
    def place(self) -> str:
        """Which event it is, for people."""
        return f"event {self.sequence} of {' '.join(self.day)} ({self.name})"


@dataclass(frozen=True)
class Day:
    """A row of `clinic_days`."""

    day: ClinicDay
    last_number: int
    last_sequence: int
    waiting: int
    cancelled: int
    now_serving: int | None


@dataclass
class Operation:
    """One attempt of a client: the lines of its history with one `operation`."""

    invoked: Record
    confirmed: Record | None = None
    ended: Record | None = None

    @property
    def id(self) -> str:
        """Unique in the run."""
        return str(self.invoked["operation"])

    @property
    def client(self) -> str:
        """Who asked."""
        return str(self.invoked["client"])

    @property
    def op(self) -> str:
        """The request's name."""
        return str(self.invoked["op"])

    @property
    def request_id(self) -> str:
        """The message_id."""
        return str(self.invoked["request_id"]).lower()

    @property
    def contents(self) -> tuple[Any, ...]:
        """What tells two requests with one id apart."""
        return (self.op, *(self.invoked.get(name) for name in _CONTENTS))

    @property
    def user(self) -> str | None:
        """Who of the staff asks; None for patients."""
        return self.invoked.get("user")

    @property
    def settling(self) -> bool:
        """Whether it was sent at the end because nothing was known of the request."""
        return bool(self.invoked.get("settling"))

    @property
    def sent_at(self) -> float | None:
        """The request's timestamp: simulated, in seconds since 1970."""
        text = self.invoked.get("sent_at")
        return None if text is None else epoch(text)

    @property
    def phase(self) -> str:
        """How it ended."""
        return "unknown" if self.ended is None else str(self.ended["phase"])

    @property
    def code(self) -> str | None:
        """The problem code, where it was refused."""
        return str(self.ended["code"]) if self.ended is not None and self.phase == "refused" else None


@dataclass
class Evidence:
    """Everything that is known of a run."""

    run: Record
    plan: list[Record] = field(default_factory=list)
    faults: list[Record] = field(default_factory=list)
    events: list[Record] = field(default_factory=list)
    stream: list[Record] = field(default_factory=list)
    dead: list[Record] = field(default_factory=list)
    poison: list[Record] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    journal: list[Entry] = field(default_factory=list)
    days: list[Day] = field(default_factory=list)
    refusals: dict[str, tuple[str, float]] = field(default_factory=dict)  # code, refused_at (simulated)
    lines_read: int = 0
    unreadable: list[str] = field(default_factory=list)

    @cached_property
    def ticket_of_code(self) -> dict[str, Ticket]:
        """The tickets by their codes without hyphens."""
        return {ticket.code: ticket for ticket in self.tickets}

    @cached_property
    def ticket_at(self) -> dict[tuple[str, str, str, int], Ticket]:
        """The tickets by their places: hospital, clinic, service day and number."""
        return {(*ticket.day, ticket.number): ticket for ticket in self.tickets}

    @cached_property
    def causes(self) -> dict[str, list[Entry]]:
        """What each request or tick has changed."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.journal:
            found[entry.cause_id].append(entry)
        return found

    @cached_property
    def requests(self) -> dict[str, list[Operation]]:
        """The attempts at each request that changes something, by its id."""
        found: dict[str, list[Operation]] = defaultdict(list)
        for operation in self.operations:
            if operation.op not in _LOOK_UPS:
                found[operation.request_id].append(operation)
        return found

    def asked(self, cause_id: str) -> Operation | None:
        """The first attempt at the request with this id; None for ticks, and for the time that passes before
        a request is decided."""
        return next(iter(self.requests.get(cause_id, ())), None)

    @cached_property
    def record_numbers(self) -> dict[str, str | None]:
        """By event ids: whose ticket it is from the event on, for those that give or correct it. None where
        that cannot be told: the ticket came from another queue, and was corrected."""
        found: dict[str, str | None] = {}
        for entry in self.journal:
            asked = self.asked(entry.cause_id)
            if entry.name == "ticket.registered" and (entry.day, entry.number) not in self.corrected:
                ticket = self.ticket_at.get((*entry.day, entry.number or 0))
                found[entry.event_id] = None if ticket is None else ticket.medical_record_number
            elif entry.name == "ticket.registered" or _corrects_record_number(entry):
                found[entry.event_id] = None if asked is None else asked.invoked.get("medical_record_number")
        return found

    @cached_property
    def corrected(self) -> set[tuple[ClinicDay, int | None]]:
        """The tickets whose medical record number was corrected."""
        return {(each.day, each.number) for each in self.journal if _corrects_record_number(each)}

    @cached_property
    def first_lanes(self) -> dict[tuple[ClinicDay, int | None], str]:
        """By the tickets: the lane in which each began."""
        return {
            (each.day, each.number): str(each.data.get("lane"))
            for each in self.journal
            if each.name == "ticket.registered"
        }

    @cached_property
    def transfers(self) -> dict[tuple[ClinicDay, int | None], str]:
        """By the tickets that were transferred: what caused it."""
        return {
            (each.day, each.number): each.cause_id
            for each in self.journal
            if each.name == "ticket.transferred"
        }

    def may(self, user: str | None, roles: frozenset[str], clinic: str) -> bool:
        """Whether this member of the staff has one of these roles in the clinic."""
        duty = self.run.get("staff", {}).get(user)
        return duty is not None and duty["role"] in roles and clinic in duty["clinics"]

    def forward_after(self, at: float) -> float:
        """By how many seconds the simulated clock has jumped forward since the real moment `at`."""
        return float(sum(each["seconds"] for each in self.run.get("clock_jumps", []) if each["at"] >= at))


def _corrects_record_number(entry: Entry) -> bool:
    return "medical_record_number" in (entry.data.get("corrected") or ())


def plain(ticket_code: str) -> str:
    """A ticket code as the database has it."""
    return ticket_code.replace("-", "").upper()


def epoch(moment: str | datetime) -> float:
    """Seconds since 1970; what has no zone is UTC."""
    read = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return (read.replace(tzinfo=UTC) if read.tzinfo is None else read).timestamp()
