"""What a board shows of one clinic: what was looked up, and what has happened since.

A look-up of the queue says up to which event of which service day it goes. Later events are laid over it,
ticket by ticket, until another look-up contains them. So nothing older ever takes the place of something
newer, in whichever order look-ups and events come. Pure: knows neither the broker nor the clock.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from antrean_client.events import Event
from waiting_room.calls import Call, room_in, room_name_in

TICKETS_AHEAD_MAX: Final = 2_000
"""Tickets of a clinic that events tell of while no look-up is answered; beyond it the oldest is forgotten."""

_IN_ROOM: Final = frozenset({"called", "in_service"})
_WAITING: Final = "waiting"

Json = dict[str, Any]


class _Ticket(NamedTuple):
    """A ticket as its last event left it."""

    sequence: int
    display_number: str
    status: str
    room: int | None
    room_name: str | None


class ClinicBoard:
    """One clinic. Its summary is an entry of `list_clinics`, its queue a reply to `clinic_queue`."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.day = date.min
        """The newest service day of which anything is known."""
        self._summary: Mapping[str, Any] = {}
        self._changed_at = 0
        self._sequence = 0
        self._rooms: list[Json] = []
        self._next: list[str] = []
        self._waiting: int | None = None
        self._ahead: dict[int, _Ticket] = {}
        self._waiting_ahead: tuple[int, int] | None = None

    def take_event(self, event: Event, moment: int) -> None:
        """Lays an event over what was looked up; `moment` counts the events of the hospital."""
        if not event.name.startswith("ticket."):
            self._changed_at = moment
        day = event.queue.service_date
        if day > self.day:
            self._begin(day)
        if day < self.day or event.sequence <= self._sequence:
            return
        data = event.data
        if isinstance(waiting := data.get("waiting"), int):
            self._waiting_ahead = event.sequence, waiting
        number, shown, status = (data.get(name) for name in ("number", "display_number", "status"))
        if not isinstance(number, int) or not isinstance(shown, str) or not isinstance(status, str):
            return
        self._ahead.pop(number, None)
        self._ahead[number] = _Ticket(event.sequence, shown, status, room_in(data), room_name_in(data))
        if len(self._ahead) > TICKETS_AHEAD_MAX:
            del self._ahead[next(iter(self._ahead))]

    def take_queue(self, reply: Mapping[str, Any]) -> None:
        """Takes the place of all that it contains; nothing happens where more is known already."""
        day, sequence = date.fromisoformat(reply["service_date"]), int(reply["sequence"])
        if (day, sequence) < (self.day, self._sequence):
            return
        if day > self.day:
            self._begin(day)
        self._sequence = sequence
        self._rooms, self._next, self._waiting = reply["rooms"], reply["next"], reply["waiting"]
        self._ahead = {number: each for number, each in self._ahead.items() if each.sequence > sequence}
        if self._waiting_ahead is not None and self._waiting_ahead[0] <= sequence:
            self._waiting_ahead = None

    def take_summary(self, summary: Mapping[str, Any], asked_at: int) -> None:
        """Takes the place of the one before, but where the clinic itself has changed since it was asked for:
        another one has to be asked for then. `asked_at` is a moment as in `take_event`."""
        if asked_at >= self._changed_at:
            self._summary = summary

    @property
    def is_known(self) -> bool:
        """Whether it was looked up."""
        return bool(self._summary) and self._waiting is not None

    def is_current(self, call: Call) -> bool:
        """Whether the patient of a call is still awaited where the call says."""
        return any(
            (each["display_number"], each["room"], each["status"])
            == (call.display_number, call.room, "called")
            for each in self.rooms()
        )

    def shown(self) -> Json:
        """The clinic as a browser is told of it (docs/board.md)."""
        summary = self._summary
        return {
            "code": self.code,
            "name": summary.get("name", self.code),
            "zone": summary.get("zone"),
            "is_open": summary.get("is_open", False),
            **{name: summary.get(name) for name in _OF_OPENING},
            "waiting": self._now_waiting(),
            "wait": _wait(summary),
            "day_may_end_first": summary.get("day_may_end_first"),
            "rooms": self.rooms(),
            "next": self._now_next(),
            "absences": summary.get("absences") or [],
        }

    def rooms(self) -> list[Json]:
        """Who is called to which room, or is in it, by room."""
        ahead = self._ahead.values()
        changed = {each.display_number for each in ahead}
        rooms = [each for each in self._rooms if each["display_number"] not in changed]
        rooms += [
            {
                "room": each.room,
                "room_name": each.room_name,
                "display_number": each.display_number,
                "status": each.status,
            }
            for each in ahead
            if each.status in _IN_ROOM and each.room is not None
        ]
        return sorted(rooms, key=lambda each: (each["room"], each["display_number"]))

    def _now_next(self) -> list[str]:
        gone = {each.display_number for each in self._ahead.values() if each.status != _WAITING}
        return [each for each in self._next if each not in gone]

    def _now_waiting(self) -> int:
        if self._waiting_ahead is not None:
            return self._waiting_ahead[1]
        return self._summary.get("waiting", 0) if self._waiting is None else self._waiting

    def _begin(self, day: date) -> None:
        """A new service day, before its first event. Who is in a room stays there until the next look-up."""
        self._rooms = self.rooms()
        self.day, self._sequence = day, 0
        self._next, self._ahead, self._waiting_ahead = [], {}, None


_OF_OPENING: Final = ("opens_at", "closes_at", "next_opening", "closed_reason")


def _wait(summary: Mapping[str, Any]) -> Json | None:
    """How long a newcomer waits; None where the clinic is closed."""
    seconds = summary.get("estimated_wait_seconds")
    if seconds is None:
        return None
    return {
        "seconds": seconds,
        "shortest_seconds": summary.get("shortest_wait_seconds"),
        "longest_seconds": summary.get("longest_wait_seconds"),
    }
