"""Every integer that comes over the wire has bounds, which both databases know."""

import json
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from common.domain.newborns import BIRTH_ORDER_MAX
from common.messages import desk_requests, integrators, patients
from common.messages.desk_requests import HISTORY_SHOWN_MAX, PLACES_MAX, QUEUE_SHOWN_MAX, TicketAction
from common.messages.integrators import EVENTS_SHOWN_MAX
from common.messages.limits import NUMBER_MAX, PAGE_LENGTH_MAX, ROOMS_MAX
from common.messages.message import Request
from common.messages.problems import ProblemCode
from common.messages.request_parsing import RequestRefused, parse_request
from contract.messages import messages_of

REQUESTS = {
    name: model
    for module in (patients, desk_requests, integrators)
    for name, model in messages_of(module, Request).items()
    if issubclass(model, Request)
}


def _integers(kind: Any) -> bool:
    """Whether a member of this type can hold an integer."""
    if kind is int:
        return True
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return any(_integers(field.annotation) for field in kind.model_fields.values())
    if get_origin(kind) in (Annotated, Union, UnionType, list, tuple, dict, set):
        return any(_integers(each) for each in get_args(kind))
    return False


def _members() -> Iterator[tuple[str, str, FieldInfo]]:
    for name, model in REQUESTS.items():
        for member, field in model.model_fields.items():
            if _integers(field.annotation):
                yield name, field.alias or member, field


MEMBERS = {(name, member): field for name, member, field in _members()}
LIMIT = (1, PAGE_LENGTH_MAX)
BOUNDS = {
    **{(name, "number"): (1, NUMBER_MAX) for name in REQUESTS if issubclass(REQUESTS[name], TicketAction)},
    ("call_next", "room"): (1, ROOMS_MAX),
    ("call_ticket", "number"): (1, NUMBER_MAX),
    ("call_ticket", "room"): (1, ROOMS_MAX),
    ("away", "room"): (1, ROOMS_MAX),
    ("back", "room"): (1, ROOMS_MAX),
    ("set_rooms", "rooms"): (0, ROOMS_MAX),
    ("desk_history", "number"): (1, NUMBER_MAX),
    ("desk_history", "limit"): (1, HISTORY_SHOWN_MAX),
    ("undo", "number"): (1, NUMBER_MAX),
    ("undo", "room"): (1, ROOMS_MAX),
    ("list_hospitals", "limit"): LIMIT,
    ("list_clinics", "limit"): LIMIT,
    ("desk_queue", "limit"): (1, QUEUE_SHOWN_MAX),
    ("desk_queue", "after"): (0, PLACES_MAX),
    ("events_since", "after"): (0, NUMBER_MAX),
    ("events_since", "limit"): (1, EVENTS_SHOWN_MAX),
    ("register", "newborn"): (1, BIRTH_ORDER_MAX),
    ("desk_register", "newborn"): (1, BIRTH_ORDER_MAX),
    ("correct", "newborn"): (0, BIRTH_ORDER_MAX),
}
LONGEST = 5_000
"""Digits of an integer that is longer than Python reads."""

WRONG = (-1, -(2**31), -(2**63), 2**31, 2**63, 2**64, 2**200, "longest", 1.0, 1.5, 1e300, "1", "", True, [1])
"""No value of any of them."""

VALUES: dict[str, Any] = {
    "hospital": "RSHS",
    "clinic": "GIG",
    "number": 1,
    "to_clinic": "MAT",
    "reason": None,
    "source": "/hospitals/RSHS/clinics/GIG/2026-11-23",
}
SITI = {"medical_record_number": "1", "name": "Siti", "date_of_birth": "2026-01-31"}
OTHER_VALUES: dict[str, dict[str, Any]] = {
    "desk_cancel": {"reason": "duplicate"},
    "away": {"reason": "break"},
    "call_ticket": {"room": 1, "reason": "doctor"},
    "correct": {"name": "Siti"},
    "register": SITI,
    "desk_register": SITI,
}
"""Of single requests."""


def test_every_integer_of_the_protocol_has_known_bounds() -> None:
    assert MEMBERS.keys() == BOUNDS.keys()
    assert all(largest < 2**31 for _, largest in BOUNDS.values())


def _body(name: str, member: str, value: Any) -> bytes:
    needed = {each: VALUES[each] for each in REQUESTS[name].model_fields if each in VALUES}
    if (name, member) == ("undo", "room"):
        del needed["number"]  # it is either of the two
    text = json.dumps(needed | OTHER_VALUES.get(name, {}) | {member: "VALUE"})
    # json.dumps would not write the longest.
    return text.replace('"VALUE"', "1" + "0" * LONGEST if value == "longest" else json.dumps(value)).encode()


@pytest.mark.parametrize(("name", "member"), BOUNDS)
def test_an_integer_beyond_its_bounds_is_an_invalid_request(name: str, member: str) -> None:
    smallest, largest = BOUNDS[name, member]
    for value in (*WRONG, smallest - 1, largest + 1):
        with pytest.raises(RequestRefused) as refused:
            parse_request(REQUESTS, name, "application/json", _body(name, member, value))
        problem = refused.value.problem
        assert problem.code is ProblemCode.INVALID_REQUEST
        # What is no number for Python is no JSON.
        assert [error.field for error in problem.errors] == ["" if value == "longest" else member]


@pytest.mark.parametrize(("name", "member"), BOUNDS)
def test_an_integer_within_its_bounds_is_read(name: str, member: str) -> None:
    for value in BOUNDS[name, member]:
        read = parse_request(REQUESTS, name, "application/json", _body(name, member, value))
        assert getattr(read, member) == value
