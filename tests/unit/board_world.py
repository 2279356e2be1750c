"""A clinic's queue of one service day, for tests of the board: its events, and what is true after each."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from antrean_client.events import Event

DAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 23, 1, tzinfo=UTC)

Json = dict[str, Any]


def summary(code: str, **members: Any) -> Json:
    """An entry of `list_clinics`."""
    return {
        "code": code,
        "name": f"Poli {code}",
        "is_open": True,
        "opens_at": None,
        "closes_at": None,
        "next_opening": None,
        "closed_reason": None,
        "waiting": 0,
        "now_serving": None,
        "quota_left": 10,
        "zone": "WIB",
        "estimated_wait_seconds": 600,
        "shortest_wait_seconds": 300,
        "longest_wait_seconds": 1200,
        "day_may_end_first": False,
        "absences": None,
    } | members


@dataclass
class World:
    """One queue, moved at random. `events[n]` has the sequence n + 1, `replies[n]` is the queue as
    `clinic_queue` tells of it when it contains n events."""

    clinic: str
    random: Random
    day: date = DAY
    rooms: int = 3
    may_undo: bool = True
    events: list[Event] = field(default_factory=list)
    replies: list[Json] = field(default_factory=list)
    calls: dict[str, bool] = field(default_factory=dict)
    """By key, whether the call has not been taken back."""
    _tickets: dict[int, tuple[str, int | None]] = field(default_factory=dict)
    _calls_of: dict[int, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._note()

    @property
    def source(self) -> str:
        """Of its events."""
        return f"/hospitals/RSHS/clinics/{self.clinic}/{self.day}"

    def shown(self, number: int) -> str:
        """The display number."""
        return f"{self.clinic}-{number:03d}"

    def move(self) -> None:
        """Something happens."""
        options = [("ticket.registered", len(self._tickets) + 1)]
        free = {*range(1, self.rooms + 1)} - {room for _, room in self._tickets.values() if room}
        for number, (status, _) in self._tickets.items():
            if status in ("waiting", "no_show") and free:
                options += [("ticket.called", number)] * 2
            if status == "called":
                options += [
                    (f"ticket.{verb}", number)
                    for verb in ("recalled", "started", "served", "no_show", "call_undone", "cancelled")
                ]
            if status == "in_service":
                options += [("ticket.served", number), ("ticket.start_undone", number)]
        options = [each for each in options if self.may_undo or each[0] != "ticket.call_undone"]
        name, number = self.random.choice(options)
        self._happen(name, number, self.random.choice(sorted(free)) if free else None)

    def _happen(self, name: str, number: int, free: int | None) -> None:
        room = free if name == "ticket.called" else self._tickets.get(number, ("", None))[1]
        status = {
            "registered": "waiting",
            "call_undone": "waiting",
            "recalled": "called",
            "start_undone": "called",
            "started": "in_service",
        }.get(verb := name.removeprefix("ticket."), verb)
        in_room = status in ("called", "in_service")
        self._tickets[number] = status, room if in_room else None
        sequence = len(self.events) + 1
        key = f"{self.source}#{sequence}"
        if verb in ("called", "recalled"):
            self.calls[key] = True
            self._calls_of.setdefault(number, []).append(key)
        if verb == "called":
            self._calls_of[number] = [key]
        if verb == "call_undone":
            self.calls |= dict.fromkeys(self._calls_of.pop(number), False)
        self.events.append(self._event(sequence, name, number, status, room))
        self._note()

    def _event(self, sequence: int, name: str, number: int, status: str, room: int | None) -> Event:
        data = {
            "number": number,
            "display_number": self.shown(number),
            "status": status,
            "lane": "regular",
            "room": room,
            "room_name": None,
            "waiting": self._waiting(),
        }
        time = MORNING + (self.day - DAY) + timedelta(seconds=sequence)
        kind = f"id.antrean.{name}.v1"
        return Event(f"{self.source}{sequence}", kind, self.source, sequence, "", time.isoformat(), data, b"")

    def _waiting(self) -> int:
        return sum(status == "waiting" for status, _ in self._tickets.values())

    def _note(self) -> None:
        rooms = [
            {"room": room, "room_name": None, "display_number": self.shown(number), "status": status}
            for number, (status, room) in self._tickets.items()
            if room is not None
        ]
        waiting = [self.shown(n) for n, (status, _) in self._tickets.items() if status == "waiting"]
        self.replies.append(
            {
                "hospital": "RSHS",
                "hospital_name": "RS Hasan Sadikin",
                "clinic": self.clinic,
                "clinic_name": f"Poli {self.clinic}",
                "service_date": str(self.day),
                "is_open": True,
                "now_serving": None,
                "in_rooms": [],
                "rooms": sorted(rooms, key=lambda each: (each["room"], each["display_number"])),
                "next": waiting[:5],
                "waiting": len(waiting),
                "absences": None,
                "sequence": len(self.events),
            }
        )
