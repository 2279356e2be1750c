"""What is said of a ticket: its status, its place, when it will be called, its visit."""

from collections.abc import Mapping
from typing import Any, Final

from common.translation import N_
from common.words.absences import absences_in_words
from common.words.lanes import lane_in_words
from common.words.moments import clock_time_with_zone, estimate, long_date
from common.words.texts import Texts

Ticket = dict[str, Any]
"""A ticket of a reply: the members that docs/protocol.md names, and whatever a newer server adds."""

STATUSES: Final[Mapping[str, str]] = {
    "waiting": N_("waiting"),
    "called": N_("called"),
    "in_service": N_("being served"),
    "parked": N_("on hold"),
    "served": N_("served"),
    "cancelled": N_("cancelled"),
    "no_show": N_("not there when called"),
    "transferred": N_("transferred"),
    "expired": N_("expired"),
}

CANCELLED_BY: Final[Mapping[str, str]] = {
    "patient": N_("cancelled by the patient"),
    "staff": N_("cancelled by the staff"),
    "closing": N_("cancelled, as the clinic was closed"),
}

CANCEL_REASONS: Final[Mapping[str, str]] = {
    "wrong_person": N_("wrong person"),
    "asked_at_counter": N_("as asked at the counter"),
    "duplicate": N_("a duplicate"),
}
"""Why the staff cancelled a ticket, by the codes that the protocol has."""

SAME_AS: Final = N_("perhaps the patient of {number}: same name and date of birth, another record number")

_GOES_ON: Final = frozenset({"waiting", "called", "in_service", "parked"})
"""In these states a ticket is still to be served."""


def status_word(ticket: Ticket, texts: Texts) -> str:
    """The ticket's status in words; of one on hold what its patient has to do, of a cancelled one also who
    cancelled it, and why. What only a newer server knows stays as it is."""
    status = str(ticket["status"])
    if status == "parked":
        return texts("on hold: tell the staff when you are ready")
    word = texts(CANCELLED_BY.get(str(ticket.get("cancelled_by"))) or STATUSES.get(status, status))
    if not (reason := ticket.get("cancel_reason")):
        return word
    return f"{word}: {texts(CANCEL_REASONS[reason]) if reason in CANCEL_REASONS else reason}"


def hospital_name(ticket: Mapping[str, Any]) -> str:
    """What the hospital is called; its code, where the reply does not say."""
    return str(ticket.get("hospital_name") or ticket["hospital"])


def clinic_name(ticket: Mapping[str, Any]) -> str:
    """What the clinic is called; its code, where the reply does not say."""
    return str(ticket.get("clinic_name") or ticket["clinic"])


def place(ticket: Ticket, texts: Texts) -> str:
    """`RSUP Dr. Hasan Sadikin · Poli Gigi · Senin, 23 November 2026`."""
    return " · ".join([hospital_name(ticket), clinic_name(ticket), long_date(ticket["service_date"], texts)])


def room_in_words(room: int | None, name: str | None, texts: Texts) -> str | None:
    """`Loket A`, or `Ruang 2` where it has no name; None where there is no room."""
    return name or (None if room is None else texts("Room {room}", room=room))


def ticket_room(ticket: Ticket, texts: Texts) -> str | None:
    """The room to which the ticket is called, or in which it is served."""
    return room_in_words(ticket.get("room"), ticket.get("room_name"), texts)


def ticket_facts(ticket: Ticket, texts: Texts) -> list[tuple[str, str]]:
    """What there is to say about a ticket now, as pairs of label and value."""
    facts = []
    if ticket["status"] == "waiting" and (lane := ticket.get("lane", "regular")) != "regular":
        facts.append((texts("Lane"), lane_in_words(lane, texts)))
    if ticket["status"] == "waiting" and ticket["people_ahead"] is not None:
        facts.append((texts("Ahead of you"), people(ticket["people_ahead"], texts)))
    if ticket["status"] == "waiting" and ticket["now_serving"]:
        facts.append((texts("Now serving"), ticket["now_serving"]))
    if expected := call_estimate(ticket, texts):
        facts.append((texts("Expected call"), expected))
    absences = absences_in_words(ticket.get("absences") or (), texts, ticket.get("zone"))
    facts += [(texts("Please note"), words) for words in absences]
    if ticket["called_at"]:
        called_at = clock_time_with_zone(ticket["called_at"], texts, ticket.get("zone"))
        facts.append((texts("Called"), texts("at {clock}", clock=called_at)))
    if room := ticket_room(ticket, texts):
        facts.append((texts("Please go to") if ticket["status"] == "called" else texts("Where"), room))
    if other := ticket.get("possible_duplicate"):  # told to the desk only
        facts.append((texts("Please compare"), texts(SAME_AS, number=other)))
    if new_code := ticket.get("transferred_to"):
        facts.append((texts("New ticket"), new_code))
    return facts + _visit_facts(ticket, texts)


