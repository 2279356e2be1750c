"""The queues: tickets, counters and the journal, which is gone through event by event as it was written."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.checker.evidence import ClinicDay, Day, Entry, Evidence, Ticket
from tests.chaos.checker.handovers import handed_over
from tests.chaos.checker.report import Invariant, Report

_STATUS_AFTER = {
    "ticket.registered": "waiting",
    "ticket.prioritised": "waiting",
    "ticket.unprioritised": "waiting",
    "ticket.called": "called",
    "ticket.recalled": "called",
    "ticket.started": "in_service",
    "ticket.served": "served",
    "ticket.no_show": "no_show",
    "ticket.reinstated": "waiting",
    "ticket.transferred": "transferred",
    "ticket.cancelled": "cancelled",
    "ticket.expired": "expired",
}
_MAY_HAPPEN_IN = {
    None: {"registered"},
    "waiting": {"prioritised", "unprioritised", "called", "transferred", "cancelled", "expired"},
    "called": {"recalled", "started", "served", "no_show", "transferred", "cancelled", "expired"},
    "in_service": {"served"},
    "no_show": {"reinstated"},
}
_CANCELLED_BY = {"patient", "staff", "closing"}
_LANES = ("regular", "priority")
_ACTIVE = {"waiting", "called", "in_service"}
_GIVEN_BACK = ("cancelled", "transferred")
_CLINIC_EVENTS = {"clinic.opened", "clinic.closed", "clinic.rooms_changed", "clinic.mode_changed"}


def check_queues(evidence: Evidence, report: Report) -> None:
    """NUMBERS, COUNTERS, SEQUENCES, STATES, CALLS, ONE_ACTIVE, QUOTA and what bodies say of EVENT_IDS."""
    tickets: dict[ClinicDay, list[Ticket]] = defaultdict(list)
    entries: dict[ClinicDay, list[Entry]] = defaultdict(list)
    for ticket in evidence.tickets:
        tickets[ticket.day].append(ticket)
    for entry in evidence.journal:
        entries[entry.day].append(entry)
    quotas: Mapping[str, int] = evidence.run.get("quotas", {})
    days = {day.day: day for day in evidence.days}
    unasked = frozenset(entry.event_id for entry in handed_over(evidence))
    for key in sorted(days.keys() | tickets.keys() | entries.keys()):
        day = days.get(key)
        if day is None:
            report.expect(Invariant.COUNTERS, False, f"{_name(key)} has tickets or events, but no clinic-day")
            day = Day(key, 0, 0, 0, 0, None)
        _numbers(day, tickets[key], report)
        _sequences(day, entries[key], report)
        replay = _Replay(day, tickets[key], quotas.get(key[1]), report, unasked)
        for entry in sorted(entries[key], key=lambda entry: entry.sequence):
            replay.apply(entry)
        replay.end()
    _event_ids(evidence, report)


def _numbers(day: Day, tickets: Sequence[Ticket], report: Report) -> None:
    report.checked[Invariant.NUMBERS] += len(tickets)
    numbers = sorted(ticket.number for ticket in tickets)
    if numbers != list(range(1, len(numbers) + 1)):
        twice = sorted(number for number, count in Counter(numbers).items() if count > 1)
        missing = sorted(set(range(1, max(numbers) + 1)) - set(numbers))
        report.expect(
            Invariant.NUMBERS,
            False,
            f"{_name(day.day)} has {len(numbers)} tickets, the smallest is {numbers[0]}, the largest"
            f" {numbers[-1]}, missing are {missing}, doubled {twice}",
        )
    report.expect(
        Invariant.NUMBERS,
        day.last_number == max(numbers, default=0),
        f"{_name(day.day)} has last_number {day.last_number}, its largest is {max(numbers, default=0)}",
    )


def _sequences(day: Day, entries: Sequence[Entry], report: Report) -> None:
    report.checked[Invariant.SEQUENCES] += 1
    sequences = [entry.sequence for entry in entries]
    missing = sorted(set(range(1, day.last_sequence + 1)) - set(sequences))
    beyond = sorted(set(sequences) - set(range(1, day.last_sequence + 1)))
    twice = sorted(sequence for sequence, count in Counter(sequences).items() if count > 1)
    report.expect(
        Invariant.SEQUENCES,
        not (missing or beyond or twice),
        f"{_name(day.day)} has last_sequence {day.last_sequence}: missing in the journal {missing},"
        f" beyond it {beyond}, doubled {twice}",
    )


def _event_ids(evidence: Evidence, report: Report) -> None:
    seen: dict[str, Entry] = {}
    for entry in evidence.journal:
        report.checked[Invariant.EVENT_IDS] += 1
        keys = (f"the event id {entry.event_id}", f"cause {entry.cause_id} and ordinal {entry.ordinal}")
        for key in keys:
            other = seen.setdefault(key, entry)
            what = f"{_place(other)} and {_place(entry)} have {key} in common"
            report.expect(Invariant.EVENT_IDS, other is entry, what)
        what = f"{_place(entry)} tells subscribers by what it was caused, {entry.cause_id}"
        report.expect(Invariant.EVENT_IDS, entry.cause_id not in json.dumps(entry.event), what)


@dataclass
class _Replay:
    """One queue, as its journal tells it."""

    day: Day
    tickets: Sequence[Ticket]
    quota: int | None
    report: Report
    # Who is handed over is not refused for the quota.
    handed_over: frozenset[str]
    statuses: dict[int, str] = field(default_factory=dict)
    holders: dict[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    last_number: int = 0
    now_serving: int | None = None
    called_last: dict[str, int] = field(default_factory=dict)
    event_lanes: dict[int, str] = field(default_factory=dict)
    event_rooms: dict[int, int | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.patients = {ticket.number: ticket.medical_record_number for ticket in self.tickets}
        self.lanes = {ticket.number: ticket.lane for ticket in self.tickets if ticket.keeps_its_place}

    def apply(self, entry: Entry) -> None:
        """The next event by sequence."""
        self.report.checked[Invariant.STATES] += 1
        status = _STATUS_AFTER.get(entry.name)
        known = entry.name in _CLINIC_EVENTS or status is not None
        self._expect(Invariant.STATES, known, entry, "is of a kind that is not known")
        if status is not None and entry.number is not None:
            self._move(entry, entry.number, status)
        self._body(entry, status)

    def _move(self, entry: Entry, number: int, status: str) -> None:
        before = self.statuses.get(number)
        verb = entry.name.removeprefix("ticket.")
        allowed = verb in _MAY_HAPPEN_IN.get(before, set())
        self._expect(Invariant.STATES, allowed, entry, f"changes ticket {number} from {before} to {status}")
        if verb == "registered":
            self._register(entry, number)
        if verb in ("registered", "reinstated"):
            self._hold(entry, number)
        if verb == "called":
            self._call(entry, number)
        self.statuses[number] = status
        self.counts[status] += 1
        if before is not None:
            self.counts[before] -= 1
        if status not in _ACTIVE:
            self.holders = {who: held for who, held in self.holders.items() if held != number}

    def _register(self, entry: Entry, number: int) -> None:
        what = f"gives out {number} after {self.last_number}"
        self._expect(Invariant.NUMBERS, number == self.last_number + 1, entry, what)
        self.last_number = number
        if self.quota is not None and entry.event_id not in self.handed_over:
            self.report.checked[Invariant.QUOTA] += 1
            given = len(self.statuses) - sum(self.counts[status] for status in _GIVEN_BACK)
            what = f"gives out a ticket where {given} of {self.quota} are given out"
            self._expect(Invariant.QUOTA, given < self.quota, entry, what)

    def _hold(self, entry: Entry, number: int) -> None:
        patient = self.patients.get(number)
        self._expect(
            Invariant.STATES, patient is not None, entry, f"is of ticket {number}, which is not there"
        )
        if patient is not None:
            self.report.checked[Invariant.ONE_ACTIVE] += 1
            held = self.holders.get(patient)
            what = f"gives ticket {number} to a patient who still holds {held}"
            self._expect(Invariant.ONE_ACTIVE, held is None, entry, what)
            self.holders[patient] = number

    def _call(self, entry: Entry, number: int) -> None:
        self.report.checked[Invariant.CALLS] += 1
        # In each lane, and apart from tickets to which the desk gave another place.
        lane = self.lanes.get(number)
        if lane is not None:
            before = self.called_last.get(lane, 0)
            self._expect(Invariant.CALLS, number > before, entry, f"calls {number} after {before}")
            self.called_last[lane] = number
        self.now_serving = number

    def _body(self, entry: Entry, status: str | None) -> None:
        """What the event says is what the journal's columns, and all events before it, say."""
        hospital, clinic, date = self.day.day
        shown = None if entry.number is None else f"{clinic}-{entry.number:03d}"
        data: dict[str, Any] = {
            "waiting": self.counts["waiting"],
            "now_serving": None if self.now_serving is None else f"{clinic}-{self.now_serving:03d}",
        }
        if status is not None:
            lane = self._lane(entry)
            data |= {"number": entry.number, "display_number": shown, "status": status, "lane": lane}
            data |= self._room(entry) | self._cancellation(entry)
        expected = {
            "specversion": "1.0",
            "id": entry.event_id,
            "type": f"id.antrean.{entry.name}.v1",
            "source": f"/hospitals/{hospital}/clinics/{clinic}/{date}",
            "subject": shown or clinic,
            "time": entry.event.get("time"),
            "datacontenttype": "application/json",
            "sequence": f"{entry.sequence:010d}",
            "data": data,
        }
        for name in expected.keys() | entry.event.keys():
            found, wanted = entry.event.get(name), expected.get(name)
            what = f"has an event whose {name} is {found!r} instead of {wanted!r}"
            self._expect(Invariant.STATES, found == wanted, entry, what)

    def _lane(self, entry: Entry) -> str:
        """The ticket's lane, which only two events change, and the first one tells."""
        assert entry.number is not None
        told = str(entry.event.get("data", {}).get("lane"))
        changed = {"ticket.prioritised": "priority", "ticket.unprioritised": "regular"}
        lane = changed.get(entry.name) or self.event_lanes.get(entry.number, told)
        self._expect(Invariant.STATES, lane in _LANES, entry, f"tells of the lane {lane}")
        self.event_lanes[entry.number] = lane
        return lane

    def _room(self, entry: Entry) -> dict[str, Any]:
        """The ticket's room, which its call tells and all that follows repeats until it waits again. The
        rooms of the run's catalog have no names."""
        assert entry.number is not None
        if entry.name in ("ticket.registered", "ticket.reinstated"):
            room = None
        elif entry.name == "ticket.called":
            room = entry.event.get("data", {}).get("room")
            is_room = isinstance(room, int) and room >= 1
            self._expect(Invariant.STATES, is_room, entry, f"tells of the room {room}")
        else:
            room = self.event_rooms.get(entry.number)
        self.event_rooms[entry.number] = room
        return {"room": room, "room_name": None}

    def _cancellation(self, entry: Entry) -> dict[str, Any]:
        """Who has cancelled the ticket, which the event tells; and a reason where it was the staff."""
        if entry.name != "ticket.cancelled":
            return {}
        told = entry.event.get("data", {})
        by = told.get("cancelled_by")
        self._expect(Invariant.STATES, by in _CANCELLED_BY, entry, f"was cancelled by {by}")
        reason = {"cancel_reason": told.get("cancel_reason")} if by == "staff" else {}
        return {"cancelled_by": by, **reason}

    def end(self) -> None:
        """Tickets and counters stand where the events left them."""
        expect = self.report.expect
        name = _name(self.day.day)
        for ticket in self.tickets:
            status = self.statuses.get(ticket.number)
            what = f"ticket {ticket.number} of {name} is {ticket.status}, its last event says {status}"
            expect(Invariant.STATES, ticket.status == status, what)
            lane = self.event_lanes.get(ticket.number)
            what = (
                f"ticket {ticket.number} of {name} is in the lane {ticket.lane}, its last event says {lane}"
            )
            expect(Invariant.STATES, ticket.lane == lane, what)
        held: dict[str, list[int]] = defaultdict(list)
        for ticket in self.tickets:
            if ticket.status in _ACTIVE:
                held[ticket.medical_record_number].append(ticket.number)
        for numbers in held.values():
            what = f"one patient holds the active tickets {numbers} in {name}"
            expect(Invariant.ONE_ACTIVE, len(numbers) == 1, what)
        self.report.checked[Invariant.COUNTERS] += 1
        tickets = Counter(ticket.status for ticket in self.tickets)
        for counter, found, wanted in (
            ("waiting", self.day.waiting, tickets["waiting"]),
            ("cancelled", self.day.cancelled, sum(tickets[status] for status in _GIVEN_BACK)),
            ("now_serving", self.day.now_serving, self.now_serving),
        ):
            what = f"{name} has {counter} {found}, tickets and journal say {wanted}"
            expect(Invariant.COUNTERS, found == wanted, what)

    def _expect(self, invariant: Invariant, holds: bool, entry: Entry, what: str) -> None:
        self.report.expect(invariant, holds, f"{_place(entry)} {what}")


def _name(day: ClinicDay) -> str:
    return " ".join(day)


def _place(entry: Entry) -> str:
    return f"event {entry.sequence} of {_name(entry.day)} ({entry.name})"
