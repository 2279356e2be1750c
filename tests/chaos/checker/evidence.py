"""The evidence of a run: the files of its directory, and the tables of its database by plain SQL."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

Record = Mapping[str, Any]
ClinicDay = tuple[str, str, str]
"""Hospital code, clinic code, service date as `2026-11-23`."""


class UnreadableError(Exception):
    """Without this nothing can be checked."""


@dataclass(frozen=True)
class Ticket:
    """A row of `tickets`; the code without hyphens. `keeps_its_place`: the desk gave it no other one."""

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


@dataclass(frozen=True)
class Entry:
    """A row of `journal`; `recorded_at` in seconds since 1970 of the simulated clock, `event` its body."""

    day: ClinicDay
    sequence: int
    cause_id: str
    ordinal: int
    name: str
    number: int | None
    recorded_at: float
    event: Mapping[str, Any]

    @property
    def event_id(self) -> str:
        """The CloudEvent's id."""
        return str(self.event.get("id"))


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
        named = ("hospital", "clinic", "medical_record_number", "ticket_code")
        return (self.op, *(self.invoked.get(name) for name in named))

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
            if operation.op in ("register", "cancel"):
                found[operation.request_id].append(operation)
        return found

    def forward_after(self, at: float) -> float:
        """By how many seconds the simulated clock has jumped forward since the real moment `at`."""
        return float(sum(each["seconds"] for each in self.run.get("clock_jumps", []) if each["at"] >= at))


def plain(ticket_code: str) -> str:
    """A ticket code as the database has it."""
    return ticket_code.replace("-", "").upper()


def epoch(moment: str | datetime) -> float:
    """Seconds since 1970; what has no zone is UTC."""
    read = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return (read.replace(tzinfo=UTC) if read.tzinfo is None else read).timestamp()


def read_evidence(directory: Path) -> Evidence:
    """Reads a run's directory and its database; raises UnreadableError where they cannot be read at all.

    A line that cannot be read is named in `unreadable`. The last line of a history may be cut off: its
    client was killed.
    """
    run = _json(directory / "run.json")
    evidence = Evidence(run, list(_json(directory / "plan.json")["faults"]))
    for name in ("faults", "events", "stream", "dead", "poison"):
        setattr(evidence, name, _read_lines(evidence, directory / f"{name}.jsonl"))
    histories = sorted(directory.glob("history-*.jsonl"))
    evidence.operations = _operations(
        evidence, [line for path in histories for line in _read_lines(evidence, path, may_be_cut=True)]
    )
    _read_database(evidence, str(run["database_url"]))
    return evidence


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UnreadableError(f"{path.name} cannot be read: {error}") from error


def _read_lines(evidence: Evidence, path: Path, *, may_be_cut: bool = False) -> list[Record]:
    if not path.exists():
        evidence.unreadable.append(f"{path.name} is missing")
        return []
    found: list[Record] = []
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(json.loads(line))
        except ValueError:
            if not (may_be_cut and number == len(lines)):
                evidence.unreadable.append(f"line {number} of {path.name} is not JSON")
    evidence.lines_read += len(found)
    return found


def _operations(evidence: Evidence, lines: list[Record]) -> list[Operation]:
    found: dict[str, Operation] = {}
    for line in lines:
        name, phase = str(line["operation"]), line["phase"]
        if phase == "invoked":
            if name in found:
                evidence.unreadable.append(f"operation {name} was invoked twice in the history")
            found[name] = Operation(line)
        elif name not in found:
            evidence.unreadable.append(f"operation {name} is {phase} in the history, but never was invoked")
        elif phase == "confirmed":
            found[name].confirmed = line
        elif found[name].ended is not None:
            evidence.unreadable.append(f"operation {name} ended twice in the history")
        else:
            found[name].ended = line
    return list(found.values())


@contextmanager
def _connection(url: str) -> Iterator[Any]:
    if url.startswith("sqlite:///"):
        path = quote(url.removeprefix("sqlite:///"))
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            yield connection
    else:
        with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://", 1)) as server:
            server.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            server.read_only = True
            yield server


def _read_database(evidence: Evidence, url: str) -> None:
    try:
        with _connection(url) as connection:
            _read_tables(evidence, connection)
    except (sqlite3.Error, psycopg.Error) as error:
        raise UnreadableError(f"the database cannot be read: {str(error).splitlines()[0]}") from error


def _read_tables(evidence: Evidence, connection: Any) -> None:
    for row in connection.execute(
        "SELECT hospital, clinic, service_date, ticket_code, number, status, medical_record_number,"
        " patient_name, lane, waiting_since = arrived_at AND coalesce(priority_reason, 'age') = 'age',"
        " arrived_at, transferred_to"
        " FROM tickets ORDER BY hospital, clinic, service_date, number"
    ):
        code, number, status, record_number, name, lane, keeps_its_place, arrived_at, new_code = row[3:]
        known = (code, _day(row), number, status, record_number, name, lane, bool(keeps_its_place))
        evidence.tickets.append(Ticket(*known, epoch(arrived_at), new_code))
    for row in connection.execute(
        "SELECT hospital, clinic, service_date, sequence, cause_id, ordinal, event_name, number, recorded_at,"
        " body FROM journal ORDER BY hospital, clinic, service_date, sequence"
    ):
        sequence, cause_id, ordinal, name, number, recorded_at, body = row[3:]
        event = _event(evidence, row, body)
        evidence.journal.append(
            Entry(_day(row), sequence, cause_id, ordinal, name, number, epoch(recorded_at), event)
        )
    for row in connection.execute(
        "SELECT hospital, clinic, service_date, last_number, last_sequence, waiting, cancelled, now_serving"
        " FROM clinic_days ORDER BY hospital, clinic, service_date"
    ):
        evidence.days.append(Day(_day(row), *row[3:]))
    for request_id, code, refused_at in connection.execute(
        "SELECT request_id, code, refused_at FROM refusals"
    ):
        evidence.refusals[request_id] = (code, epoch(refused_at))


def _day(row: Any) -> ClinicDay:
    return (row[0], row[1], str(row[2]))


def _event(evidence: Evidence, row: Any, body: bytes) -> Mapping[str, Any]:
    try:
        event: Mapping[str, Any] = json.loads(bytes(body))
    except ValueError:
        evidence.unreadable.append(f"the event of journal row {' '.join(map(str, row[:4]))} is not JSON")
        return {}
    return event