def goes_on_with(ticket: Ticket) -> str | None:
    """The code of the ticket with which the patient goes on from this one: of the one that it was transferred
    to, or of the visit's current station; None where this one is it, or was the last."""
    if new_code := ticket.get("transferred_to"):
        return str(new_code)
    current: str | None = ticket.get("current_code")
    is_over = ticket["status"] not in _GOES_ON
    return current if is_over and current != ticket["ticket_code"] else None


def station_of(ticket: Ticket) -> Mapping[str, Any] | None:
    """What the visit says of this ticket; None where it is of none, or the visit was not asked for."""
    stations = ticket.get("visit") or ()
    return next((each for each in stations if each["ticket_code"] == ticket["ticket_code"]), None)


def _visit_facts(ticket: Ticket, texts: Texts) -> list[tuple[str, str]]:
    """The stations of the ticket's visit, with the current one marked, and where it leads back to; nothing
    where the patient goes on with another ticket, with which they are shown."""
    stations = ticket.get("visit") or ()
    if not stations or goes_on_with(ticket):
        return []
    facts = []
    for each in stations:
        words = f"{each['clinic_name']} · {status_word(each, texts)}"
        shown = texts("{station} (now)", station=words) if each["is_current"] else words
        facts.append((each["display_number"], shown))
    if (back := back_to(ticket)) is not None:
        facts.append((texts("Afterwards"), texts("back to {clinic}", clinic=back)))
    if (home := not_back_to(ticket)) is not None:
        facts.append(
            (texts("Afterwards"), texts("not in the queue of {clinic} again; ask its staff", clinic=home))
        )
    return facts


def back_to(ticket: Ticket) -> str | None:
    """What the clinic is called to which the patient goes back when served with this ticket."""
    station = station_of(ticket)
    if station is None or station["return_clinic"] is None or ticket["status"] not in _GOES_ON:
        return None
    return _name_of(station["return_clinic"], ticket)


def not_back_to(ticket: Ticket) -> str | None:
    """What the clinic is called to which the patient was to go back, and did not, as nothing is left of the
    visit: not there when called, for instance."""
    stations = ticket.get("visit") or ()
    if ticket.get("current_code"):
        return None
    for place in reversed(range(len(stations))):
        home = stations[place]["return_clinic"]
        if home is not None:
            is_back = any(each["clinic"] == home for each in stations[place + 1 :])
            return None if is_back else _name_of(home, ticket)
    return None


def _name_of(clinic: str, ticket: Ticket) -> str:
    """What a clinic of the ticket's visit is called."""
    names = {each["clinic"]: each["clinic_name"] for each in ticket["visit"]}
    return str(names.get(clinic) or clinic)


def people(count: int, texts: Texts) -> str:
    """`4 orang`."""
    if count == 0:
        return texts("nobody, you are next")
    return texts.plural("1 person", "{count} people", count)


def call_estimate(ticket: Ticket, texts: Texts) -> str | None:
    """When the ticket will probably be called, with the interval, or that it may not be called on its service
    day any more; None where nothing is expected."""
    if ticket.get("day_may_end_first"):
        return texts("perhaps not today")
    at, earliest, latest = (
        ticket[name] for name in ("estimated_call_at", "earliest_call_at", "latest_call_at")
    )
    if not (at and earliest and latest):
        return None
    wait = ticket["estimated_wait_seconds"]
    return estimate(at, earliest, latest, wait, texts, ticket.get("zone"))


def in_one_line(ticket: Ticket, texts: Texts) -> str:
    """Number, status, place and code of a ticket: what is told where a card cannot be printed."""
    return texts(
        "{number} {status} · {hospital} · {clinic} · ticket code {code}",
        number=ticket["display_number"],
        status=status_word(ticket, texts),
        hospital=hospital_name(ticket),
        clinic=clinic_name(ticket),
        code=ticket["ticket_code"],
    )


def other_room(elsewhere: Mapping[str, Any], texts: Texts) -> str:
    """In which room of another clinic a patient is: `Poli Penyakit Dalam, Ruang 1`."""
    room = room_in_words(elsewhere["room"], elsewhere["room_name"], texts)
    return ", ".join(filter(None, (elsewhere["clinic_name"], room)))


def next_ticket_sentence(old: Ticket, new: Ticket, texts: Texts) -> str:
    """What is said when a ticket is followed to what it was transferred to, or to the next station."""
    if not old.get("transferred_to"):
        return texts(
            "Please go to {clinic}, number {number}; code {code}.",
            clinic=clinic_name(new),
            number=new["display_number"],
            code=new["ticket_code"],
        )
    return texts(
        "Ticket {number} was transferred. New number: {new_number} in {clinic}, {date}; code {code}.",
        number=old["display_number"],
        new_number=new["display_number"],
        clinic=clinic_name(new),
        date=long_date(new["service_date"], texts),
        code=new["ticket_code"],
    )
