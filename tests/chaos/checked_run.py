"""A small run as the checker reads it, written by hand: every kind of line once, and nothing wrong with it.

A test changes what it wants to be wrong, then writes it. (What a run looks like is agreed on in history.py
and system.py; nothing here starts anything.)
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Table, insert

from common.domain.partial_dates import PartialDate
from common.storage.tables import clinic_days, clinics, hospitals, journal, refusals, tickets

DAY = date(2026, 11, 23)
JUMP_SECONDS = 3600
STARTED_AT = 1_780_000_000.0
SIMULATED_START = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

_FILES = ("faults", "events", "stream", "dead", "poison")
Row = dict[str, Any]


@dataclass
class CheckedRun:
    """The files and rows of a run; `at` is the machine's clock while it is built."""

    at: float = STARTED_AT
    jumped: float = 0
    run: Row = field(default_factory=dict)
    plan: list[Row] = field(default_factory=list)
    history: list[Row] = field(default_factory=list)
    lines: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in _FILES})
    tickets: list[Row] = field(default_factory=list)
    journal: list[Row] = field(default_factory=list)
    days: dict[str, Row] = field(default_factory=dict)
    refusals: list[Row] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)

    def simulated(self) -> datetime:
        """What the run's clock shows."""
        return SIMULATED_START + timedelta(seconds=self.at - STARTED_AT + self.jumped)

    # --- clients ----------------------------------------------------------------------------------------

    def invoke(self, name: str, op: str, **members: Any) -> Row:
        """A client is about to send the request that the test calls `name`."""
        self.at += 1
        request_id = self.ids.setdefault(name, str(uuid4()))
        sent_at = next((each["sent_at"] for each in self.of(name) if "sent_at" in each), None)
        line = self._line(f"client-{name}", str(uuid4()), op, "invoked", request_id)
        line |= {"sent_at": sent_at or self.simulated().replace(microsecond=0).isoformat(), **members}
        return line

    def tell(self, invoked: Row, phase: str, **members: Any) -> Row:
        """What became of it."""
        self.at += 0.01
        known = (invoked[key] for key in ("client", "operation", "op"))
        client, operation, op = known
        line = self._line(client, operation, op, phase, invoked["request_id"])
        line |= members
        return line

    def of(self, name: str, phase: str = "") -> list[Row]:
        """The lines of the history about the request that the test calls `name`."""
        request_id = self.ids.get(name)
        return [
            line for line in self.history if line["request_id"] == request_id and phase in ("", line["phase"])
        ]

    def _line(self, client: str, operation: str, op: str, phase: str, request_id: str) -> Row:
        line = {
            "at": self.at,
            "simulated_at": self.simulated().isoformat(),
            "client": client,
            "operation": operation,
            "op": op,
            "phase": phase,
            "request_id": request_id,
        }
        self.history.append(line)
        return line

    def registers(self, name: str, clinic: str = "C01", patient: str = "", **marks: Any) -> Row:
        """Sends a registration; `patient` is who it is for, by default the request's own."""
        who = f"MR{patient or name:>06}".replace(" ", "0")
        return self.invoke(
            name, "register", hospital="RSHS", clinic=clinic, medical_record_number=who, **marks
        )

    def registered(self, name: str, clinic: str = "C01", **marks: Any) -> Row:
        """A registration that is confirmed, carried out and answered; its ticket's row."""
        invoked = self.registers(name, clinic, **marks)
        self.tell(invoked, "confirmed")
        ticket = self.grants(invoked)
        self.tell(invoked, "ok", reply="ticket", ticket=self.shown(ticket))
        return ticket

    def asks_for_queue(self, clinic: str) -> Row:
        """A look-up of a clinic's queue, and its answer."""
        invoked = self.invoke(f"queue {self.at}", "clinic_queue", hospital="RSHS", clinic=clinic)
        day = self.day(clinic)
        queue = {"hospital": "RSHS", "clinic": clinic, "service_date": str(DAY), "waiting": day["waiting"]}
        queue["now_serving"] = _number_shown(clinic, day["now_serving"])
        return self.tell(invoked, "ok", reply="clinic_queue", queue=queue)

    def asks_for_tickets(self, *found: Row) -> Row:
        """A look-up of tickets, and its answer."""
        codes = [self.shown(ticket)["ticket_code"] for ticket in found] + ["0000-0000-0000"]
        invoked = self.invoke(f"tickets {self.at}", "ticket_status", ticket_codes=codes)
        told = [self.shown(ticket) for ticket in found]
        return self.tell(invoked, "ok", reply="tickets", tickets=told, not_found=codes[-1:])

    # --- workers ----------------------------------------------------------------------------------------

    def day(self, clinic: str, on: date = DAY) -> Row:
        """The row of a clinic's day."""
        counters = ("last_number", "last_sequence", "waiting", "cancelled")
        key = {"hospital": "RSHS", "clinic": clinic, "service_date": on}
        new = key | dict.fromkeys(counters, 0) | {"now_serving": None, "rooms_freed": {}}
        name = clinic if on == DAY else f"{clinic} {on}"
        return self.days.setdefault(name, new | {"announced_until": SIMULATED_START})

    def hands_over(self, ticket: Row, cause_id: str) -> Row:
        """A tick hands a waiting ticket over to the next day; the new ticket."""
        day = self.day(ticket["clinic"], DAY + timedelta(days=1))
        day["last_number"] += 1
        number = day["last_number"]
        new = {
            **ticket,
            "ticket_code": f"{ticket['clinic']}Y{number:08d}",
            "service_date": day["service_date"],
            "number": number,
            "waiting_since": self.simulated(),
        }
        ticket["transferred_to"] = new["ticket_code"]
        self.moves(ticket, "transferred", cause_id)
        day["waiting"] += 1
        self.tickets.append(new)
        self.happens("ticket.registered", new, cause_id)
        return new

    def grants(self, invoked: Row) -> Row:
        """Gives out the next number, as a registrar does."""
        clinic, day = invoked["clinic"], self.day(invoked["clinic"])
        day["last_number"] += 1
        day["waiting"] += 1
        number = day["last_number"]
        arrived_at = self.simulated()
        ticket = {
            "ticket_code": f"{clinic}X{number:08d}",
            "hospital": "RSHS",
            "clinic": clinic,
            "service_date": DAY,
            "number": number,
            "medical_record_number": invoked["medical_record_number"],
            "patient_name": f"Siti Aminah {number}",
            "date_of_birth": PartialDate(1990, 1, 31),
            "status": "waiting",
            "lane": "regular",
            "room": None,
            "transferred_to": None,
            **dict.fromkeys(("registered_at", "arrived_at", "waiting_since"), arrived_at),
        }
        self.tickets.append(ticket)
        self.happens("ticket.registered", ticket, invoked["request_id"])
        return ticket

    def moves(self, ticket: Row, status: str, cause_id: str | None = None) -> None:
        """A ticket comes into a state: by a tick, or by the request `cause_id`."""
        day = self.day(ticket["clinic"], ticket["service_date"])
        day["waiting"] -= ticket["status"] == "waiting"
        day["cancelled"] += status in ("cancelled", "transferred")
        if status == "called":
            day["now_serving"], ticket["room"] = ticket["number"], 1
        ticket["status"] = status
        self.happens(f"ticket.{status}", ticket, cause_id or str(uuid4()))

    def happens(self, name: str, ticket: Row, cause_id: str) -> None:
        """An event comes into the journal, and to whoever listens."""
        day = self.day(ticket["clinic"], ticket["service_date"])
        day["last_sequence"] += 1
        ordinal = sum(row["cause_id"] == cause_id for row in self.journal)
        clinic, number, sequence = ticket["clinic"], ticket["number"], day["last_sequence"]
        event = {
            "specversion": "1.0",
            "id": str(uuid4()),
            "type": f"id.antrean.{name}.v1",
            "source": f"/hospitals/RSHS/clinics/{clinic}/{ticket['service_date']}",
            "subject": _number_shown(clinic, number),
            "time": self.simulated().isoformat(),
            "datacontenttype": "application/json",
            "sequence": f"{sequence:010d}",
            "data": {
                "number": number,
                "display_number": _number_shown(clinic, number),
                "status": ticket["status"],
                "lane": ticket["lane"],
                "room": ticket["room"],
                "room_name": None,
                **({"cancelled_by": "patient"} if name == "ticket.cancelled" else {}),
                "waiting": day["waiting"],
                "now_serving": _number_shown(clinic, day["now_serving"]),
            },
        }
        key = {column: ticket[column] for column in ("hospital", "clinic", "service_date", "number")}
        row: Row = {"sequence": sequence, "cause_id": cause_id, "ordinal": ordinal, "event_name": name}
        row["event"] = event
        moments = {"occurred_at": self.simulated(), "recorded_at": self.simulated()}
        self.journal.append(key | row | moments)
        line = {"routing_key": f"RSHS.{clinic}.{name}", "event": event}
        got = {"at": self.at, "redelivered": False, "message_id": event["id"]}
        self.lines["events"].append(line | got)
        self.lines["stream"].append(line | {"offset": len(self.lines["stream"])})

    def refuses(self, invoked: Row, code: str, **members: Any) -> Row:
        """A registrar refuses, and remembers."""
        row = {"request_id": invoked["request_id"], "code": code, "refused_at": self.simulated()}
        self.refusals.append(row | {"digest": b"d" * 32, "problem": b"{}"})
        return self.tell(invoked, "refused", code=code, **members)

    def shown(self, ticket: Row) -> Row:
        """A ticket as a client is told of it."""
        code = ticket["ticket_code"]
        told = {key: ticket[key] for key in ("number", "hospital", "clinic", "status")}
        day = self.day(ticket["clinic"], ticket["service_date"])
        serving = _number_shown(ticket["clinic"], day["now_serving"])
        told |= {"service_date": str(ticket["service_date"]), "now_serving": serving}
        return told | {"ticket_code": f"{code[:4]}-{code[4:8]}-{code[8:]}"}

    def entry(self, name: str, event_name: str = "ticket.registered") -> Row:
        """The journal row that the request called `name` caused."""
        wanted = (self.ids[name], event_name)
        return next(row for row in self.journal if (row["cause_id"], row["event_name"]) == wanted)

    def ticket(self, clinic: str, number: int) -> Row:
        """The row of a ticket."""
        return next(row for row in self.tickets if (row["clinic"], row["number"]) == (clinic, number))

    # --- writing ----------------------------------------------------------------------------------------

    def write(self, directory: Path, database_url: str) -> None:
        """Writes the files; the database is filled by `fill`."""
        run = self.run | {"database_url": database_url}
        (directory / "run.json").write_text(json.dumps(run))
        (directory / "plan.json").write_text(json.dumps({"seed": 1, "faults": self.plan}))
        for name, lines in {**self.lines, "history-patients": self.history}.items():
            text = "".join(json.dumps(line) + "\n" for line in lines)
            (directory / f"{name}.jsonl").write_text(text)

    def fill(self, connection: Connection) -> None:
        """Inserts the rows."""
        hospital = {
            "code": "RSHS",
            "name": "RS",
            "city": "Bandung",
            "time_zone": "Asia/Jakarta",
            "version": 1,
        }
        _insert(connection, hospitals, [hospital])
        settings = dict.fromkeys(("rooms", "daily_quota", "mean_service_seconds", "version"), 1)
        settings |= {"service_spread_seconds": 1, "retired": False}
        clinic: Row = {"hospital": "RSHS", "opening_hours": {}, "mode": "clock", "state": "schedule"}
        clinic |= {"name": "Poli", "serving_since": SIMULATED_START}
        codes = sorted({day["clinic"] for day in self.days.values()})
        _insert(connection, clinics, [{"code": code, **clinic, **settings} for code in codes])
        _insert(connection, clinic_days, list(self.days.values()))
        _insert(connection, tickets, self.tickets)
        rows = [row | {"body": json.dumps(row["event"]).encode()} for row in self.journal]
        for row in rows:
            del row["event"]
        _insert(connection, journal, rows)
        _insert(connection, refusals, self.refusals)


