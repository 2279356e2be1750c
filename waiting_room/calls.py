"""The calls of a clinic, from its events: what a board lists, each once, in the order of its queue.

Pure: knows neither the broker nor the clock.
"""

from datetime import MAXYEAR, MINYEAR, date, datetime
from typing import Any, Final, NamedTuple

from antrean_client.events import Event, Source

CALLS_KEPT: Final = 200
"""Calls of one clinic, for browsers that come back."""

CALLS_SHOWN: Final = 20
"""The last calls of a clinic, for a browser that has shown none."""

_URGENT_LANES: Final = frozenset({"emergency", "urgent"})
_SOURCES_KEPT: Final = 2
"""Service days of a clinic of which it is known what was taken: the present one, and the one before."""

Shown = dict[str, int]
"""The last sequence that a browser has shown, by source."""


class Call(NamedTuple):
    """A number was called, once more where it `is_recall`, to a room (None: none is told)."""

    source: str
    sequence: int
    number: int
    display_number: str
    room: int | None
    room_name: str | None
    called_at: datetime
    is_recall: bool
    is_urgent: bool

    @property
    def key(self) -> str:
        """The same wherever the call is told of, and of no other call."""
        return f"{self.source}#{self.sequence}"


class News(NamedTuple):
    """What an event brought: a new call, and the calls that were taken back by it."""

    call: Call | None = None
    taken_back: tuple[Call, ...] = ()


NOTHING: Final = News()


class Calls:
    """The last calls of a clinic. Events come in the order of each source; a repetition changes nothing."""

    def __init__(self) -> None:
        self._kept: list[Call] = []
        self._taken: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, event: Event) -> News | None:
        """What this event of the clinic brought; None where it was taken before."""
        if event.sequence <= self._taken.get(event.source, 0):
            return None
        self._taken[event.source] = event.sequence
        if len(self._taken) > _SOURCES_KEPT:
            del self._taken[min(self._taken, key=_day)]
        if event.name == "ticket.call_undone":
            return self._take_back(event)
        call = _call(event)
        if call is None:
            return NOTHING
        self._kept.append(call)
        del self._kept[:-CALLS_KEPT]
        return News(call)

    def forget(self, service_date: date, before: datetime) -> bool:
        """Drops the calls of earlier service days that were made before a moment; whether there were any."""
        kept = [each for each in self._kept if _day(each.source) >= service_date or each.called_at >= before]
        is_changed = len(kept) < len(self._kept)
        self._kept = kept
        return is_changed

    def behind(self, shown: Shown) -> list[Call]:
        """The calls to list for a browser: the last ones, and all behind those that it has shown."""
        first = max(len(self._kept) - CALLS_SHOWN, 0)
        if not shown:
            return self._kept[first:]
        return [
            each
            for place, each in enumerate(self._kept)
            if place >= first or each.sequence > shown.get(each.source, 0)
        ]

    @property
    def taken(self) -> Shown:
        """What a browser has shown that has shown all of them."""
        return self._taken

    def _take_back(self, event: Event) -> News:
        """Drops the last call of the ticket, and the recalls that followed it."""
        of_ticket = [
            each
            for each in self._kept
            if each.source == event.source and each.number == event.data.get("number")
        ]
        begins = max((each.sequence for each in of_ticket if not each.is_recall), default=0)
        gone = tuple(each for each in of_ticket if each.sequence >= begins)
        self._kept = [each for each in self._kept if each not in gone]
        return News(taken_back=gone)


def _call(event: Event) -> Call | None:
    """The call of which an event tells; None where it tells of none, or is not as the protocol has it."""
    if event.name not in ("ticket.called", "ticket.recalled"):
        return None
    data = event.data
    number, display_number = data.get("number"), data.get("display_number")
    if not isinstance(number, int) or not isinstance(display_number, str):
        return None
    if not MINYEAR < event.happened_at.year < MAXYEAR:
        return None  # no hospital's clock shows it
    return Call(
        event.source,
        event.sequence,
        number,
        display_number,
        room_in(data),
        room_name_in(data),
        event.happened_at,
        is_recall=event.name == "ticket.recalled",
        is_urgent=str(data.get("lane")) in _URGENT_LANES or data.get("out_of_turn") == "emergency",
    )


def room_in(data: Any) -> int | None:
    """The room in an event's data, whoever wrote them."""
    room = data.get("room")
    return room if isinstance(room, int) else None


def room_name_in(data: Any) -> str | None:
    """What it is called."""
    name = data.get("room_name")
    return name if isinstance(name, str) else None


def _day(source: str) -> date:
    return Source.parse(source).service_date
