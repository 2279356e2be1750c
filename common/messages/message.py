"""What all messages have in common, and how a reply is encoded."""

from typing import ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """Base of everything that travels: immutable, strictly typed, nothing unknown in it."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", hide_input_in_errors=True, defer_build=True
    )


class Request(Message):
    """Base of the requests; `name` is the message's `type` property and its routing key."""

    name: ClassVar[str]


class Reply(Message):
    """Base of the replies; `name` is the message's `type` property. `optional_members` are left out of the
    JSON where they are None."""

    name: ClassVar[str]
    optional_members: ClassVar[tuple[str, ...]] = ()


class EncodedReply(NamedTuple):
    """A reply that was composed as JSON: the `name` of its model, and what that would be encoded as."""

    name: str
    body: bytes


def encoded(part: Message) -> bytes:
    """A part of a reply as JSON in UTF-8."""
    return part.model_dump_json().encode()


def encode_reply(reply: Reply | EncodedReply) -> bytes:
    """The reply as JSON in UTF-8, without those of its `optional_members` that are None."""
    if isinstance(reply, EncodedReply):
        return reply.body
    absent = {name for name in reply.optional_members if getattr(reply, name) is None}
    return reply.model_dump_json(exclude=absent or None).encode()
