"""What all messages have in common, and how a reply is encoded.

A request is a stranger's word: a pydantic model, checked when it is read. A reply is our own: a dataclass,
built without checks, which pydantic writes once, when it is sent. `pydantic.TypeAdapter` reads replies, too:
that is what clients in Python and the tests do.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic_core import SchemaSerializer

from common.messages.limits import SHOWN_NAME_LENGTH_MAX

ShownName = Annotated[str, Field(max_length=SHOWN_NAME_LENGTH_MAX)]
"""A patient's name in a reply. A reply that has one counts it in `names_shown`."""

ShownBirthDate = Annotated[str, Field(max_length=10)]
"""A date of birth in a reply, as far as it is known: `1990-01-31`, `1990-01` or `1990`."""


class Request(BaseModel):
    """Base of the requests: immutable, strictly typed, without unknown members. `name` is the message's
    `type` property and its routing key."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", hide_input_in_errors=True, defer_build=True
    )

    name: ClassVar[str]


# Not frozen: workers build one or more for every request, and that would take four times as long.
@dataclass(slots=True, kw_only=True)
class ReplyPart:
    """Base of what stands in replies: strictly typed, without unknown members, where one is read."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(strict=True, extra="forbid")


@dataclass(slots=True, kw_only=True)
class Reply(ReplyPart):
    """Base of the replies; `name` is the message's `type` property. `optional_members` are left out of the
    JSON where they are None."""

    name: ClassVar[str]
    optional_members: ClassVar[tuple[str, ...]] = ()

    def names_shown(self) -> int:
        """How many names of patients it shows. Where it has members for any, its class counts them: of what
        the staff ask, an answer with names is recorded before it goes out."""
        return 0

    def left_out(self) -> Set[str] | Mapping[str, Any] | None:
        """What is left out of its JSON, as pydantic's `exclude` has it."""
        if not self.optional_members:
            return None
        return {name for name in self.optional_members if getattr(self, name) is None}


class EncodedReply(NamedTuple):
    """A reply that was encoded before, maybe by another version: its `name`, and the JSON."""

    name: str
    body: bytes


def encode_part(part: ReplyPart) -> bytes:
    """A part of a reply, or a whole one with all its members, as JSON in UTF-8."""
    return _serializer(type(part)).to_json(part)


def encode_reply(reply: Reply | EncodedReply) -> bytes:
    """The reply as JSON in UTF-8, without what it leaves out."""
    if isinstance(reply, EncodedReply):
        return reply.body
    return _serializer(type(reply)).to_json(reply, exclude=reply.left_out() or None)  # type: ignore[arg-type]


_serializers: dict[type[ReplyPart], SchemaSerializer] = {}


def _serializer(kind: type[ReplyPart]) -> SchemaSerializer:
    found = _serializers.get(kind)
    if found is None:
        found = _serializers[kind] = TypeAdapter(kind).serializer
    return found
