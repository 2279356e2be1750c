"""Every reply stays below what the broker takes, whatever patients, staff and the catalog put into it.

The largest reply of each kind is made of the largest value of each of its members. A new kind, or a new
member whose values have no bound here, fails.
"""

import json
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from pydantic import AwareDatetime

from common.domain.lanes import Lane
from common.domain.staff import StaffRole
from common.domain.tickets import PriorityReason
from common.messages import desk_replies, integrators, message, patients, problems
from common.messages.desk_replies import (
    DUPLICATES_SHOWN_MAX,
    DUTIES_SHOWN_MAX,
    FOUND_SHOWN_MAX,
    RANGES_SHOWN_MAX,
    DeskAbsence,
    DeskQueue,
    VisitTicket,
)
from common.messages.desk_requests import HISTORY_SHOWN_MAX, REASON_LENGTH_MAX
from common.messages.integrators import Events
from common.messages.limits import (
    BODY_BYTES_MAX,
    CITY_LENGTH_MAX,
    CLINICS_PER_HOSPITAL_MAX,
    MESSAGE_BYTES_MAX,
    NAME_LENGTH_MAX,
    PLACE_NAME_LENGTH_MAX,
    REPLY_BYTES_MAX,
    ROOM_NAME_LENGTH_MAX,
    ROOMS_MAX,
    SHORT_LIST_MAX,
    SHOWN_NAME_LENGTH_MAX,
    TICKET_CODES_MAX,
    TIME_ZONE_LENGTH_MAX,
)
from common.messages.message import Reply, ReplyPart, Request, encode_reply
from common.messages.patients import (
    ABSENCES_SHOWN_MAX,
    SHOWN_IN_SHORT_LISTS,
    Clinics,
    Hospitals,
    Ticket,
    Tickets,
    VisitStation,
)
from common.messages.request_parsing import FIELD_ERRORS_MAX, RequestRefused, parse_request
from status_responder.visits import STATIONS_SHOWN_MAX
from tests.replies import members_of

PAGED: dict[type[Reply], str] = {
    Hospitals: "hospitals",
    Clinics: "clinics",
    DeskQueue: "waiting",
    Events: "events",
}
"""Lists that are filled up to what a reply may hold: tests/store/test_pages.py and test_events_since.py fill
them."""

ANY_LETTER = "𝑨"  # four bytes in UTF-8; what JSON escapes takes two
CODE = "ABCDEFGHIJ"
NUMBER = 2**31 - 1
DISPLAY_NUMBER = f"{CODE}-{NUMBER}"
TICKET_CODE = "7K3F-9QXM-2T5R"
MOMENT = datetime.fromisoformat("2026-11-23T09:40:00+07:00")

TEXTS = {
    **dict.fromkeys(("code", "hospital", "clinic"), CODE),
    **dict.fromkeys(("name", "hospital_name", "clinic_name"), ANY_LETTER * PLACE_NAME_LENGTH_MAX),
    "return_clinic": CODE,
    "source": f"/hospitals/{CODE}/clinics/{CODE}/2026-11-23",
    **dict.fromkeys(("came_from", "station"), DISPLAY_NUMBER),
    "room_name": ANY_LETTER * ROOM_NAME_LENGTH_MAX,
    "city": ANY_LETTER * CITY_LENGTH_MAX,
    "time_zone": "Z" * TIME_ZONE_LENGTH_MAX,
    **dict.fromkeys(("display_number", "now_serving", "possible_duplicate"), DISPLAY_NUMBER),
    "user": "u" * 40,
    **dict.fromkeys(("ticket_code", "transferred_to", "current_code"), TICKET_CODE),
    "medical_record_number": "x" * 20,
    "patient_name": ANY_LETTER * NAME_LENGTH_MAX + "x" * (SHOWN_NAME_LENGTH_MAX - NAME_LENGTH_MAX),
    **dict.fromkeys(("forced_reason", "cancel_reason", "closed_reason"), ANY_LETTER * REASON_LENGTH_MAX),
    # Ours, with the name of a clinic in it.
    "date_of_birth": "1990-01-31",
    "detail": ANY_LETTER * PLACE_NAME_LENGTH_MAX + "x" * 200,
    "title": "x" * 50,
    "event": "x" * 40,
    "zone": "UTC+0530",
    # Of a problem's error: the names of our members, and the sentences of pydantic.
    "field": "x" * 40,
    "message": "x" * 200,
}
"""The longest text of each member, by its name."""

LISTS: dict[str, list[Any]] = {
    "in_rooms": [DISPLAY_NUMBER] * ROOMS_MAX,
    "room_names": ["x" * ROOM_NAME_LENGTH_MAX] * ROOMS_MAX,  # ROOM_NAMES_BYTES_MAX in all
    "next": [DISPLAY_NUMBER] * 5,
    "clinics": [CODE] * CLINICS_PER_HOSPITAL_MAX,
    "members": ["medical_record_number", "name", "date_of_birth"],
    "not_found": [],  # of the codes asked for, each is here or is a ticket, which is longer
}
"""The longest lists of texts."""

