"""One queue, gone through event by event as its journal tells it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.chaos.checker.evidence import Day, Entry, Ticket
from tests.chaos.checker.places import SKIP_PLACES, Places
from tests.chaos.checker.report import Invariant, Report
from tests.chaos.checker.states import (
    ACTIVE,
    CALL_REASONS,
    CANCEL_REASONS,
    CANCELLED_BY,
    CLINIC_EVENTS,
    CORRECTED,
    GIVEN_BACK,
    HAS_ANOTHER_PLACE,
    IN_ROOM,
    KEEPS_STATUS,
    LANES,
    MAY_HAPPEN_IN,
    STATUS_AFTER,
    TELLS_OF_ABSENCE,
    UNDOES,
)

_ZONE = ZoneInfo("Asia/Jakarta")
"""Of all hospitals of a run; their service days end at midnight."""

_LINKS = {"sent": ("visit", "sent_to"), "registered": ("visit", "sent_from")}
"""What events tell of the other station of a visit; visits.py looks at it."""


class _Step(NamedTuple):
    """What happened to a ticket and was not taken back, with its state before."""

    entry: Entry
    status: str | None


class TakenBack(NamedTuple):
    """An undoing, what it took back, and what was the last thing in that room (None: it was in none)."""

    undoing: Entry
    taken: Entry
    last_in_room: Entry | None


@dataclass
class Replay:
    """The queue of `day`. `record_numbers` tells by event ids whose ticket it is from then on; `placed` are
    the events that give numbers to those who come from another queue, with the place that they had; of these,
    `handed_over` are not refused for the quota."""

    day: Day
    tickets: Sequence[Ticket]
    quota: int | None
    report: Report
    places: Places
    record_numbers: Mapping[str, str | None]
    placed: frozenset[str]
    handed_over: frozenset[str]
    taken_back: list[TakenBack] = field(default_factory=list)
    statuses: dict[int, str] = field(default_factory=dict)
    patients: dict[int, str | None] = field(default_factory=dict)
    holders: dict[tuple[str, int], int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    last_number: int = 0
    calls: list[int] = field(default_factory=list)  # that stand
    called_last: dict[str, int] = field(default_factory=dict)
    event_lanes: dict[int, str] = field(default_factory=dict)
    event_rooms: dict[int, int | None] = field(default_factory=dict)
    occupants: dict[int, int] = field(default_factory=dict)
    steps: dict[int, list[_Step]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.in_turn = {ticket.number for ticket in self.tickets if ticket.keeps_its_place}
        self.newborns = {ticket.number: ticket.newborn for ticket in self.tickets}

    @property
    def now_serving(self) -> int | None:
        """The number of the last call that was not taken back."""
        return self.calls[-1] if self.calls else None

    def apply(self, entry: Entry) -> None:
        """The next event by sequence."""
        self.report.checked[Invariant.STATES] += 1
        verb = entry.name.removeprefix("ticket.")
        is_of_ticket = verb in STATUS_AFTER or verb in UNDOES or verb in KEEPS_STATUS
        known = entry.name in CLINIC_EVENTS or is_of_ticket
        self._expect(Invariant.STATES, known, entry, "is of a kind that is not known")
        if is_of_ticket and entry.number is not None:
            before = self.statuses.get(entry.number)
            self._move(entry, entry.number, verb)
            self._body(entry, self._of_ticket(entry, entry.number, verb))
            self._place(entry, entry.number, verb, before)
        else:
            told = TELLS_OF_ABSENCE.get(entry.name, ())
            self._body(entry, {name: entry.data.get(name) for name in told})

    # --- the ticket -------------------------------------------------------------------------------------

    def _move(self, entry: Entry, number: int, verb: str) -> None:
        before = self.statuses.get(number)
        taken = self._take_back(entry, number, UNDOES[verb]) if verb in UNDOES else None
        status = taken.status if taken else STATUS_AFTER.get(verb, before)
        status = status or "unknown"
        allowed = verb in MAY_HAPPEN_IN.get(before, set()) or self._stays_parked(entry, number, verb)
        self._expect(Invariant.STATES, allowed, entry, f"changes ticket {number} from {before} to {status}")
        if verb == "registered":
            self._register(entry, number)
        if verb in HAS_ANOTHER_PLACE or entry.event_id in self.placed:
            self.in_turn.discard(number)
        self.statuses[number] = status
        self.counts[status] += 1
        if before is not None:
            self.counts[before] -= 1
        self._belong(entry, number, was_active=before in ACTIVE)
        if verb == "called":
            self._call(entry, number, before)
        self._go_to_room(entry, number, verb)
        if verb not in KEEPS_STATUS and verb not in UNDOES:
            self.steps[number].append(_Step(entry, before))

    def _stays_parked(self, entry: Entry, number: int, verb: str) -> bool:
        """Whether the ticket was just given out for a parked one of the day before, and so is parked."""
        last = self.steps[number][-1].entry if self.steps[number] else None
        was_given_out = last is not None and last.event_id in self.handed_over
        return verb == "parked" and was_given_out and last is not None and last.cause_id == entry.cause_id

    def _take_back(self, entry: Entry, number: int, undone: str) -> _Step | None:
        """What the undoing takes back: the last thing that happened to the ticket, and still stood."""
        self.report.checked[Invariant.UNDOINGS] += 1
        last = self.steps[number].pop() if self.steps[number] else None
        found = last.entry.name if last else None
        what = f"takes back a {undone} of {number}, the last thing was {found}"
        self._expect(Invariant.UNDOINGS, found == f"ticket.{undone}", entry, what)
        if last is None:
            return None
        if undone in ("skipped", "parked") and last.status == "called":
            self.event_rooms[number] = last.entry.data.get("room")
        self.taken_back.append(TakenBack(entry, last.entry, self._last_in_room(number, last.entry)))
        if undone == "called" and "out_of_turn" not in last.entry.data and number in self.calls:
            del self.calls[len(self.calls) - 1 - self.calls[::-1].index(number)]
            self.places.take_back_call(number)
        return last

    def _last_in_room(self, number: int, taken: Entry) -> Entry | None:
        room = self.event_rooms.get(number)
        standing = [step.entry for steps in self.steps.values() for step in steps]
        in_room = [each for each in (*standing, taken) if each.data.get("room") == room is not None]
        return max(in_room, key=lambda each: each.sequence, default=None)

    def _register(self, entry: Entry, number: int) -> None:
        what = f"gives out {number} after {self.last_number}"
        self._expect(Invariant.NUMBERS, number == self.last_number + 1, entry, what)
        self.last_number = number
        if self.quota is not None and entry.event_id not in self.handed_over:
            self.report.checked[Invariant.QUOTA] += 1
            given = len(self.statuses) - sum(self.counts[status] for status in GIVEN_BACK)
            what = f"gives out a ticket where {given} of {self.quota} are given out"
            self._expect(Invariant.QUOTA, given < self.quota, entry, what)

    def _belong(self, entry: Entry, number: int, *, was_active: bool) -> None:
        """Whose ticket it is, who holds no other one of this queue."""
        if entry.name == "ticket.registered":
            there = number in self.newborns
            self._expect(Invariant.STATES, there, entry, f"is of ticket {number}, which is not there")
        is_active = self.statuses[number] in ACTIVE
        changes = entry.event_id in self.record_numbers
        if changes or not is_active:
            self.holders = {who: held for who, held in self.holders.items() if held != number}
        if changes:
            self.patients[number] = self.record_numbers[entry.event_id]
        patient = self.patients.get(number)
        if patient is not None and is_active and (changes or not was_active):
            self.report.checked[Invariant.ONE_ACTIVE] += 1
            who = (patient, self.newborns.get(number, 0))
            held = self.holders.get(who)
            what = f"gives ticket {number} to a patient who still holds {held}"
            self._expect(Invariant.ONE_ACTIVE, held is None, entry, what)
            self.holders[who] = number

    def _call(self, entry: Entry, number: int, status: str | None) -> None:
        self.report.checked[Invariant.CALLS] += 1
        if "out_of_turn" in entry.data:
            self.report.facts["calls out of turn"] += 1
            return
        what = f"calls {number} in turn, which is {status}"
        self._expect(Invariant.CALLS, status == "waiting", entry, what)
        if number in self.places.waiting:
            self.report.checked[Invariant.PLACES] += 1
            wrong = self.places.call(number)
            self._expect(Invariant.PLACES, wrong is None, entry, str(wrong))
        # In each lane, and apart from tickets to which the desk gave another place.
        lane = self.event_lanes.get(number)
        if lane is not None and number in self.in_turn:
            before = self.called_last.get(lane, 0)
            self._expect(Invariant.CALLS, number > before, entry, f"calls {number} after {before}")
            self.called_last[lane] = number
        self.calls.append(number)

    def _place(self, entry: Entry, number: int, verb: str, before: str | None) -> None:
        """Where it waits from now on, and behind how many."""
        if verb in KEEPS_STATUS:
            return
        if verb == "transferred" and entry.operator is None:
            self.places.hand_over()
        lane = self.event_lanes[number] if self.statuses[number] == "waiting" else None
        self.places.move(number, verb, lane, is_placed=entry.event_id in self.placed)
        behind = entry.data.get("places")
        if lane is not None and isinstance(behind, int):
            self.report.checked[Invariant.PLACES] += 1
            self.report.facts[f"places {verb}"] += 1
            wrong = None
            if not self._is_over(entry):
                wrong = self.places.put_behind(number, lane, behind, may_be_fewer=before == "waiting")
            self._expect(Invariant.PLACES, wrong is None, entry, str(wrong))

    def _is_over(self, entry: Entry) -> bool:
        """Whether the service day is over: who waits again goes over to the next, behind others there."""
        next_day = date.fromisoformat(self.day.day[2]) + timedelta(days=1)
        return entry.occurred_at >= datetime.combine(next_day, time.min, _ZONE).timestamp()

    def _go_to_room(self, entry: Entry, number: int, verb: str) -> None:
        """The room to which its call leads it, and in which it is until it waits again: alone."""
        if verb == "called":
            room = entry.data.get("room")
            is_room = isinstance(room, int) and room >= 1
            self._expect(Invariant.STATES, is_room, entry, f"tells of the room {room}")
            self.event_rooms[number] = room
        elif verb in ("registered", "reinstated", "unparked"):
            self.event_rooms[number] = None
        self.occupants = {room: held for room, held in self.occupants.items() if held != number}
        room = self.event_rooms.get(number)
        if self.statuses[number] in IN_ROOM and room is not None:
            self.report.checked[Invariant.ROOMS] += 1
            other = self.occupants.get(room)
            what = f"brings {number} into room {room}, in which {other} is"
            self._expect(Invariant.ROOMS, other is None, entry, what)
            self.occupants[room] = number

    # --- the event --------------------------------------------------------------------------------------

    def _of_ticket(self, entry: Entry, number: int, verb: str) -> dict[str, Any]:
        """What the event has to tell of its ticket. The rooms of the run's catalog have no names."""
        told = {
            "number": number,
            "display_number": self._shown(number),
            "status": self.statuses[number],
            "lane": self._lane(entry, number, verb),
            "room": self.event_rooms.get(number),
            "room_name": None,
        }
        if verb in ("call_undone", "skipped", "parked"):
            # It has told which room it leaves. A no-show's room is told again if that is taken back.
            last = self.steps[number][-1].entry if self.steps[number] else None
            is_no_show = self.statuses[number] == "no_show" and last is not None
            self.event_rooms[number] = last.data.get("room") if is_no_show and last else None
        links = {name: entry.data[name] for name in _LINKS.get(verb, ()) if name in entry.data}
        of_kind = self._cancellation(entry, verb) | self._correction(entry, verb) | self._order(entry, verb)
        return told | links | of_kind

    def _body(self, entry: Entry, of_ticket: Mapping[str, Any]) -> None:
        """What the event says is what the journal's columns, and all events before it, say."""
        hospital, clinic, date = self.day.day
        counts = {"waiting": self.counts["waiting"], "now_serving": self._shown(self.now_serving)}
        expected = {
            "specversion": "1.0",
            "id": entry.event_id,
            "type": f"id.antrean.{entry.name}.v1",
            "source": f"/hospitals/{hospital}/clinics/{clinic}/{date}",
            "subject": self._shown(entry.number) or clinic,
            "time": entry.event.get("time"),
            "datacontenttype": "application/json",
            "dataschema": f"urn:antrean:schemas/{entry.name}/1.json",
            "sequence": f"{entry.sequence:010d}",
            "data": {**of_ticket, **counts},
        }
        for name in expected.keys() | entry.event.keys():
            found, wanted = entry.event.get(name), expected.get(name)
            what = f"has an event whose {name} is {found!r} instead of {wanted!r}"
            self._expect(Invariant.STATES, found == wanted, entry, what)

    def _lane(self, entry: Entry, number: int, verb: str) -> str:
        """The ticket's lane, which only two events change, and the first one tells."""
        told = str(entry.data.get("lane"))
        changed = {"prioritised": LANES[:-1], "unprioritised": LANES[-1:]}.get(verb)
        lane = told if changed else self.event_lanes.get(number, told)
        self._expect(Invariant.STATES, lane in (changed or LANES), entry, f"tells of the lane {lane}")
        self.event_lanes[number] = lane
        return lane

    def _cancellation(self, entry: Entry, verb: str) -> dict[str, Any]:
        """Who has cancelled the ticket, which the event tells; and a reason where it was the staff."""
        if verb != "cancelled":
            return {}
        by, reason = entry.data.get("cancelled_by"), entry.data.get("cancel_reason")
        self._expect(Invariant.STATES, by in CANCELLED_BY, entry, f"was cancelled by {by}")
        if by != "staff" or reason is None:
            # Without a reason what gave it out was taken back; desks.py looks at that.
            return {"cancelled_by": by}
        self._expect(Invariant.STATES, reason in CANCEL_REASONS, entry, f"was cancelled because of {reason}")
        return {"cancelled_by": by, "cancel_reason": reason}

    def _order(self, entry: Entry, verb: str) -> dict[str, Any]:
        """Why it was called out of turn, or behind how many it was put, which the event tells."""
        if verb == "called" and "out_of_turn" in entry.data:
            reason = entry.data["out_of_turn"]
            self._expect(Invariant.STATES, reason in CALL_REASONS, entry, f"was called because of {reason}")
            return {"out_of_turn": reason}
        if verb not in ("skipped", "reinstated"):
            return {}
        places = entry.data.get("places")
        most = SKIP_PLACES if self._is_over(entry) else max(self.counts["waiting"] - 1, 0)
        is_count = isinstance(places, int) and 0 <= places <= most
        self._expect(Invariant.STATES, is_count, entry, f"was put behind {places}")
        return {"places": places}

    def _correction(self, entry: Entry, verb: str) -> dict[str, Any]:
        """Which members were corrected, which the event tells."""
        if verb != "corrected":
            return {}
        told = entry.data.get("corrected") or []
        self._expect(Invariant.STATES, {*told} <= CORRECTED and bool(told), entry, f"has corrected {told}")
        return {"corrected": told}

    def _shown(self, number: int | None) -> str | None:
        return None if number is None else f"{self.day.day[1]}-{number:03d}"

    # --- the end ----------------------------------------------------------------------------------------

    def end(self) -> None:
        """Tickets and counters stand where the events left them."""
        expect = self.report.expect
        name = " ".join(self.day.day)
        for ticket in self.tickets:
            what = f"ticket {ticket.number} of {name}"
            status, lane = self.statuses.get(ticket.number), self.event_lanes.get(ticket.number)
            told = f"{what} is {ticket.status}, its last event says {status}"
            expect(Invariant.STATES, ticket.status == status, told)
            told = f"{what} is in the lane {ticket.lane}, its last event says {lane}"
            expect(Invariant.STATES, ticket.lane == lane, told)
            patient = self.patients.get(ticket.number)
            told = f"{what} has another record number than it was given"
            expect(Invariant.STATES, patient in (None, ticket.medical_record_number), told)
        held: dict[tuple[str, int], list[int]] = defaultdict(list)
        for ticket in self.tickets:
            if ticket.status in ACTIVE:
                held[ticket.patient].append(ticket.number)
        for numbers in held.values():
            what = f"one patient holds the active tickets {numbers} in {name}"
            expect(Invariant.ONE_ACTIVE, len(numbers) == 1, what)
        self.report.checked[Invariant.COUNTERS] += 1
        tickets = Counter(ticket.status for ticket in self.tickets)
        for counter, found, wanted in (
            ("waiting", self.day.waiting, tickets["waiting"]),
            ("cancelled", self.day.cancelled, sum(tickets[status] for status in GIVEN_BACK)),
            ("now_serving", self.day.now_serving, self.now_serving),
        ):
            what = f"{name} has {counter} {found}, tickets and journal say {wanted}"
            expect(Invariant.COUNTERS, found == wanted, what)

    def _expect(self, invariant: Invariant, holds: bool, entry: Entry, what: str) -> None:
        self.report.expect(invariant, holds, f"{entry.place} {what}")
