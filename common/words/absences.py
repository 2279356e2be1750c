"""Who of a clinic is away, why, and until when, in words."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from common.translation import N_
from common.words.moments import clock_time, clock_time_with_zone
from common.words.texts import Texts

REASONS: Final[Mapping[str, str]] = {
    "late": N_("the doctor is late"),
    "break": N_("break"),
    "prayer": N_("prayer"),
    "rounds": N_("ward round"),
    "emergency": N_("called to an emergency"),
    "meeting": N_("meeting"),
    "other": N_("away for a while"),
}
"""What the staff choose from, by the codes that the protocol has."""

_BRIEF: Final[Mapping[str, str]] = {**REASONS, "other": N_("away"), "closed": N_("no calls")}

UNTIL: Final[Mapping[str, str]] = {
    "late": N_("the doctor is late, expected to begin at {clock}"),
    "break": N_("on a break until {clock}"),
    "prayer": N_("prayer time until {clock}"),
    "rounds": N_("the doctor is on a ward round until {clock}"),
    "emergency": N_("the doctor was called to an emergency, expected back at {clock}"),
    "meeting": N_("in a meeting until {clock}"),
    "other": N_("away until {clock}"),
    "closed": N_("closed for now, calls go on at {clock}"),
}
"""What patients are told of an absence whose end is known."""

UNKNOWN: Final[Mapping[str, str]] = {
    "late": N_("the doctor is late, until when is not known yet"),
    "break": N_("on a break"),
    "prayer": N_("prayer time"),
    "rounds": N_("the doctor is on a ward round"),
    "emergency": N_("the doctor was called to an emergency"),
    "meeting": N_("in a meeting"),
    "other": N_("nobody is called at the moment"),
}
"""And of one whose end is not."""


def absence_in_words(absence: Mapping[str, Any], texts: Texts, zone: str | None = None) -> str:
    """`istirahat sampai 13.00 WIB`, without the room; what only a newer server knows stays as it is."""
    reason, until = str(absence["reason"]), absence["until"]
    if until is None:
        return texts(UNKNOWN[reason]) if reason in UNKNOWN else reason
    clock = clock_time_with_zone(until, texts, zone)
    return texts(UNTIL[reason], clock=clock) if reason in UNTIL else f"{reason} {clock}"


def brief_absence(absence: Mapping[str, Any], texts: Texts) -> str:
    """`istirahat, sampai 13.00`: for the staff."""
    reason = str(absence["reason"])
    words = texts(_BRIEF[reason]) if reason in _BRIEF else reason
    if absence["until"] is None:
        return words
    return texts("{reason}, until {clock}", reason=words, clock=clock_time(absence["until"], texts))


def absences_in_words(
    absences: Sequence[Mapping[str, Any]], texts: Texts, zone: str | None = None
) -> list[str]:
    """A sentence without its full stop for each, with the room: `Ruang 2: istirahat sampai 13.00 WIB`."""
    return [_with_room(each, absence_in_words(each, texts, zone), texts) for each in absences]


def _with_room(absence: Mapping[str, Any], words: str, texts: Texts) -> str:
    if absence["room"] is None:
        return words[:1].upper() + words[1:]
    room = absence.get("room_name") or texts("Room {room}", room=absence["room"])
    return f"{room}: {words}"
