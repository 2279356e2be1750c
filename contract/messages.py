"""All messages: the requests, replies and events that the code has."""

from dataclasses import fields
from types import ModuleType
from typing import Final, TypeVar

from common.messages import desk_replies, desk_requests, integrators, patients, problems
from common.messages.message import Reply, ReplyPart, Request

MessageT = TypeVar("MessageT", Request, Reply)


def messages_of(module: ModuleType, base: type[MessageT]) -> dict[str, type[MessageT]]:
    """The messages of a kind that a module defines, by name."""
    own = [each for each in vars(module).values() if getattr(each, "__module__", "") == module.__name__]
    found = [each for each in own if isinstance(each, type) and issubclass(each, base)]
    return {each.__dict__["name"]: each for each in found if "name" in each.__dict__}


def members(kind: type[Request | ReplyPart]) -> list[str]:
    """The members of a message as they are written."""
    if issubclass(kind, ReplyPart):
        return [each.name for each in fields(kind)]
    return [field.alias or name for name, field in kind.model_fields.items()]


REQUESTS: Final = (
    messages_of(patients, Request) | messages_of(desk_requests, Request) | messages_of(integrators, Request)
)
REPLIES: Final = (
    messages_of(patients, Reply)
    | messages_of(desk_replies, Reply)
    | {"ticket_at_desk": desk_replies.TicketAtDesk}
    | messages_of(integrators, Reply)
    | messages_of(problems, Reply)
)
"""By the names of their schemas: at the desk a `ticket` has one member more."""