LENGTHS: dict[str | tuple[str, type], int] = {
    "tickets": TICKET_CODES_MAX,
    ("tickets", VisitTicket): FOUND_SHOWN_MAX,
    "lines": HISTORY_SHOWN_MAX,
    "errors": FIELD_ERRORS_MAX,
    "in_rooms": ROOMS_MAX,
    "rooms": ROOMS_MAX,
    # As many as leave room for those who wait, and one in any case.
    **dict.fromkeys(("parked", "no_shows", "away"), 1),
    "possible_duplicates": DUPLICATES_SHOWN_MAX,
    "changes": 10,
    "numbers": RANGES_SHOWN_MAX,
    "hours": 24,
    "roles": len(StaffRole),
    "duties": DUTIES_SHOWN_MAX,
    "lanes": len(Lane),
    "reasons": len(PriorityReason),
    "absences": ABSENCES_SHOWN_MAX,
    ("absences", DeskAbsence): ROOMS_MAX + 1,
    "visit": 0,  # with one ticket that was asked for only: see below
}
"""How many entries the lists of other things have, where they are no pages."""


def kinds_of(base: type[Request | Reply]) -> list[type[Any]]:
    """All kinds of messages of ours that are derived from one."""
    ours = [desk_replies, integrators, message, patients, problems]
    found = {each for module in ours for each in vars(module).values() if isinstance(each, type)}
    derived = [each for each in found if issubclass(each, base) and each is not base]
    return sorted(derived, key=lambda each: each.__name__)


def largest(kind: type[ReplyPart], paged: str | None = None) -> Any:
    """The largest message of a kind; the list `paged` is empty."""
    values = {
        name: [] if name == paged else _largest_value(name, annotation)
        for name, annotation in get_type_hints(kind).items()
        if name in members_of(kind)
    }
    return kind(**values)


def _largest_value(name: str, annotation: Any) -> Any:
    origin, inner = get_origin(annotation), [each for each in get_args(annotation) if each is not NoneType]
    if origin is list:
        if inner == [str]:
            return LISTS[name]
        length = LENGTHS.get((name, inner[0])) or LENGTHS[name]
        return [_largest_value(name, inner[0])] * length
    if origin is Literal:
        return inner[0]
    if inner:  # a bound, or null as well
        return _largest_value(name, inner[0])
    if annotation is str:
        return TEXTS[name]
    if issubclass(annotation, ReplyPart):
        return largest(annotation)
    if issubclass(annotation, StrEnum):
        return max(annotation, key=len)
    return {int: NUMBER, float: 0.1234, bool: False, date: MOMENT.date(), AwareDatetime: MOMENT}[annotation]


@pytest.mark.parametrize("kind", kinds_of(Reply), ids=lambda kind: kind.__name__)
def test_the_largest_reply_of_every_kind_can_be_sent(kind: type[Reply]) -> None:
    paged = PAGED.get(kind)
    length = len(encode_reply(largest(kind, paged)))
    # A page's other members leave it room for some entries.
    assert length <= (REPLY_BYTES_MAX if paged is None else REPLY_BYTES_MAX - 4096)


def test_a_short_list_of_tickets_can_be_sent_with_all_their_members() -> None:
    ticket = largest(Ticket)
    in_full = json.loads(encode_reply(replace(ticket, visit=None)))
    del in_full["visit"]  # shown alone
    short, long = (Tickets(tickets=[ticket] * count) for count in (SHORT_LIST_MAX, SHORT_LIST_MAX + 1))
    encoded = encode_reply(short)
    assert json.loads(encoded)["tickets"] == [in_full] * SHORT_LIST_MAX
    assert len(encoded) <= REPLY_BYTES_MAX
    brief = {name: value for name, value in in_full.items() if name not in SHOWN_IN_SHORT_LISTS}
    assert json.loads(encode_reply(long))["tickets"] == [brief] * (SHORT_LIST_MAX + 1)


def test_a_ticket_can_be_sent_with_its_visit() -> None:
    ticket = replace(largest(Ticket), visit=[largest(VisitStation)] * STATIONS_SHOWN_MAX)
    encoded = encode_reply(Tickets(tickets=[ticket]))
    assert len(json.loads(encoded)["tickets"][0]["visit"]) == STATIONS_SHOWN_MAX
    assert len(encoded) <= REPLY_BYTES_MAX


def test_the_bounds_leave_something_below_what_the_broker_takes() -> None:
    assert BODY_BYTES_MAX < REPLY_BYTES_MAX < MESSAGE_BYTES_MAX
    assert {*PAGED} < {*kinds_of(Reply)}


@pytest.mark.parametrize(
    "kind", [each for each in kinds_of(Request) if "name" in vars(each)], ids=lambda kind: kind.__name__
)
def test_the_answer_to_a_request_that_is_wrong_all_over_can_be_sent(kind: type[Request]) -> None:
    wrong: list[Any] = [ANY_LETTER * 1500, [ANY_LETTER] * 700, {ANY_LETTER: 1}, 2**70, None]
    members = [field.alias or name for name, field in kind.model_fields.items()]
    for value in wrong:
        body = {
            **dict.fromkeys(members[:1], value),
            **dict.fromkeys(members[1:], 0),
            **{f"x{n}": 0 for n in range(40)},
        }
        _refused(kind, json.dumps(body, ensure_ascii=False).encode())
    _refused(kind, b"{" + b",".join(b'"%b":0' % name.encode() for name in members * 40) + b"}")
    _refused(kind, b"[" * 8_000)


def _refused(kind: type[Request], body: bytes) -> None:
    assert len(body) <= BODY_BYTES_MAX
    with pytest.raises(RequestRefused) as refused:
        parse_request({kind.name: kind}, kind.name, None, body)
    problem = refused.value.problem
    # As `TEXTS` has it.
    assert len(problem.errors) <= FIELD_ERRORS_MAX
    assert all(len(error.field) <= 40 and len(error.message) <= 200 for error in problem.errors)
    assert len(problem.detail.encode()) <= len(TEXTS["detail"].encode())
