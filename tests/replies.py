"""Replies as clients in Python read them: their JSON, checked against what describes it."""

from dataclasses import fields
from typing import Any, TypeVar

from pydantic import TypeAdapter

from common.messages.message import ReplyPart

PartT = TypeVar("PartT", bound=ReplyPart)

_adapters: dict[type[ReplyPart], TypeAdapter[Any]] = {}


def read_reply(kind: type[PartT], text: str | bytes) -> PartT:
    """The reply of a kind, or the part of one, in a JSON text; raises ValidationError where it is none."""
    if (adapter := _adapters.get(kind)) is None:  # to make one costs more than most tests
        adapter = _adapters[kind] = TypeAdapter(kind)
    found: PartT = adapter.validate_json(text)
    return found


def members_of(kind: type[ReplyPart]) -> list[str]:
    """The names of its members, in the order in which they are written."""
    return [each.name for each in fields(kind)]