def consistent_run() -> CheckedRun:
    """Two clinics, a jump of the clock, and of every kind of request and ending one."""
    made = CheckedRun()
    expired = made.registers("expired")
    made.tell(expired, "confirmed")
    made.run["clock_jumps"] = [{"at": made.at + 1, "seconds": JUMP_SECONDS}]
    made.at, made.jumped = made.at + 1, JUMP_SECONDS
    made.tell(expired, "refused", code="request_expired")
    first, _second, third = (made.registered(name) for name in ("first", "second", "third"))
    made.registered("copied", copies=3)
    made.tell(made.registers("copied", copies=3), "unknown", reason="died")
    made.asks_for_queue("C01")
    made.asks_for_tickets(first)
    made.moves(first, "called")
    made.moves(first, "served")
    given_up = made.invoke("cancel", "cancel", ticket_code=made.shown(third)["ticket_code"])
    made.tell(given_up, "confirmed")
    made.moves(third, "cancelled", given_up["request_id"])
    made.tell(given_up, "ok", reply="ticket", ticket=made.shown(third))
    made.asks_for_queue("C01")
    made.asks_for_tickets(first, third)
    _refusals(made)
    _with_a_quota(made)
    _with_a_handover(made)
    _faults(made)
    unanswered = made.registers("settled")
    made.tell(unanswered, "confirmed")
    ticket = made.grants(unanswered)
    made.tell(unanswered, "unknown", reason="no_reply")
    made.run |= {"healed_at": made.at, "drained_at": made.at + 5, "quotas": {"C02": 1, "C03": 2}}
    made.run["never_closed"] = ["C03"]
    made.at += 6
    settling = made.registers("settled", settling=True)
    made.tell(settling, "ok", reply="ticket", ticket=made.shown(ticket))
    return made


