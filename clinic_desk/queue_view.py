"""A clinic's queue in words, for the command line and the console alike: no layout, no colours."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from common.domain.ticket_states import ACTIVE
from common.domain.tickets import display_number
from common.translation import N_
from common.words.absences import brief_absence
from common.words.lanes import lane_in_words, reason_in_words
from common.words.moments import clock_time, date_and_time, long_date, short_date
from common.words.texts import Texts
from common.words.tickets import STATUSES, Ticket, other_room, room_in_words, status_word

Queue = Mapping[str, Any]
"""A `desk_queue` reply."""

PRIORITY_MARK = "★"
_MARKS: Final[Mapping[str, str]] = {"emergency": PRIORITY_MARK * 3, "urgent": PRIORITY_MARK * 2}

REGULAR: Final = "regular"
"""The lane of whoever has no reason for another."""

_USUAL_REASONS: Final = ("age", "disability", "pregnancy", "infant")

SECTIONS: Final[Mapping[str, str]] = {
    "in_rooms": N_("In the rooms"),
    "waiting": N_("Waiting, in the order of calls"),
    "parked": N_("On hold"),
    "away": N_("Sent on, with a way back"),
    "no_shows": N_("No-shows"),
}
"""The parts of a queue, by their names in the reply, with their headings, in the order of the screen."""

MODES: Final[Mapping[str, str]] = {"clock": N_("moved by the clock"), "desk": N_("moved by the desk")}

_FORCED: Final[Mapping[str, str]] = {"open": N_("OPENED by staff"), "closed": N_("CLOSED by staff")}


@dataclass(frozen=True)
class QueueRow:
    """A ticket in a queue, or a free room (`ticket` None). `place` is the room in words, or the position in
    the calling order; `room` is the room's number."""

    section: str
    place: str
    ticket: Ticket | None
    words: str
    clock: str
    room: int | None = None

    @property
    def key(self) -> str:
        """What tells it from all other rows of its queue."""
        return ticket_key(self.ticket) if self.ticket else f"room-{self.room}"

    @property
    def number(self) -> str:
        """As it is called; empty for a free room."""
        return self.ticket["display_number"] if self.ticket else ""

    @property
    def name(self) -> str:
        """The patient's name, where names were asked for."""
        return (self.ticket and self.ticket["patient_name"]) or ""


def ticket_key(ticket: Ticket) -> str:
    """What tells a ticket from all others of its clinic; one of the day before may have the same number."""
    return f"{ticket['display_number']} {ticket['service_date']}"


def title(queue: Queue, texts: Texts) -> str:
    """`Poli Gigi · RSUP Dr. Hasan Sadikin · Senin, 23 November 2026`."""
    return " · ".join([queue["clinic_name"], queue["hospital_name"], long_date(queue["service_date"], texts)])


def state(queue: Queue, texts: Texts) -> str:
    """Whether the whole clinic is away; whether it is open, by what, and for how long; and why, where staff
    have said so."""
    return " · ".join(filter(None, (absence(queue, None, texts), _open_or_closed(queue, texts))))


def _open_or_closed(queue: Queue, texts: Texts) -> str:
    if queue["state"] == "schedule":
        return texts(N_("open by its hours") if queue["is_open"] else N_("closed by its hours"))
    forced = texts(_FORCED[queue["state"]])
    if queue["forced_until"]:
        until = date_and_time(queue["forced_until"], texts, queue.get("zone"))
        forced = " ".join([forced, texts("until {moment}", moment=until)])
    return f"{forced} ({queue['forced_reason']})" if queue["forced_reason"] else forced


def absence(queue: Queue, room: int | None, texts: Texts) -> str | None:
    """Why a room, or (None) the whole clinic, is away, and until when; None where it is not."""
    away = (each for each in queue.get("absences") or () if each["room"] == room)
    return next((brief_absence(each, texts) for each in away), None)


def arrangement(queue: Queue, texts: Texts) -> str:
    """Who moves the queue, and in how many rooms."""
    return f"{texts(MODES[queue['mode']])} · {rooms_in_words(queue['rooms'], texts)}"


def rooms_in_words(count: int, texts: Texts) -> str:
    """`3 ruang`."""
    if count == 0:
        return texts("no room serves")
    return texts("{count} rooms", count=count) if count > 1 else texts("1 room")


def no_such_room(room: object, rooms: int, texts: Texts) -> str:
    """What is said of a room that a clinic with so many does not have."""
    if rooms == 0:
        return texts("No room serves now; a manager says how many do, with j.")
    return texts("There is no room {room}; this clinic's rooms are 1 to {rooms}.", room=room, rooms=rooms)


def room_name(queue: Queue, room: int, texts: Texts) -> str:
    """What a room is called; `Ruang 2` where it has no name."""
    names = queue.get("room_names") or []
    name = names[room - 1] if room <= len(names) else None
    return room_in_words(room, name, texts) or ""


def lanes_above(queue: Queue) -> list[Mapping[str, Any]]:
    """The clinic's lanes above the regular one, with how many wait there, and the reasons that lead there; an
    older server knows one."""
    usual = {"lane": "priority", "waiting": queue["waiting_priority_count"], "reasons": _USUAL_REASONS}
    return [each for each in queue.get("lanes", [usual]) if each["lane"] != REGULAR]


