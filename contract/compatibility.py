"""What breaks programs that were written for a released schema.

Who reads what Antrean sends (replies, events) must find in it what the released schema promised; whoever
sends requests must be understood as the released schema allowed. What breaks that needs a version of its own,
beside the old one.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from common.messages.event_data import KNOWN_VALUES

Schema = dict[str, Any]

_LOWER: Final = ("minimum", "minLength", "minItems")
_UPPER: Final = ("maximum", "maxLength", "maxItems")
_FORMS: Final = ("format", "pattern", "const")


class _Side(NamedTuple):
    """A part of a schema, and the document in which it stands."""

    schema: Schema
    document: Schema

    def at(self, schema: Schema) -> "_Side":
        """Another part of the same document, where a reference leads to."""
        while "$ref" in schema:
            schema = self.document["$defs"][schema["$ref"].rpartition("/")[2]]
        return _Side(schema, self.document)

    def alternatives(self) -> dict[str, "_Side"]:
        """What it may be, by type."""
        found = [self.at(each) for each in self.schema.get("anyOf", [self.schema])]
        return {side.schema.get("type", "anything"): side for side in found}

    def members(self) -> dict[str, "_Side"]:
        """The members of an object."""
        return {name: self.at(each) for name, each in self.schema.get("properties", {}).items()}


def breaks(released: Schema, today: Schema) -> list[str]:
    """What of a released schema the one of today, of the same name, does not keep: a line for each place."""
    is_sent = not released["title"].startswith("request.")
    found = _compared(_Side(released, released), _Side(today, today), is_sent)
    return [f"{released['title']}: {place or 'the whole'} {what}" for place, what in found]


def _compared(old: _Side, new: _Side, is_sent: bool, place: str = "") -> Iterator[tuple[str, str]]:
    before, after = old.alternatives(), new.alternatives()
    if lost := before.keys() - after.keys():
        yield place, f"is narrower: it can no longer be {_listed(lost)}"
    if is_sent and (more := after.keys() - before.keys()):
        yield place, f"is another type: it can also be {_listed(more)}"
    for kind in before.keys() & after.keys():
        yield from _of_one_type(before[kind], after[kind], is_sent, place)


def _of_one_type(old: _Side, new: _Side, is_sent: bool, place: str) -> Iterator[tuple[str, str]]:
    for what in _values(old.schema, new.schema, is_sent):
        yield place, what
    before, after = old.members(), new.members()
    for name in before:
        where = f"{place}.{name}" if place else name
        if name in after:
            yield from _compared(before[name], after[name], is_sent, where)
        else:
            yield where, "is removed"
    yield from _required(old.schema, new.schema, place, is_sent)
    if "items" in old.schema and "items" in new.schema:
        yield from _compared(old.at(old.schema["items"]), new.at(new.schema["items"]), is_sent, f"{place}[]")


def _required(old: Schema, new: Schema, place: str, is_sent: bool) -> Iterator[tuple[str, str]]:
    before, after = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(after - before):
        yield f"{place}.{name}" if place else name, "is required now"
    for name in sorted(before - after) if is_sent else ():
        if name in new.get("properties", {}):
            yield f"{place}.{name}" if place else name, "may be missing now"


def _values(old: Schema, new: Schema, is_sent: bool) -> Iterator[str]:
    for key in ("enum", KNOWN_VALUES):
        if lost := set(old.get(key, ())) - set(new.get(key, ())):
            yield f"is narrower: no more {_listed(lost)}"
    for key in _FORMS:
        if old.get(key) != new.get(key):
            yield f"has another {key}: {new.get(key)} instead of {old.get(key)}"
    for key in (*_LOWER, *_UPPER):
        bound, another = old.get(key), new.get(key)
        if bound != another and _is_tighter(key, bound, another) is not is_sent:
            yield f"has another {key}: {another} instead of {bound}"


def _is_tighter(key: str, old: int | None, new: int | None) -> bool:
    if old is None or new is None:
        return old is None
    return new > old if key in _LOWER else new < old


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