def _refusals(made: CheckedRun) -> None:
    again = made.registers("again", patient="second")
    held = made.shown(made.ticket("C01", 2)) | {"ticket_code": None}
    made.refuses(again, "already_registered", ticket=held)
    reused = made.registers("first", patient="another", other_contents=True)
    made.tell(reused, "refused", code="request_id_reused")


def _with_a_quota(made: CheckedRun) -> None:
    ticket = made.registered("only", "C02")
    too_many = made.registers("too many", "C02")
    made.tell(too_many, "confirmed")
    made.refuses(too_many, "quota_reached")
    given_up = made.invoke("cancel only", "cancel", ticket_code=made.shown(ticket)["ticket_code"])
    made.moves(ticket, "cancelled", given_up["request_id"])
    made.tell(given_up, "ok", reply="ticket", ticket=made.shown(ticket))
    made.registered("instead", "C02")


def _with_a_handover(made: CheckedRun) -> None:
    """Two wait when the day ends, in a clinic that never closes and whose quota is reached."""
    waiting = [made.registered(name, "C03") for name in ("at night", "by night")]
    made.asks_for_tickets(*waiting)
    cause_id = str(uuid4())
    new = [made.hands_over(ticket, cause_id) for ticket in waiting]
    made.asks_for_tickets(*waiting, *new)


def _faults(made: CheckedRun) -> None:
    made.plan = [{"id": "f001", "kind": "kill:registrar"}, {"id": "f002", "kind": "poison"}]
    for fault in made.plan:
        for phase in ("injected", "fired", "healed"):
            made.lines["faults"].append({**fault, "phase": phase, "at": made.at, "detail": ""})
    poison = made.registers("poison", planted="poison")
    made.tell(poison, "confirmed")
    made.tell(poison, "unknown", reason="no_reply")
    made.lines["poison"] = [{"message_id": poison["request_id"], "kind": "poison"}]
    made.lines["dead"] = [{"message_id": poison["request_id"], "type": "register", "reason": "limit"}]


def _insert(connection: Connection, table: Table, rows: list[Row]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _number_shown(clinic: str, number: int | None) -> str | None:
    return None if number is None else f"{clinic}-{number:03d}"