def counts(queue: Queue, texts: Texts) -> str:
    """How many wait, in which lane, and how many have been served."""
    by_lane = [f"{each['waiting']} {lane_in_words(each['lane'], texts)}" for each in lanes_above(queue)]
    waiting = texts("{waiting} waiting", waiting=queue["waiting_count"])
    if by_lane:
        waiting += f" ({', '.join(by_lane)})"
    return " · ".join([waiting, texts("{served} served", served=queue["served_count"])])


def rows(queue: Queue, texts: Texts) -> Iterator[QueueRow]:
    """Every room, then those who wait in their calling order, those on hold, those who are to come
    back from another clinic, and the latest no-shows."""
    in_rooms = {each["room"]: each for each in queue["in_rooms"]}
    for room in sorted({*range(1, queue["rooms"] + 1), *in_rooms}):
        yield _room(room, queue, in_rooms.get(room), texts)
    for position, each in enumerate(queue["waiting"], start=1):
        words = " ".join([_waiting(each, texts), *_also(each, queue, texts)])
        yield QueueRow("waiting", f"{position}.", each, words, _clock(each["registered_at"], texts))
    for each in queue.get("parked") or ():
        yield QueueRow("parked", "–", each, texts("not ready"), _clock(each["registered_at"], texts))
    for each in queue.get("away") or ():
        yield QueueRow("away", "–", each, _away(each, texts), "")
    for each in queue["no_shows"]:
        yield QueueRow("no_shows", "–", each, texts("not there"), _clock(each["called_at"], texts))


def found_row(ticket: Ticket, texts: Texts) -> QueueRow:
    """A ticket of the clinic's day in whatever state, with when it was registered."""
    words = status_word(ticket, texts)
    if ticket["lane"] != REGULAR:
        words = f"{words} {lane(ticket, texts)}"
    return QueueRow("found", "", ticket, words, _clock(ticket["registered_at"], texts))


def not_shown(queue: Queue, texts: Texts) -> str | None:
    """How many wait behind those that are listed; None where all are."""
    more = queue["waiting_count"] - len(queue["waiting"])
    return texts("... and {count} more", count=more) if more > 0 else None


def _room(room: int, queue: Queue, ticket: Ticket | None, texts: Texts) -> QueueRow:
    place = room_name(queue, room, texts)
    away = absence(queue, room, texts)
    if ticket is None:
        return QueueRow("in_rooms", place, None, away or texts("free"), "", room)
    words = [status(ticket, texts), *([lane(ticket, texts)] if ticket["lane"] != REGULAR else [])]
    if ticket["service_date"] != queue["service_date"]:
        words.append(texts("of {day}", day=short_date(ticket["service_date"], texts)))
    words += [*_also(ticket, queue, texts), *([f"· {away}"] if away else [])]
    clock = _clock(ticket["started_at"] or ticket["called_at"], texts)
    return QueueRow("in_rooms", place, ticket, " ".join(words), clock, room)


def _waiting(ticket: Ticket, texts: Texts) -> str:
    """The lane, from where the patient comes, and where else the patient is."""
    elsewhere = ticket.get("elsewhere")
    words = [lane(ticket, texts), *stations(ticket, texts)]
    return " · ".join([*words, *([is_in(elsewhere, texts)] if elsewhere else [])])


def _away(ticket: Ticket, texts: Texts) -> str:
    """From which station the patient is to come back, or why that is not to be expected any more."""
    status = ticket["station_status"]
    words = texts("not there") if status == "no_show" else texts(STATUSES.get(status, status))
    station = f"{ticket['station']} {words}"
    return station if status in ACTIVE else texts("not back ({station})", station=station)


def is_in(elsewhere: Mapping[str, Any], texts: Texts) -> str:
    """`sedang di Poli Penyakit Dalam, Ruang 1`."""
    return texts("now in {where}", where=other_room(elsewhere, texts))


def status(ticket: Ticket, texts: Texts) -> str:
    """The ticket's status, as the staff have it."""
    return texts(STATUSES["parked"]) if ticket["status"] == "parked" else status_word(ticket, texts)


def stations(ticket: Ticket, texts: Texts) -> list[str]:
    """From which station of the visit the patient comes, and to which the patient goes back."""
    words = []
    if number := ticket.get("came_from"):
        came = N_("back from {number}") if ticket.get("is_return") else N_("from {number}")
        words.append(texts(came, number=number))
    if clinic := ticket.get("return_clinic"):
        words.append(texts("returns to {clinic}", clinic=clinic))
    return words


def lane(ticket: Ticket, texts: Texts) -> str:
    """`★ lansia`, `★★ gawat darurat`, or the word for the regular lane."""
    if ticket["lane"] == REGULAR:
        return lane_in_words(REGULAR, texts)
    reason = ticket["priority_reason"]
    words = reason_in_words(reason, texts) if reason else lane_in_words(ticket["lane"], texts)
    return f"{_MARKS.get(ticket['lane'], PRIORITY_MARK)} {words}"


def _also(ticket: Ticket, queue: Queue, texts: Texts) -> list[str]:
    """Which other number the patient may hold, with another record number."""
    if ticket["service_date"] != queue["service_date"]:
        return []
    return [
        texts("({number}, too?)", number=display_number(queue["clinic"], each["other"]))
        for each in queue.get("possible_duplicates") or ()
        if each["number"] == ticket["number"]
    ]


def _clock(moment: str | None, texts: Texts) -> str:
    return clock_time(moment, texts) if moment else ""
