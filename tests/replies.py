"""Replies as clients in Python read them: their JSON, checked against what describes it."""

from dataclasses import fields
from typing import TypeVar

from pydantic import TypeAdapter

from common.messages.message import ReplyPart

PartT = TypeVar("PartT", bound=ReplyPart)


def read_reply(kind: type[PartT], text: str | bytes) -> PartT:
    """The reply of a kind, or the part of one, in a JSON text; raises ValidationError where it is none."""
    return TypeAdapter(kind).validate_json(text)


def members_of(kind: type[ReplyPart]) -> list[str]:
    """The names of its members, in the order in which they are written."""
    return [each.name for each in fields(kind)]
