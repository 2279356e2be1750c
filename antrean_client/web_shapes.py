"""What an answer over HTTP has to be before anything of it is shown: its members, and what each may hold.

Written by hand, for a patient's computer need not have pydantic; `antrean_client.models` has the same
members. Others may come with them, from a newer server.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

Check = Callable[[Any], bool]

_NESTED_MAX: Final = 16
"""Lists and objects within one another, in members that are not known here."""

_WHOLE_MAX: Final = 2**53
"""Beyond it, programs in other languages do not agree on a number. Source: RFC 8259, section 6."""
_YEARS: Final = range(1900, 2200)


@dataclass(frozen=True)
class Shape:
    """An object: the members that it must have, those that may be left out or null, and a `rule` for all of
    them."""

    members: Mapping[str, Check]
    optional: Mapping[str, Check] = field(default_factory=dict)
    rule: Check = field(default=lambda _: True)


def fits(value: Any, shape: Shape) -> bool:
    """Whether a value that was read from JSON has this shape."""
    return _is_of(shape)(value) and _is_shallow(value, _NESTED_MAX)


def _is_of(shape: Shape) -> Check:
    def check(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and all(name in value and fine(value[name]) for name, fine in shape.members.items())
            and all(value.get(name) is None or fine(value[name]) for name, fine in shape.optional.items())
            and shape.rule(value)
        )

    return check


def _is_shallow(value: Any, nested_max: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    within = value.values() if isinstance(value, dict) else value
    return nested_max > 0 and all(_is_shallow(each, nested_max - 1) for each in within)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _WHOLE_MAX


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _moment(value: Any) -> bool:
    try:
        read = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return read.tzinfo is not None and read.year in _YEARS


def _day(value: Any) -> bool:
    try:
        return date.fromisoformat(value).year in _YEARS
    except (TypeError, ValueError):
        return False


def _or_null(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(check(each) for each in value)


ABSENCE: Final = Shape(
    {
        "room": _or_null(_whole),
        "room_name": _or_null(_text),
        "reason": _text,
        "since": _moment,
        "until": _or_null(_moment),
    }
)
_ABSENCES: Final = _list_of(_is_of(ABSENCE))

STATION: Final = Shape(
    {
        **dict.fromkeys(("ticket_code", "display_number", "clinic", "clinic_name", "status"), _text),
        **dict.fromkeys(("room_name", "return_clinic"), _or_null(_text)),
        "number": _whole,
        "service_date": _day,
        "room": _or_null(_whole),
        "is_current": _flag,
    }
)

_CALL: Final = ("estimated_call_at", "earliest_call_at", "latest_call_at", "called_at")

TICKET: Final = Shape(
    {
        **dict.fromkeys(("ticket_code", "display_number", "hospital", "clinic", "status", "lane"), _text),
        **dict.fromkeys(("now_serving", "transferred_to"), _or_null(_text)),
        **dict.fromkeys(("people_ahead", "estimated_wait_seconds"), _or_null(_whole)),
        **dict.fromkeys(_CALL, _or_null(_moment)),
        "number": _whole,
        "service_date": _day,
        "registered_at": _moment,
        "day_may_end_first": _or_null(_flag),
    },
    {
        **dict.fromkeys(("hospital_name", "clinic_name", "room_name", "zone", "current_code"), _text),
        **dict.fromkeys(("cancelled_by", "cancel_reason"), _text),
        "recalled_at": _moment,
        "room": _whole,
        "visit": _list_of(_is_of(STATION)),
        "absences": _ABSENCES,
    },
)

HOSPITAL: Final = Shape(
    {**dict.fromkeys(("code", "name", "city", "time_zone"), _text), "open_clinics": _whole}
)

CLINIC: Final = Shape(
    {
        **dict.fromkeys(("code", "name"), _text),
        **dict.fromkeys(("opens_at", "closes_at", "next_opening"), _or_null(_moment)),
        **dict.fromkeys(("waiting", "quota_left"), _whole),
        "is_open": _flag,
        "now_serving": _or_null(_text),
        "estimated_wait_seconds": _or_null(_whole),
        "day_may_end_first": _or_null(_flag),
    },
    {
        **dict.fromkeys(("zone", "closed_reason"), _text),
        **dict.fromkeys(("shortest_wait_seconds", "longest_wait_seconds"), _whole),
        "absences": _ABSENCES,
    },
)

ROOM: Final = Shape(
    {
        "room": _whole,
        "room_name": _or_null(_text),
        **dict.fromkeys(("display_number", "status"), _text),
    }
)

CLINIC_QUEUE: Final = Shape(
    {
        **dict.fromkeys(("hospital", "hospital_name", "clinic", "clinic_name"), _text),
        **dict.fromkeys(("in_rooms", "next"), _list_of(_text)),
        "service_date": _day,
        "is_open": _flag,
        "now_serving": _or_null(_text),
        "rooms": _list_of(_is_of(ROOM)),
        "waiting": _whole,
    },
    {"absences": _ABSENCES, "sequence": _whole},
)


def _page(member: str, entry: Shape) -> Shape:
    """More can only come behind what has come."""
    return Shape(
        {member: _list_of(_is_of(entry))},
        {"more": _flag},
        rule=lambda reply: bool(reply[member] or not reply.get("more")),
    )


REPLIES: Final[Mapping[str, Shape]] = {
    "ticket": TICKET,
    "tickets": Shape(
        {"tickets": _list_of(_is_of(TICKET))},
        {"not_found": _list_of(_text)},
        rule=lambda reply: bool(reply["tickets"] or reply.get("not_found")),
    ),
    "hospitals": _page("hospitals", HOSPITAL),
    "clinics": _page("clinics", CLINIC),
    "clinic_queue": CLINIC_QUEUE,
}
"""By the name of the reply."""

_SHOWN_TICKET: Final = Shape({**TICKET.members, "ticket_code": _or_null(_text)}, TICKET.optional)
_RECORD_NUMBERS: Final = Shape({"length": _whole, "letters": _flag, "padded": _flag})

PROBLEM: Final = Shape(
    {
        **dict.fromkeys(("type", "title", "detail", "code"), _text),
        "errors": _list_of(_is_of(Shape({"field": _text, "message": _text}))),
    },
    {
        **dict.fromkeys(("zone", "closed_reason", "reason", "display_number", "status", "clinic"), _text),
        **dict.fromkeys(("next_opening", "server_time"), _moment),
        "ticket": _is_of(_SHOWN_TICKET),
        "record_number_format": _is_of(_RECORD_NUMBERS),
    },
)
