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

from common.domain.clinic_lanes import TWO_LANES
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
    calls: dict[str, list[int]] = field(default_factory=dict)

    def simulated(self) -> datetime:
        """What the run's clock shows."""
        return SIMULATED_START + timedelta(seconds=self.at - STARTED_AT + self.jumped)

    # --- clients ----------------------------------------------------------------------------------------

    def invoke(self, name: str, op: str, /, **members: Any) -> Row:
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

    def hands_over(
        self, ticket: Row, cause_id: str, to_clinic: str | None = None, operator: str | None = None
    ) -> Row:
        """A tick hands a waiting ticket over to the next day, or the staff to another clinic; the new one."""
        day = self.day(to_clinic) if to_clinic else self.day(ticket["clinic"], DAY + timedelta(days=1))
        new = self._next_ticket(ticket, day)
        ticket["transferred_to"] = new["ticket_code"]
        self.moves(ticket, "transferred", cause_id, operator=operator)
        day["waiting"] += 1
        self.tickets.append(new)
        self.happens("ticket.registered", new, cause_id, operator)
        return new

    def sends_on(
        self, ticket: Row, to_clinic: str, cause_id: str, operator: str | None, *, back: bool = False
    ) -> Row:
        """Who was served is sent on to another clinic, or goes `back` to it; the new ticket."""
        day = self.day(to_clinic)
        ticket |= {"visit": ticket["visit"] or str(uuid4()), "station": ticket["station"] or 1}
        new = self._next_ticket(ticket, day)
        new |= {"status": "waiting", "room": None, "station": ticket["station"] + 1}
        new["sent_from"] = ticket["ticket_code"]
        if not back:
            told = {"visit": ticket["visit"], "sent_to": _link(new)}
            self.happens("ticket.sent", ticket, cause_id, operator, **told)
        day["waiting"] += 1
        self.tickets.append(new)
        told = {"visit": ticket["visit"], "sent_from": _link(ticket)}
        self.happens("ticket.registered", new, cause_id, operator, **told)
        return new

    def _next_ticket(self, ticket: Row, day: Row) -> Row:
        """A further ticket of the same patient, with the next number of another queue."""
        day["last_number"] += 1
        number = day["last_number"]
        return {
            **ticket,
            "ticket_code": f"{day['clinic']}Y{number:08d}",
            "clinic": day["clinic"],
            "service_date": day["service_date"],
            "number": number,
            "waiting_since": self.simulated(),
        }

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
            "birth_order": invoked.get("newborn", 0),
            **dict.fromkeys(("visit", "station", "sent_from")),
            "place_number": number,
            **dict.fromkeys(("registered_at", "arrived_at", "place_at", "waiting_since"), arrived_at),
        }
        self.tickets.append(ticket)
        self.happens("ticket.registered", ticket, invoked["request_id"], invoked.get("user"))
        return ticket

    def moves(
        self, ticket: Row, status: str, cause_id: str | None = None, event: str = "", **marks: Any
    ) -> None:
        """A ticket comes into a state: by a tick, or by the request `cause_id`. The event is called like the
        state, but where `event` says what it is called."""
        day, event = self.day(ticket["clinic"], ticket["service_date"]), event or status
        given_back = ("cancelled", "transferred")
        day["waiting"] += (status == "waiting") - (ticket["status"] == "waiting")
        day["cancelled"] += (status in given_back) - (ticket["status"] in given_back)
        calls = self.calls.setdefault(f"{ticket['clinic']} {ticket['service_date']}", [])
        if event == "called":
            if "out_of_turn" not in marks:
                calls.append(ticket["number"])
            ticket["room"] = marks.pop("room", 1)
        elif event == "call_undone":
            calls.remove(ticket["number"])
        elif event == "reinstated":
            ticket["room"] = None
        day["now_serving"] = calls[-1] if calls else None
        ticket["status"] = status
        self.happens(f"ticket.{event}", ticket, cause_id or str(uuid4()), **marks)
        if status in ("waiting", "parked"):
            ticket["room"] = None

    def happens(
        self, name: str, ticket: Row, cause_id: str, operator: str | None = None, **told: Any
    ) -> None:
        """An event of a ticket, which tells besides what is `told`."""
        shown = _number_shown(ticket["clinic"], ticket["number"])
        if name == "ticket.cancelled":
            told = {"cancelled_by": "patient"} | told
        if name in ("ticket.skipped", "ticket.reinstated"):
            told = {"places": min(3, self._others(ticket))} | told
        data = {
            "number": ticket["number"],
            "display_number": shown,
            "status": ticket["status"],
            "lane": ticket["lane"],
            "room": ticket["room"],
            "room_name": None,
            **told,
        }
        self.journals(name, ticket, cause_id, operator, data)

    def _others(self, ticket: Row) -> int:
        """How many others wait in the ticket's lane."""
        key = ("clinic", "service_date", "lane", "status")
        wanted = [*(ticket[name] for name in key[:3]), "waiting"]
        return sum([row[name] for name in key] == wanted for row in self.tickets if row is not ticket)

    def journals(
        self, name: str, place: Row, cause_id: str, operator: str | None = None, data: Row | None = None
    ) -> None:
        """An event comes into the journal, and to whoever listens; `place` is a ticket, or a clinic's day."""
        day = self.day(place["clinic"], place["service_date"])
        day["last_sequence"] += 1
        ordinal = sum(row["cause_id"] == cause_id for row in self.journal)
        clinic, number, sequence = place["clinic"], place.get("number"), day["last_sequence"]
        counts = {"waiting": day["waiting"], "now_serving": _number_shown(clinic, day["now_serving"])}
        event = {
            "specversion": "1.0",
            "id": str(uuid4()),
            "type": f"id.antrean.{name}.v1",
            "source": f"/hospitals/RSHS/clinics/{clinic}/{place['service_date']}",
            "subject": _number_shown(clinic, number) or clinic,
            "time": self.simulated().isoformat(),
            "datacontenttype": "application/json",
            "dataschema": f"urn:antrean:schemas/{name}/1.json",
            "sequence": f"{sequence:010d}",
            "data": {**(data or {}), **counts},
        }
        key = {column: place.get(column) for column in ("hospital", "clinic", "service_date", "number")}
        row: Row = {"sequence": sequence, "cause_id": cause_id, "ordinal": ordinal, "event_name": name}
        row |= {"event": event, "operator": operator}
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
        clinic["lanes"] = TWO_LANES.format()
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


def _insert(connection: Connection, table: Table, rows: list[Row]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _link(ticket: Row) -> Row:
    shown = _number_shown(ticket["clinic"], ticket["number"])
    return {"clinic": ticket["clinic"], "service_date": str(ticket["service_date"]), "display_number": shown}


def _number_shown(clinic: str, number: int | None) -> str | None:
    return None if number is None else f"{clinic}-{number:03d}"
