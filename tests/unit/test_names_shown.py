"""Every reply counts the names of patients that it shows: by this count, looks at them are recorded.

A member of a reply that can hold a patient's name is a `ShownName`; every other text is known here, or in
test_reply_sizes.py, as none. So a new one cannot be forgotten.
"""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, get_args, get_type_hints

import pytest

from common.messages.message import Reply, ReplyPart, ShownName
from tests.replies import members_of
from tests.unit.test_reply_sizes import PAGED, kinds_of, largest

NAMES_OF_OTHERS = {
    "hospital_name",
    "clinic_name",
    "room_name",
    "room_names",
    "name",
}
"""Texts that are names of places; the `name` of a TicketHolder is none."""


def parts_of(kind: type[Any]) -> Iterator[type[ReplyPart]]:
    """A reply's class, and those of all that it can hold."""
    yield kind
    for name, annotation in get_type_hints(kind).items():
        if name in members_of(kind):
            for each in _classes_in(annotation):
                yield from parts_of(each)


def _classes_in(annotation: Any) -> Iterator[type[ReplyPart]]:
    if isinstance(annotation, type) and issubclass(annotation, ReplyPart):
        yield annotation
    for each in get_args(annotation):
        yield from _classes_in(each)


def texts_of(kind: type[ReplyPart]) -> dict[str, bool]:
    """The texts among its members, each with whether it is a patient's name."""
    hints = get_type_hints(kind, include_extras=True)
    named = {name: {hints[name], *get_args(hints[name])} for name in members_of(kind)}
    return {name: ShownName in found for name, found in named.items() if {str, ShownName} & found}


def names_in(value: Any) -> int:
    """How many names of patients a reply, or a part of one, holds."""
    if isinstance(value, list):
        return sum(map(names_in, value))
    if not isinstance(value, ReplyPart):
        return 0
    are_names = texts_of(type(value))
    members = {each.name: getattr(value, each.name) for each in fields(value)}
    return sum(
        int(member is not None) if are_names.get(name) else names_in(member)
        for name, member in members.items()
    )


def filled(kind: type[Reply]) -> Reply:
    """A reply with something in each of its members, pages among them."""
    paged = PAGED.get(kind)
    reply: Reply = largest(kind, paged)
    if paged is not None:
        (entry,) = get_args(get_type_hints(kind)[paged])
        if entry != dict[str, Any]:  # an event, as it was published: it names nobody
            setattr(reply, paged, [largest(entry)] * 2)
    return reply


@pytest.mark.parametrize("kind", kinds_of(Reply), ids=lambda kind: kind.__name__)
def test_every_reply_counts_the_names_that_it_shows(kind: type[Reply]) -> None:
    reply = filled(kind)
    assert reply.names_shown() == names_in(reply)
    has_names = any(any(texts_of(part).values()) for part in parts_of(kind))
    assert bool(reply.names_shown()) == has_names
    assert ("names_shown" in vars(kind)) == has_names


PARTS = {part.__name__: part for kind in kinds_of(Reply) for part in parts_of(kind)}


@pytest.mark.parametrize("kind", PARTS)
def test_what_is_called_a_name_is_a_patients_or_known_to_be_none(kind: str) -> None:
    for text, is_name in texts_of(PARTS[kind]).items():
        if any(word in text for word in ("name", "patient", "holder", "person")):
            assert is_name == (text not in NAMES_OF_OTHERS or kind == "TicketHolder"), text


def test_names_are_looked_for_in_what_has_them() -> None:
    counted = {kind.__name__ for kind in kinds_of(Reply) if filled(kind).names_shown()}
    assert counted == {"DeskQueue", "DeskTicketShown", "FoundTickets", "DeskDone", "Problem"}
